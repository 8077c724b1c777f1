// Many subscriptions over one link, and their way from one link to the next.
import { describe, expect, it } from 'vitest'
import { createSubscriptions, type Subscriptions } from '../../../src/channels/subscriptions.ts'
import { createTimeline } from '../../../src/lib/timeline.ts'
import { createTurns } from '../../../src/lib/turns.ts'
import type { Delivery } from '../../../src/protocol/channels.ts'
import { virtualClock, type VirtualClock } from '../../../src/testing/index.ts'

interface Driven extends Subscriptions {
  readonly clock: VirtualClock
  /** What was told, in words. */
  readonly log: string[]
  /** A link, and what was written to it. */
  connect(name: string): { readonly batch: boolean; readonly limit: number; write(text: string): void }
  /** The requests written to a link. */
  written(name: string): readonly Record<string, unknown>[]
}

function drive(): Driven {
  const clock = virtualClock()
  const log: string[] = []
  const texts = new Map<string, string[]>()
  const subscriptions = createSubscriptions({
    clock,
    timeline: createTimeline(clock),
    turns: createTurns(),
    random: () => 0,
    timeout: 1_000,
    up: (channel, recovered, items) =>
      log.push(
        `${channel} up${recovered ? ' recovered' : ''} ${items.map(({ data }) => String(data)).join()}`,
      ),
    down: (channel) => log.push(`${channel} down`),
    deliver: (channel, { data }) => log.push(`${channel} ${String(data)}`),
    refused: (channel, reason) => log.push(`${channel} refused ${reason}`),
    trace: () => undefined,
  })
  return {
    ...subscriptions,
    get isJoined() {
      return subscriptions.isJoined
    },
    clock,
    log,
    connect(name) {
      const all: string[] = []
      texts.set(name, all)
      return { batch: true, limit: Infinity, write: (text) => all.push(text) }
    },
    written: (name) =>
      (texts.get(name) ?? []).flatMap((text) => JSON.parse(text) as readonly Record<string, unknown>[]),
  }
}

const at = (offset: number): { epoch: string; offset: number } => ({ epoch: 'e', offset })
const said = (offset: number): Delivery => ({ data: offset, position: at(offset), prev: offset - 1 })
const answer = (ref: string, offset: number, replay = 0, recovered = true) =>
  ({ kind: 'subscribed', ref, position: at(offset), recovered, replay, data: undefined }) as const
const message = (ref: string, offset: number) => ({ kind: 'delivery', ref, delivery: said(offset) }) as const

/** One channel that is live on the link `old`, at offset 5. */
function live(): Driven {
  const one = drive()
  one.link(one.connect('old'))
  one.want('chat', 0)
  one.clock.advance(0)
  one.hear(answer('s1', 5, 0, false))
  one.log.length = 0
  return one
}

describe('subscriptions that move to the next link', () => {
  it('[G12 G14] give what the link before did not, once', () => {
    const one = live()
    one.join(one.connect('new'))
    expect(one.written('new')).toEqual([{ type: 'rt.subscribe', id: 's2', channel: 'chat', since: at(5) }])
    one.hear(message('s1', 6))
    expect(one.isJoined).toBe(false)
    const early = [answer('s2', 7, 2), message('s2', 6), message('s2', 7)]
    for (const frame of early) one.answered(frame)
    expect(one.isJoined).toBe(true)
    one.move()
    for (const frame of [...early, message('s1', 7), message('s2', 8)]) one.hear(frame)
    expect(one.log).toEqual(['chat 6', 'chat up recovered 7', 'chat 8'])
  })

  it('[G12 G14] go on behind what the link before gave, where it was ahead', () => {
    const one = live()
    one.join(one.connect('new'))
    for (const offset of [6, 7]) one.hear(message('s1', offset))
    one.answered(answer('s2', 6, 1))
    one.answered(message('s2', 6))
    one.move()
    for (const frame of [answer('s2', 6, 1), message('s2', 6), message('s2', 7), message('s2', 8)])
      one.hear(frame)
    expect(one.log).toEqual(['chat 6', 'chat 7', 'chat up recovered ', 'chat 8'])
  })

  it('[G14] are down until the answer where it has not come', () => {
    const one = live()
    one.join(one.connect('new'))
    one.answered(answer('s2', 6, 1))
    one.answered({ kind: 'delivery', ref: 's2', delivery: { data: 0, position: null, prev: -1 } })
    one.move()
    one.hear(answer('s2', 6, 1))
    expect(one.log).toEqual(['chat down'])
    one.hear(message('s2', 6))
    expect(one.log).toEqual(['chat down', 'chat up recovered 6'])
  })

  it('[G14] tell of what is missing, and of a refusal', () => {
    const one = live()
    one.join(one.connect('new'))
    one.answered(answer('s2', 9, 0, false))
    one.move()
    one.hear(answer('s2', 9, 0, false))
    expect(one.log).toEqual(['chat down', 'chat up '])
    const two = live()
    two.join(two.connect('new'))
    const no = { kind: 'refused', id: 's2', code: 'no', reason: 'never', retryable: false, after: 0 } as const
    two.answered(no)
    expect(two.isJoined).toBe(true)
    two.move()
    two.hear(no)
    expect(two.log).toEqual(['chat down', 'chat refused no: never'])
  })

  it('[G20] take along what began on the link before, and take back what ended there', () => {
    const one = live()
    one.want('other', 0)
    one.clock.advance(0)
    one.hear(answer('s2', 1, 0, false))
    one.join(one.connect('new'))
    one.drop('chat')
    one.want('late', 0)
    one.clock.advance(0)
    one.move()
    expect(one.written('new').map(({ type, channel }) => [type, channel])).toEqual([
      ['rt.subscribe', 'chat'],
      ['rt.subscribe', 'other'],
      ['rt.subscribe', 'late'],
      ['rt.unsubscribe', 'chat'],
    ])
  })

  it('[G23] change nothing where nothing was asked for, or another answer came', () => {
    const one = live()
    one.move()
    one.answered(answer('s1', 6))
    expect(one.isJoined).toBe(false)
    one.join(one.connect('new'))
    one.answered(answer('s9', 6))
    one.answered({ kind: 'refused', id: 's9', code: '', reason: '', retryable: false, after: 0 })
    expect(one.isJoined).toBe(false)
    one.join(null)
    one.answered(answer('s2', 5))
    one.move()
    one.hear(message('s1', 6))
    one.hear(message('s9', 7))
    one.drop('nobody')
    expect(one.log).toEqual(['chat 6'])
  })
})

describe('subscriptions', () => {
  it('[G8] that are forgotten leave no timer and write nothing', () => {
    const one = live()
    one.want('other', 0)
    one.clear()
    expect(one.clock.pending).toBe(0)
    one.flush()
    expect(one.written('old')).toHaveLength(1)
  })
})
