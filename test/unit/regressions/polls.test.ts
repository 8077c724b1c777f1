// Faults of polls and of freshness that reviews found, kept as tests: how often, when not, and after pushes that were refused.
import { describe, expect, it, vi } from 'vitest'
import type { StateChannel, StateOptions } from '../../../src/index.ts'
import { codes, connected, rig, type Rig } from '../behaviour/rig.ts'
import { okOnly } from './ok-only.ts'

/** A subscribed channel, and when it loaded. */
function reading<T>(
  r: Rig,
  load: () => unknown,
  options: StateOptions<T> = {},
): { channel: StateChannel<T>; times: number[] } {
  const times: number[] = []
  const channel = r.live.state<T>('queue', {
    load: () => {
      times.push(r.at())
      return load()
    },
    ...options,
  })
  channel.subscribe(() => undefined)
  return { channel, times }
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, n) => at - times[n]!)

describe('polls', () => {
  it('[G10] never come faster than once a second, scattered or not', async () => {
    const r = rig({ random: 0 })
    r.server.refuses()
    const { times } = reading(r, () => 1, { pollEvery: 1_000 })
    await r.clock.advanceAsync(10_000)
    expect(times.length).toBeGreaterThan(5)
    expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(1_000)
  })

  it('[G10] rest in a hidden page whose link is doubted, and come at once when it is seen', async () => {
    const r = connected({}, (s) => {
      s.accepts({ level: 0 })
      s.ignoresPings()
    })
    const { times } = reading(r, () => 1)
    await r.clock.advanceAsync(1_000)
    r.page.hide()
    await r.clock.advanceAsync(60_000)
    times.length = 0
    await r.clock.advanceAsync(60_000)
    expect(times).toEqual([])
    r.page.show()
    await r.clock.advanceAsync(1_000)
    expect(times.length).toBeGreaterThanOrEqual(1)
  })

  it('[A6 G10] missed while hidden are not made up for once the channel is live again', async () => {
    const r = connected()
    let n = 0
    const { channel, times } = reading(r, () => ({ n: ++n }))
    await r.clock.advanceAsync(1_000)
    r.page.hide()
    r.server.refuses()
    r.server.closeAll(1006)
    await r.clock.advanceAsync(20_000)
    r.server.accepts({ greet: (link) => link.push('queue', { n: 99 }) })
    await r.clock.advanceAsync(60_000)
    expect(channel.getSnapshot()).toMatchObject({ freshness: 'live', data: { n: 99 } })
    times.length = 0
    r.page.show()
    await r.clock.advanceAsync(1_000)
    expect(times).toEqual([])
  })

  it('[G3 G10 G15] after a wake the data does not stay stale, though the server stopped answering pings and only pushes', async () => {
    const r = connected()
    const { channel } = reading(r, () => ({ n: -1 }))
    await r.clock.advanceAsync(1_000)
    expect(channel.getSnapshot().freshness).toBe('live')
    r.server.ignoresPings()
    r.clock.sleep(60_000)
    r.page.resume()
    const seen: string[] = []
    for (let n = 0; n < 120; n++) {
      r.server.push('queue', { n })
      await r.clock.advanceAsync(1_000)
      seen.push(channel.getSnapshot().freshness)
    }
    expect(r.opens).toHaveLength(1) // what pushes is no dead link
    expect(channel.getSnapshot().data).toEqual({ n: 119 })
    expect(seen.slice(30)).toEqual(seen.slice(30).map(() => 'live'))
  })
})

describe('pushes that the schema refuses', () => {
  it('[G10 G15] cause at most one load per pause, however many come', async () => {
    const r = connected({ random: 0 })
    const slow = (): Promise<unknown> =>
      new Promise((answer) => r.clock.setTimeout(() => answer({ ok: true }), 100))
    const { channel, times } = reading(r, slow, { schema: okOnly })
    await r.clock.advanceAsync(1_000)
    expect(channel.getSnapshot().freshness).toBe('live')
    times.length = 0
    for (let n = 0; n < 200; n++) {
      r.server.push('queue', { ok: false, n })
      await r.clock.advanceAsync(50)
    }
    expect(times.length).toBeGreaterThan(0)
    expect(times.length).toBeLessThanOrEqual(11)
    expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(1_000)
    await r.clock.advanceAsync(40_000)
    expect(channel.getSnapshot()).toMatchObject({ freshness: 'live', data: { ok: true }, error: null })
  })

  it('[A8 G17] are reported, and told to subscribers, at most once a second', () => {
    const r = connected()
    const channel = r.live.state('queue', { schema: okOnly })
    const seen = vi.fn()
    channel.subscribe(seen)
    r.server.push('queue', { ok: true })
    r.clock.advance(0)
    seen.mockClear()
    for (let n = 0; n < 100; n++) {
      r.server.push('queue', { ok: false, n })
      r.clock.advance(100)
    }
    expect(new Set(codes(r.errors))).toEqual(new Set(['invalid-data']))
    expect(r.errors.length).toBeGreaterThanOrEqual(5)
    expect(r.errors.length).toBeLessThanOrEqual(11)
    expect(seen.mock.calls.length).toBeLessThanOrEqual(11)
    expect(channel.getSnapshot()).toMatchObject({ data: { ok: true }, error: { code: 'invalid-data' } })
  })
})
