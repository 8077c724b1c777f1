// The subscriptions of a link, as a pure step: one answer each, the past before the present, no hole and nothing twice.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Past, Publication } from '../../../src/server/broker.ts'
import * as protocol from '../../../src/schemas/index.ts'
import { driveOpen, type Driven } from './drive-session.ts'

const top = (offset: number, epoch = 'e'): Past['top'] => ({ epoch, offset })
const past = (offset: number, items: readonly Publication[] = [], complete = true): Past => ({
  top: top(offset),
  items,
  complete,
})
const said = (offset: number, data: unknown = offset, epoch = 'e'): Publication => ({
  epoch,
  offset,
  prev: offset - 1,
  data: JSON.stringify(data),
})
const between = (from: number, to: number): Publication[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, n) => said(from + n + 1))

/** Nobody is idle for an hour. */
const calm = { heartbeat: { interval: 3_600_000, timeout: 5_000 } }

/** Subscribes, and has the broker answer. */
function join(link: Driven, answer: Past = past(0), since?: object, data: string | null = null): void {
  link.hear({ type: 'rt.subscribe', id: '8', channel: 'a', ...(since ? { since } : {}) })
  link.event({ type: 'joined', channel: 'a', ref: '8', past: answer, data })
}
const publish = (link: Driven, ...items: readonly Publication[]): void => {
  for (const publication of items) link.event({ type: 'publication', channel: 'a', publication })
}
const offsets = (link: Driven): unknown[] =>
  link.sent.filter(({ type }) => type === 'rt.message').map(({ offset }) => offset)

