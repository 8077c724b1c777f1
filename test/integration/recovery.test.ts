// The client against the real server at level 3: state channels subscribe, recover what they missed, and load only where they must.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createConnection, webSocket, type Connection } from '../../src/index.ts'
import { createProxy } from '../../src/testing/proxy.ts'
import { endAll, serve, type RawServer } from '../support/raw-client.ts'

const ends: Array<() => unknown> = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await endAll()
})

interface World {
  readonly server: RawServer
  readonly live: Connection
  readonly errors: string[]
  /** Ends all links; no new one before `heal()`. */
  cut(): void
  heal(): Promise<void>
}

async function world(options: Parameters<typeof serve>[0] = {}): Promise<World> {
  const server = await serve(options)
  const proxy = await createProxy({ target: server.url })
  const errors: string[] = []
  const live = createConnection({
    url: proxy.url,
    transport: webSocket({ WebSocket }),
    reconnect: { delay: () => 20 },
    on: { error: (error) => errors.push(error.code) },
  })
  ends.push(
    () => live.close(),
    () => proxy.close(),
  )
  return {
    server,
    live,
    errors,
    cut() {
      proxy.refuse()
      proxy.cut()
    },
    heal: () => proxy.pass(),
  }
}

describe('state channels at level 3', () => {
  it('[G15 G14] are live with the state that comes along with the answer, without a load', async () => {
    const { server, live } = await world()
    await server.live.publishIfChanged('queue', { length: 3 })
    const queue = live.state<{ length: number }>('queue')
    queue.subscribe(() => undefined)
    await vi.waitFor(() =>
      expect(queue.getSnapshot()).toMatchObject({ freshness: 'live', data: { length: 3 } }),
    )
    await server.live.publishIfChanged('queue', { length: 4 })
    await vi.waitFor(() => expect(queue.getSnapshot().data).toEqual({ length: 4 }))
  })

  it('[G14 G15] apply what they missed, each change once, and load nothing', async () => {
    const { server, live, cut, heal } = await world()
    const load = vi.fn(() => 0)
    const sum = live.state<number>('sum', {
      load,
      onMessage: (now, change) => (now ?? 0) + (change as number),
    })
    sum.subscribe(() => undefined)
    await vi.waitFor(() => expect(sum.getSnapshot().freshness).toBe('live'))
    await server.live.publish('sum', 1)
    await vi.waitFor(() => expect(sum.getSnapshot().data).toBe(1))
    const loads = load.mock.calls.length
    cut()
    await vi.waitFor(() => expect(sum.getSnapshot().freshness).not.toBe('live'))
    for (const change of [10, 100]) await server.live.publish('sum', change)
    await heal()
    await vi.waitFor(() => expect(sum.getSnapshot()).toMatchObject({ freshness: 'live', data: 111 }))
    expect(load.mock.calls.length).toBe(loads)
  })

  it('[G14] load once where the server has forgotten what they missed', async () => {
    const { server, live, cut, heal } = await world({ history: { sum: { size: 1, ttl: 60_000 } } })
    let truth = 0
    const say = async (change: number): Promise<void> => {
      truth += change
      await server.live.publish('sum', change)
    }
    const load = vi.fn(() => truth)
    const sum = live.state<number>('sum', {
      load,
      onMessage: (now, change) => (now ?? 0) + (change as number),
    })
    sum.subscribe(() => undefined)
    await vi.waitFor(() => expect(sum.getSnapshot().freshness).toBe('live'))
    const loads = load.mock.calls.length
    cut()
    await vi.waitFor(() => expect(sum.getSnapshot().freshness).not.toBe('live'))
    for (const change of [1, 10, 100]) await say(change)
    await heal()
    await vi.waitFor(() => expect(sum.getSnapshot()).toMatchObject({ freshness: 'live', data: 111 }))
    expect(load.mock.calls.length).toBe(loads + 1)
  })

  it('[G1 A3] ask for all channels of a turn in one frame, and give up what nobody wants', async () => {
    const asked: string[] = []
    class Counted extends WebSocket {
      override send(data: never): void {
        asked.push(String(data))
        super.send(data)
      }
    }
    const { server } = await world()
    const live = createConnection({
      url: server.url,
      transport: webSocket({ WebSocket: Counted }),
      linger: 0,
    })
    ends.push(() => live.close())
    const channels = Array.from({ length: 8 }, (_, n) => live.state(`c${n}`, { load: () => n }))
    const leaves = channels.map((channel) => channel.subscribe(() => undefined))
    live.connect()
    await vi.waitFor(() =>
      expect(channels.every((channel) => channel.getSnapshot().freshness === 'live')).toBe(true),
    )
    expect(asked.filter((text) => text.includes('rt.subscribe'))).toHaveLength(1)
    for (const leave of leaves) leave()
    await vi.waitFor(() => expect(asked.join()).toContain('"rt.unsubscribe"'))
  })

  it('[INV-24 G10] poll a channel that is not theirs, and say why', async () => {
    const { live, errors } = await world({ authorize: () => false })
    const secret = live.state('secret', { load: () => 'by HTTP' })
    secret.subscribe(() => undefined)
    await vi.waitFor(() =>
      expect(secret.getSnapshot()).toMatchObject({ freshness: 'polling', data: 'by HTTP' }),
    )
    await vi.waitFor(() => expect(errors).toContain('rejected'))
  })
})

