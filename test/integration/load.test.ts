// Many clients at once, on real sockets: everybody gets first data, with one socket each, or eight through a gate.
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createConnection, createGate, webSocket } from '../../src/index.ts'
import { createServer } from '../../src/server/index.ts'
import { createScene, recorded, until, type Queue, type Wire } from '../support/scene.ts'

const PAGES = 100
const FEEDS = ['queue', 'phases', 'logs', 'agents', 'proxies', 'notices', 'stats', 'chat']

describe('100 pages with 8 feeds each', () => {
  it('[A11 A1 A5 C1a] all get all their first data, over one socket per page', async (context) => {
    const scene = createScene(context)
    const anything = {
      '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
    } as const
    const server = createServer({
      events: Object.fromEntries(FEEDS.map((feed) => [feed, anything])),
      snapshot: (channel) => ({ of: channel }),
      authorize: () => true,
      limits: { connectionsPerIp: Infinity },
    })
    const http = createHttpServer()
    server.attach(http)
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    scene.onEnd(() => http.close())
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`

    const startedAt = performance.now()
    const wires: Wire[] = []
    const transport = webSocket({ WebSocket: recorded(wires) })
    const pages = Array.from({ length: PAGES }, () => createConnection({ url, transport }))
    scene.onEnd(() => pages.forEach((live) => live.close()))
    const channels = pages.flatMap((live) => FEEDS.map((feed) => live.state<{ of: string }>(feed)))
    for (const channel of channels) channel.subscribe(() => undefined)
    const all = await Promise.all(channels.map((channel) => channel.ready()))
    const took = performance.now() - startedAt

    console.log(`100 x 8 channels: all first data after ${Math.round(took)} ms, ${wires.length} sockets`)
    expect(all.map(({ of }) => of)).toEqual(pages.flatMap(() => FEEDS))
    expect(took).toBeLessThan(2_000)
    expect(wires.length).toBe(PAGES)
    expect(server.stats().connections.map(({ channels }) => channels.length)).toEqual(pages.map(() => 8))
    expect(channels.every((channel) => channel.getSnapshot().freshness === 'live')).toBe(true)
    for (const live of pages) live.close()
    await until('the server to be alone', () => server.stats().sockets === 0)
  })

  it('[A11 A1 A3 G10b] all 800 sockets get first data through a gate per page, the most important first, two at once', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ tokens: true })
    const startedAt = performance.now()
    const pages = Array.from({ length: PAGES }, (_, page) => {
      const gate = createGate({ concurrent: 2, spacing: 10 })
      const wires: Wire[] = []
      const isConnecting = ({ frames }: Wire): boolean => frames.length === 0
      let most = 0
      const transport = webSocket({
        WebSocket: recorded(wires, () => (most = Math.max(most, 1 + wires.filter(isConnecting).length))),
      })
      // The least important asks first.
      const feeds = FEEDS.map((feed, index) => {
        const url = `${server.url}?feed=${feed}`
        const auth = (): unknown => ({ token: `user-${page}` })
        const live = createConnection({ url, auth, gate, transport, priority: FEEDS.length - index })
        scene.onEnd(() => live.close())
        const queue = live.state<Queue>('queue')
        queue.subscribe(() => undefined)
        return queue
      })
      return { feeds, wires, most: () => most }
    })
    const all = await Promise.all(pages.flatMap(({ feeds }) => feeds.map((queue) => queue.ready())))
    const took = performance.now() - startedAt

    console.log(`100 x 8 sockets through gates: ${all.length} first data after ${Math.round(took)} ms`)
    expect(all).toEqual(Array.from({ length: 800 }, () => ({ count: 0, process: server.pid })))
    const byImportance = FEEDS.toReversed()
    for (const { wires, most } of pages) {
      expect(wires.map(({ socket }) => new URL(socket.url).searchParams.get('feed'))).toEqual(byImportance)
      expect(most()).toBeLessThanOrEqual(2)
      expect(wires.every(({ socket }) => socket.readyState === WebSocket.OPEN)).toBe(true)
      wires.slice(1).forEach(({ openedAt }, index) => {
        expect(openedAt - (wires[index]?.openedAt ?? 0)).toBeGreaterThan(8)
      })
    }
    const stats = await fetch(`${server.httpUrl}/api/ws/stats`, {
      headers: { authorization: 'Bearer user-0' },
    })
    expect(((await stats.json()) as { sockets: number }).sockets).toBe(800)
  })
})
