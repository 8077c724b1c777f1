// The state channel as an app holds it: subscribe, snapshot, refresh.
import { describe, expect, it } from 'vitest'
import { loads, rig } from '../behaviour/rig.ts'
import { up } from './feeding.ts'

describe('subscribe()', () => {
  it('[A6] loads at once, and once for many', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load })
    for (let n = 0; n < 5; n++) channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(calls).toHaveLength(1)
  })

  it('[A10] after linger starts anew: data forgotten, first data by HTTP again', async () => {
    const r = rig()
    r.server.accepts({ level: 0 })
    let loaded = 0
    const channel = r.live.state('queue', { load: () => ++loaded, initial: -1 })
    const leave = channel.subscribe(() => undefined)
    await r.clock.advanceAsync(1_000)
    leave()
    await r.clock.advanceAsync(4_999)
    expect(channel.getSnapshot().data).toBe(loaded)
    await r.clock.advanceAsync(1)
    expect(channel.getSnapshot()).toMatchObject({
      data: -1,
      source: 'initial',
      freshness: 'stale',
      asOf: null,
    })
    const before = loaded
    await r.clock.advanceAsync(60_000)
    expect(loaded).toBe(before)
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(loaded).toBe(before + 1)
  })

  it('[A6 G15] to a channel that comes when the link is there is live by its first load', async () => {
    const r = up()
    const channel = r.live.state('queue', { load: () => 1 })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot()).toMatchObject({ data: 1, freshness: 'live', source: 'poll' })
  })

  it('[A7] tells once for several changes of one turn', () => {
    const r = up()
    const channel = r.live.state<number>('n', { onMessage: (n = 0) => n + 1 })
    const seen: unknown[] = []
    channel.subscribe(() => {
      seen.push(channel.getSnapshot().data)
      if (seen.length === 1) for (let n = 0; n < 3; n++) channel.update((data) => data + 10)
    })
    r.server.push('n', 1)
    r.clock.advance(0)
    expect(seen.length).toBeLessThanOrEqual(4)
    expect(seen.at(-1)).toBe(31)
  })
})

describe('the snapshot', () => {
  it('[A7] is the same object until something changed; the initial one is a constant', async () => {
    const r = up()
    const channel = r.live.state('queue', { initial: { n: 0 } })
    const initial = channel.getInitialSnapshot()
    channel.subscribe(() => undefined)
    r.server.push('queue', { n: 1 })
    r.clock.advance(0)
    const snapshot = channel.getSnapshot()
    r.clock.advance(60_000)
    expect(channel.getSnapshot()).toBe(snapshot)
    expect(channel.getInitialSnapshot()).toBe(initial)
    expect(initial).toMatchObject({ data: { n: 0 }, freshness: 'stale', source: 'initial' })
    expect(r.live.state('other').getInitialSnapshot()).toMatchObject({
      data: undefined,
      freshness: 'unknown',
      source: null,
    })
    await Promise.resolve()
  })

  it('[B10] of initial data keeps initial on a server: nothing of one request is in the next', () => {
    const r = rig()
    const channel = r.live.state('queue', { initial: [1, 2, 3] })
    expect(channel.getSnapshot()).toBe(channel.getInitialSnapshot())
    expect(channel.getInitialSnapshot()).toMatchObject({
      data: [1, 2, 3],
      source: 'initial',
      asOf: null,
      error: null,
    })
  })

  it('[A7] keeps data that is equal to initial: hydration renders once', async () => {
    const r = rig()
    const initial = { list: [1, 2, 3] }
    const channel = r.live.state<typeof initial>('queue', { initial, load: () => ({ list: [1, 2, 3] }) })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toBe(initial)
    expect(channel.getSnapshot().source).not.toBeNull()
  })
})

