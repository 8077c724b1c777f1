// What an app does with a state channel before the server does: update() and ready().
import { describe, expect, it } from 'vitest'
import { rig } from '../behaviour/rig.ts'
import { up } from './feeding.ts'

describe('update()', () => {
  it('[A7] shows a change at once, and keeps what did not change', () => {
    const r = up()
    const channel = r.live.state<{ votes: number; rows: object }>('queue')
    const seen: unknown[] = []
    channel.subscribe(() => seen.push(channel.getSnapshot().data))
    r.server.push('queue', { votes: 1, rows: { a: 1 } })
    r.clock.advance(0)
    const before = channel.getSnapshot().data!
    channel.update((data) => ({ votes: data.votes + 1, rows: { a: 1 } }))
    expect(seen).toHaveLength(2)
    expect(channel.getSnapshot()).toMatchObject({ data: { votes: 2 }, freshness: 'live', source: 'push' })
    expect(channel.getSnapshot().data!.rows).toBe(before.rows)
    expect(before.votes).toBe(1)
  })

  it('[A7] is replaced by the next confirmed state, also by one equal to the last', async () => {
    for (const confirm of ['push', 'poll'] as const) {
      const r = up()
      const channel = r.live.state<number>('queue', { load: () => 1 })
      channel.subscribe(() => undefined)
      await r.clock.advanceAsync(300)
      channel.update((n) => n + 1)
      expect(channel.getSnapshot().data).toBe(2)
      if (confirm === 'push') r.server.push('queue', 1)
      else void channel.refresh()
      await r.clock.advanceAsync(0)
      expect(channel.getSnapshot().data).toBe(1)
    }
  })

  it('[A7] that changes nothing tells nobody', () => {
    const r = up()
    const channel = r.live.state<{ a: number }>('queue')
    let told = 0
    channel.subscribe(() => told++)
    r.server.push('queue', { a: 1 })
    r.clock.advance(0)
    const before = channel.getSnapshot()
    channel.update((data) => ({ ...data }))
    expect(channel.getSnapshot()).toBe(before)
    expect(told).toBe(1)
  })

  it('[A7] does nothing without data, and does not write to what it was given', () => {
    const r = up()
    const channel = r.live.state<{ a: { b: number } }>('queue')
    channel.subscribe(() => undefined)
    let called = 0
    channel.update((data) => {
      called++
      return data
    })
    expect(called).toBe(0)
    r.server.push('queue', { a: { b: 1 } })
    r.clock.advance(0)
    const frozen = Object.freeze({ a: Object.freeze({ b: 2 }) })
    channel.update(() => frozen)
    r.server.push('queue', { a: { b: 2 } })
    r.clock.advance(0)
    expect(channel.getSnapshot().data).toBe(frozen)
  })

  it('[G16] several are applied one onto the other', () => {
    const r = up()
    const channel = r.live.state<number>('queue')
    channel.subscribe(() => undefined)
    r.server.push('queue', 1)
    r.clock.advance(0)
    channel.update((n) => n + 1)
    channel.update((n) => n * 10)
    expect(channel.getSnapshot().data).toBe(20)
  })
})

describe('ready()', () => {
  it('[A6] resolves with the first confirmed data, by load or push, at once where there is some', async () => {
    const r = up()
    const byPush = r.live.state('a')
    const byLoad = r.live.state('b', { load: () => 'loaded' })
    const first = byPush.ready()
    const second = byLoad.ready()
    await r.clock.advanceAsync(0)
    await expect(second).resolves.toBe('loaded')
    r.server.push('a', 'pushed')
    await r.clock.advanceAsync(0)
    await expect(first).resolves.toBe('pushed')
    await expect(byLoad.ready()).resolves.toBe('loaded')
  })

  it('[A6] is not content with initial, nor with null for nothing', async () => {
    const r = up()
    const channel = r.live.state<number | null>('a', { initial: 5 })
    let got: unknown = 'pending'
    void channel.ready().then((data) => (got = data))
    await r.clock.advanceAsync(1_000)
    expect(got).toBe('pending')
    r.server.push('a', null)
    await r.clock.advanceAsync(0)
    expect(got).toBeNull()
  })

  it('[A5] is interest while it lasts, and no longer', async () => {
    const r = rig()
    const ready = r.live.state('a').ready()
    await r.clock.advanceAsync(60_000)
    expect(r.snapshot.status).toBe('connected')
    r.server.push('a', 1)
    await r.clock.advanceAsync(0)
    await ready
    await r.clock.advanceAsync(5_000)
    expect(r.snapshot.status).toBe('idle')
  })

  it('[A5] rejects when aborted, before or after, and leaves nothing behind', async () => {
    const r = rig()
    const channel = r.live.state('a')
    await expect(channel.ready({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    const controller = new AbortController()
    const ready = channel.ready({ signal: controller.signal })
    await r.clock.advanceAsync(1_000)
    controller.abort(new Error('mine'))
    await expect(ready).rejects.toMatchObject({
      code: 'aborted',
      context: { channel: 'a' },
      cause: { message: 'mine' },
    })
    await r.clock.advanceAsync(5_000)
    expect(r.snapshot.status).toBe('idle')
    expect(r.clock.pending).toBe(0)
  })

  it('[A5] goes on waiting when loads fail', async () => {
    const r = rig()
    r.server.refuses()
    let fail = true
    const channel = r.live.state('a', { load: () => (fail ? Promise.reject(new Error('mine')) : 'there') })
    const ready = channel.ready()
    await r.clock.advanceAsync(5_000)
    fail = false
    await r.clock.advanceAsync(10_000)
    await expect(ready).resolves.toBe('there')
  })
})
