// The attempt budget (G4): an exact sliding window over every cause.
import { describe, expect, it } from 'vitest'
import { codes, connected, rig } from './rig.ts'

/** The most attempts in any `per` milliseconds. */
function busiest(opens: readonly number[], per = 300_000): number {
  return Math.max(...opens.map((from) => opens.filter((at) => at >= from && at < from + per).length))
}

describe('the attempt budget', () => {
  it('[B3 G4 N19] bounds a server that is up 3 s and down 3 s for 10 minutes: 40 in any 5 minutes', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { clock, server, live, opens, statuses } = rig({ network: { seed } })
      live.connect()
      let flaps = 0
      for (let t = 0; t < 600_000; t += 6_000) {
        server.accepts({ level: 0 })
        clock.advance(3_000)
        server.refuses()
        server.closeAll(1006)
        clock.advance(3_000)
        flaps++
      }
      expect(busiest(opens)).toBeLessThanOrEqual(40)
      expect(statuses.length).toBeLessThanOrEqual(2 * flaps)
    }
  })

  it('[B3 G4 N19] with reconnect.minDelay 30 000 makes at most 20 opens of 10 minutes of flapping', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { clock, server, live, opens } = rig({ network: { seed }, reconnect: { minDelay: 30_000 } })
      live.connect()
      for (let t = 0; t < 600_000; t += 6_000) {
        server.accepts({ level: 0 })
        clock.advance(3_000)
        server.refuses()
        server.closeAll(1006)
        clock.advance(3_000)
      }
      expect(opens.length).toBeLessThanOrEqual(20)
      expect(opens.slice(1).every((at, n) => at - opens[n]! >= 30_000)).toBe(true)
    }
  })

  it('[B3 G4] counts every cause: calls, page signals, reset, lost links', () => {
    const { clock, server, page, live, opens } = rig({ reconnect: { circuit: false } })
    server.refuses()
    for (let n = 0; n < 600; n++) {
      live.connect()
      live.retry()
      page.goOnline()
      page.show()
      if (n % 7 === 0) live.reset()
      if (n % 11 === 0) live.disconnect()
      if (n % 50 === 0) server.accepts()
      if (n % 50 === 1) server.closeAll(4403)
      if (n % 50 === 2) server.refuses()
      clock.advance(1_000)
    }
    expect(opens.length).toBeGreaterThan(60)
    expect(busiest(opens)).toBe(40)
  })

  it('[B3 G4] is exact: the 41st attempt waits until the first is 5 minutes old, and retryAt says so', () => {
    const { clock, server, live, opens, errors } = rig()
    server.refuses()
    live.connect()
    for (let n = 0; n < 60; n++) {
      live.retry()
      clock.advance(100)
    }
    expect(opens).toHaveLength(40)
    const { status, retryAt } = live.getSnapshot()
    expect(status).toBe('connecting')
    expect(retryAt).toBe(clock.now() - 6_000 + 300_000)
    expect(codes(errors)).toContain('budget-spent')
    clock.advance(300_000 - 6_000 - 1)
    expect(opens).toHaveLength(40)
    clock.advance(1)
    expect(opens).toHaveLength(41)
  })

  it('[B3 G4] is 120 while a window is known', () => {
    const { clock, server, live, opens } = connected({}, (s) => s.accepts({ window: 500 }))
    server.refuses()
    server.closeAll(1006)
    for (let n = 0; n < 200; n++) {
      live.retry()
      clock.advance(100)
    }
    expect(opens).toHaveLength(120)
  })

  it('[A9 B3 G4] takes attempts and span from reconnect.budget, with a window too', () => {
    for (const window of [undefined, 500]) {
      const { clock, server, live, opens } = rig({ reconnect: { budget: { attempts: 5, per: 10_000 } } })
      if (window !== undefined) server.accepts({ window })
      live.connect()
      clock.advance(100)
      server.refuses()
      server.closeAll(1006)
      for (let n = 0; n < 300; n++) {
        live.retry()
        clock.advance(100)
      }
      expect(busiest(opens, 10_000)).toBe(5)
      expect(opens.length).toBeGreaterThan(10)
    }
  })

  it('[B3 G4] is not got around by disconnect() and connect(), reset() or failing', () => {
    const { clock, server, live, opens } = rig()
    server.refuses(4403)
    for (let n = 0; n < 100; n++) {
      live.connect()
      clock.advance(10)
      live.disconnect()
      live.reset()
    }
    expect(opens).toHaveLength(40)
  })

  it('[B3 G4] says once that it is spent, however often it is asked', () => {
    const { clock, server, live, errors } = rig({ reconnect: { budget: { attempts: 2 } } })
    server.refuses()
    live.connect()
    for (let n = 0; n < 50; n++) {
      clock.advance(10)
      live.retry()
    }
    expect(codes(errors).filter((code) => code === 'budget-spent')).toHaveLength(1)
  })

  it('[B3 G4] does not count an attempt that never asked for a link', async () => {
    let fail = true
    const { clock, live, opens } = rig({
      reconnect: { budget: { attempts: 2 }, circuit: false },
      auth: () => (fail ? Promise.reject(new Error('no')) : 'token'),
    })
    live.connect()
    await clock.advanceAsync(60_000)
    fail = false
    await clock.advanceAsync(40_000)
    expect(opens).toHaveLength(1)
    expect(live.getSnapshot().status).toBe('connected')
  })
})
