// Long life (A12): a simulated day, with and without trouble, in a moment of real time.
import { describe, expect, it } from 'vitest'
import { connected, rig } from './rig.ts'

const HOUR = 3_600_000

describe('24 hours', () => {
  it('[A12 G3] of a busy client: no unexpected disconnect, 5 760 pings, nothing piles up', () => {
    const { clock, server, live, errors, statuses, times } = connected({ network: { latency: 20 } })
    const told: number[] = []
    const channel = live.state<{ hour: number }>('progress')
    channel.subscribe(() => told.push(clock.now()))
    let pending = 0
    for (let minute = 0; minute < 24 * 60; minute++) {
      server.push('progress', { hour: Math.floor(minute / 60) })
      clock.advance(60_000)
      pending = Math.max(pending, clock.pending)
    }
    expect(errors).toEqual([])
    expect(statuses).toEqual(['connecting', 'connected'])
    expect(times('ping').length).toBe(24 * 240 + 1)
    expect(told).toHaveLength(24)
    expect(channel.getSnapshot()).toMatchObject({ data: { hour: 23 }, freshness: 'live' })
    expect(pending).toBeLessThanOrEqual(4)
    expect(live.getSnapshot()).toMatchObject({ latency: 40, quality: 'excellent' })
  })

  it('[A12 D4] with a restart every hour: back each time within window + 400 ms, and as before', () => {
    const { clock, server, live, opens } = connected({}, (s) =>
      s.accepts({ window: 500, greet: (link) => link.push('progress', 1) }),
    )
    const channel = live.state('progress')
    channel.subscribe(() => undefined)
    for (let hour = 0; hour < 24; hour++) {
      clock.advance(HOUR - 10_000)
      server.refuses()
      server.closeAll(1012)
      clock.advance(10_000)
      server.accepts({ window: 500, greet: (link) => link.push('progress', 1) })
      clock.advance(900)
      expect(channel.getSnapshot()).toMatchObject({ data: 1, freshness: 'live' })
      expect(live.getSnapshot()).toMatchObject({ status: 'connected', circuit: 'closed', error: null })
    }
    expect(opens.length).toBeLessThan(24 * 25)
  })

  it('[A12 G9 G10] without a server: attempts and polls stay as rare at the end as they were in the second hour', async () => {
    const r = rig()
    r.server.refuses()
    let loads = 0
    r.live.state('progress', { load: () => ++loads, pollEvery: 60_000 }).subscribe(() => undefined)
    const hours: Array<readonly [attempts: number, loads: number, pending: number]> = []
    for (let hour = 0; hour < 24; hour++) {
      const [attempts, loaded] = [r.opens.length, loads]
      await r.clock.advanceAsync(HOUR)
      hours.push([r.opens.length - attempts, loads - loaded, r.clock.pending])
    }
    for (const [attempts, loaded, pending] of hours.slice(1)) {
      expect(attempts).toBeGreaterThanOrEqual(10)
      expect(attempts).toBeLessThanOrEqual(16)
      expect(loaded).toBeGreaterThan(50)
      expect(loaded).toBeLessThan(70)
      expect(pending).toBeLessThanOrEqual(3)
    }
    r.server.accepts()
    await r.clock.advanceAsync(5 * 60_000 + 1)
    expect(r.snapshot.status).toBe('connected')
  })

  it('[A12] keeps what it remembers bounded: the trace of the last hour is as long as that of the first', () => {
    const r = connected({ network: { latency: 10 } })
    let entries = 0
    r.live.on('trace', () => entries++)
    const hours = Array.from({ length: 24 }, () => {
      const from = entries
      r.clock.advance(HOUR)
      return entries - from
    })
    expect(Math.max(...hours) - Math.min(...hours)).toBeLessThanOrEqual(4)
  })
})