describe('subscribing', () => {
  it('[G14] asks the server, and tells position and state before any message', () => {
    const link = driveOpen(3)
    expect(link.hear({ type: 'rt.subscribe', id: '8', channel: 'orders:42' })).toEqual([
      { type: 'subscribe', channel: 'orders:42', ref: '8', since: null, limit: 0, user: { id: 'ann' } },
    ])
    expect(link.sent).toEqual([])
    link.event({ type: 'joined', channel: 'orders:42', ref: '8', past: past(21), data: '{"n":1}' })
    link.event({ type: 'publication', channel: 'orders:42', publication: said(22, 'x') })
    expect(link.sent).toEqual([
      {
        type: 'rt.subscribed',
        id: '8',
        channel: 'orders:42',
        epoch: 'e',
        offset: 21,
        recovered: false,
        replay: 0,
        data: { n: 1 },
      },
      { type: 'rt.message', channel: 'orders:42', ref: '8', epoch: 'e', offset: 22, data: 'x' },
    ])
  })

  it('[G14] replays exactly what was missed, before what is new', () => {
    const link = driveOpen(3)
    link.hear({ type: 'rt.subscribe', id: '8', channel: 'a', since: { epoch: 'e', offset: 17 } })
    publish(link, said(21), said(22))
    link.event({ type: 'joined', channel: 'a', ref: '8', past: past(21, between(17, 21)), data: null })
    publish(link, said(23))
    expect(link.sent[0]).toMatchObject({ recovered: true, replay: 4, offset: 21 })
    expect(offsets(link)).toEqual([18, 19, 20, 21, 22, 23])
  })

  it('[G14] says recovered where nothing was missed, and not where it cannot know', () => {
    const since = { epoch: 'e', offset: 5 }
    for (const [answer, verdict] of [
      [past(5), { recovered: true, replay: 0 }],
      [past(9, [], false), { recovered: false, replay: 0 }],
      [past(400, between(5, 400)), { recovered: false, replay: 0 }],
      [
        past(7, [said(6, 'x'.repeat(600_000)), said(7, 'x'.repeat(600_000))]),
        { recovered: false, replay: 0 },
      ],
    ] as const) {
      const link = driveOpen(3)
      join(link, answer, since)
      expect(link.sent).toHaveLength(1)
      expect(link.sent[0]).toMatchObject({ ...verdict, offset: answer.top.offset })
    }
  })

  it('[G14] takes no position at level 2, and none that is not one', () => {
    const level2 = driveOpen(2)
    expect(
      level2.hear({ type: 'rt.subscribe', id: '8', channel: 'a', since: { epoch: 'e', offset: 5 } }),
    ).toMatchObject([{ since: null }])
    for (const since of [
      5,
      'e',
      { epoch: 5, offset: 1 },
      { epoch: 'e' },
      { epoch: 'e', offset: -1 },
      { epoch: 'e', offset: 1.5 },
      { epoch: 'e', offset: 2 ** 53 },
      { epoch: 'x'.repeat(65), offset: 1 },
    ])
      expect(driveOpen(3).hear({ type: 'rt.subscribe', id: '8', channel: 'a', since })).toMatchObject([
        { since: null },
      ])
  })

  it('[C3] gives the last messages on request, where there is no position', () => {
    const link = driveOpen(2)
    expect(link.hear({ type: 'rt.subscribe', id: '8', channel: 'a', params: { history: 20 } })).toMatchObject(
      [{ limit: 20 }],
    )
    link.event({ type: 'joined', channel: 'a', ref: '8', past: past(9, between(7, 9)), data: null })
    expect(link.sent[0]).toMatchObject({ recovered: false, replay: 2 })
    expect(offsets(link)).toEqual([8, 9])
    for (const history of [0, -1, NaN, '20', null])
      expect(
        driveOpen(2).hear({ type: 'rt.subscribe', id: '8', channel: 'a', params: { history } }),
      ).toMatchObject([{ limit: 0 }])
    expect(
      driveOpen(2).hear({ type: 'rt.subscribe', id: '8', channel: 'a', params: { history: 1e9 } }),
    ).toMatchObject([{ limit: 300 }])
  })

  it('[G18 G23] refuses a ref that was used before, so that each answer and each message belongs to one subscribe', () => {
    for (const isLive of [false, true]) {
      const link = driveOpen(3)
      link.hear({ type: 'rt.subscribe', id: '8', channel: 'a' })
      if (isLive) link.event({ type: 'joined', channel: 'a', ref: '8', past: past(3), data: null })
      expect(link.hear({ type: 'rt.subscribe', id: '8', channel: 'a' })).toHaveLength(1)
      expect(link.sent.at(-1)).toMatchObject({ type: 'rt.error', id: '8', code: 'bad_request', channel: 'a' })
      if (!isLive) link.event({ type: 'joined', channel: 'a', ref: '8', past: past(3), data: null })
      publish(link, said(4))
      expect(offsets(link)).toEqual([4])
    }
  })

  it('[C1 H4] takes any name of 1 to 255 printable ASCII characters for a channel', () => {
    for (const channel of ['orders/42', '"', '__proto__', 'x'.repeat(255)])
      expect(driveOpen(2).hear({ type: 'rt.subscribe', id: '8', channel })).toMatchObject([{ channel }])
    for (const channel of ['', 'a b', 'größe', 'a\n', 'x'.repeat(256), 7, null])
      expect(driveOpen(2).hear({ type: 'rt.subscribe', id: '8', channel })).toMatchObject([
        { wire: expect.stringContaining('bad_request') as unknown },
      ])
  })

  it('[G18] (fault P4) a second subscribe takes the place of the first: what was under way for that one is not heard', () => {
    const link = driveOpen(3)
    link.hear({ type: 'rt.subscribe', id: '8', channel: 'a' })
    link.hear({ type: 'rt.subscribe', id: '9', channel: 'a' })
    expect(link.event({ type: 'joined', channel: 'a', ref: '8', past: past(3), data: null })).toEqual([])
    link.event({ type: 'joined', channel: 'a', ref: '9', past: past(4), data: null })
    publish(link, said(5))
    expect(link.sent).toMatchObject([
      { type: 'rt.error', id: '8', code: 'replaced', channel: 'a' },
      { type: 'rt.subscribed', id: '9' },
      { type: 'rt.message', ref: '9', offset: 5 },
    ])
  })

  it('[G18] a subscribe that is overtaken is answered, once', () => {
    const link = driveOpen(3)
    for (const id of ['1', '2']) link.hear({ type: 'rt.subscribe', id, channel: 'a' })
    link.hear({ type: 'rt.unsubscribe', id: '3', channel: 'a' })
    for (const id of ['4', '5']) {
      link.hear({ type: 'rt.subscribe', id, channel: 'a' })
      link.event({ type: 'joined', channel: 'a', ref: id, past: past(0), data: null })
    }
    expect(link.sent.map(({ id, type }) => [id, type])).toEqual([
      ['1', 'rt.error'],
      ['2', 'rt.error'],
      ['3', 'rt.unsubscribed'],
      ['4', 'rt.subscribed'],
      ['5', 'rt.subscribed'],
    ])
  })

  it('[G14] (fault S22) what comes after the unsubscribe is not sent any more', () => {
    const link = driveOpen(3)
    join(link)
    expect(link.hear({ type: 'rt.unsubscribe', id: '9', channel: 'a' })).toMatchObject([
      {},
      { type: 'quit', channel: 'a' },
    ])
    publish(link, said(1))
    expect(link.event({ type: 'joined', channel: 'a', ref: '8', past: past(3), data: null })).toEqual([])
    expect(link.sent.slice(1)).toEqual([{ type: 'rt.unsubscribed', id: '9', channel: 'a' }])
    expect(link.hear({ type: 'rt.unsubscribe', id: '10', channel: 'a' })).toHaveLength(1)
  })

  it('[INV-24] tells who may not, and forgets it: the same for what is forbidden and what is not there', () => {
    const link = driveOpen(3)
    link.hear({ type: 'rt.subscribe', id: '8', channel: 'a' })
    link.event({
      type: 'refused',
      channel: 'a',
      ref: '8',
      code: 'forbidden',
      message: 'No.',
      retryable: false,
    })
    publish(link, said(1))
    expect(link.sent).toEqual([
      { type: 'rt.error', id: '8', code: 'forbidden', message: 'No.', channel: 'a' },
    ])
  })

  it('[INV-24] tells who may not any more that it is over, and for good', () => {
    const link = driveOpen(3)
    join(link)
    const refusal = {
      type: 'refused',
      channel: 'a',
      code: 'forbidden',
      message: 'No.',
      retryable: false,
    } as const
    expect(link.event({ ...refusal, ref: '7' })).toEqual([])
    expect(link.event({ ...refusal, ref: '8' })).toContainEqual({ type: 'quit', channel: 'a' })
    publish(link, said(1))
    expect(link.sent.slice(1)).toEqual([
      { type: 'rt.unsubscribed', channel: 'a', ref: '8', code: 'forbidden', retry: false },
    ])
  })

  it('[B7] (fault R9) gives so many channels and no more, and so many subscribes a minute', () => {
    const link = driveOpen(3, { ...calm, limits: { subscriptions: 2, subscriptionsPerMinute: 1 } })
    const ask = (channel: string): unknown => link.hear({ type: 'rt.subscribe', id: '8', channel })[0]
    expect([ask('a'), ask('b')]).toMatchObject([{ type: 'subscribe' }, { type: 'subscribe' }])
    ask('c')
    expect(link.sent.at(-1)).toMatchObject({ type: 'rt.error', id: '8', code: 'limit', channel: 'c' })
    link.hear({ type: 'rt.unsubscribe', id: '9', channel: 'a' })
    ask('c')
    expect(link.sent.at(-1)).toMatchObject({ code: 'rate_limited', retryable: true, retry_after: 60_000 })
    link.clock.advance(60_000)
    expect(ask('c')).toMatchObject({ type: 'subscribe' })
  })
})