describe('refresh()', () => {
  it('[G10] loads now, and settles when that load has, well or not', async () => {
    const r = up()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    calls[0]!.answer(1)
    await r.clock.advanceAsync(1_000)
    const settled: string[] = []
    void channel.refresh().then(() => settled.push('first'))
    await r.clock.advanceAsync(10)
    expect(calls).toHaveLength(2)
    void channel.refresh().then(() => settled.push('owed'))
    void channel.refresh().then(() => settled.push('owed too'))
    await r.clock.advanceAsync(10)
    calls[1]!.fail(new Error('mine'))
    await r.clock.advanceAsync(0)
    expect(settled).toEqual(['first'])
    expect(calls).toHaveLength(3)
    calls[2]!.answer(2)
    await r.clock.advanceAsync(0)
    expect(settled).toEqual(['first', 'owed', 'owed too'])
    expect(channel.getSnapshot().data).toBe(2)
  })

  it('[G10] settles at the timeout of a load that hangs', async () => {
    const r = up()
    const channel = r.live.state('queue', { load: () => new Promise(() => undefined), loadTimeout: 300 })
    let settled = false
    void channel.refresh().then(() => (settled = true))
    await r.clock.advanceAsync(299)
    expect(settled).toBe(false)
    await r.clock.advanceAsync(1)
    expect(settled).toBe(true)
  })

  it('[A5 G10] of a channel nobody reads loads once, is interest while it lasts, and keeps the data for linger', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load })
    const done = channel.refresh()
    await r.clock.advanceAsync(100)
    expect(calls).toHaveLength(1)
    calls[0]!.answer(1)
    await done
    expect(channel.getSnapshot().data).toBe(1)
    await r.clock.advanceAsync(5_000)
    expect(channel.getSnapshot().data).toBeUndefined()
    expect(r.snapshot.status).toBe('idle')
  })

  it('[G10] without a load settles at once, and opens nothing', async () => {
    const r = rig()
    await r.live.state('queue').refresh()
    r.clock.advance(10_000)
    expect(r.opens).toEqual([])
  })

  it('[A5 G8] settles when reset() drops its load', async () => {
    const r = up()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    calls[0]!.answer(1)
    await r.clock.advanceAsync(0)
    let settled = false
    void channel.refresh().then(() => (settled = true))
    await r.clock.advanceAsync(0)
    r.live.reset()
    await r.clock.advanceAsync(0)
    expect(settled).toBe(true)
  })
})

describe('many channels', () => {
  it('[B9] one connection, independent: one that is refused, slow or failing changes nothing for the others', async () => {
    const r = up()
    const slow = r.live.state('slow', { load: () => new Promise(() => undefined) })
    const failing = r.live.state('failing', { load: () => Promise.reject(new Error('mine')) })
    const good = r.live.state('good', { load: () => 1 })
    for (const channel of [slow, failing, good]) channel.subscribe(() => undefined)
    await r.clock.advanceAsync(60_000)
    expect(good.getSnapshot()).toMatchObject({ data: 1, freshness: 'live', error: null })
    expect(failing.getSnapshot()).toMatchObject({ freshness: 'unknown', error: { code: 'load-failed' } })
    expect(slow.getSnapshot()).toMatchObject({ freshness: 'unknown', error: { code: 'load-timeout' } })
    expect(r.opens).toHaveLength(1)
    expect(r.snapshot).toMatchObject({ status: 'connected', error: null })
  })

  it('[R4] 2 000 channels: each frame finds its own, and all is freed', () => {
    const r = rig({ linger: 0 })
    r.live.connect()
    r.clock.advance(10)
    const leaves = Array.from({ length: 2_000 }, (_, n) =>
      r.live.state<number>(`c${n}`).subscribe(() => undefined),
    )
    for (let n = 0; n < 2_000; n++) r.server.push(`c${n}`, n)
    r.clock.advance(0)
    for (const n of [0, 1, 999, 1_999])
      expect(r.live.state(`c${n}`).getSnapshot()).toMatchObject({ data: n, freshness: 'live' })
    for (const leave of leaves) leave()
    r.clock.advance(1)
    expect(r.clock.pending).toBe(1) // the held connection's own
  })
})
