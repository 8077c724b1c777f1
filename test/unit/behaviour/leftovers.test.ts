// What 10 000 reconnects and attempts leave behind (A10): nothing.
import { describe, expect, it } from 'vitest'
import { collect } from './collect.ts'
import { rig, expectNothingLeft } from './rig.ts'

describe('nothing is left over', () => {
  it('[A10 A12 G8] after 10 000 reconnects', () => {
    const budget = { attempts: 1_000, per: 1_000 }
    const r = rig({ random: 0, reconnect: { budget, circuit: false, minUptime: 0 } })
    const channel = r.live.state('a')
    channel.subscribe(() => undefined)
    r.live.on('message', () => undefined)
    let pending = 0
    let listeners = 0
    for (let n = 0; n < 10_000; n++) {
      r.clock.advance(300)
      r.server.closeAll(1006)
      pending = Math.max(pending, r.clock.pending)
      listeners = Math.max(listeners, r.page.listeners)
    }
    expect(r.server.attempts).toBeGreaterThan(9_990)
    expect(pending).toBeLessThanOrEqual(4) // two of ours, and those of the mock network
    expect(listeners).toBe(1)
    r.live.close()
    expectNothingLeft(r)
  }, 60_000)

  it('[A10] after an attempt that asked for credentials', async () => {
    const signals: Array<WeakRef<AbortSignal>> = []
    const r = rig({
      random: 0,
      reconnect: { budget: { attempts: 1e6 }, circuit: false },
      auth: ({ signal }) => {
        signals.push(new WeakRef(signal))
        return 'token'
      },
    })
    r.server.refuses()
    r.live.connect()
    await r.clock.advanceAsync(10_000)
    expect(signals.length).toBeGreaterThan(10)
    await collect()
    expect(signals.slice(0, -2).filter((signal) => signal.deref())).toEqual([])
  })
})
