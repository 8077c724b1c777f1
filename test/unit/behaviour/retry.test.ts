// When to try again (G4): the server's window, the outage, local causes.
import { describe, expect, it } from 'vitest'
import { connected, rig, type Rig } from './rig.ts'
import { waits } from './pace.ts'

/** The longest wait by rule 2 after that much outage. */
const longest = (outage: number): number => Math.max(1_000, Math.min(30_000, outage / 2))

describe('without a window', () => {
  it('[A14 G4] waits uniformly from 250 ms to half the outage, at least up to 1 s, at most 30 s', () => {
    for (const random of [0, 0.25, 0.5, 0.999_999]) {
      const r = connected({ random, reconnect: { circuit: false } })
      r.server.refuses()
      r.server.closeAll(1006)
      const lostAt = r.at()
      r.clock.advance(300_000)
      const attempts = r.opens.slice(1)
      let previous = lostAt
      for (const at of attempts) {
        const expected = 250 + random * (longest(previous - lostAt) - 250)
        expect(at - previous).toBeGreaterThanOrEqual(Math.floor(expected))
        expect(at - previous).toBeLessThanOrEqual(Math.ceil(expected) + 1)
        previous = at
        if (attempts.indexOf(at) === 38) break // then the budget
      }
      expect(attempts.length).toBeGreaterThan(10)
    }
  })

  it('[A14 G4] has jitter on the first retry too', () => {
    const first = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const r = connected({ network: { seed } })
      r.server.closeAll(1006)
      r.clock.advance(2_000)
      return r.opens[1]! - r.at() + 2_000
    })
    expect(new Set(first).size).toBe(8)
    expect(Math.min(...first)).toBeGreaterThanOrEqual(250)
    expect(Math.max(...first)).toBeLessThanOrEqual(1_000)
  })

  it.each([1_000, 5_000, 15_000, 20_000, 60_000])(
    '[D4 G4] is back within half of an outage of %i ms and 1 s, never later than the shown retryAt',
    (outage) => {
      for (let seed = 0; seed < 40; seed++) {
        const r = connected({ network: { seed }, reconnect: { circuit: false } }, (s) =>
          s.accepts({ level: 0 }),
        )
        r.server.refuses()
        r.server.closeAll(1006)
        r.clock.advance(outage)
        r.server.accepts({ level: 0 })
        const { retryAt } = r.snapshot
        expect(retryAt).not.toBeNull()
        r.clock.advance(retryAt! - r.clock.now() + 1)
        expect(r.snapshot.status).toBe('connected')
        expect(retryAt! - (r.clock.now() - (r.at() - 6_000 - outage))).toBeLessThanOrEqual(
          Math.max(1_000, outage / 2),
        )
      }
    },
  )

  it('[A9 A14 G4] takes its longest wait from reconnect.maxDelay', () => {
    const r = connected({ random: 0.999_999, reconnect: { maxDelay: 3_000, circuit: false } })
    r.server.refuses()
    r.server.closeAll(1006)
    expect(Math.max(...waits(r, 60_000))).toBeLessThanOrEqual(3_001)
  })
})

