// Paths that are slow, or that carry one way only: who is left, who is kept, and what waits meanwhile.
import { describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../src/index.ts'
import { createScene, until, type Client, type Queue } from '../support/scene.ts'

const isLive = ({ queue }: Client): boolean => queue.getSnapshot().freshness === 'live'
const countOf = ({ queue }: Client): number => queue.getSnapshot().data?.count ?? -1
const pongsOf = ({ wires }: Client): number =>
  wires[0]?.frames.filter(({ type }) => type === 'pong').length ?? 0
const beat = { interval: 500, timeout: 500 }

/** Everything the client heard as `queue`. */
function record(client: Client): readonly number[] {
  const heard: number[] = []
  client.live.on('message', ({ data }) => void heard.push((data as Queue).count))
  return heard
}

function expectKept(client: Client): void {
  expect(client.statuses.map(({ status }) => status)).toEqual(['connecting', 'connected'])
  expect([client.wires.length, client.errors]).toEqual([1, []])
}

describe.concurrent('a path', () => {
  it('[G3 G15 A2] (fault N10) that carries nothing to the client is left in time, however much the client sends', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ every: 50 })
    const proxy = await scene.proxy(server.url)
    const client = scene.client(proxy.url, { heartbeat: beat })
    await until('live data and a latency', () => isLive(client) && client.live.getSnapshot().latency !== null)
    const outcomes: SendOutcome[] = []
    const sending = setInterval(
      () => void client.live.send('note', 1).then((outcome) => outcomes.push(outcome)),
      20,
    )
    scene.onEnd(() => clearInterval(sending))
    const lostAt = performance.now()
    await proxy.blackHole('toClient')
    const before = proxy.connections[0]?.toTarget ?? 0
    await until('the link to be left', () => client.statuses.at(-1)?.status === 'reconnecting')
    expect((client.statuses.at(-1)?.at ?? Infinity) - lostAt).toBeLessThanOrEqual(1_500)
    expect(client.statuses.at(-1)?.freshness).toBe('stale')
    expect(client.errors.map(({ code }) => code)).toEqual(['heartbeat-timeout'])
    // All that time its own sends arrived.
    expect((proxy.connections[0]?.toTarget ?? 0) - before).toBeGreaterThan(300)
    expect(outcomes.filter(({ ok }) => ok).length).toBeGreaterThan(10)
    await proxy.heal()
    await until('live data', () => isLive(client))
    expect(client.overlaps()).toBe(0)
  })

  it('[G3 A2] (fault N11) that carries nothing to the server is left in time where the server says nothing by itself', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    const client = scene.client(proxy.url, { heartbeat: beat })
    await until('live data and a latency', () => isLive(client) && client.live.getSnapshot().latency !== null)
    const lostAt = performance.now()
    await proxy.blackHole('toTarget')
    await until('the link to be left', () => client.statuses.at(-1)?.status === 'reconnecting')
    expect((client.statuses.at(-1)?.at ?? Infinity) - lostAt).toBeLessThanOrEqual(1_500)
    expect(client.errors.map(({ code }) => code)).toEqual(['heartbeat-timeout'])
    await proxy.heal()
    await until('live data', () => isLive(client))
    expect(client.overlaps()).toBe(0)
  })

  it('[G3 G15 G18] (fault N11) that carries nothing to the server is kept as long as the server pushes, and called disconnected', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'plain', every: 50 })
    const proxy = await scene.proxy(server.url)
    const client = scene.client(proxy.url, {
      heartbeat: beat,
      quality: { excellent: 50, good: 100, poor: 200 },
    })
    await until('live data and a latency', () => isLive(client) && client.live.getSnapshot().latency !== null)
    await proxy.blackHole('toTarget')
    await until('the doubt', () => client.live.getSnapshot().quality === 'disconnected')
    const before = countOf(client)
    // No more is claimed of a send than that it left.
    expect(await client.live.send('note')).toEqual({ ok: true, outcome: 'written' })
    await until('as many pushes as fit into six heartbeats', () => countOf(client) > before + 60)
    expectKept(client)
    expect([client.live.getSnapshot().quality, client.queue.getSnapshot().freshness]).toEqual([
      'disconnected',
      'live',
    ])
    await proxy.heal()
    await until('trust', () => client.live.getSnapshot().quality !== 'disconnected')
    expectKept(client)
  })

  it('[G3 A2] (fault N13) with much latency and jitter is kept while a round trip is shorter than the timeout, and its quality says so', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ every: 30 })
    const proxy = await scene.proxy(server.url)
    // In small: 160 to 260 ms each way, against a timeout of 700.
    proxy.latency(160, 100)
    const client = scene.client(proxy.url, { heartbeat: { interval: 700, timeout: 700 } })
    const heard = record(client)
    await until('six pongs', () => pongsOf(client) >= 6)
    expectKept(client)
    expect(client.live.getSnapshot().latency ?? 0).toBeGreaterThanOrEqual(320)
    expect(client.live.getSnapshot().quality).toBe('poor')
    // In order, each once.
    expect(heard.length).toBeGreaterThan(50)
    heard.forEach((count, index) => expect(count).toBe((heard[0] ?? 0) + index))
    await proxy.heal()
    await until('a better quality', () => client.live.getSnapshot().quality !== 'poor')
    expectKept(client)
  })

  it('[G3] (fault N14) of 2 kB/s is kept: pings and pongs find room between sends and pushes', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ every: 100 })
    const proxy = await scene.proxy(server.url)
    proxy.bandwidth(2_000)
    const client = scene.client(proxy.url, { heartbeat: { interval: 700, timeout: 700 } })
    const sending = setInterval(() => void client.live.send('note', 'x'.repeat(20)), 100)
    scene.onEnd(() => clearInterval(sending))
    const start = performance.now()
    await until('five pongs', () => pongsOf(client) >= 5)
    expectKept(client)
    expect(isLive(client)).toBe(true)
    const [connection] = proxy.connections
    // No more than the path carries, so the test is what it says; a pong was never later than the timeout.
    expect(connection?.toClient).toBeLessThan(2.2 * (performance.now() - start))
    expect(connection?.toTarget).toBeGreaterThan(1_000)
    expect(client.live.getSnapshot().latency).toBeLessThan(700)
  })

  it('[G3 G21] (fault N14) of 2 kB/s behind which a big send waits is kept by what the server pushes, and memory stays bounded', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'plain', every: 100 })
    const proxy = await scene.proxy(server.url)
    const client = scene.client(proxy.url, { heartbeat: beat })
    await until('live data and a latency', () => isLive(client) && client.live.getSnapshot().latency !== null)
    proxy.bandwidth(2_000, 'toTarget')
    const size = 200_000
    const message = 'x'.repeat(size)
    const outcomes: SendOutcome[] = []
    let most = 0
    const send = async (): Promise<void> => {
      outcomes.push(await client.live.send('big', message, { ttl: 60_000 }))
      most = Math.max(most, client.wires[0]?.socket.bufferedAmount ?? 0)
    }
    // The kernel takes some megabytes; then the socket fills, then the outbox.
    const isFull = (): boolean =>
      outcomes.some((outcome) => !outcome.ok && outcome.error.code === 'queue-full')
    const sending = setInterval(() => {
      if (!isFull()) void send()
    }, 5)
    scene.onEnd(() => clearInterval(sending))
    await until('a send that is refused', isFull)
    const before = countOf(client)
    await until('as many pushes as fit into six heartbeats', () => countOf(client) > before + 30)
    expect(most).toBeLessThanOrEqual(262_144 + size + 1_000)
    expect(client.wires[0]?.socket.bufferedAmount).toBeLessThanOrEqual(262_144 + size + 1_000)
    expectKept(client)
    expect(client.live.getSnapshot().quality).toBe('disconnected')
    await proxy.heal()
    await until('trust', () => client.live.getSnapshot().quality !== 'disconnected')
    expectKept(client)
  })

  it('[G2a G23] (fault N15) that carries single bytes delivers messages whole or not at all', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'plain' })
    const proxy = await scene.proxy(server.url)
    proxy.slice(1, 4)
    const client = scene.client(proxy.url)
    const heard = record(client)
    await until('live data', () => isLive(client))
    const change = (count: number): Promise<unknown> =>
      fetch(`${server.httpUrl}/api/queue`, { method: 'POST', body: JSON.stringify({ count }) })
    await change(1)
    await until('a push', () => heard.length === 2)
    const passed = (): number => proxy.connections[0]?.toClient ?? 0
    const before = passed()
    await change(2)
    await until('some bytes of the next', () => passed() >= before + 10)
    // The frame has more than fifty.
    expect(passed()).toBeLessThan(before + 45)
    proxy.cut()
    proxy.slice(null)
    await until('the next link', () => client.wires.length === 2 && isLive(client))
    expect(heard).toEqual([0, 1, 2])
    expect(client.wires[0]?.frames.filter(({ type }) => type === 'queue')).toHaveLength(2)
  })
})
