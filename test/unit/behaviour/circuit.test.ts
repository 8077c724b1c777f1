// The circuit (G9), and maxAttempts (G6): when trying stops for a while, and when for good.
import { describe, expect, it } from 'vitest'
import { connected, rig, type Rig, type RigOptions } from './rig.ts'

/** A rig that has failed until its circuit opened. Waits are 7 s, so that it takes 10 failures and more than a minute. */
function tripped(options: RigOptions = {}): Rig {
  const r = rig({ random: 0.5, ...options, reconnect: { delay: () => 7_000, ...options.reconnect } })
  r.server.refuses()
  r.live.connect()
  while (r.snapshot.status === 'connecting') r.clock.advance(10)
  return r
}

describe('the circuit', () => {
  it('[A4 G9 N1] opens after 10 failures in a row and a minute of outage, and says until when', () => {
    const r = tripped()
    expect(r.opens).toHaveLength(10)
    expect(r.at()).toBe(63_000)
    expect(r.snapshot).toMatchObject({
      status: 'suspended',
      circuit: 'open',
      attempt: 10,
      retryAt: r.clock.now() + 30_000,
    })
    expect(r.statuses).toEqual(['connecting', 'suspended'])
  })

  it('[A4 G9] stays closed at 10 failures before the minute is over, and at a minute before 10 failures', () => {
    const fast = rig({ random: 0, reconnect: { delay: () => 1_000 } })
    fast.server.refuses()
    fast.live.connect()
    fast.clock.advance(59_999)
    expect(fast.opens.length).toBeGreaterThan(10)
    expect(fast.snapshot).toMatchObject({ status: 'connecting', circuit: 'closed' })
    const slow = rig({ reconnect: { delay: () => 20_000 } })
    slow.server.refuses()
    slow.live.connect()
    slow.clock.advance(179_999) // the ninth attempt was at 160 s
    expect(slow.snapshot).toMatchObject({ status: 'connecting', circuit: 'closed', attempt: 9 })
    slow.clock.advance(1)
    expect(slow.snapshot).toMatchObject({ status: 'suspended', attempt: 10 })
  })

  it('[A4 G9] opens at a minute to the millisecond, not later', () => {
    const r = rig({ reconnect: { delay: () => 6_000 } })
    r.server.refuses()
    r.live.connect()
    r.clock.advance(59_999)
    expect(r.snapshot).toMatchObject({ status: 'connecting', attempt: 10 })
    r.clock.advance(1)
    expect(r.snapshot).toMatchObject({ status: 'suspended', attempt: 11 })
  })

  it('[A4 G9] takes 5 minutes of outage while a window is known', () => {
    const r = connected({ random: 0.5 }, (s) => s.accepts({ window: 10_000 }))
    r.server.refuses()
    r.server.closeAll(1006)
    r.clock.advance(299_000)
    expect(r.snapshot).toMatchObject({ status: 'reconnecting', circuit: 'closed' })
    r.clock.advance(20_000)
    expect(r.snapshot).toMatchObject({ status: 'suspended', circuit: 'open' })
  })

  it.each([
    [0, [30_000, 48_000, 96_000, 192_000, 300_000, 300_000]],
    [0.5, [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]],
    [0.999_999, [36_000, 72_000, 144_000, 288_000, 300_000, 300_000]],
  ])('[A4 G9] cools down 30 s · 2^k ± 20 %%, clamped to 30 s..5 min (at random %d)', (random, coolDowns) => {
    const r = tripped({ random })
    for (const coolDown of coolDowns) {
      expect(r.snapshot.status).toBe('suspended')
      expect(Math.abs(r.snapshot.retryAt! - r.clock.now() - coolDown)).toBeLessThanOrEqual(1)
      r.clock.advance(r.snapshot.retryAt! - r.clock.now() + 1)
    }
  })

  it('[A4 G9] never cools down for less than the window', () => {
    const r = connected({ random: 0.5, reconnect: { circuit: { failures: 2, after: 0 } } }, (s) =>
      s.accepts({ window: 120_000 }),
    )
    r.server.refuses()
    r.server.closeAll(1006)
    r.clock.advance(60_000 + 120_000)
    expect(r.snapshot.status).toBe('suspended')
    expect(r.snapshot.retryAt! - r.clock.now()).toBe(120_000)
  })

  it('[A4 G9 BB10] lets exactly one probe through, which is reconnecting and half-open, and has a deadline', () => {
    const r = tripped()
    r.server.hangs()
    r.clock.advance(30_000)
    expect(r.opens).toHaveLength(11)
    expect(r.snapshot).toMatchObject({
      status: 'reconnecting',
      circuit: 'half-open',
      attempt: 11,
      retryAt: null,
    })
    for (let n = 0; n < 9; n++) {
      r.page.show()
      r.page.goOnline()
      r.live.connect()
      r.live.retry()
      r.clock.advance(1_000)
    }
    expect(r.opens).toHaveLength(11)
    r.clock.advance(1_001)
    expect(r.snapshot).toMatchObject({ status: 'suspended', circuit: 'open' })
    expect(r.server.connecting).toBe(0)
  })

  it('[A4 G9] closes once a probe was connected for minUptime, not when it opens', () => {
    const r = tripped()
    r.server.accepts()
    r.clock.advance(30_000)
    expect(r.snapshot).toMatchObject({ status: 'connected', circuit: 'half-open', attempt: 0 })
    r.clock.advance(4_999)
    expect(r.snapshot.circuit).toBe('half-open')
    r.clock.advance(1)
    expect(r.snapshot).toMatchObject({ status: 'connected', circuit: 'closed' })
    r.server.closeAll(1006)
    r.clock.advance(0)
    expect(r.snapshot).toMatchObject({ status: 'reconnecting', circuit: 'closed' })
  })

  it('[A4 G9 S5] opens again after a probe that was accepted and closed before minUptime', () => {
    const r = tripped()
    r.server.accepts()
    r.server.dropsAfter(4_000)
    r.clock.advance(34_000)
    expect(r.snapshot).toMatchObject({ status: 'suspended', circuit: 'open' })
    expect(r.snapshot.retryAt! - r.clock.now()).toBe(60_000)
  })

  it('[A4 G9 S5] opens against a server that accepts and closes at once, every time', () => {
    const r = rig({ random: 0.5 })
    r.server.refuses(1011)
    const queue = r.live.state('queue')
    queue.subscribe(() => undefined)
    r.clock.advance(200_000)
    expect(r.snapshot.circuit).not.toBe('closed')
    expect(r.opens.length).toBeLessThan(40)
    expect(queue.getSnapshot().freshness).toBe('unknown')
  })

  it('[A4 G9] is passed by "retry now": one probe at once', () => {
    const r = tripped()
    r.clock.advance(5_000)
    r.live.retry()
    r.clock.advance(0)
    expect(r.opens).toHaveLength(11)
    expect(r.snapshot).toMatchObject({ status: 'suspended', circuit: 'open' })
    r.server.accepts()
    r.live.retry()
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('connected')
  })

  it('[A4 G9] is not passed by a tab that is looked at again', () => {
    const r = tripped()
    r.page.hide()
    r.page.show()
    r.clock.advance(29_000)
    expect(r.opens).toHaveLength(10)
  })

  it('[A4 B3 G9] stays open, and says so, when the budget is what it waits for', () => {
    const r = tripped({ reconnect: { budget: { attempts: 11 } } })
    r.live.retry()
    r.clock.advance(0)
    r.live.retry() // refused by the budget
    r.clock.advance(0)
    expect(r.opens).toHaveLength(11)
    expect(r.snapshot).toMatchObject({
      status: 'suspended',
      circuit: 'open',
      retryAt: r.clock.now() - r.at() + 300_000,
    })
  })

  it('[A4 G9] goes on after the probe was cancelled by nobody being interested', () => {
    const r = rig({ random: 0.5, reconnect: { delay: () => 7_000 } })
    r.server.refuses()
    const queue = r.live.state('queue')
    const leave = queue.subscribe(() => undefined)
    while (r.snapshot.status !== 'suspended') r.clock.advance(100)
    r.server.hangs()
    r.clock.advance(31_000)
    expect(r.snapshot.circuit).toBe('half-open')
    leave()
    r.clock.advance(6_000)
    expect(r.snapshot).toMatchObject({ status: 'idle', circuit: 'closed' })
    r.server.accepts()
    queue.subscribe(() => undefined)
    r.clock.advance(60_000)
    expect(r.snapshot).toMatchObject({ status: 'connected', circuit: 'closed' })
  })

  it('[A4 A9 G9] takes failures, after, coolDown and maxCoolDown from the options', () => {
    const circuit = { failures: 3, after: 1_000, coolDown: 2_000, maxCoolDown: 3_000 }
    const r = rig({ random: 0.5, reconnect: { delay: () => 600, circuit } })
    r.server.refuses()
    r.live.connect()
    r.clock.advance(1_200)
    expect(r.snapshot).toMatchObject({ status: 'suspended', attempt: 3, retryAt: r.clock.now() + 2_000 })
    r.clock.advance(2_000)
    expect(r.snapshot.retryAt! - r.clock.now()).toBe(3_000)
  })

  it('[A4 A9 G9] never opens with circuit: false', () => {
    const r = rig({ reconnect: { circuit: false } })
    r.server.refuses()
    r.live.connect()
    r.clock.advance(3_600_000)
    expect(r.statuses).toEqual(['connecting'])
  })

  it('[A4 G9 N21] recovers when the path heals, at the latest at the shown time', () => {
    for (let seed = 0; seed < 20; seed++) {
      const r = rig({ network: { seed } })
      r.server.refuses()
      r.live.connect()
      r.clock.advance(1_800_000)
      expect(r.snapshot.status).toBe('suspended')
      r.server.accepts()
      r.clock.advance(r.snapshot.retryAt! - r.clock.now() + 1)
      expect(r.snapshot.status).toBe('connected')
      expect(r.opens.length).toBeLessThan(40)
    }
  })
})

