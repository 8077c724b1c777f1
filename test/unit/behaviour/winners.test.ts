// What wins (G16) when loads and pushes cross.
import { describe, expect, it } from 'vitest'
import { loads, rig } from './rig.ts'
import { live } from './crossing.ts'

describe('on a channel that is replaced', () => {
  it('[G16] an answer applies only if nothing was pushed since it was asked for', async () => {
    const s = await live('old')
    void s.channel.refresh()
    await s.push('pushed')
    await s.answer(2, 'of before the push')
    expect(s.data()).toBe('pushed')
    void s.channel.refresh()
    await s.answer(3, 'newer')
    expect(s.data()).toBe('newer')
  })

  it('[G16] a push of equal data counts as one', async () => {
    const s = await live('old')
    void s.channel.refresh()
    await s.push('old')
    await s.answer(2, 'of before the push')
    expect(s.data()).toBe('old')
  })

  it('[G16 P17] an answer of before a reconnect is never shown over a push of after it', async () => {
    const s = await live('old')
    void s.channel.refresh()
    s.server.closeAll(1006)
    await s.clock.advanceAsync(700)
    await s.push('after')
    await s.answer(2, 'before')
    expect(s.channel.getSnapshot()).toMatchObject({ data: 'after', freshness: 'live' })
  })
})

describe('on a channel that is reloaded', () => {
  it('[B5 G16] a signal during a load owes exactly one more', async () => {
    const s = await live('one', { onMessage: 'reload' })
    await s.push(null)
    await s.clock.advanceAsync(1_000)
    expect(s.loads.calls).toHaveLength(3)
    for (let n = 0; n < 10; n++) await s.push(null)
    await s.answer(2, 'maybe of before')
    expect(s.channel.getSnapshot()).toMatchObject({ data: 'maybe of before', freshness: 'catching-up' })
    await s.clock.advanceAsync(1_000)
    expect(s.loads.calls).toHaveLength(4)
    await s.answer(3, 'two')
    expect(s.channel.getSnapshot()).toMatchObject({ data: 'two', freshness: 'live' })
    await s.clock.advanceAsync(60_000)
    expect(s.loads.calls).toHaveLength(4)
  })
})

describe('on a channel of changes', () => {
  const add = (current: unknown, message: unknown): never =>
    [...new Set([...((current as unknown[] | undefined) ?? []), message])] as never

  it('[G16] changes during a load are shown at once and applied onto its answer', async () => {
    const s = await live(['a'], { onMessage: add })
    void s.channel.refresh()
    await s.push('b')
    await s.push('c')
    expect(s.data()).toEqual(['a', 'b', 'c'])
    await s.answer(2, ['a', 'b', 'x']) // it had seen b, not c
    expect(s.data()).toEqual(['a', 'b', 'x', 'c'])
    expect(s.channel.getSnapshot().freshness).toBe('live')
  })

  it('[G16] changes before the first load are kept for its answer, and shown with it', async () => {
    const r = rig({ loadFirst: 0 })
    const by = loads(r.clock)
    const channel = r.live.state('queue', { load: by.load, onMessage: add })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(10)
    r.server.push('queue', 'b')
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().freshness).toBe('unknown')
    by.calls[0]!.answer(['a'])
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toEqual(['a', 'b'])
  })

  it('[G16 G21] more than 1 000 changes during a load are not kept: it is loaded again', async () => {
    const s = await live([], { onMessage: ((_: unknown, message: unknown) => [message]) as never })
    void s.channel.refresh()
    for (let n = 0; n <= 1_000; n++) s.server.push('queue', n)
    await s.clock.advanceAsync(0)
    expect(s.data()).toEqual([1_000])
    await s.answer(2, ['of before'])
    expect(s.data()).toEqual([1_000])
    expect(s.loads.calls).toHaveLength(4)
    await s.answer(3, ['of after'])
    expect(s.data()).toEqual(['of after'])
    expect(s.channel.getSnapshot().freshness).toBe('live')
  })

  it('[G16] exactly 1 000 are kept', async () => {
    const s = await live([], {
      onMessage: ((current: unknown[], message: unknown) => [...current.slice(-2), message]) as never,
    })
    void s.channel.refresh()
    for (let n = 1; n <= 1_000; n++) s.server.push('queue', n)
    await s.clock.advanceAsync(0)
    await s.answer(2, [])
    expect(s.data()).toEqual([998, 999, 1_000])
    expect(s.loads.calls).toHaveLength(3)
  })

  it('[G16] without a load the first message is the state, and further ones change it', async () => {
    const r = rig()
    const channel = r.live.state('queue', { onMessage: add })
    channel.subscribe(() => undefined)
    r.server.push('queue', 'a')
    r.server.push('queue', 'b')
    await r.clock.advanceAsync(10)
    expect(channel.getSnapshot()).toMatchObject({ data: ['a', 'b'], freshness: 'live' })
  })

  it('[G16] changes are applied to what is confirmed, not to what update() only showed', async () => {
    const s = await live(['a'], { onMessage: add })
    s.channel.update((data) => [...(data as string[]), 'optimistic'])
    expect(s.data()).toEqual(['a', 'optimistic'])
    await s.push('b')
    expect(s.data()).toEqual(['a', 'b'])
  })
})

describe('version', () => {
  const version = ((data: { v: number }) => data.v) as never

  it('[G16] decides over all: an older state never replaces a newer one, from push, poll or refresh', async () => {
    const s = await live({ v: 5 }, { version })
    await s.push({ v: 4 })
    expect(s.data()).toEqual({ v: 5 })
    void s.channel.refresh()
    await s.answer(2, { v: 3 })
    expect(s.data()).toEqual({ v: 5 })
    await s.push({ v: 6 })
    expect(s.data()).toEqual({ v: 6 })
    await s.push({ v: 6, other: true })
    expect(s.data()).toEqual({ v: 6, other: true })
  })

  it('[G16] an answer newer than the push that crossed it wins where there are no positions to tell otherwise', async () => {
    const s = await live({ v: 1 }, { version })
    void s.channel.refresh()
    await s.push({ v: 2 })
    await s.answer(2, { v: 1 })
    expect(s.data()).toEqual({ v: 2 })
  })

  it('[G16] works with text, and for changes too', async () => {
    const s = await live(
      { v: 'b' },
      { version, onMessage: ((_: unknown, message: unknown) => message) as never },
    )
    await s.push({ v: 'a' })
    expect(s.data()).toEqual({ v: 'b' })
    await s.push({ v: 'c' })
    expect(s.data()).toEqual({ v: 'c' })
  })

  it('[G15 G16] an answer that is older than what there is proves nothing, and is asked for again', async () => {
    const r = rig({ random: 0.5 })
    r.server.accepts({ level: 0 })
    const by = loads(r.clock)
    const channel = r.live.state<{ v: number }>('queue', {
      load: by.load,
      version: ({ v }) => v,
      initial: { v: 5 },
    })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    by.calls[0]!.answer({ v: 4 }) // a lagging replica
    await r.clock.advanceAsync(300)
    expect(channel.getSnapshot()).toMatchObject({ data: { v: 5 } })
    expect(channel.getSnapshot().freshness).not.toBe('live')
    while (by.calls.length < 2) await r.clock.advanceAsync(100)
    by.calls[1]!.answer({ v: 5 })
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().freshness).toBe('live')
  })
})
