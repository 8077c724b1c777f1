// What is left of a connection after close(), when it has lost its socket two hundred times in every way there is: nothing.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createConnection, webSocket } from '../../src/index.ts'
import { createAccount } from '../support/account.ts'
import { createScene, recorded, until, type Wire } from '../support/scene.ts'

/** What keeps this process alive: sockets, timers and the like, by kind. */
const resources = (): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, 1 + (counts.get(kind) ?? 0))
  return counts
}

describe('close()', () => {
  it('[A10 A5 G1 G8] leaves no timer, no listener and no socket after 200 reconnects', async (context) => {
    const scene = createScene(context)
    const before = resources()
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    let links = 0
    let most = 0
    server.on('connection', (socket) => {
      const turn = links++
      most = Math.max(most, server.clients.size)
      socket.on('error', () => undefined)
      socket.on('message', (text: Buffer) => {
        const { type, timestamp } = JSON.parse(text.toString()) as { type: string; timestamp?: number }
        if (type === 'ping') socket.send(JSON.stringify({ type: 'pong', timestamp }))
        if (type !== 'client_ready') return
        socket.send(JSON.stringify({ type: 'queue', data: turn }))
        if (turn >= 200) return
        if (turn % 4 === 0) socket.close(1012)
        else if (turn % 4 === 1) socket.close(4000, 'retry_after=0;spread=1')
        else if (turn % 4 === 2) socket.terminate()
        else setImmediate(() => socket.terminate())
      })
    })
    const account = createAccount()
    const wires: Wire[] = []
    let loads = 0
    let told = 0
    const live = createConnection({
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      transport: webSocket({ WebSocket: recorded(wires) }),
      runtime: account.runtime,
      auth: () => ({ token: 'secret' }),
      reconnect: { delay: () => 0, budget: { attempts: 1_000 }, circuit: false },
    })
    scene.onEnd(() => live.close())
    const queue = live.state<number>('queue', { load: () => ++loads, pollEvery: 1_000 })
    queue.subscribe(() => (told += 1))
    live.subscribe(() => (told += 1))
    live.on('message', () => (told += 1))
    await until('201 links', () => wires.length === 201 && queue.getSnapshot().data === 200, 30_000)
    const waiting = live.send('too late', null, { ttl: 60_000 })
    expect([account.timers() > 0, account.listeners()]).toEqual([true, 1])
    expect(most).toBeLessThanOrEqual(2)

    live.close()
    const after = told
    expect([account.timers(), account.listeners()]).toEqual([0, 0])
    await waiting
    for (const { socket } of wires) {
      expect(socket.readyState).toBeGreaterThanOrEqual(WebSocket.CLOSING)
      expect(socket.onmessage).toBe(null)
      expect(socket.onclose).toBe(null)
    }
    await until('the server to be alone', () => server.clients.size === 0)
    await until('every socket to be gone', () =>
      wires.every(({ socket }) => socket.readyState === WebSocket.CLOSED),
    )
    server.close()
    await once(server, 'close')
    // The wait itself has two timers.
    const isLeft = ([kind, count]: [string, number]): boolean =>
      count > (before.get(kind) ?? 0) + (kind === 'Timeout' ? 2 : 0)
    await until('nothing to be left', () => ![...resources()].some(isLeft))
    expect([account.timers(), account.listeners()]).toEqual([0, 0])
    expect(told).toBe(after)
    expect(links).toBe(201)
  })
})
