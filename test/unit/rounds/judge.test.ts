// What the rounds complain of: every way in which a stream or a publication may have told something that is not so.
import { describe, expect, it } from 'vitest'
import { HoldfastError, type SendOutcome } from '../../../src/index.ts'
import { createJudge, type Heard, type Law } from '../../rounds/judge.ts'
import { judgeNotes, judgePatience } from '../../rounds/run.ts'

const message = (
  offset: number,
  change: { replayed?: boolean; process?: number; n?: number } = {},
): Heard => {
  const { replayed = false, process = 1, n = offset } = change
  return { what: 'message', offset, replayed, data: { process, n } }
}
const gap = (since: number | null): Heard => ({ what: 'gap', since })
const recovered = (replayed: number): Heard => ({ what: 'recovered', replayed })

/** What a judge says of these, of whom five messages are kept. */
function judge(heard: readonly Heard[], change: Partial<Law> = {}): readonly string[] {
  const isTrue = (offset: number, data: unknown): boolean => (data as { n: number }).n === offset
  const { hear, complaints } = createJudge({ name: 'it', kept: 5, isLasting: true, isTrue, ...change })
  heard.forEach(hear)
  return complaints
}

describe('the judge of a stream', () => {
  it('[D5 INV-8 INV-9] has nothing against what is whole, recovered, or missing with a word', () => {
    const whole = [message(1), message(2, { replayed: true }), recovered(1), message(3)]
    expect(judge(whole)).toEqual([])
    expect(judge([...whole, gap(3), message(10), recovered(0), message(11)])).toEqual([])
  })

  it('[INV-8] complains of what comes twice, too late, too soon, or first and is not', () => {
    for (const [last, next] of [
      [2, 2],
      [2, 1],
      [2, 4],
    ] as const)
      expect(judge([message(1), message(2), message(next)])).toEqual([
        `it: ${next} came after ${last}, without a gap`,
      ])
    expect(judge([message(2)])).toEqual(['it: 2 came after 0, without a gap'])
    expect(judge([message(1, { n: 7 })])).toEqual([
      'it: {"process":1,"n":7} came as 1, which was another one',
    ])
  })

  it('[INV-10] complains of a gap where enough is kept, of one that begins elsewhere, and of replayed messages that did not come', () => {
    expect(judge([message(1), gap(1), message(7)])).toEqual([
      'it: a gap between 1 and 7, but the last 5 are kept',
    ])
    expect(judge([message(1), gap(1), message(8)])).toEqual([])
    expect(judge([message(1), gap(0), message(8)])).toEqual(['it: a gap since 0, but 1 was heard'])
    expect(judge([message(1), message(2, { replayed: true }), recovered(2)])).toEqual([
      'it: recovered speaks of 2 messages, and 1 came',
    ])
  })

  it('[INV-10] knows a history that has begun anew: it needs a gap, and nothing more', () => {
    const mortal = { isLasting: false }
    expect(judge([message(1), message(2, { process: 2 })], mortal)).toEqual([
      'it: 2 of another history came after 1, without a gap',
    ])
    expect(judge([message(4), gap(4), message(1, { process: 2 })], mortal)).toEqual([
      'it: 4 came after 0, without a gap',
    ])
    expect(judge([message(1), gap(1), message(3)], mortal)).toEqual([
      'it: a gap between 1 and 3, but the last 5 are kept',
    ])
  })
})

describe('the judge of publications', () => {
  const acked = (offset: number): SendOutcome => ({ ok: true, outcome: 'acked', level: 'stored', offset })
  const failed = (maybeDelivered: boolean): SendOutcome => ({
    ok: false,
    outcome: 'failed',
    error: new HoldfastError('expired', 'Too late.', {}),
    maybeDelivered,
  })
  const say = (
    outcomes: ReadonlyArray<SendOutcome | null>,
    keys: readonly number[],
  ): ReturnType<typeof judgeNotes> =>
    judgeNotes(
      [
        {
          index: 0,
          published: outcomes.map((outcome, key) => ({ note: { client: 0, key }, outcome, took: 0 })),
        },
      ],
      keys.map((key) => ({ client: 0, key })),
    )

  it('[INV-6 G18] has nothing against one effect where it was acknowledged, and one or none where nobody knows', () => {
    expect(say([acked(1), failed(true), failed(true), failed(false)], [0, 2])).toEqual([])
  })

  it('[INV-6 G18 G20] complains of every other count, of a wrong place, of a wrong order, and of what never settled', () => {
    expect(say([acked(1)], [])).toHaveLength(2)
    expect(say([acked(1)], [0, 0])).toHaveLength(2)
    expect(say([failed(false)], [0])).toHaveLength(1)
    expect(say([failed(true)], [0, 0])).toHaveLength(2)
    expect(say([null], [0])).toHaveLength(1)
    expect(say([acked(2), acked(1)], [1, 0])).toHaveLength(1)
    expect(say([acked(2), acked(2)], [0, 1])).toHaveLength(1)
  })

  it('[G19 INV-6] complains of what was given up before its time, whether it may have been delivered or not', () => {
    const wait = (outcome: SendOutcome, took: number): readonly string[] =>
      judgePatience([{ index: 0, published: [{ note: { client: 0, key: 0 }, outcome, took }] }])
    for (const maybeDelivered of [true, false]) {
      expect(wait(failed(maybeDelivered), 59_999)).toHaveLength(1)
      expect(wait(failed(maybeDelivered), 60_000)).toEqual([])
    }
    expect(wait(acked(1), 10)).toEqual([])
  })
})
