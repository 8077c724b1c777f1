// Processes that are killed, replaced and stopped by signals: what clients and servers make of it, over real sockets.
import { createServer as createHttpServer } from 'node:http'
import { afterAll, describe, expect, it } from 'vitest'
import { createServer } from '../../src/server/index.ts'
import { spawnPeer } from '../support/fault-peer.ts'
import { endAll, level1, serve } from '../support/raw-client.ts'
import { createScene, spread, until, type Client } from '../support/scene.ts'

afterAll(endAll)

const isLive = ({ live, queue }: Client): boolean =>
  live.getSnapshot().status === 'connected' && queue.getSnapshot().freshness === 'live'

/** The most of these instants that lie in any span of so many milliseconds. */
const mostWithin = (times: readonly number[], span: number): number =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + span).length))

describe.concurrent('a server', () => {
  it('[G4 G15 G19] (fault S1) that is killed is seen to be gone at once; what was written is not sent again, what comes then is refused', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const clients = scene.clients(20, server.url, { reconnect: { minUptime: 100 } })
    await until('all to be live', () => clients.every((client) => isLive(client) && client.isStable()))
    const written = await Promise.all(clients.map(({ live }, n) => live.send('note', n)))
    const killedAt = performance.now()
    await server.kill('SIGKILL')
    await until('all to have left', () =>
      clients.every(({ live }) => live.getSnapshot().status !== 'connected'),
    )
    const late = await Promise.all(clients.map(({ live }, n) => live.send('note', n)))
    const left = clients.map(({ statuses }) => (statuses.at(-1)?.at ?? Infinity) - killedAt)
    console.log(`kill -9, 20 clients: left after ${spread(left)}`)
    expect(Math.max(...left)).toBeLessThanOrEqual(500)
    for (const { errors, statuses } of clients) {
      expect(errors[0]?.context.closeCode).toBe(1006)
      expect(statuses.at(-1)).toMatchObject({ status: 'reconnecting', freshness: 'stale' })
    }
    expect(new Set(written.map(({ outcome }) => outcome))).toEqual(new Set(['written']))
    for (const outcome of late)
      expect(outcome).toMatchObject({ ok: false, error: { code: 'not-connected' }, maybeDelivered: false })

    const heard: unknown[] = []
    const next = createServer({
      message: ({ data }) => heard.push(data),
      limits: { connectionsPerIp: Infinity },
    })
    const http = createHttpServer()
    next.attach(http)
    scene.onEnd(async () => {
      http.close()
      await next.close()
    })
    http.listen(server.port, '127.0.0.1')
    await until('all to be back', () =>
      clients.every(({ live }) => live.getSnapshot().status === 'connected'),
    )
    const [first] = clients
    await first?.live.send('note', 'after')
    await until('what was sent after', () => heard.includes('after'))
    expect(heard).toEqual(['after'])
    // They did not come in one moment.
    const again = clients.map(({ wires }) => wires[1]?.openedAt ?? 0)
    expect(Math.max(...again) - Math.min(...again)).toBeGreaterThan(100)
  })

  it('[D4 G4 B3 INV-26] (fault S3) that is replaced by SIGTERM gets its clients back spread over the window, and never below their floor', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ acceptRate: 20, drain: 1_500 })
    const clients = [
      ...scene.clients(60, server.url),
      ...scene.clients(20, server.url, { protocol: 'plain' }),
    ]
    // A link that has not held yet is not moved from before it has.
    await until('all to be stable', () => clients.every((client) => isLive(client) && client.isStable()))
    const toldAt = performance.now()
    await server.kill('SIGTERM')
    const next = await scene.restart(server)
    await until('all to be back', () =>
      clients.every((client) => isLive(client) && client.usableAt(next.pid)),
    )
    const moves = clients.map(({ wires }) => (wires[1]?.openedAt ?? Infinity) - toldAt)
    const span = Math.max(...moves) - Math.min(...moves)
    console.log(`SIGTERM, 80 clients: first attempts ${spread(moves)}, over ${Math.round(span)} ms`)
    const share = (clients.length * 500) / span
    expect(span).toBeGreaterThan(2_000)
    expect(mostWithin(moves, 500)).toBeLessThanOrEqual(3 * share)
    // 500 ms is the least that rt.go_away asks for, 250 ms the least after any close.
    expect(Math.min(...moves.slice(0, 60))).toBeGreaterThanOrEqual(495)
    expect(Math.min(...moves.slice(60))).toBeGreaterThanOrEqual(245)
    for (const [index, client] of clients.entries()) {
      expect(client.wires.length).toBeLessThanOrEqual(6)
      expect(client.live.getSnapshot().error).toBeNull()
      // Who was told by rt.go_away may open its next link beside the one that still delivers.
      expect(client.overlaps()).toBeLessThanOrEqual(index < 60 ? 1 : 0)
    }
  })

  it('[A5] (fault S19) that holds a half-open link of a client takes its new one; the late end of the old one changes nothing', async () => {
    const server = await serve()
    const hello = { ...level1, client: { id: 'c_same', lib: 'test/1' } }
    const old = server.connect(hello)
    await old.frame('server_ready')
    old.socket.pause()
    const next = server.connect(hello)
    await next.frame('server_ready')
    await server.live.publish('queue', 1)
    await next.frame('queue')
    old.socket.terminate()
    await until('the end of the old one', () => server.live.stats().sockets === 1)
    await server.live.publish('queue', 2)
    expect((await next.frame('queue', 1)).data).toBe(2)
    expect(server.live.stats().connections).toHaveLength(1)
    // The new one is still the one that this client has: a third takes its place.
    const third = server.connect(hello)
    expect(await next.closed).toBe('4409 replaced')
    await third.frame('server_ready')
  })
})

describe.concurrent('a client', () => {
  it('[C1 G15] (fault S11) (fault R7) that is stopped is closed with 4429, alone; when it runs again it comes back to the newest state', async () => {
    let count = 0
    const state = (): unknown => ({ count, padding: 'x'.repeat(100_000) })
    const server = await serve({ maxEventBytes: 200_000, snapshot: state, events: { queue: anything } })
    const stopped = await spawnPeer({ role: 'client', url: server.url })
    try {
      await until('its live data', () => stopped.of(0).at(-1)?.freshness === 'live')
      const other = server.connect()
      await other.frame('queue')
      await stopped.kill('SIGSTOP')
      let most = 0
      while (server.live.stats().connections.length === 2) {
        count += 1
        await server.live.publish('queue', state())
        await other.frame('queue', count)
        most = Math.max(most, ...server.live.stats().connections.map(({ bufferedBytes }) => bufferedBytes))
      }
      expect(most).toBeLessThan(1_048_576 + 200_000)
      expect(other.isClosed()).toBe(false)
      count += 1
      await server.live.publish('queue', state())
      await stopped.kill('SIGCONT')
      await until('its return', () => stopped.of(0).filter(({ what }) => what === 'open').length === 2)
      await until('the newest state', () => {
        const [last, counts] = [stopped.of(0).at(-1), stopped.of(0).filter(({ what }) => what === 'message')]
        return last?.status === 'connected' && last.freshness === 'live' && counts.at(-1)?.count === count
      })
      expect(other.isClosed()).toBe(false)
    } finally {
      await stopped.kill('SIGKILL')
    }
  })
})

const anything = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const
