// What wins (G16) when loads and pushes cross, and that equal data is no change (G13, A7).
import { describe, expect, it } from 'vitest'
import type { StateChannel, StateOptions } from '../../../src/index.ts'
import { loads, rig, type Loads, type Rig } from './rig.ts'

interface Scene extends Rig {
  readonly channel: StateChannel<unknown>
  readonly loads: Loads
  readonly data: () => unknown
  push(data: unknown): Promise<void>
  answer(call: number, value: unknown): Promise<void>
}

/** A connected channel that is live with `first`, its loads answered by hand. */
async function live(first: unknown, options: StateOptions<never> = {}): Promise<Scene> {
  const r = rig({ random: 0.5 })
  r.server.accepts({ level: 0 })
  const by = loads(r.clock)
  const channel = r.live.state('queue', { load: by.load, ...options }) as StateChannel<unknown>
  channel.subscribe(() => undefined)
  const settle = (): Promise<void> => r.clock.advanceAsync(0)
  const answer = (call: number, value: unknown): Promise<void> => {
    by.calls[call]!.answer(value)
    return settle()
  }
  await settle()
  await answer(0, first)
  await r.clock.advanceAsync(300)
  await answer(1, first)
  expect(channel.getSnapshot()).toMatchObject({ freshness: 'live', data: first })
  return Object.assign(r, {
    channel,
    loads: by,
    data: () => channel.getSnapshot().data,
    push(data: unknown) {
      r.server.push('queue', data)
      return settle()
    },
    answer,
  })
}

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

describe('equal data', () => {
  /** How often a channel told, and the snapshot it had. */
  async function after(s: Scene, run: () => Promise<void>): Promise<{ told: number; kept: boolean }> {
    let told = 0
    const before = s.channel.getSnapshot()
    const leave = s.channel.subscribe(() => told++)
    await run()
    leave()
    return { told, kept: s.channel.getSnapshot() === before }
  }

  const state = { id: 7, rows: [{ a: 1, b: [1, 2] }, { a: 2 }], note: null }

  it('[A7 G13] in other key order, white space or envelope changes nothing', async () => {
    const s = await live(state)
    const texts = [
      JSON.stringify({ type: 'queue', data: state }),
      '{"type":"queue","data":{"note":null,"rows":[{"b":[1,2],"a":1},{"a":2}],"id":7}}',
      '{ "type" : "queue",\n\t"data" : { "id": 7, "rows": [ {"a":1.0,"b":[1,2e0]} , {"a":2} ], "note":null } }',
      '{"type":"queue","timestamp":123,"id":"x","data":{"id":7,"rows":[{"a":1,"b":[1,2]},{"a":2}],"note":null}}',
      '{"type":"queue","timestamp":124,"id":"y","data":{"id":7,"rows":[{"a":1,"b":[1,2]},{"a":2}],"note":null}}',
    ]
    const { told, kept } = await after(s, async () => {
      for (let n = 0; n < 100; n++) s.server.send(texts[n % texts.length]!)
      await s.clock.advanceAsync(0)
      void s.channel.refresh()
      await s.answer(2, structuredClone(state))
    })
    expect(told).toBe(0)
    expect(kept).toBe(true)
  })

  it('[A7 G13] with one leaf changed tells once, and keeps every other reference', async () => {
    const s = await live(state)
    const before = s.data() as typeof state
    const { told } = await after(s, () => s.push({ ...structuredClone(state), id: 8 }))
    expect(told).toBe(1)
    const next = s.data() as typeof state
    expect(next.id).toBe(8)
    expect(next.rows).toBe(before.rows)
  })

  it('[A7 G13] with compare: false everything is a change', async () => {
    const s = await live(state, { compare: false })
    const { told } = await after(s, async () => {
      await s.push(state)
      s.server.send('{"type":"queue", "data":{"id":7}}')
      s.server.send('{"type":"queue",  "data":{"id":7}}')
      await s.clock.advanceAsync(0)
    })
    expect(told).toBe(3)
  })

  it('[A7 G13] by compare of the app is what it says', async () => {
    const s = await live(
      { id: 1, at: 0 },
      { compare: ((a: { id: number }, b: { id: number }) => a.id === b.id) as never },
    )
    const { told, kept } = await after(s, async () => {
      await s.push({ id: 1, at: 1 })
      await s.push({ id: 1, at: 2 })
    })
    expect([told, kept]).toEqual([0, true])
    await s.push({ id: 2, at: 3 })
    expect(s.data()).toEqual({ id: 2, at: 3 })
  })

  it('[A7 G13] shown ahead by update() and then confirmed tells once', async () => {
    const s = await live({ votes: 1 })
    const { told } = await after(s, async () => {
      s.channel.update((data) => ({ ...(data as object), votes: 2 }))
      await s.push({ votes: 2 })
    })
    expect(told).toBe(1)
  })

  it('[A7 G13] 800 frames over 8 interleaved channels tell nobody, then one leaf tells one', async () => {
    const r = rig()
    r.live.connect()
    const told = Array(8).fill(0) as number[]
    const channels = told.map((_, n) => r.live.state<{ n: number; deep: { list: number[] } }>(`feed:${n}`))
    channels.forEach((channel, n) => channel.subscribe(() => told[n]!++))
    const of = (n: number): string =>
      [
        `{"type":"feed:${n % 8}","data":{"n":${n % 8},"deep":{"list":[1,2,3]}}}`,
        `{"type":"feed:${n % 8}","at":${n},"data":{"deep":{"list":[1,2,3]},"n":${n % 8}}}`,
        ` {"type":"feed:${n % 8}","data":{"n":${n % 8}, "deep":{ "list":[1, 2, 3]}}} `,
      ][n % 3]!
    await r.clock.advanceAsync(0)
    for (let n = 0; n < 8; n++) r.server.send(of(n))
    await r.clock.advanceAsync(0)
    expect(told).toEqual(Array(8).fill(1))
    const before = channels.map((channel) => channel.getSnapshot())
    for (let n = 8; n < 808; n++) r.server.send(of(n))
    await r.clock.advanceAsync(0)
    expect(told).toEqual(Array(8).fill(1))
    expect(channels.map((channel) => channel.getSnapshot())).toEqual(before)
    r.server.push('feed:3', { n: 33, deep: { list: [1, 2, 3] } })
    await r.clock.advanceAsync(0)
    expect(told).toEqual([1, 1, 1, 2, 1, 1, 1, 1])
    expect(channels[3]!.getSnapshot().data!.deep).toBe(before[3]!.data!.deep)
  })
})
