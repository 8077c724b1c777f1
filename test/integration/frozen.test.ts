// A server that is stopped by SIGSTOP: its sockets stay open, it says nothing, and only the heartbeat can tell.
import { describe, expect, it } from 'vitest'
import { levelOne } from '../support/level-one.ts'
import { createScene, spread, until, type Client } from '../support/scene.ts'

const everySecond = { interval: 1_000, timeout: 1_000 }
const isLive = ({ queue }: Client): boolean => queue.getSnapshot().freshness === 'live'
const isBack = (client: Client): boolean => isLive(client) && client.live.getSnapshot().status === 'connected'

/** When it left `connected` after that instant. */
const leftAt = ({ statuses }: Client, after: number): number =>
  statuses.find(({ at, status }) => at >= after && status !== 'connected')?.at ?? Infinity

describe.concurrent('a server that is frozen', () => {
  it('[G3 A2 S2] is left within 20.5 s with the defaults', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const client = scene.client(server.url)
    await until('live data', () => isLive(client))
    const frozenAt = performance.now()
    await server.kill('SIGSTOP')
    await until('the link to be left', () => leftAt(client, frozenAt) < Infinity, 25_000)
    const time = leftAt(client, frozenAt) - frozenAt
    console.log(`SIGSTOP, heartbeat 15 s / 5 s: left after ${Math.round(time)} ms`)
    expect(time).toBeLessThanOrEqual(20_500)
    expect(client.errors.at(-1)?.code).toBe('heartbeat-timeout')
    expect(client.wires[0]?.socket.readyState).not.toBe(1)
  })

  it('[G3 G1 G15 A2 S2] is left within interval + timeout + 500 ms, and the old link is not heard when it thaws', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ every: 20 })
    const heard: unknown[] = []
    const client = scene.client(server.url, { heartbeat: everySecond, protocol: levelOne })
    client.live.on('message', ({ data }) => heard.push(data))
    await until('a latency and live data', () => client.live.getSnapshot().latency !== null && isLive(client))
    const frozenAt = performance.now()
    await server.kill('SIGSTOP')
    await until('the link to be left', () => leftAt(client, frozenAt) < Infinity)
    const left = client.statuses.at(-1)
    expect(left?.at ?? Infinity).toBeLessThanOrEqual(frozenAt + 2_500)
    expect(left).toMatchObject({ status: 'reconnecting', freshness: 'stale' })
    await until('the next attempt', () => client.wires.length === 2)
    const [old, next] = client.wires
    const before = { heard: heard.length, old: old?.frames.length ?? 0 }
    await server.kill('SIGCONT')
    await until('the new link to be live', () => isBack(client))
    await until('news on the new link', () => (next?.frames.length ?? 0) > 20)
    // The thawed server went on talking to the old link until it read its end.
    expect(old?.frames.length).toBeGreaterThan(before.old)
    const pushed = next?.frames.filter(({ type }) => type === 'queue').map(({ data }) => data)
    expect(heard.slice(before.heard)).toEqual(pushed)
    expect(client.errors.map(({ code }) => code)).toEqual(['heartbeat-timeout'])
    expect(client.overlaps()).toBe(0)
    expect(client.statuses.map(({ status }) => status)).toEqual([
      'connecting',
      'connected',
      'reconnecting',
      'connected',
    ])
  })

  it('[G3 S2] is kept when it thaws in time, and shown as disconnected meanwhile', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const client = scene.client(server.url, {
      heartbeat: { interval: 1_500, timeout: 1_500 },
      quality: { excellent: 20, good: 50, poor: 100 },
    })
    const quality = (): string => client.live.getSnapshot().quality
    await until('a quality', () => isLive(client) && !['unknown', 'disconnected'].includes(quality()))
    await server.kill('SIGSTOP')
    await until('the doubt', () => quality() === 'disconnected')
    await server.kill('SIGCONT')
    await until('the answer', () => quality() !== 'disconnected')
    expect(client.statuses.map(({ status }) => status)).toEqual(['connecting', 'connected'])
    expect(client.wires.length).toBe(1)
  })

  it('[G3 G4 A2 B3 S2] is left by all of 50 clients in time, who are all back when it thaws, each by few attempts', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const clients = scene.clients(50, server.url, { heartbeat: everySecond, connectTimeout: 500 })
    await until('all to be live', () => clients.every(isLive))
    const frozenAt = performance.now()
    await server.kill('SIGSTOP')
    await until('all to have left', () => clients.every((client) => leftAt(client, frozenAt) < Infinity))
    const times = clients.map((client) => leftAt(client, frozenAt) - frozenAt)
    console.log(`SIGSTOP, heartbeat 1 s / 1 s, 50 clients: left after ${spread(times)}`)
    expect(Math.max(...times)).toBeLessThanOrEqual(2_500)
    // Its kernel still takes their connections: every attempt hangs until its own deadline.
    await until('hung attempts', () =>
      clients.every(({ errors }) => errors.filter(({ code }) => code === 'connect-timeout').length >= 2),
    )
    const thawedAt = performance.now()
    await server.kill('SIGCONT')
    await until('all to be back', () => clients.every(isBack))
    console.log(`SIGCONT, 50 clients: all back after ${Math.round(performance.now() - thawedAt)} ms`)
    for (const client of clients) {
      expect(client.overlaps()).toBe(0)
      expect(client.wires.length).toBeLessThanOrEqual(2 + (performance.now() - frozenAt) / 500)
    }
  })
})
