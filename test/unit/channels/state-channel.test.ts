// The state channel as an app holds it: handles, snapshots, refresh, update, ready, linger, options that change.
import { describe, expect, it } from 'vitest'
import { loads, rig, type Rig } from '../behaviour/rig.ts'

/** Runs the garbage collector, after the WeakRefs of this task have let go. */
async function collect(times = 3): Promise<void> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let n = 0; n < times; n++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
}

function up(): Rig {
  const r = rig()
  r.server.accepts({ level: 0 })
  r.live.connect()
  r.clock.advance(100)
  return r
}

describe('a handle', () => {
  it('[A5] is the same for the same name, and another for another name or connection', () => {
    const [a, b] = [rig(), rig()]
    const channel = a.live.state('queue', { load: () => 1 })
    expect(a.live.state('queue')).toBe(channel)
    expect(a.live.state('queue', { load: () => 2 })).toBe(channel)
    expect(a.live.state('other')).not.toBe(channel)
    expect(b.live.state('queue')).not.toBe(channel)
    expect(channel.name).toBe('queue')
  })

  it('[A5] is made without anything happening: no load, no link, no timer', () => {
    const r = rig()
    let loaded = 0
    for (let n = 0; n < 100; n++) r.live.state(`campaign:${n}`, { load: () => loaded++ })
    r.clock.advance(60_000)
    expect([loaded, r.opens.length, r.clock.pending]).toEqual([0, 0, 0])
  })

  it('[A10 R4] is held weakly: 10 000 names that nobody holds are forgotten', async () => {
    const r = rig()
    const make = (): Array<WeakRef<object>> =>
      Array.from({ length: 10_000 }, (_, n) => new WeakRef(r.live.state(`campaign:${n}`)))
    const handles = make()
    const held = r.live.state('campaign:5')
    await collect()
    const left = handles.filter((handle) => handle.deref())
    expect(left.length).toBeLessThan(10)
    expect(handles[5]!.deref()).toBe(held)
    expect(r.live.state('campaign:5')).toBe(held)
  })

  it('[A10 R4] made anew before the old one was cleared away stays', async () => {
    const r = rig()
    const make = (): WeakRef<object> => new WeakRef(r.live.state('queue'))
    const old = make()
    await collect(1)
    expect(old.deref()).toBeUndefined()
    const made = r.live.state('queue')
    await new Promise((resolve) => setImmediate(resolve)) // now the old one is cleared away
    await collect()
    expect(r.live.state('queue')).toBe(made)
  })

  it('[A5 A10] is kept while it is read, though nobody holds it', async () => {
    const r = rig()
    let told = 0
    r.live.state('queue').subscribe(() => told++)
    await collect()
    r.server.push('queue', 1)
    r.clock.advance(10)
    expect(told).toBe(1)
    expect(r.live.state('queue').getSnapshot().data).toBe(1)
  })

  it('[A10 R4] frees everything after the last left and linger has passed', async () => {
    const r = rig({ linger: 1_000 })
    const data = (): WeakRef<object> => {
      const channel = r.live.state<object>('queue')
      const leave = channel.subscribe(() => undefined)
      r.server.push('queue', { big: 'x'.repeat(1_000) })
      r.clock.advance(10)
      const kept = new WeakRef(channel.getSnapshot().data!)
      leave()
      return kept
    }
    const kept = data()
    await collect()
    expect(kept.deref()).toBeDefined()
    r.clock.advance(1_000)
    await collect()
    expect(kept.deref()).toBeUndefined()
  })
})

describe('options given again', () => {
  it('[A5] with functions win at the next load', async () => {
    const r = rig()
    r.server.refuses()
    const channel = r.live.state<string>('queue', { load: () => 'old' })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    r.live.state<string>('queue', { load: () => 'new' })
    expect(channel.getSnapshot().data).toBe('old')
    void channel.refresh()
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toBe('new')
  })

  it('[A5] not at all, by somebody who only reads, leave them as they are', async () => {
    const r = rig()
    r.server.refuses()
    let loaded = 0
    const channel = r.live.state('queue', { load: () => ++loaded })
    r.live.state('queue')
    r.live.state('queue').subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toBe(1)
    r.live.state('queue')
    await r.clock.advanceAsync(15_000)
    expect(loaded).toBe(2)
  })

  it('[A5 G10] without a load end the polls', async () => {
    const r = rig({ random: 0.5 })
    r.server.refuses()
    let loaded = 0
    const channel = r.live.state('queue', { load: () => ++loaded })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(15_000)
    expect(loaded).toBe(2)
    r.live.state('queue', { pick: (payload) => payload })
    await r.clock.advanceAsync(60_000)
    expect(loaded).toBe(2)
    await channel.refresh()
    expect(loaded).toBe(2)
  })

  it('[A5] in every render, with new functions each time, change nothing and load nothing more', async () => {
    const r = up()
    let loaded = 0
    let told = 0
    const render = () =>
      r.live.state<number>('queue', {
        load: () => ++loaded,
        pick: (payload) => payload,
        pollEvery: () => 10_000,
      })
    render().subscribe(() => told++)
    await r.clock.advanceAsync(300)
    for (let n = 0; n < 100; n++) {
      render()
      r.clock.advance(100)
    }
    await r.clock.advanceAsync(0)
    expect(loaded).toBe(1)
    expect(told).toBe(1)
  })
})

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
