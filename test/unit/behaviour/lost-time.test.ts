// Lost time (G3, the time rule): blocked threads, frozen pages and clocks that jump end in one harmless probe.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/index.ts'
import { codes, connected, rig, type Rig } from './rig.ts'

describe('a thread that was blocked, a page that was frozen', () => {
  it('[G3] (fault B12) (fault C3) (fault C5) for 30 s leads to a probe, not to an end: timers were late, the link was not', () => {
    const { clock, server, live, errors, opens, sent } = rig()
    live.connect()
    const heard: unknown[] = []
    live.on('message', ({ data }) => heard.push(data))
    clock.advance(14_000)
    clock.setTimeout(() => {
      server.push('feed', 'while blocked')
      clock.block(30_000)
    }, 500)
    clock.advance(40_000)
    expect(errors).toEqual([])
    expect(opens).toHaveLength(1)
    expect(heard).toEqual(['while blocked'])
    expect(sent('ping').length).toBeGreaterThan(1)
  })

  it('[G3] (fault B2) for 10 minutes over a dead link makes one reconnect, 3 s after the page runs again', () => {
    const { clock, server, page, live, errors, opens, statuses } = rig({ random: 0.5 })
    live.connect()
    clock.advance(20_000)
    page.freeze()
    server.goesSilent()
    clock.block(600_000)
    page.resume()
    clock.advance(3_000)
    expect(codes(errors)).toEqual(['heartbeat-timeout'])
    clock.advance(30_000)
    expect(opens).toHaveLength(2)
    expect(statuses).toEqual(['connecting', 'connected', 'reconnecting', 'connected'])
  })

  it.each([
    ['connectTimeout', (r: Rig) => r.server.latency(2_000), 1_000],
    ['the handshake', (r: Rig) => r.server.accepts({ readyAfter: 3_000 }), 1_000],
  ])('[G3] (fault C3) does not count against %s', (_what, prepare, before) => {
    const r = rig({ protocol: 'rt' })
    prepare(r)
    r.live.connect()
    r.clock.advance(before)
    r.clock.block(30_000)
    r.clock.advance(20_000)
    expect(r.errors).toEqual([])
    expect(r.snapshot.status).toBe('connected')
  })

  it('[G3] (fault B12) for 5 s leaves live what was heard a moment ago', () => {
    const { clock, server, live, errors, sent } = rig()
    const queue = live.state('queue')
    const seen: string[] = []
    queue.subscribe(() => seen.push(queue.getSnapshot().freshness))
    server.push('queue', 1)
    clock.advance(14_000)
    server.push('queue', 2)
    clock.advance(500)
    clock.block(5_000)
    clock.advance(10_000)
    expect(seen).toEqual(['live', 'live'])
    expect(errors).toEqual([])
    expect(sent('ping').length).toBeGreaterThan(1)
  })

  it('[G2a] (fault C3) does not end the wait of a plain server for its first frame', () => {
    const r = rig({ heartbeat: false })
    r.server.accepts({ readyAfter: 1_500 })
    r.live.connect()
    r.clock.advance(500)
    r.clock.block(10_000)
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('connected') // server_ready lay there already
    const other = rig()
    other.server.opensSilently()
    other.live.connect()
    other.clock.advance(500)
    other.clock.block(10_000)
    other.clock.advance(999)
    expect(other.snapshot.status).toBe('connecting')
    other.clock.advance(1)
    expect(other.snapshot.status).toBe('connected')
  })

  it('[G4] (fault B12) says nothing about the network: a wait goes on; sleep ends it within a second', () => {
    const waiting = (): Rig => {
      const r = rig({ random: 0.5, reconnect: { delay: () => 30_000 } })
      r.server.refuses()
      r.live.connect()
      r.clock.advance(1_000)
      return r
    }
    const blocked = waiting()
    const { retryAt } = blocked.snapshot
    blocked.live.state('queue', { load: () => 1 }).subscribe(() => undefined)
    blocked.clock.setTimeout(() => blocked.clock.block(5_000), 9_000)
    blocked.clock.advance(15_000)
    expect(blocked.snapshot.retryAt).toBe(retryAt)
    const asleep = waiting()
    asleep.clock.sleep(3_600_000)
    asleep.page.freeze() // the first news after it
    expect(asleep.snapshot.retryAt! - asleep.clock.now()).toBe(500)
    asleep.clock.advance(500)
    expect(asleep.opens).toHaveLength(2)
  })

  it('[G10] (fault C3) does not count against loadTimeout', async () => {
    const { clock, live, errors } = rig()
    const queue = live.state('queue', {
      load: () => new Promise((resolve) => clock.setTimeout(() => resolve(7), 5_000)),
    })
    queue.subscribe(() => undefined)
    await clock.advanceAsync(1_000)
    clock.block(30_000)
    await clock.advanceAsync(3_500)
    expect(errors).toEqual([])
    expect(queue.getSnapshot().data).toBe(7)
  })
})

describe('clocks', () => {
  it.each([
    ['ahead by a day', 86_400_000, 1],
    ['back by a day', -86_400_000, 0],
    ['ahead by 1.9 s', 1_900, 0],
  ])('[G3] (fault C1) the wall clock set %s ends nothing and costs at most one probe', (_how, ms, probes) => {
    const { clock, live, errors, opens, times } = connected()
    clock.jumpWall(ms)
    clock.advance(9_000)
    expect(times('ping')).toHaveLength(2)
    clock.advance(14_000)
    expect(errors).toEqual([])
    expect(opens).toHaveLength(1)
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', latency: 0 })
    expect(times('ping').length).toBeLessThanOrEqual(2 + probes)
  })

  it('[A2] (fault C2) a monotonic clock that goes back 5 ms gives no negative latency, and no timer stands still', () => {
    const { live, clock, errors } = odd((clock) => {
      let reads = 0
      return { monotonic: () => clock.monotonic() - (++reads % 3 === 0 ? 5 : 0) }
    })
    live.connect()
    clock.advance(600_000)
    expect(errors).toEqual([])
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', quality: 'excellent' })
    expect(live.getSnapshot().latency).toBeGreaterThanOrEqual(0)
  })

  it('[G3] (fault C4) timers that fire 100 ms early are armed again for the rest', () => {
    const { live, clock, server, at, errors } = odd((clock) => ({
      setTimeout: (run, delay) => clock.setTimeout(run, delay > 200 ? delay - 100 : delay),
    }))
    live.connect()
    clock.advance(6_000)
    server.goesSilent()
    while (errors.length === 0) clock.advance(10)
    expect(at()).toBe(20_000)
  })

  it('[A12 G3] (fault C8) sixty days and 2^31 ms are nothing special', () => {
    const { live, clock, errors, statuses } = rig({ heartbeat: { interval: 3_600_000, timeout: 5_000 } })
    live.connect()
    clock.advance(60 * 86_400_000)
    expect(errors).toEqual([])
    expect(statuses).toEqual(['connecting', 'connected'])
    expect(clock.pending).toBe(1)
  })
})

/** A rig on a clock with a fault of its own. */
function odd(fault: (clock: Clock) => Partial<Clock>): Rig {
  const base = rig()
  const clock: Clock = {
    now: base.clock.now,
    monotonic: base.clock.monotonic,
    setTimeout: base.clock.setTimeout,
    clearTimeout: base.clock.clearTimeout,
    ...fault(base.clock),
  }
  const made = rig({
    runtime: { clock, random: () => 0.5, page: base.page },
    transport: base.server.transport,
  })
  return { ...made, clock: base.clock, server: base.server, page: base.page, at: base.at }
}