describe('messages of a subscription', () => {
  it('[G12 INV-8] leaves out what was sent already', () => {
    const link = driveOpen(3)
    join(link, past(4))
    publish(link, said(4), said(5), said(5), said(3), said(6))
    expect(offsets(link)).toEqual([5, 6])
  })

  it('[G14] (fault S14) ends with insufficient_state at a hole, and at another epoch', () => {
    for (const next of [said(7), { ...said(5), prev: 3 }, said(5, 5, 'other')]) {
      const link = driveOpen(3)
      join(link, past(4))
      publish(link, next, said(8))
      expect(link.sent.slice(1)).toEqual([
        { type: 'rt.unsubscribed', channel: 'a', ref: '8', code: 'insufficient_state', retry: true },
      ])
      expect(link.effects).toContainEqual({ type: 'quit', channel: 'a' })
    }
  })

  it('[G14] follows offsets that are not dense, and then says what came before', () => {
    const link = driveOpen(3)
    join(link, past(4))
    publish(link, { ...said(9), prev: 4 })
    expect(link.sent.at(-1)).toMatchObject({ offset: 9, prev: 4 })
  })

  it('[G14] (fault N23) finds out by the second look at the top what was lost without a trace', () => {
    const link = driveOpen(3)
    join(link, past(4))
    const look = (offset: number): number =>
      link.event({ type: 'top', channel: 'a', top: top(offset) }).length
    expect([look(4), look(5)]).toEqual([0, 0])
    publish(link, said(5))
    expect([look(6), look(6)]).toEqual([0, 2])
    expect(link.sent.at(-1)).toMatchObject({ type: 'rt.unsubscribed', code: 'insufficient_state' })
  })

  it('[G14] (fault S8) ends when the broker may have lost something, and when too much comes while the past is read', () => {
    const lost = driveOpen(3)
    join(lost)
    lost.event({ type: 'lost', channel: 'a' })
    const flooded = driveOpen(3)
    flooded.hear({ type: 'rt.subscribe', id: '8', channel: 'a' })
    publish(flooded, ...between(0, 301))
    expect(lost.sent.at(-1)).toMatchObject({
      type: 'rt.unsubscribed',
      code: 'insufficient_state',
      retry: true,
    })
    // The subscribe was not answered yet: it is now.
    expect(flooded.sent.at(-1)).toMatchObject({
      type: 'rt.error',
      id: '8',
      code: 'insufficient_state',
      retryable: true,
    })
  })

  it('[INV-8 INV-9] is a run of the log without hole or repeat, however reading and publishing cross', () => {
    const scenario = fc.record({
      before: fc.nat(12),
      since: fc.nat(14),
      early: fc.nat(5),
      readAfter: fc.nat(5),
      later: fc.nat(5),
    })
    fc.assert(
      fc.property(scenario, ({ before, since, early, readAfter, later }) => {
        const link = driveOpen(3)
        link.hear({ type: 'rt.subscribe', id: '8', channel: 'a', since: { epoch: 'e', offset: since } })
        const read = before + Math.min(readAfter, early)
        publish(link, ...between(before, before + early))
        const known = since <= read
        link.event({
          type: 'joined',
          channel: 'a',
          ref: '8',
          past: past(read, known ? between(since, read) : [], known),
          data: null,
        })
        publish(link, ...between(before + early, before + early + later))
        const answer = link.sent[0]!
        const from = answer.recovered ? since : (answer.offset as number)
        expect(answer.recovered).toBe(known)
        expect(offsets(link)).toEqual(between(from, before + early + later).map(({ offset }) => offset))
      }),
    )
  })
})