describe('with a window from the server', () => {
  it('[D4 G4] comes back at a random phase in [0, W]', () => {
    for (const random of [0, 0.3, 0.999_999]) {
      const r = connected({ random }, (s) => s.accepts({ window: 2_000 }))
      r.server.closeAll(1006)
      const lostAt = r.at()
      r.clock.advance(3_000)
      expect(r.opens[1]! - lostAt).toBeCloseTo(random * 2_000, -1)
    }
  })

  it('[D4 G4] then tries every W, lengthened to 1 s after 15 s, 2 s after 30 s, 5 s after 60 s of outage', () => {
    const r = connected({ random: 0.5, reconnect: { circuit: false } }, (s) => s.accepts({ window: 500 }))
    r.server.refuses()
    r.server.closeAll(1006)
    const lostAt = r.at()
    r.clock.advance(120_000)
    const times = r.opens.slice(1).map((at) => at - lostAt)
    for (const [n, at] of times.entries()) {
      const next = times[n + 1]
      if (next === undefined) break
      expect(next - at, `after ${at} ms`).toBe(
        at >= 60_000 ? 5_000 : at >= 30_000 ? 2_000 : at >= 15_000 ? 1_000 : 500,
      )
    }
    expect(times.at(-1)).toBeGreaterThan(110_000)
  })

  it.each([
    [400, 400],
    [2_500, 2_500],
    [10_000, 10_000],
  ])('[D4 G4] a longer window (%i) is never shortened by the lengthening', (window, wait) => {
    const r = connected({ random: 0, reconnect: { circuit: false } }, (s) => s.accepts({ window }))
    r.server.refuses()
    r.server.closeAll(1006)
    const times = r.opens
    r.clock.advance(14_000)
    expect(times[2]! - times[1]!).toBe(wait)
  })

  it('[D4 G4] p95 of 200 restarts of up to 15 s is back in under 2 s', () => {
    const times = Array.from({ length: 200 }, (_, seed) => {
      const r = connected({ network: { seed } }, (s) => s.accepts({ window: 500 }))
      r.server.refuses()
      r.server.closeAll(1006)
      r.clock.advance(75 * seed)
      const from = r.at()
      r.server.accepts({ window: 500 })
      while (r.snapshot.status !== 'connected') r.clock.advance(10)
      return r.at() - from
    }).sort((a, b) => a - b)
    expect(times[190]).toBeLessThan(2_000)
    expect(times[199]).toBeLessThanOrEqual(900) // window + 400
  })

  it('[G4] is remembered over later links, also those of servers that give none', () => {
    const r = connected({ random: 0.5 }, (s) => s.accepts({ window: 4_000 }))
    r.server.accepts()
    r.server.closeAll(1006)
    r.clock.advance(10_000)
    r.server.closeAll(1006)
    const lostAt = r.at()
    r.clock.advance(10_000)
    expect(r.opens[2]! - lostAt).toBe(2_000)
  })
})

describe('after a local cause', () => {
  it('[G4] comes back at a phase in [0, 1 s] of the return', () => {
    for (const random of [0, 0.6, 0.999_999]) {
      const r = connected({ random })
      r.server.goesSilent()
      r.page.goOffline()
      r.clock.advance(4_001)
      expect(r.opens[1]! - 9_000).toBeCloseTo(random * 1_000, -1)
    }
  })

  it('[G4 N18] (fault B9) going online shortens a wait to at most 1 s, becoming visible too', () => {
    for (const back of [
      (r: Rig) => r.page.goOnline(),
      (r: Rig) => r.page.show(),
      (r: Rig) => r.page.resume(),
    ]) {
      const r = rig({ random: 0.9, reconnect: { circuit: false } })
      r.server.refuses()
      r.live.connect()
      r.clock.advance(50_000)
      const wait = r.snapshot.retryAt! - r.clock.now()
      expect(wait).toBeGreaterThan(2_000)
      const tried = r.opens.length
      back(r)
      expect(r.snapshot.retryAt! - r.clock.now()).toBeCloseTo(900, -1)
      r.clock.advance(901)
      expect(r.opens.length).toBe(tried + 1)
    }
  })

  it('[G4] (fault B19) twenty tabs that wake together do not come back together', () => {
    const rigs = Array.from({ length: 20 }, (_, seed) => connected({ network: { seed } }))
    for (const r of rigs) {
      r.server.goesSilent()
      r.clock.sleep(3_600_000)
      r.page.show()
      r.clock.advance(5_000)
    }
    const backAt = rigs.map((r) => r.opens[1]!)
    expect(Math.max(...backAt) - Math.min(...backAt)).toBeGreaterThan(500)
    expect(new Set(backAt).size).toBeGreaterThan(15)
  })
})
