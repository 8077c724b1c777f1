// What an app does when the way to its real server breaks, on real sockets. The testing guide shows this file.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createConnection, webSocket, type Connection } from 'holdfast'
import { createProxy, type FaultProxy } from 'holdfast/testing/proxy'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

/** Stands for yours. */
let server: WebSocketServer
let proxy: FaultProxy
let live: Connection

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket) => {
    socket.on('message', (text: Buffer) => {
      const { type, timestamp } = JSON.parse(text.toString()) as { type: string; timestamp?: number }
      if (type === 'client_ready') socket.send(JSON.stringify({ type: 'queue', data: { waiting: 3 } }))
      if (type === 'ping') socket.send(JSON.stringify({ type: 'pong', timestamp }))
    })
  })
  const { port } = server.address() as AddressInfo
  proxy = await createProxy({ target: `ws://127.0.0.1:${port}` })
  live = createConnection({
    url: proxy.url,
    transport: webSocket({ WebSocket }),
    heartbeat: { interval: 200, timeout: 200 },
    reconnect: { delay: () => 100, circuit: { failures: 3, after: 0 } },
  })
})

afterEach(async () => {
  live.close()
  await proxy.close()
  server.close()
})

const is = (status: string): Promise<void> =>
  vi.waitFor(() => expect(live.getSnapshot().status).toBe(status), { timeout: 10_000 })

it('notices a line that died without a word', async () => {
  await live.ready()
  await proxy.blackHole('toClient')
  await is('reconnecting')
  await proxy.heal()
  await is('connected')
})

it('leaves a server alone that is overloaded', async () => {
  proxy.rule({ times: 3, do: { answer: { status: 503, headers: { 'retry-after': '7' } } } })
  live.connect()
  await is('suspended')
  expect(proxy.events.filter(({ what }) => what === 'answered')).toHaveLength(3)
})

it('stops when the server says who we are not', async () => {
  proxy.rule({ do: { close: 4403 } })
  live.connect()
  await is('failed')
})

it('makes do with what a slow line brings', async () => {
  proxy.latency(50, 20)
  proxy.bandwidth(2_000, 'toClient')
  expect(await live.state('queue').ready()).toEqual({ waiting: 3 })
})
