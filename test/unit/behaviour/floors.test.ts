// What else a wait depends on (G4): floors, a delay of the app's own, the count of failures.
import { describe, expect, it } from 'vitest'
import { exponential } from '../../../src/index.ts'
import { connected, rig } from './rig.ts'
import { waits } from './pace.ts'

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
