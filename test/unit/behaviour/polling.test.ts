// The fallback (G10): when a channel polls, how often, and when it stops.
import { describe, expect, it } from 'vitest'
import { loads, rig, type Rig, refused } from './rig.ts'
import type { StateChannel, StateOptions } from '../../../src/index.ts'

/** A subscribed channel whose loads answer at once, and when they were made. */
function polling(
  r: Rig,
  options: StateOptions<number> = {},
): { channel: StateChannel<number>; times: number[] } {
  const times: number[] = []
  const channel = r.live.state<number>('queue', {
    load: () => {
      times.push(r.at())
      return times.length
    },
    ...options,
  })
  channel.subscribe(() => undefined)
  return { channel, times }
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, n) => at - times[n]!)

describe('polling', () => {
  it('[G10 N21] begins 2 s after the channel ceased to be live, at pollEvery, whatever the status', async () => {
    const r = rig({ random: 0.5 })
    r.server.accepts({ greet: (link) => link.push('queue', 0) })
    const { channel, times } = polling(r)
    await r.clock.advanceAsync(60_000)
    expect(times).toEqual([0])
    r.server.refuses()
    r.server.closeAll(1006)
    r.clock.advance(0)
    expect(channel.getSnapshot().freshness).not.toBe('live')
    await r.clock.advanceAsync(300_000)
    expect(times[1]).toBe(62_000)
    expect(gaps(times.slice(1)).every((gap) => gap === 10_000)).toBe(true)
    expect(r.snapshot.status).toBe('suspended')
    expect(channel.getSnapshot()).toMatchObject({ freshness: 'polling', source: 'poll' })
  })

  it('[G10] goes on when the connection is failed or was disconnected', async () => {
    for (const end of [(r: Rig) => r.server.closeAll(4403), (r: Rig) => r.live.disconnect()]) {
      const r = rig({ random: 0.5 })
      r.server.accepts({ greet: (link) => link.push('queue', 0) })
      const { times } = polling(r)
      await r.clock.advanceAsync(10_000)
      end(r)
      await r.clock.advanceAsync(60_000)
      expect(times.length).toBeGreaterThanOrEqual(6)
    }
  })

  it('[G10] does not begin for an outage shorter than 2 s', async () => {
    const r = rig({ random: 0 })
    r.server.accepts({ greet: (link) => link.push('queue', 0) })
    const { times } = polling(r)
    await r.clock.advanceAsync(10_000)
    for (let n = 0; n < 5; n++) {
      r.server.closeAll(1006)
      await r.clock.advanceAsync(30_000)
    }
    expect(times).toEqual([0])
  })

  it('[G10] is scattered by 10 %', async () => {
    for (const [random, gap] of [
      [0, 9_000],
      [0.999_999, 11_000],
    ] as const) {
      const r = refused({ random })
      const { times } = polling(r)
      await r.clock.advanceAsync(100_000)
      for (const each of gaps(times)) expect(Math.abs(each - gap)).toBeLessThanOrEqual(1)
    }
  })

  it('[B4 G10] takes pollEvery as a number, at least 1 s', async () => {
    for (const [pollEvery, gap] of [
      [30_000, 30_000],
      [1_000, 1_000],
      [1, 1_000],
    ] as const) {
      const r = refused()
      const { times } = polling(r, { pollEvery })
      await r.clock.advanceAsync(gap * 5 + 100)
      expect(gaps(times)).toEqual(Array(5).fill(gap))
    }
  })

  it('[B4 G10] takes pollEvery as a function of the data: active 10 s, then completed 60 s, then never', async () => {
    const r = refused()
    const { times } = polling(r, {
      pollEvery: (data) => (data === undefined || data < 3 ? 10_000 : data < 5 ? 60_000 : false),
    })
    await r.clock.advanceAsync(600_000)
    expect(gaps(times)).toEqual([10_000, 10_000, 60_000, 60_000])
  })

  it.each([NaN, Infinity, 1e12, -5, 'often' as never, undefined as never])(
    '[G10 M10] a pollEvery that gives %s never polls more than once a second',
    async (every) => {
      const r = refused()
      const { times } = polling(r, { pollEvery: () => every })
      await r.clock.advanceAsync(30_000)
      expect(times.length).toBeGreaterThanOrEqual(2)
      expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(1_000)
    },
  )

  it('[G10] is never, with pollEvery: false: only what is missing is loaded', async () => {
    const r = refused()
    const { channel, times } = polling(r, { pollEvery: false })
    await r.clock.advanceAsync(600_000)
    expect(times).toEqual([0])
    expect(channel.getSnapshot()).toMatchObject({ data: 1, freshness: 'stale' })
    r.server.accepts({ level: 0 })
    while (r.snapshot.status !== 'connected') await r.clock.advanceAsync(100)
    await r.clock.advanceAsync(1_000)
    expect(times).toHaveLength(2) // the proof that the new link waits for
    expect(channel.getSnapshot().freshness).toBe('live')
  })

  it('[G10] is never, with pollEvery: false, also after a refresh() that failed', async () => {
    const r = refused()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load, pollEvery: false })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    calls[0]!.answer(1)
    await r.clock.advanceAsync(1_000)
    void channel.refresh()
    await r.clock.advanceAsync(0)
    calls[1]!.fail(new Error('mine'))
    await r.clock.advanceAsync(600_000)
    expect(calls).toHaveLength(2)
    expect(channel.getSnapshot()).toMatchObject({
      data: 1,
      freshness: 'stale',
      error: { code: 'load-failed' },
    })
  })

  it('[G10 P17] backs off on failure, from 1 s to 30 s, and is at its interval again after a success', async () => {
    const r = refused()
    const times: number[] = []
    let fail = true
    r.live
      .state('queue', {
        load: () => {
          times.push(r.at())
          return fail ? Promise.reject(new Error('mine')) : 1
        },
      })
      .subscribe(() => undefined)
    await r.clock.advanceAsync(300_000)
    const waits = gaps(times)
    // 1, 2, 4 ... 30 s, each shortened by a quarter at random 0.5.
    expect(waits.slice(0, 7)).toEqual([750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500])
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
    fail = false
    const from = times.length
    await r.clock.advanceAsync(100_000)
    expect(gaps(times.slice(from)).every((gap) => gap === 10_000)).toBe(true)
  })

  it('[G10] goes on where a link is up and pushes, but is doubted or proves nothing', async () => {
    const r = rig({ random: 0.5 })
    r.server.accepts({ level: 0 })
    let n = 0
    const channel = r.live.state('queue', { load: () => (n++ === 0 ? 1 : Promise.reject(new Error('mine'))) })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(60_000)
    expect(n).toBeGreaterThan(3)
    expect(channel.getSnapshot().freshness).toBe('catching-up')
  })

  it('[G10] stops when push is proven again', async () => {
    const r = refused()
    const { channel, times } = polling(r)
    await r.clock.advanceAsync(25_000)
    r.server.accepts({ greet: (link) => link.push('queue', 99) })
    while (channel.getSnapshot().freshness !== 'live') await r.clock.advanceAsync(50)
    const loaded = times.length
    await r.clock.advanceAsync(300_000)
    expect(times).toHaveLength(loaded)
    expect(channel.getSnapshot().data).toBe(99)
  })
})

