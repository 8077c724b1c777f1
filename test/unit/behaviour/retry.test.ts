// When to try again (G4): the server's window, the outage, local causes, floors.
import { describe, expect, it } from 'vitest'
import { exponential } from '../../../src/index.ts'
import { connected, rig, type Rig } from './rig.ts'

/** The times between the attempts of the next `ms`, from the first of them on. */
function waits(r: Rig, ms: number): number[] {
  const from = r.opens.length
  r.clock.advance(ms)
  const times = r.opens.slice(from)
  return times.slice(1).map((at, n) => at - times[n]!)
}

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

describe('floors', () => {
  it('[A9 B3 G4] reconnect.minDelay binds every trigger but connect() and retry()', () => {
    const r = connected({ reconnect: { minDelay: 30_000 } })
    r.server.refuses()
    r.server.closeAll(1006)
    const lostAt = r.at()
    for (let n = 0; n < 29; n++) {
      r.clock.advance(1_000)
      r.page.goOffline()
      r.page.goOnline()
      r.page.hide()
      r.page.show()
      r.page.resume()
      r.page.changeNetwork()
    }
    expect(r.opens).toHaveLength(1)
    r.clock.advance(2_100)
    expect(r.opens).toHaveLength(2)
    expect(r.opens[1]).toBeGreaterThanOrEqual(lostAt + 30_000)
    r.live.retry()
    r.clock.advance(0)
    expect(r.opens).toHaveLength(3)
    r.live.disconnect()
    r.live.connect()
    r.clock.advance(0)
    expect(r.opens).toHaveLength(4)
  })

  it('[B3 G4] reconnect.minDelay binds a connection that was left and is wanted again', () => {
    const r = rig({ linger: 0, reconnect: { minDelay: 30_000 } })
    r.server.refuses()
    for (let n = 0; n < 60; n++) {
      const leave = r.live.state('queue').subscribe(() => undefined)
      r.clock.advance(500)
      leave()
      r.clock.advance(500)
    }
    expect(r.opens.length).toBeLessThanOrEqual(3) // at 0, at 30 s, perhaps at the end
    expect(r.opens.slice(1).every((at, n) => at - r.opens[n]! >= 30_000)).toBe(true)
  })

  it('[A9 G4] a hidden page waits at least 30 s, or reconnect.hiddenDelay', () => {
    for (const [hiddenDelay, least] of [
      [undefined, 30_000],
      [45_000, 45_000],
      [0, 250],
    ] as const) {
      const r = connected({ random: 0, reconnect: { hiddenDelay } })
      r.page.hide()
      r.server.refuses()
      r.server.closeAll(1006)
      const lostAt = r.at()
      r.clock.advance(60_000)
      expect(r.opens[1]! - lostAt).toBe(least)
    }
  })

  it('[G4] a page that became visible while nobody was interested is visible', () => {
    const r = rig({ random: 0 })
    r.live.connect()
    r.clock.advance(1_000)
    r.page.hide()
    r.live.disconnect()
    r.page.show()
    r.live.connect()
    r.clock.advance(6_000)
    r.server.closeAll(1006)
    r.clock.advance(300)
    expect(r.opens).toHaveLength(3)
  })

  it('[G4] a page that is hidden from the start is', () => {
    const r = rig({ random: 0 })
    r.page.hide()
    r.server.refuses()
    r.live.connect()
    r.clock.advance(29_999)
    expect(r.opens).toHaveLength(1)
    r.clock.advance(1)
    expect(r.opens).toHaveLength(2)
  })
})