describe('other requests', () => {
  it('[G18] gives a publication to the server, and exactly one answer', () => {
    const link = driveOpen(2)
    expect(link.hear({ type: 'rt.publish', id: 'p1', channel: 'a', data: { n: 1 } })).toEqual([
      { type: 'publish', id: 'p1', channel: 'a', data: { n: 1 } },
    ])
    link.event({ type: 'answered', id: 'p1', ack: { epoch: 'e', offset: 7 } })
    link.event({ type: 'failed', id: 'p2', code: 'unavailable', message: 'Later.', retryable: true })
    expect(link.sent).toEqual([
      { type: 'rt.ack', id: 'p1', epoch: 'e', offset: 7 },
      { type: 'rt.error', id: 'p2', code: 'unavailable', message: 'Later.', retryable: true },
    ])
  })

  it('[C1] hands an app message with an id over with it, at level 2', () => {
    expect(driveOpen(2).hear({ type: 'order', id: 'r1', data: 1 })).toMatchObject([
      { type: 'message', id: 'r1' },
    ])
    expect(driveOpen(1).hear({ type: 'order', id: 'r1', data: 1 })).toMatchObject([
      { type: 'message', id: null },
    ])
  })

  it('[G7] renews credentials inside the connection: for the same user, else 4403, and 4401 where they are refused', () => {
    const renewed = driveOpen(1, calm, { id: 'ann', expiresAt: 1_767_225_660_000 })
    expect(renewed.hear({ type: 'rt.auth', id: '7', auth: { token: 't2' } })).toEqual([
      { type: 'renew', id: '7', auth: { token: 't2' } },
    ])
    renewed.event({ type: 'renewed', id: '7', user: { id: 'ann', expiresAt: renewed.clock.now() + 120_000 } })
    expect(renewed.sent).toEqual([{ type: 'rt.ack', id: '7' }])
    // Whoever looks at its rights has to know.
    expect(renewed.effects.at(-1)).toMatchObject({ type: 'renewed', user: { id: 'ann' } })
    renewed.clock.advance(100_000)
    expect(renewed.closed()).toBeNull()
    renewed.clock.advance(30_000)
    expect(renewed.closed()).toBe('4401 expired')

    const other = driveOpen(1)
    other.event({ type: 'renewed', id: '7', user: { id: 'bob' } })
    expect(other.closed()).toBe('4403 another user')
    const refused = driveOpen(1)
    refused.event({ type: 'renewed', id: '7', user: null })
    expect(refused.closed()).toBe('4401 unauthorized')
    const unsure = driveOpen(1)
    unsure.event({ type: 'renewed', id: '7', user: 'failed' })
    expect(unsure.sent).toMatchObject([{ type: 'rt.error', id: '7', code: 'unavailable', retryable: true }])
  })

  it('[G23] answers a request that is none with bad_request, and goes on', () => {
    const link = driveOpen(3)
    for (const wrong of [
      { type: 'rt.subscribe', channel: 'a' },
      { type: 'rt.subscribe', id: 7, channel: 'a' },
      { type: 'rt.subscribe', id: 'a b', channel: 'a' },
      { type: 'rt.subscribe', id: '8' },
      { type: 'rt.subscribe', id: '8', channel: '' },
      { type: 'rt.subscribe', id: '8', channel: 'ä'.repeat(128) },
      { type: 'rt.publish', id: '8', channel: 'x'.repeat(256) },
      { type: 'rt.auth' },
    ])
      link.hear(wrong)
    expect(link.sent.map(({ code }) => code)).toEqual(Array<string>(8).fill('bad_request'))
    expect(link.hear({ type: 'rt.unknown', id: '8' })).toEqual([{ type: 'ignored' }])
    expect(driveOpen(1).hear({ type: 'rt.subscribe', id: '8', channel: 'a' })).toEqual([{ type: 'ignored' }])
    expect(link.closed()).toBeNull()
  })

  it('[G20] takes several requests in one frame, each worth one message; a bad one ends the link and the rest', () => {
    const link = driveOpen(2)
    const ask = (channel: string): object => ({ type: 'rt.subscribe', id: channel, channel })
    expect(link.hear([ask('a'), ask('b')])).toMatchObject([{ channel: 'a' }, { channel: 'b' }])
    expect(link.hear([ask('c'), 5, ask('d')])).toMatchObject([
      { channel: 'c' },
      { type: 'close', code: 4400 },
    ])
    expect(driveOpen(1).hear([ask('a')])).toMatchObject([{ type: 'close', code: 4400 }])
    expect(driveOpen(2).hear('[{"type"')).toMatchObject([{ type: 'close', code: 4400 }])
    const limited = driveOpen(2, { limits: { messagesPerMinute: 2 } })
    limited.hear([ask('a'), ask('b'), ask('c')])
    expect(limited.sent.at(-1)).toMatchObject({ type: 'rt.error', code: 'rate_limited' })
  })

  it('[R8 H7] takes a frame with nothing in it for a bad one', () => {
    for (const text of ['[]', `[${' '.repeat(60_000)}]`]) {
      const link = driveOpen(2)
      link.hear(text)
      expect(link.closed()).toMatch(/^4400 /)
    }
    const limited = driveOpen(2, { limits: { messagesPerMinute: 1 } })
    for (let n = 0; n < 11; n++) limited.hear('[]')
    expect(limited.closed()).toMatch(/^4429 rate_limited/)
  })

  it('[R8 G18] answers each request that is over the rate, and tells of the rest once', () => {
    const rate = { code: 'rate_limited', retryable: true, retry_after: 1_000 }
    const link = driveOpen(2, { limits: { messagesPerMinute: 100 } })
    for (let n = 0; n < 99; n++) link.hear({ type: 'note' })
    for (const type of ['rt.publish', 'rt.subscribe', 'rt.unsubscribe', 'order', 'rt.auth'])
      link.hear({ type, id: type.slice(3), channel: 'a' })
    expect(link.sent).toMatchObject(
      ['publish', 'subscribe', 'unsubscribe', 'er', 'auth'].map((id) => ({ type: 'rt.error', id, ...rate })),
    )
    for (const type of ['note', 'ping', 'rt.other', 'rt.subscribe']) link.hear({ type, id: '?' })
    expect(link.sent).toHaveLength(5)
    link.hear({ type: 'rt.subscribe', id: 'r7' })
    expect([link.sent.length, link.closed()]).toEqual([6, null])
    for (let n = 0; n < 5; n++) link.hear({ type: 'rt.publish', id: `p${n}`, channel: 'a' })
    expect(link.closed()).toBe('4429 rate_limited;retry_after=1000')

    const level1 = driveOpen(1, { limits: { messagesPerMinute: 1 } })
    for (const type of ['rt.auth', 'order', 'order']) level1.hear({ type, id: 'r1' })
    expect(level1.sent).toMatchObject([{ type: 'rt.error', id: 'r1', code: 'rate_limited' }])
  })
})

