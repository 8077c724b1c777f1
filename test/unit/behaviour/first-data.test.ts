// First data (G10a, A6): by HTTP, then the socket; one request where the server sends its state, else two; one data notification.
import { describe, expect, it } from 'vitest'
import type { StateChannel } from '../../../src/index.ts'
import { loads, rig } from './rig.ts'

/** Each different piece of data a channel showed, oldest first. */
function shown(channel: StateChannel<unknown>): unknown[] {
  const seen: unknown[] = []
  channel.subscribe(() => {
    const { data } = channel.getSnapshot()
    if (data !== seen.at(-1)) seen.push(data)
  })
  return seen
}

describe('first data', () => {
  it('[A6 G10a] is asked for at once, and the socket opens when it has come', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(700)
    expect(calls.map(({ at }) => at)).toEqual([0])
    expect(r.opens).toEqual([])
    expect(r.snapshot.status).toBe('connecting')
    calls[0]!.answer({ n: 1 })
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot()).toMatchObject({ data: { n: 1 }, source: 'poll' })
    expect(r.opens).toEqual([700])
  })

  it('[A6 G10a] opens the socket after 2 s, or loadFirst, at the latest', async () => {
    for (const loadFirst of [undefined, 300, 0]) {
      const r = rig({ loadFirst })
      r.live.state('queue', { load: loads(r.clock).load }).subscribe(() => undefined)
      await r.clock.advanceAsync(5_000)
      expect(r.opens).toEqual([loadFirst ?? 2_000])
    }
  })

  it('[A6 G10a] waits for all first loads, those that fail too', async () => {
    const r = rig()
    const a = loads(r.clock)
    const b = loads(r.clock)
    r.live.state('a', { load: a.load }).subscribe(() => undefined)
    r.live.state('b', { load: b.load }).subscribe(() => undefined)
    await r.clock.advanceAsync(100)
    a.calls[0]!.answer(1)
    await r.clock.advanceAsync(100)
    expect(r.opens).toEqual([])
    b.calls[0]!.fail(new Error('mine'))
    await r.clock.advanceAsync(0)
    expect(r.opens).toEqual([200])
  })

  it('[A6 G10a] does not wait where nothing loads, nor for a channel that comes later', async () => {
    const r = rig()
    r.live.state('push only').subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(r.opens).toEqual([0])
    r.live.state('late', { load: loads(r.clock).load }).subscribe(() => undefined)
    await r.clock.advanceAsync(10)
    expect(r.server.open).toBe(1)
  })

  it('[A6 G10a] a first load that settles while credentials are asked for changes nothing about the attempt', async () => {
    const asked: number[] = []
    const r = rig({ loadFirst: 100, auth: () => new Promise(() => asked.push(r.at())) })
    const { load, calls } = loads(r.clock)
    r.live.state('queue', { load }).subscribe(() => undefined)
    await r.clock.advanceAsync(500)
    calls[0]!.answer(1)
    await r.clock.advanceAsync(500)
    expect(asked).toEqual([100])
    expect(r.snapshot.status).toBe('connecting')
  })

  it('[A6 G10a] goes on without a channel that was left before its data came', async () => {
    const r = rig({ linger: 100 })
    const { load, calls } = loads(r.clock)
    const leave = r.live.state('queue', { load }).subscribe(() => undefined)
    r.live.on('message', () => undefined)
    await r.clock.advanceAsync(50)
    leave()
    await r.clock.advanceAsync(100)
    expect(calls[0]!.signal.aborted).toBe(true)
    expect(r.opens).toEqual([150])
  })

  it('[A6 G10a G15] takes one request where the server sends its state on client_ready', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    r.server.accepts({ greet: (link) => link.push('queue', { n: 1, list: [1, 2, 3] }) })
    const channel = r.live.state('queue', { load })
    const seen = shown(channel)
    await r.clock.advanceAsync(50)
    calls[0]!.answer({ list: [1, 2, 3], n: 1 })
    await r.clock.advanceAsync(120_000)
    expect(calls).toHaveLength(1)
    expect(r.opens).toHaveLength(1)
    expect(seen).toHaveLength(1)
    expect(channel.getSnapshot().freshness).toBe('live')
  })

  it('[A6 G10a G15] takes two requests where it does not, the second 250 ms after connected', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    r.server.accepts({ level: 0 })
    const channel = r.live.state('queue', { load })
    const seen = shown(channel)
    await r.clock.advanceAsync(50)
    calls[0]!.answer({ n: 1 })
    await r.clock.advanceAsync(100)
    expect(channel.getSnapshot().freshness).toBe('catching-up')
    await r.clock.advanceAsync(149)
    expect(calls).toHaveLength(1)
    await r.clock.advanceAsync(1)
    expect(calls.map(({ at }) => at)).toEqual([0, 300])
    calls[1]!.answer({ n: 1 })
    await r.clock.advanceAsync(120_000)
    expect(calls).toHaveLength(2)
    expect(seen).toHaveLength(1)
    expect(channel.getSnapshot().freshness).toBe('live')
  })

  it('[A6] stops polling once the socket is live, and never has both feeding', async () => {
    const r = rig()
    r.server.refuses()
    let n = 0
    const channel = r.live.state('queue', { load: () => ++n })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(35_000)
    expect(n).toBeGreaterThanOrEqual(3)
    r.server.accepts({ greet: (link) => link.push('queue', 'pushed') })
    while (channel.getSnapshot().freshness !== 'live') await r.clock.advanceAsync(100)
    const loaded = n
    await r.clock.advanceAsync(600_000)
    expect(n).toBe(loaded)
    expect(channel.getSnapshot()).toMatchObject({ data: 'pushed', source: 'push' })
  })

  it('[A6 G10] is there within 1 s of a load that takes 200 ms, whatever the socket does', async () => {
    for (const behave of ['refuses', 'hangs', 'opensSilently', 'accepts'] as const) {
      const r = rig()
      r.server[behave]()
      const channel = r.live.state('queue', {
        load: () => new Promise((resolve) => r.clock.setTimeout(() => resolve(1), 200)),
      })
      const ready = channel.ready()
      await r.clock.advanceAsync(1_000)
      await expect(ready).resolves.toBe(1)
    }
  })
})
