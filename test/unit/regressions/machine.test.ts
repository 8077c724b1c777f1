// Faults of the connection machine that reviews found, kept as tests: floors, the open circuit, advice, the refresh.
import { describe, expect, it } from 'vitest'
import { codes, connected, rig, type Rig } from '../behaviour/rig.ts'

/** Opens since an instant, in milliseconds after it. */
const opensAfter = (r: Rig, from: number): number[] =>
  r.opens.filter((at) => at >= from).map((at) => at - from)

/** The thread is blocked beyond a deadline of a channel. */
function late(r: Rig): void {
  const hanging = { load: () => new Promise(() => undefined), loadTimeout: 500 }
  r.live.state(`hanging:${r.at()}`, hanging).subscribe(() => undefined)
  r.clock.block(5_000)
}

/** A rig that has failed until its circuit opened, and how long it will stay open. */
async function suspended(): Promise<{ r: Rig; left: number }> {
  const r = rig({ random: 0.5 })
  r.server.refuses()
  r.live.connect()
  // A channel has timers of its own, which may be late, too.
  r.live.state('queue', { load: () => 1 }).subscribe(() => undefined)
  while (r.snapshot.status !== 'suspended') await r.clock.advanceAsync(100)
  return { r, left: r.snapshot.retryAt! - r.clock.now() }
}

describe('an open circuit', () => {
  it('[A4 G9] is not closed by timers that come late: the probe comes at the time shown', async () => {
    const { r, left } = await suspended()
    expect(left).toBeGreaterThan(25_000)
    const from = r.at()
    for (let passed = 0; passed + 6_000 < left; passed += 6_000) {
      r.clock.block(5_000)
      await r.clock.advanceAsync(1_000)
    }
    expect(opensAfter(r, from)).toEqual([])
    await r.clock.advanceAsync(left - (r.at() - from) - 1)
    expect(opensAfter(r, from)).toEqual([])
    await r.clock.advanceAsync(1)
    expect(opensAfter(r, from)).toEqual([left])
  })

  it('[A4 G9] is not closed by changes of the network', async () => {
    const { r, left } = await suspended()
    const from = r.at()
    for (let n = 0; n < 10; n++) {
      r.page.changeNetwork()
      await r.clock.advanceAsync(1_000)
    }
    expect(opensAfter(r, from)).toEqual([])
    expect(r.snapshot).toMatchObject({ status: 'suspended', circuit: 'open' })
    await r.clock.advanceAsync(left - 10_000)
    expect(opensAfter(r, from)).toEqual([left])
  })
})

describe('a hidden page', () => {
  it.each<[string, (r: Rig) => void]>([
    ['a change of the network', (r) => r.page.changeNetwork()],
    ['timers that come late', (r) => late(r)],
  ])('[B3 G4] tries at most every 30 s, whatever comes of %s', (_name, happen) => {
    const r = connected({ random: 0.5, reconnect: { circuit: false } })
    r.page.hide()
    r.server.refuses()
    r.server.closeAll(1006)
    for (let n = 0; n < 120; n++) {
      happen(r)
      r.clock.advance(1_000)
    }
    const gaps = r.opens.slice(1).map((at, n) => at - r.opens[n]!)
    expect(gaps.length).toBeGreaterThan(2)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30_000)
  })
})

describe('rt.go_away', () => {
  it('[G6 S4] that is final is fatal, though another came before it', () => {
    const r = connected()
    r.server.goAway({ reconnect: { min: 2_000, spread: 0 } })
    r.clock.advance(0)
    r.server.goAway({ reconnect: false })
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('failed')
    r.clock.advance(60_000)
    expect(r.opens).toHaveLength(1)
    expect(r.clock.pending).toBe(0)
  })

  it('[G4 S4] keeps its floor when the link dies silently before the server closes it', () => {
    const r = connected({ heartbeat: { interval: 1_000, timeout: 1_000 } })
    r.server.goAway({ reconnect: { min: 60_000, spread: 0 }, grace: 59_000 })
    r.clock.advance(0)
    const from = r.at()
    r.server.goesSilent()
    r.clock.advance(59_999)
    expect(opensAfter(r, from)).toEqual([])
    r.clock.advance(10_000)
    expect(opensAfter(r, from)).toHaveLength(1)
    expect(r.snapshot.status).toBe('connected')
  })
})

describe('connect()', () => {
  it('[G4 G5] on what is held already is no way around Retry-After', () => {
    const r = connected()
    r.server.refuses()
    r.server.closeAll(1013, 'retry_after=60000')
    r.clock.advance(0)
    const from = r.at()
    for (let n = 0; n < 50; n++) {
      r.live.connect()
      r.clock.advance(1_000)
    }
    expect(opensAfter(r, from)).toEqual([])
  })

  it('[G4 G5] again and again on what is only read is a way around Retry-After once', () => {
    const r = rig()
    r.live.state('queue').subscribe(() => undefined)
    r.clock.advance(6_000)
    r.server.refuses()
    r.server.closeAll(1013, 'retry_after=60000')
    r.clock.advance(0)
    const from = r.at()
    for (let n = 0; n < 10; n++) {
      r.live.connect()
      r.clock.advance(10)
    }
    expect(opensAfter(r, from)).toEqual([0])
  })

  it('[B3 G4 G10a] while channels load for the first time is not bound by reconnect.minDelay', async () => {
    const r = rig({ reconnect: { minDelay: 30_000 } })
    r.live.connect()
    await r.clock.advanceAsync(1_000)
    r.live.disconnect()
    const slow = (): Promise<unknown> => new Promise((answer) => r.clock.setTimeout(() => answer(1), 50))
    r.live.state('queue', { load: slow }).subscribe(() => undefined)
    const from = r.at()
    r.live.connect()
    expect(opensAfter(r, from)).toEqual([])
    await r.clock.advanceAsync(50)
    expect(opensAfter(r, from)).toEqual([50])
  })
})

describe('the wait', () => {
  it('[A9 A14 G4] is never longer than reconnect.maxDelay, though that is below the usual least wait', () => {
    const r = rig({ random: 0.99, reconnect: { maxDelay: 100 } })
    r.server.refuses()
    r.live.connect()
    r.clock.advance(1_000)
    const gaps = r.opens.slice(1).map((at, n) => at - r.opens[n]!)
    expect(gaps.length).toBeGreaterThan(5)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(100)
  })
})

describe('a refresh of the credentials', () => {
  it('[G7] is forced once, not again for every attempt that does not open, and serves when one does', async () => {
    const reasons: string[] = []
    let token = 'old'
    const r = rig({
      auth: ({ reason }) => {
        reasons.push(reason)
        if (reason === 'expired') token = 'fresh'
        return token
      },
    })
    r.server.refuses(4401)
    r.live.connect()
    await r.clock.advanceAsync(100)
    expect(codes(r.errors)).toEqual(['unauthorized'])
    r.server.refuses()
    while (r.opens.length < 3) await r.clock.advanceAsync(100)
    r.server.accepts({ check: ({ auth }) => (auth === 'fresh' ? undefined : 4401) })
    await r.clock.advanceAsync(10_000)
    expect(r.snapshot).toMatchObject({ status: 'connected', error: null })
    expect(reasons.filter((reason) => reason === 'expired')).toHaveLength(1)
  })
})