describe('reconnect.delay', () => {
  it('[A14 G4] replaces the wait, and is told attempt, outage and chance', () => {
    const asked: Array<readonly number[]> = []
    const r = connected({
      random: 0.25,
      reconnect: {
        circuit: false,
        delay: (...args) => {
          asked.push(args)
          return 700
        },
      },
    })
    r.server.refuses()
    r.server.closeAll(1006)
    r.clock.advance(2_200)
    expect(asked.slice(0, 3)).toEqual([
      [1, 0, 0.25],
      [1, 700, 0.25],
      [2, 1_400, 0.25],
    ])
    expect(r.opens.slice(1)).toEqual([6_700, 7_400, 8_100])
  })

  it('[A14 G4] exponential() is 1, 2, 4, 8 ... 30 s, each shortened by at most a half', () => {
    const delay = exponential()
    expect([1, 2, 3, 4, 5, 6, 7, 100, 5_000].map((attempt) => delay(attempt, 0, 0))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000,
    ])
    expect([1, 2, 6].map((attempt) => delay(attempt, 0, 0.999_999))).toEqual([
      expect.closeTo(500, 0),
      expect.closeTo(1_000, 0),
      expect.closeTo(15_000, -1),
    ])
    expect(exponential({ base: 200, max: 500 })(2, 0, 0)).toBe(400)
    expect(exponential({ base: 200, max: 500 })(3, 0, 0)).toBe(500)
  })

  it('[A9 A14] exponential() refuses what cannot work, by name', () => {
    for (const value of [0, -1, NaN, Infinity, '5' as never, null as never]) {
      expect(() => exponential({ base: value })).toThrow(/base/)
      expect(() => exponential({ max: value })).toThrow(/max/)
      expect(() => exponential({ max: value })).toThrow(TypeError)
    }
  })

  it('[A14 G4] exponential() works as the option', () => {
    const r = connected({ random: 0, reconnect: { circuit: false, delay: exponential() } })
    r.server.refuses()
    r.server.closeAll(1006)
    expect(waits(r, 70_000)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000])
  })

  it.each([NaN, Infinity, -1, 1e12, '5' as never, undefined as never])(
    '[A14 G4] that gives %s waits maxDelay',
    (value) => {
      const r = connected({ reconnect: { maxDelay: 9_000, delay: () => value } })
      r.server.closeAll(1006)
      r.clock.advance(8_999)
      expect(r.opens).toHaveLength(1)
      r.clock.advance(2)
      expect(r.opens).toHaveLength(2)
    },
  )

  it('[A14 G4 G17] that throws ends nothing', () => {
    const r = connected({
      reconnect: {
        maxDelay: 9_000,
        delay: () => {
          throw new Error('mine')
        },
      },
    })
    expect(() => {
      r.server.closeAll(1006)
      r.clock.advance(20_000)
    }).not.toThrow()
    expect(r.opens).toHaveLength(2)
    expect(r.snapshot.status).toBe('connected')
  })
})

describe('the count of failures', () => {
  it('[G4 BB9 S5] goes on while a server accepts and then closes: only 5 s of connected end an outage', () => {
    const r = connected({ random: 0.999_999, reconnect: { circuit: false } })
    r.server.dropsAfter(4_900)
    const from = r.opens.length
    r.clock.advance(120_000)
    const gaps = r.opens.slice(from).map((at, n, all) => (n === 0 ? 0 : at - all[n - 1]! - 4_900))
    // The outage goes on through all of it, so the waits grow to half of it.
    expect(gaps.at(-1)).toBeGreaterThan(10_000)
    expect(r.snapshot.attempt).toBeGreaterThan(3)
  })

  it('[A9 G4] starts anew after reconnect.minUptime of connected', () => {
    const r = rig({ random: 0, reconnect: { minUptime: 2_000 } })
    r.server.refuses()
    r.live.connect()
    r.clock.advance(2_000)
    expect(r.snapshot.attempt).toBeGreaterThan(3)
    r.server.accepts()
    r.clock.advance(250 + 1_999)
    r.server.refuses()
    r.server.closeAll(1006)
    r.clock.advance(0)
    expect(r.snapshot.attempt).toBeGreaterThan(4)
    r.server.accepts()
    r.clock.advance(60_000)
    r.server.refuses()
    r.server.closeAll(1006)
    r.clock.advance(250)
    expect(r.snapshot.attempt).toBe(1)
  })
})
