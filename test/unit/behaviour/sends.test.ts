// Sends at levels 0 and 1 (G18, G19): each settles once, nothing is kept or retried beyond its ttl.
import { describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../../src/index.ts'
import { connected, rig } from './rig.ts'
import { outcomes, failures, got } from './outcomes.ts'

const written: SendOutcome = { ok: true, outcome: 'written' }

describe('a send', () => {
  it('[G18] is written at once where there is a connection, at levels 0 and 1, as { type, data }', async () => {
    for (const level of [0, 1] as const) {
      const r = connected({}, (s) => s.accepts({ level }))
      expect(await r.live.send('note', { n: 1 })).toEqual(written)
      r.clock.advance(0)
      expect(got(r)).toEqual([{ type: 'note', data: { n: 1 } }])
      expect(await r.live.send('bare')).toEqual(written)
      r.clock.advance(0)
      expect(got(r)[1]).toEqual({ type: 'bare' })
    }
  })

  it('[B1 G18 G19] without a connection fails at once, as not connected, by default', async () => {
    const idle = rig()
    const refused = rig()
    refused.server.refuses()
    refused.live.connect()
    refused.clock.advance(1_000)
    const lost = connected()
    lost.server.refuses()
    lost.server.closeAll(1006)
    lost.clock.advance(0)
    for (const r of [idle, refused, lost]) {
      const outcome = await r.live.send('note', 1)
      expect(outcome).toMatchObject({
        ok: false,
        outcome: 'failed',
        maybeDelivered: false,
        error: { code: 'not-connected' },
      })
    }
  })

  it('[G18] needs no await: it does not reject, and in its own turn nothing blocks', async () => {
    const r = rig()
    const started = r.clock.now()
    for (let n = 0; n < 100; n++) void r.live.send('note', n)
    expect(r.clock.now()).toBe(started)
    await expect(r.live.send('note', 1)).resolves.toBeDefined()
  })

  it('[G19 P5] waits for a connection no longer than its ttl, then expires', async () => {
    const r = rig()
    r.server.refuses()
    const all = outcomes(r, ['a', 1, { ttl: 3_000 }], ['b', 1, { ttl: 1_000 }])
    await r.clock.advanceAsync(999)
    expect(all).toEqual([])
    await r.clock.advanceAsync(1)
    expect(failures(all)).toEqual(['expired'])
    await r.clock.advanceAsync(1_999)
    expect(all).toHaveLength(1)
    await r.clock.advanceAsync(1)
    expect(failures(all)).toEqual(['expired', 'expired'])
    expect(all.every((one) => !one.ok && !one.maybeDelivered)).toBe(true)
    r.server.accepts()
    await r.clock.advanceAsync(60_000)
    expect(got(r)).toEqual([])
  })

  it('[G19 R1] that waited leaves in call order once there is a connection', async () => {
    const r = rig()
    r.server.refuses()
    const all = outcomes(r, ['a', 1, { ttl: 60_000 }], ['b', 2, { ttl: 60_000 }], ['c', 3, { ttl: 60_000 }])
    await r.clock.advanceAsync(500)
    r.server.accepts()
    await r.clock.advanceAsync(2_000)
    expect(all).toEqual([written, written, written])
    expect(got(r).map((frame) => (frame as { type: string }).type)).toEqual(['a', 'b', 'c'])
  })

  it('[G19 S9] that was written is never sent again', async () => {
    const r = connected()
    await r.live.send('note', 1)
    r.clock.advance(0)
    r.server.closeAll(1006)
    await r.clock.advanceAsync(60_000)
    expect(got(r)).toEqual([{ type: 'note', data: 1 }])
  })

  it('[A9 G19] takes its ttl from outbox.ttl where it has none of its own', async () => {
    const r = rig({ outbox: { ttl: 2_000 } })
    r.server.refuses()
    const all = outcomes(r, ['a', 1], ['b', 1, { ttl: 0 }])
    await r.clock.advanceAsync(0)
    expect(failures(all)).toEqual(['not-connected'])
    await r.clock.advanceAsync(2_000)
    expect(failures(all)).toEqual(['not-connected', 'expired'])
  })

  it.each([NaN, -1, -Infinity, '5' as never, null as never])(
    '[A9 G18] with the ttl %s does not wait',
    async (ttl) => {
      const r = rig()
      const all = outcomes(r, ['note', 1, { ttl }])
      await r.clock.advanceAsync(0)
      expect(failures(all)).toEqual(['not-connected'])
      expect(r.clock.pending).toBe(0)
    },
  )

  it.each([Infinity, 1e15])(
    '[A9 G18 M10] with the ttl %d waits for a day, without a hot loop of timers',
    async (ttl) => {
      let armed = 0
      const base = rig()
      const clock = {
        now: base.clock.now,
        monotonic: base.clock.monotonic,
        clearTimeout: base.clock.clearTimeout,
        setTimeout(run: () => void, delay: number): unknown {
          armed++
          return base.clock.setTimeout(run, delay)
        },
      }
      const r = rig({ transport: base.server.transport, runtime: { ...base.server.runtime, clock } })
      base.server.refuses()
      const all = outcomes(r, ['note', 1, { ttl }])
      await base.clock.advanceAsync(3_600_000)
      expect(armed).toBeLessThan(500)
      expect(all).toEqual([])
      await base.clock.advanceAsync(86_400_000)
      expect(failures(all)).toEqual(['expired'])
    },
  )
})

describe('data that cannot be encoded', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  it.each<[string, unknown]>([
    ['a circle', circle],
    ['a BigInt', { n: 1n }],
    [
      'a getter that throws',
      {
        get x(): never {
          throw new Error('mine')
        },
      },
    ],
    [
      'a toJSON that throws',
      {
        toJSON(): never {
          throw new Error('mine')
        },
      },
    ],
  ])('[G18 H16 G23] (%s) fails as invalid-message, not delivered, nothing queued', async (_what, data) => {
    const r = connected()
    const offline = rig()
    for (const one of [r, offline]) {
      expect(await one.live.send('note', data, { ttl: 60_000 })).toMatchObject({
        ok: false,
        maybeDelivered: false,
        error: { code: 'invalid-message' },
      })
    }
    r.clock.advance(1_000)
    expect(got(r)).toEqual([])
    expect(offline.opens).toEqual([])
  })

  it.each([
    '',
    'x'.repeat(65),
    'with space',
    'ümlaut',
    'a\n',
    5 as never,
    null as never,
    undefined as never,
    {} as never,
  ])('[G18] the type %j fails as invalid-message', async (type) => {
    const r = connected()
    expect(await r.live.send(type, 1)).toMatchObject({
      ok: false,
      maybeDelivered: false,
      error: { code: 'invalid-message' },
    })
    r.clock.advance(0)
    expect(got(r)).toEqual([])
  })

  it('[G18] every legal character makes a legal type', async () => {
    const r = connected()
    expect(await r.live.send('AZaz09_.:-'.padEnd(64, 'x'), 1)).toEqual(written)
  })
})