describe('a hidden or offline page', () => {
  it('[G10] does not poll; one comes at once when it is back', async () => {
    for (const [leave, back] of [
      [(r: Rig) => r.page.hide(), (r: Rig) => r.page.show()],
      [(r: Rig) => r.page.goOffline(), (r: Rig) => r.page.goOnline()],
    ] as const) {
      const r = refused()
      const { times } = polling(r)
      await r.clock.advanceAsync(15_000)
      expect(times).toHaveLength(2)
      leave(r)
      await r.clock.advanceAsync(300_000)
      expect(times).toHaveLength(2)
      back(r)
      expect(times).toHaveLength(3)
      await r.clock.advanceAsync(11_000)
      expect(times).toHaveLength(4)
    }
  })

  it('[G10] that is visible again but still offline goes on waiting', async () => {
    const r = refused()
    const { times } = polling(r)
    await r.clock.advanceAsync(1_000)
    r.page.hide()
    r.page.goOffline()
    await r.clock.advanceAsync(60_000)
    r.page.show()
    await r.clock.advanceAsync(60_000)
    expect(times).toHaveLength(1)
    r.page.goOnline()
    expect(times).toHaveLength(2)
  })

  it('[G10] that was away for less than an interval polls when it is due', async () => {
    const r = refused()
    const { times } = polling(r)
    await r.clock.advanceAsync(3_000)
    r.page.hide()
    await r.clock.advanceAsync(2_000)
    r.page.show()
    await r.clock.advanceAsync(6_000)
    expect(times).toEqual([0, 10_000])
  })

  it('[G10] still gets its first data, and what refresh() asks for', async () => {
    const r = refused()
    r.page.hide()
    const { channel, times } = polling(r)
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toBe(1)
    void channel.refresh()
    await r.clock.advanceAsync(0)
    expect(times).toHaveLength(2)
  })
})