describe('the frames of levels 2 and 3', () => {
  it('[C1] are what the published schemas describe, both ways', () => {
    const link = driveOpen(3)
    const asked = [
      [protocol.subscribe, { type: 'rt.subscribe', id: '8', channel: 'a', since: { epoch: 'e', offset: 3 } }],
      [protocol.publish, { type: 'rt.publish', id: '9', channel: 'a', data: 1 }],
      [protocol.unsubscribe, { type: 'rt.unsubscribe', id: '10', channel: 'b' }],
      [protocol.renew, { type: 'rt.auth', id: '11', auth: null }],
    ] as const
    for (const [schema, frame] of asked) {
      expect(schema.safeParse(frame).success).toBe(true)
      link.hear(frame)
    }
    link.event({ type: 'joined', channel: 'a', ref: '8', past: past(4, between(3, 4)), data: '1' })
    link.event({ type: 'lost', channel: 'a' })
    link.event({ type: 'answered', id: '9', ack: { epoch: 'e', offset: 5, duplicate: true } })
    const schemas = [
      protocol.unsubscribed,
      protocol.subscribed,
      protocol.message,
      protocol.unsubscribed,
      protocol.ack,
    ]
    expect(link.sent.map((frame, n) => schemas[n]?.safeParse(frame).success)).toEqual(Array(5).fill(true))
  })
})
