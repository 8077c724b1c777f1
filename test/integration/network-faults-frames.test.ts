// Frames that a relay loses, repeats or holds back, and servers made bad by that.
import { describe, expect, it } from 'vitest'
import { levelOne } from '../support/level-one.ts'
import { createScene, until, type Client, type Queue } from '../support/scene.ts'

const isLive = ({ queue }: Client): boolean => queue.getSnapshot().freshness === 'live'
const countOf = ({ queue }: Client): number => queue.getSnapshot().data?.count ?? -1
const statusesOf = ({ statuses }: Client): string[] => statuses.map(({ status }) => status)
const codesOf = ({ errors }: Client): string[] => errors.map(({ code }) => code)

/** What the app heard, and what the channel told. */
function record(client: Client): { readonly heard: number[]; readonly told: number[] } {
  const [heard, told]: [number[], number[]] = [[], []]
  client.live.on('message', ({ data }) => void heard.push((data as Queue).count))
  let last: unknown
  client.queue.subscribe(() => {
    const { data } = client.queue.getSnapshot()
    if (data !== undefined && data !== last) told.push(data.count)
    last = data
  })
  return { heard, told }
}

const change = (url: string, count: number): Promise<unknown> =>
  fetch(`${url}/api/queue`, { method: 'POST', body: JSON.stringify({ count }) })

describe.concurrent('a relay', () => {
  it.for(['plain', 'level1'] as const)(
    '[G13] (fault N22) that repeats frames has them delivered twice (%s), but a state told once',
    async (kind, context) => {
      const scene = createScene(context)
      const server = await scene.server({ kind })
      const proxy = await scene.proxy(server.url)
      proxy.rule({ way: 'toClient', do: 'duplicate' })
      const client = scene.client(proxy.url, { protocol: levelOne })
      const { heard, told } = record(client)
      await until('live data', () => isLive(client))
      for (const count of [1, 2]) {
        await change(server.httpUrl, count)
        await until('the change', () => countOf(client) === count)
      }
      await until('the last repeat', () => heard.length === 6)
      expect([heard, told]).toEqual([
        [0, 0, 1, 1, 2, 2],
        [0, 1, 2],
      ])
      expect([statusesOf(client), client.errors]).toEqual([['connecting', 'connected'], []])
    },
  )

  it('[G14] (fault N23) that loses a push goes unnoticed at these levels, until the next whole state', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    const client = scene.client(proxy.url, { protocol: levelOne })
    const { told } = record(client)
    await until('live data', () => isLive(client))
    proxy.rule({ way: 'toClient', type: 'queue', times: 1, do: 'suppress' })
    await change(server.httpUrl, 1)
    await until('the loss', () => proxy.events.at(-1)?.what === 'suppressed')
    await change(server.httpUrl, 2)
    await until('the next', () => countOf(client) === 2)
    expect(told).toEqual([0, 2])
    expect([statusesOf(client), client.errors]).toEqual([['connecting', 'connected'], []])
  })
})

describe.concurrent('a server', () => {
  it('[G9 A14] (fault S5) that accepts and closes at once opens the circuit, and is never called connected', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    proxy.rule({ do: { close: 1011, reason: 'not now' } })
    const client = scene.client(proxy.url, {
      reconnect: {
        minUptime: 300,
        delay: (attempt) => 60 * 2 ** attempt,
        circuit: { failures: 4, after: 300, coolDown: 800, maxCoolDown: 1_600 },
      },
    })
    await until(
      'the circuit to open, and a probe to fail',
      () => statusesOf(client).filter((status) => status === 'suspended').length === 2,
    )
    const gaps = client.wires
      .slice(1)
      .map(({ openedAt }, index) => openedAt - (client.wires[index]?.openedAt ?? 0))
    gaps.slice(0, 3).forEach((gap, index) => expect(gap).toBeGreaterThan(60 * 2 ** (index + 1) - 5))
    expect(gaps.slice(3).every((gap) => gap > 0.8 * 800 - 10)).toBe(true)
    expect(statusesOf(client)).not.toContain('connected')
    expect(client.statuses.every(({ freshness }) => freshness === 'unknown')).toBe(true)
    for (const { code, context: facts } of client.errors)
      expect([code, facts.closeCode, facts.reason]).toEqual(['closed-by-server', 1011, 'not now'])
    await proxy.heal()
    await until('live data', () => isLive(client))
    expect(client.overlaps()).toBe(0)
  })

  it('[G2a] (fault S6) that said server_ready once and does not again is left in time, as a failure', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    const client = scene.client(proxy.url, { handshakeTimeout: 300 })
    await until('live data', () => isLive(client))
    proxy.rule({ type: 'server_ready', do: 'suppress' })
    proxy.cut()
    const timeouts = (): number => codesOf(client).filter((code) => code === 'handshake-timeout').length
    await until('two attempts', () => timeouts() === 2)
    expect(statusesOf(client)).toEqual(['connecting', 'connected', 'reconnecting'])
    expect(client.queue.getSnapshot().freshness).toBe('stale')
    await proxy.heal()
    await until('live data', () => isLive(client))
    expect([statusesOf(client).at(-1), client.overlaps()]).toEqual(['connected', 0])
  })

  it('[G2a] (fault S6) that never says server_ready is not waited for where it is plain', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    proxy.rule({ way: 'toClient', do: 'suppress' })
    const client = scene.client(proxy.url, { protocol: 'plain' })
    await client.live.ready()
    // The silent second of `auto` is not waited for either.
    const [, connected] = client.statuses
    expect((connected?.at ?? Infinity) - (client.wires[0]?.openedAt ?? 0)).toBeLessThan(900)
    expect(client.queue.getSnapshot().freshness).toBe('unknown')
  })

  it('[G3 G15] (fault S7) that stops answering pings but goes on pushing is kept, and called disconnected', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ every: 50 })
    const proxy = await scene.proxy(server.url)
    const client = scene.client(proxy.url, {
      heartbeat: { interval: 300, timeout: 300 },
      quality: { excellent: 50, good: 100, poor: 200 },
    })
    const quality = (): string => client.live.getSnapshot().quality
    await until('a quality', () => isLive(client) && quality() !== 'unknown')
    const answer = proxy.rule({ type: 'pong', do: 'suppress' })
    await until('the doubt', () => quality() === 'disconnected')
    const before = countOf(client)
    await until('as many pushes as fit into six heartbeats', () => countOf(client) > before + 36)
    expect([quality(), client.queue.getSnapshot().freshness]).toEqual(['disconnected', 'live'])
    answer()
    await until('trust', () => quality() !== 'disconnected')
    expect([statusesOf(client), client.wires.length, client.errors]).toEqual([
      ['connecting', 'connected'],
      1,
      [],
    ])
  })
})
