// Which messages a state channel takes, and as what: types, pick, onMessage.
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loads } from '../behaviour/rig.ts'
import { feed, up } from './feeding.ts'

describe('message', () => {
  it('[B8] is the name of the channel by default', () => {
    const r = up()
    const channel = r.live.state('campaign_progress')
    channel.subscribe(() => undefined)
    feed(r, { type: 'other', data: 1 })
    expect(channel.getSnapshot().data).toBeUndefined()
    feed(r, { type: 'campaign_progress', data: 2 })
    expect(channel.getSnapshot().data).toBe(2)
  })

  it('[B8] may be another type, or several', () => {
    const r = up()
    const one = r.live.state('one', { message: 'proxy_status' })
    const both = r.live.state('both', { message: ['proxy_status', 'proxy_list_update'] })
    one.subscribe(() => undefined)
    both.subscribe(() => undefined)
    feed(r, { type: 'one', data: 0 })
    expect(one.getSnapshot().data).toBeUndefined()
    feed(r, { type: 'proxy_status', data: 1 })
    expect([one.getSnapshot().data, both.getSnapshot().data]).toEqual([1, 1])
    feed(r, { type: 'proxy_list_update', data: 2 })
    expect([one.getSnapshot().data, both.getSnapshot().data]).toEqual([1, 2])
  })

  it('[G13] payload is the own data of the frame, else the whole frame', () => {
    const r = up()
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    feed(r, { type: 'queue', data: null })
    expect(channel.getSnapshot()).toMatchObject({ data: null, freshness: 'live' })
    feed(r, { type: 'queue', length: 3 })
    expect(channel.getSnapshot().data).toEqual({ type: 'queue', length: 3 })
    feed(r, '{"type":"queue","__proto__":{"data":"inherited"}}')
    expect(Object.hasOwn(channel.getSnapshot().data as object, '__proto__')).toBe(true)
  })

  it('[B9] goes to every channel whose type it is, each with its own view', () => {
    const r = up()
    const channels = [1, 2, 3].map((n) =>
      r.live.state(`view ${n}`, { message: 'queue', pick: (payload) => (payload as number[])[n - 1] }),
    )
    for (const channel of channels) channel.subscribe(() => undefined)
    feed(r, { type: 'queue', data: ['a', 'b', 'c'] })
    expect(channels.map((channel) => channel.getSnapshot().data)).toEqual(['a', 'b', 'c'])
  })
})

describe('channels that share a type', () => {
  it('[A10 B9] leave it one by one, and the others go on', () => {
    const r = up({ linger: 0 })
    const [a, b] = ['a', 'b'].map((name) => r.live.state(name, { message: 'queue' }))
    const leave = a!.subscribe(() => undefined)
    b!.subscribe(() => undefined)
    feed(r, { type: 'queue', data: 1 })
    leave()
    r.clock.advance(1)
    feed(r, { type: 'queue', data: 2 })
    expect(a!.getSnapshot().data).toBeUndefined()
    expect(b!.getSnapshot().data).toBe(2)
  })
})

describe('pick', () => {
  const campaign = (id: number) => ({
    message: 'campaign_progress',
    pick: (payload: unknown) => ((payload as { id?: number }).id === id ? payload : undefined),
  })

  it('[B9] lets two campaigns share a type: undefined means not mine', () => {
    const r = up()
    const told = [0, 0]
    const [a, b] = [1, 2].map((id) => r.live.state(`campaign:${id}`, campaign(id)))
    a!.subscribe(() => told[0]!++)
    b!.subscribe(() => told[1]!++)
    for (let n = 0; n < 50; n++) feed(r, { type: 'campaign_progress', data: { id: 1, done: n } })
    expect(a!.getSnapshot()).toMatchObject({ data: { id: 1, done: 49 }, freshness: 'live' })
    expect(b!.getSnapshot()).toMatchObject({ data: undefined, freshness: 'unknown' })
    expect(told).toEqual([50, 0])
  })

  it('[B9] errors, floods and refusals of one change nothing for the other', () => {
    const r = up()
    let told = 0
    const bad = r.live.state('bad', {
      ...campaign(1),
      schema: z.object({ id: z.number(), done: z.number() }),
    })
    const good = r.live.state('good', campaign(2))
    bad.subscribe(() => undefined)
    good.subscribe(() => told++)
    feed(r, { type: 'campaign_progress', data: { id: 2, done: 0 } })
    const before = good.getSnapshot()
    for (let n = 0; n < 100; n++) {
      feed(r, { type: 'campaign_progress', data: { id: 1, done: 'x' } })
      feed(r, { type: 'campaign_progress', data: 5 })
      feed(r, { type: 'campaign_progress', data: { id: 1, done: n } })
    }
    expect(good.getSnapshot()).toBe(before)
    expect(told).toBe(1)
    expect(bad.getSnapshot().data).toEqual({ id: 1, done: 99 })
    expect(r.snapshot.status).toBe('connected')
  })

  it('[B9] is told the type', () => {
    const r = up()
    const seen: string[] = []
    const channel = r.live.state('both', {
      message: ['a', 'b'],
      pick: (payload, type) => (seen.push(type), payload),
    })
    channel.subscribe(() => undefined)
    feed(r, { type: 'a', data: 1 })
    feed(r, { type: 'b', data: 2 })
    expect(seen).toEqual(['a', 'b'])
  })

  it('[B9] may take a part that is false, 0, empty or null', () => {
    const r = up()
    for (const part of [false, 0, '', null, []]) {
      const channel = r.live.state(`part ${JSON.stringify(part)}`, { message: 'm', pick: () => part })
      channel.subscribe(() => undefined)
      feed(r, { type: 'm', data: 1 })
      expect(channel.getSnapshot()).toMatchObject({ data: part, freshness: 'live' })
    }
  })
})

describe('onMessage', () => {
  it('[B5] reload ignores what the message carries', async () => {
    const r = up()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', {
      load,
      onMessage: 'reload',
      pick: (payload) => ((payload as { mine: boolean }).mine ? true : undefined),
    })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    calls[0]!.answer('loaded')
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot()).toMatchObject({ data: 'loaded', freshness: 'live' })
    feed(r, { type: 'queue', data: { mine: false } })
    expect(channel.getSnapshot().freshness).toBe('live')
    feed(r, { type: 'queue', data: { mine: true } })
    expect(channel.getSnapshot()).toMatchObject({ data: 'loaded', freshness: 'catching-up' })
  })

  it('[G16] a change function gets the current data and the message, undefined where there is none', () => {
    const r = up()
    const seen: unknown[] = []
    const channel = r.live.state<number>('n', {
      onMessage: (current, message) => {
        seen.push([current, message])
        return (current ?? 0) + (message as number)
      },
    })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: 1 })
    feed(r, { type: 'n', data: 2 })
    expect(seen).toEqual([
      [undefined, 1],
      [1, 2],
    ])
    expect(channel.getSnapshot().data).toBe(3)
  })

  it('[G13] what a change function gives back is shared by copying, never written to', () => {
    const r = up()
    const frozen = Object.freeze({ kept: Object.freeze({ a: 1 }), changed: 0 })
    const channel = r.live.state<{ kept: object; changed: number }>('n', {
      onMessage: (_current, message) =>
        Object.freeze({ kept: Object.freeze({ a: 1 }), changed: message as number }),
      initial: frozen,
    })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: 1 })
    const { data } = channel.getSnapshot()
    expect(data).toEqual({ kept: { a: 1 }, changed: 1 })
    expect(data!.kept).toBe(frozen.kept)
    expect(r.errors).toEqual([])
  })
})
