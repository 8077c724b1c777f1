// A connection that breaks after any number of bytes, and servers that keep to half of the protocol.
import { describe, expect, it } from 'vitest'
import { createScene, until, type Client } from '../support/scene.ts'

describe.concurrent('a connection', () => {
  it('[G1 G2 G23 N7 N8 N16] that is cut after any number of bytes is made anew, and nothing of half a message is delivered', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ start: 7 })
    const proxy = await scene.proxy(server.url)
    const whole = scene.client(proxy.url)
    await until('a whole one', () => whole.queue.getSnapshot().freshness === 'live')
    // The upgrade, server_ready and the first data; a pong, which comes when it comes, is not counted on.
    const bytes = (proxy.connections[0]?.toClient ?? 0) - 60
    expect(bytes).toBeGreaterThan(200)
    const clients: Client[] = []
    const seen: unknown[] = []
    for (let cut = 0; cut < bytes; cut += 7) {
      const before = proxy.events.length
      proxy.cutAfter(cut)
      const client = scene.client(proxy.url, { reconnect: { minUptime: 100 } })
      client.queue.subscribe(() => seen.push(client.queue.getSnapshot().data))
      clients.push(client)
      // The limit holds for the connections made meanwhile.
      await until('its connection', () => proxy.events.slice(before).some(({ what }) => what === 'opened'))
    }
    proxy.cutAfter(null)
    await until('all to be live', () =>
      clients.every((client) => client.usableAt(server.pid) && client.isStable()),
    )
    expect(clients.every(({ wires }) => wires.length >= 2)).toBe(true)
    expect(clients.map((client) => client.overlaps())).toEqual(clients.map(() => 0))
    expect(clients.every(({ errors }) => errors.every(({ context }) => context.closeCode === 1006))).toBe(
      true,
    )
    for (const data of seen) if (data !== undefined) expect(data).toEqual({ count: 7, process: server.pid })
  })

  it('[G3 G15 A2 S7] whose server answers no ping is kept as long as it pushes, and of unknown quality', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'no-pong', every: 50 })
    const client = scene.client(server.url, { heartbeat: { interval: 200, timeout: 200 } })
    const pings = (): number => (client.queue.getSnapshot().data?.count ?? 0) / 4
    await until('ten heartbeats', () => pings() >= 10)
    expect(client.live.getSnapshot()).toMatchObject({
      status: 'connected',
      quality: 'unknown',
      latency: null,
    })
    expect(client.queue.getSnapshot().freshness).toBe('live')
    expect([client.wires.length, client.errors]).toEqual([1, []])
  })

  it('[G2a G4 S6] whose server must say server_ready and says nothing is left in time, and never called connected', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'mute' })
    const client = scene.client(server.url, { protocol: 'rt', handshakeTimeout: 300 })
    await until('three attempts', () => client.errors.length >= 3)
    expect(client.errors.every(({ code }) => code === 'handshake-timeout')).toBe(true)
    expect(client.statuses.map(({ status }) => status)).toEqual(['connecting'])
    expect(client.overlaps()).toBe(0)
  })

  it('[G2a S6] whose plain server says nothing counts as connected after a second, and nothing is claimed to be live', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'mute' })
    const client = scene.client(server.url)
    await client.live.ready()
    const opened = client.wires[0]?.openedAt ?? 0
    expect(performance.now() - opened).toBeGreaterThan(990)
    expect(performance.now() - opened).toBeLessThan(2_000)
    expect(client.queue.getSnapshot().freshness).not.toBe('live')
    expect(client.live.getSnapshot()).toMatchObject({ quality: 'unknown', latency: null })
  })
})
