// Handles of state channels: one per name, held weakly, with options that may come again.
import { describe, expect, it } from 'vitest'
import { collect } from '../behaviour/collect.ts'
import { rig } from '../behaviour/rig.ts'
import { up } from './feeding.ts'

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