describe('maxAttempts', () => {
  it('[A4 G6] stops for good, with no timer armed', () => {
    const r = rig({ reconnect: { maxAttempts: 10, circuit: false } })
    r.server.refuses()
    r.live.connect()
    r.clock.advance(120_000)
    expect(r.opens).toHaveLength(10)
    expect(r.snapshot).toMatchObject({ status: 'failed', retryAt: null, attempt: 10 })
    expect(r.snapshot.error?.code).toBe('connect-failed')
    expect(r.clock.pending).toBe(0)
    r.page.goOnline()
    r.page.show()
    r.live.retry()
    r.clock.advance(86_400_000)
    expect(r.opens).toHaveLength(10)
  })

  it('[A4 G6] counts anew after connect()', () => {
    const r = rig({ reconnect: { maxAttempts: 3 } })
    r.server.refuses()
    r.live.connect()
    r.clock.advance(60_000)
    expect(r.opens).toHaveLength(3)
    r.live.connect()
    expect(r.snapshot).toMatchObject({ status: 'connecting', attempt: 1 })
    r.clock.advance(60_000)
    expect(r.opens).toHaveLength(6)
    expect(r.snapshot.status).toBe('failed')
  })

  it('[A4 G6] has its count reset by a link that held', () => {
    const r = rig({ reconnect: { maxAttempts: 3, delay: () => 1_000 } })
    r.live.connect()
    for (let n = 0; n < 5; n++) {
      r.server.accepts()
      r.clock.advance(60_000)
      r.server.refuses()
      r.server.closeAll(1006)
      r.clock.advance(1_500)
      expect(r.snapshot.status).toBe('reconnecting')
    }
  })
})
