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
    const hold = live.connect()
    await vi.waitFor(() =>
      expect(channels.every((channel) => channel.getSnapshot().freshness === 'live')).toBe(true),
    )
    expect(asked.filter((text) => text.includes('rt.subscribe'))).toHaveLength(1)
    expect(hold).toBeUndefined()
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