describe('stream channels', () => {
  it('[G11 G12 G14] give every message once and in order over cuts, and say that they recovered', async () => {
    const { server, live, cut, heal } = await world()
    const chat = live.stream<number>('chat:1')
    const heard: number[] = []
    const recovered: number[] = []
    const gaps: unknown[] = []
    chat.on('message', (item) => heard.push(item))
    chat.on('recovered', ({ replayed }) => recovered.push(replayed))
    chat.on('gap', (gap) => gaps.push(gap))
    await vi.waitFor(() => expect(chat.getSnapshot().freshness).toBe('live'))
    let n = 0
    for (let round = 0; round < 5; round++) {
      await server.live.publish('chat:1', ++n)
      await vi.waitFor(() => expect(heard.at(-1)).toBe(n))
      cut()
      await vi.waitFor(() => expect(chat.getSnapshot().freshness).toBe('stale'))
      for (let more = 0; more < 3; more++) await server.live.publish('chat:1', ++n)
      await heal()
      await vi.waitFor(() => expect(chat.getSnapshot().freshness).toBe('live'))
    }
    await vi.waitFor(() => expect(heard).toEqual(Array.from({ length: n }, (_, index) => index + 1)))
    expect(recovered).toEqual([3, 3, 3, 3, 3])
    expect(gaps).toEqual([])
    await vi.waitFor(() => expect(chat.getSnapshot().items).toEqual(heard))
  })

  it('[G14] tell of a gap where the server has forgotten, before the first message after it', async () => {
    const { server, live, cut, heal } = await world({ history: { chat: { size: 1, ttl: 60_000 } } })
    const chat = live.stream<number>('chat:1', { keep: 3 })
    const log: unknown[] = []
    chat.on('message', (item, { offset, replayed }) => log.push([item, offset, replayed]))
    chat.on('gap', (gap) => log.push(gap))
    await vi.waitFor(() => expect(chat.getSnapshot().freshness).toBe('live'))
    await server.live.publish('chat:1', 1)
    await vi.waitFor(() => expect(log).toHaveLength(1))
    cut()
    await vi.waitFor(() => expect(chat.getSnapshot().freshness).toBe('stale'))
    for (const n of [2, 3, 4]) await server.live.publish('chat:1', n)
    await heal()
    await vi.waitFor(() => expect(chat.getSnapshot().gap).toEqual({ since: 1, reason: 'not-recovered' }))
    await server.live.publish('chat:1', 5)
    await vi.waitFor(() => expect(log).toHaveLength(3))
    expect(log).toEqual([[1, 1, false], { since: 1, reason: 'not-recovered' }, [5, 5, false]])
  })

  it('[C3] begin with the last messages on request, and can be read with for await', async () => {
    const { server, live } = await world()
    for (const n of [1, 2, 3]) await server.live.publish('log', n)
    const log = live.stream<number>('log', { history: 2 })
    const read: number[] = []
    for await (const item of log) {
      read.push(item)
      if (read.length === 2) await server.live.publish('log', 4)
      if (item === 4) break
    }
    expect(read).toEqual([2, 3, 4])
  })

  it('[G14] at level 0 and 1 are the messages of that type, and every new link is a gap', async () => {
    const server = await serve()
    const proxy = await createProxy({ target: server.url })
    const live = createConnection({
      url: proxy.url,
      protocol: 'plain',
      transport: webSocket({ WebSocket }),
      reconnect: { delay: () => 20 },
    })
    ends.push(
      () => live.close(),
      () => proxy.close(),
    )
    const log = live.stream<number>('log')
    const seen: unknown[] = []
    log.on('message', (item) => seen.push(item))
    log.on('gap', ({ reason }) => seen.push(reason))
    await vi.waitFor(() => expect(server.live.stats().connections).toHaveLength(1))
    for (const n of [1, 1]) await server.live.publish('log', n)
    await vi.waitFor(() => expect(seen).toEqual([1, 1]))
    proxy.cut()
    await vi.waitFor(() => expect(seen).toEqual([1, 1, 'no-history']))
  })
})

