// What waits to be sent is bounded (G21).
import { describe, expect, it } from 'vitest'
import type { SendOutcome, Transport } from '../../../src/index.ts'
import { rig } from './rig.ts'
import { outcomes, failures, got } from './outcomes.ts'

describe('the outbox', () => {
  it('[G21 R1] holds 1 000 messages, then refuses the new one as queue-full', async () => {
    const r = rig()
    r.server.refuses()
    const all: SendOutcome[] = []
    for (let n = 0; n < 1_001; n++) void r.live.send('note', n, { ttl: 60_000 }).then((one) => all.push(one))
    await r.clock.advanceAsync(0)
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ ok: false, maybeDelivered: false, error: { code: 'queue-full' } })
    r.server.accepts()
    await r.clock.advanceAsync(2_000)
    expect(all.filter(({ ok }) => ok)).toHaveLength(1_000)
    expect(got(r).map((frame) => (frame as { data: number }).data)).toEqual(
      Array.from({ length: 1_000 }, (_, n) => n),
    )
  })

  it('[G21 R1] holds 1 MiB of UTF-8, counted with what the frame adds', async () => {
    const r = rig()
    r.server.refuses()
    const frame = (text: string): number =>
      new TextEncoder().encode(JSON.stringify({ type: 'note', data: text })).length
    const third = '€'.repeat(100_000)
    const first = outcomes(r, ['note', third, { ttl: 60_000 }], ['note', third, { ttl: 60_000 }])
    const room = 1_048_576 - 2 * frame(third)
    const last = outcomes(r, ['note', 'x'.repeat(room - frame('') + 1), { ttl: 60_000 }])
    await r.clock.advanceAsync(0)
    expect(failures(last)).toEqual(['queue-full'])
    expect(first).toEqual([])
    const fits = outcomes(r, ['note', 'x'.repeat(room - frame('')), { ttl: 60_000 }])
    await r.clock.advanceAsync(0)
    expect(fits).toEqual([])
  })

  it('[A9 G21] takes messages and bytes from the options', async () => {
    const few = rig({ outbox: { messages: 2 } })
    const small = rig({ outbox: { bytes: 60 } })
    for (const r of [few, small]) r.server.refuses()
    const a = outcomes(few, ['a', 1, { ttl: 9_000 }], ['a', 2, { ttl: 9_000 }], ['a', 3, { ttl: 9_000 }])
    const b = outcomes(small, ['a', 1, { ttl: 9_000 }], ['a', 'x'.repeat(60), { ttl: 9_000 }])
    await few.clock.advanceAsync(0)
    expect(failures(a)).toEqual(['queue-full'])
    expect(failures(b)).toEqual(['queue-full'])
  })

  it('[G21] has room again once something left or expired', async () => {
    const r = rig({ outbox: { messages: 1 } })
    r.server.refuses()
    const all = outcomes(r, ['a', 1, { ttl: 1_000 }])
    await r.clock.advanceAsync(1_000)
    void r.live.send('a', 2, { ttl: 1_000 }).then((one) => all.push(one))
    await r.clock.advanceAsync(1_000)
    expect(failures(all)).toEqual(['expired', 'expired'])
  })
})

describe('a full socket', () => {
  it('[G21 R2 N14] is not written to while more than 256 kB wait in it; what may wait leaves when it drained', async () => {
    let buffered = 0
    const b = rig({ transport: leaky(() => buffered) })
    b.live.connect()
    await b.clock.advanceAsync(0)
    buffered = 262_145
    const all = outcomes(b, ['a', 1], ['b', 2, { ttl: 10_000 }], ['c', 3, { ttl: 500 }])
    await b.clock.advanceAsync(0)
    expect(failures(all)).toEqual(['queue-full'])
    await b.clock.advanceAsync(1_000)
    expect(failures(all)).toEqual(['queue-full', 'expired'])
    buffered = 262_144
    await b.clock.advanceAsync(200)
    expect(failures(all)).toEqual(['queue-full', 'expired', 'written'])
  })

  it('[A9 R2] takes its watermark from sendWatermark', async () => {
    const b = rig({ transport: leaky(() => 11), sendWatermark: 10 })
    b.live.connect()
    await b.clock.advanceAsync(100)
    const all = outcomes(b, ['a', 1])
    await b.clock.advanceAsync(0)
    expect(failures(all)).toEqual(['queue-full'])
  })
})

/** A link that is open at once, level 1, and holds as much as told. */
function leaky(buffered: () => number): Transport {
  return {
    name: 'leaky',
    capabilities: { ownsHeartbeat: true, ownsRecovery: false, closeCodes: true },
    open(_context, events) {
      events.opened()
      events.message('{"type":"server_ready","v":1}')
      return {
        send: () => undefined,
        get bufferedBytes() {
          return buffered()
        },
        close: () => undefined,
      }
    },
  }
}