describe('publications and requests', () => {
  const open = { authorize: () => true }

  it('[G18 G22 G20] are acknowledged with their place, in the order of the calls', async () => {
    const { live } = await world(open)
    const chat = live.stream<number>('chat:1')
    const heard: number[] = []
    chat.on('message', (item) => heard.push(item))
    await vi.waitFor(() => expect(chat.getSnapshot().freshness).toBe('live'))
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => chat.publish(n)))
    expect(outcomes).toEqual(
      outcomes.map((_, n) => ({ ok: true, outcome: 'acked', level: 'received', offset: n + 1 })),
    )
    await vi.waitFor(() => expect(heard).toEqual(Array.from({ length: 40 }, (_, n) => n)))
  })

  it('[G19 INV-6] (fault S9) whose acknowledgement was lost are sent again, and published once', async () => {
    const { server, live, cut, heal } = await world(open)
    const chat = live.stream<number>('chat:1')
    const heard: number[] = []
    chat.on('message', (item) => heard.push(item))
    await vi.waitFor(() => expect(chat.getSnapshot().freshness).toBe('live'))
    await chat.publish(0)
    const outcomes: unknown[] = []
    for (let n = 1; n <= 10; n++) {
      void chat.publish(n).then((outcome) => outcomes.push(outcome))
      // It may have got there, and its answer is on the way.
      if (n % 2 === 1) await vi.waitFor(() => expect(server.live.stats().connections.length).toBe(1))
      cut()
      await heal()
    }
    await vi.waitFor(() => expect(outcomes).toHaveLength(10))
    expect(outcomes.every((outcome) => (outcome as { ok: boolean }).ok)).toBe(true)
    await vi.waitFor(() => expect(heard).toEqual(Array.from({ length: 11 }, (_, n) => n)))
  })

  it('[G18] that may not be, or are too large for the server, fail, and nothing was delivered', async () => {
    const { live } = await world({ authorize: (_, action) => action === 'subscribe', maxPayload: 1_000 })
    const chat = live.stream<string>('chat:1')
    live.connect()
    expect(await chat.publish('x')).toMatchObject({
      ok: false,
      maybeDelivered: false,
      error: { code: 'rejected' },
    })
    expect(await chat.publish('x'.repeat(1_000))).toMatchObject({
      ok: false,
      error: { code: 'message-too-large' },
    })
    expect(live.getSnapshot().status).toBe('connected')
  })

  it('[G18] (fault P5) wait for a connection as long as they may, and no longer', async () => {
    const { live, server } = await world(open)
    await server.live.close()
    expect(await live.stream('chat:1').publish('x', { ttl: 30 })).toMatchObject({
      ok: false,
      maybeDelivered: false,
      error: { code: 'expired' },
    })
  })

  it('[C1] are answered with what the app gives, and rejected where it gives nothing', async () => {
    const { live } = await world({
      message: ({ type, data }) => (type === 'double' ? Number(data) * 2 : Promise.reject(new Error('no'))),
    })
    live.connect()
    await live.ready()
    expect(await live.request('double', 21)).toBe(42)
    await expect(live.request('other')).rejects.toMatchObject({ code: 'rejected' })
    live.close()
    await expect(live.request('double', 21)).rejects.toMatchObject({ code: 'closed' })
  })

  it('[G18] leave as plain messages on a plain server, and a request is rejected there', async () => {
    const heard: unknown[] = []
    const server = await serve({ message: ({ type, data }) => heard.push([type, data]) })
    const live = createConnection({ url: server.url, protocol: 'plain', transport: webSocket({ WebSocket }) })
    ends.push(() => live.close())
    live.connect()
    await live.ready()
    expect(await live.stream('log').publish(1)).toEqual({ ok: true, outcome: 'written' })
    await expect(live.request('double', 21)).rejects.toMatchObject({ code: 'rejected' })
    await vi.waitFor(() => expect(heard).toEqual([['log', 1]]))
  })
})
