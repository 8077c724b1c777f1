// A bench for transports over real sockets: a `ws` server, a port where nobody listens, one that never answers.
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { vi } from 'vitest'
import { WebSocketServer } from 'ws'
import type { Transport } from '../../src/transports/transport.ts'
import type { Bench, Peer } from './transport.ts'

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Starts the servers. */
export async function realBench(transport: Transport): Promise<Bench> {
  const peers: Peer[] = []
  const sockets = new Set<Socket>()
  const dead = createServer()
  const hanging = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    // Reading is what makes the other side's goodbye seen.
    socket.resume()
    socket.on('close', () => sockets.delete(socket))
  })
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => {
    const texts: string[] = []
    let closed: Peer['closed'] = null
    socket.on('error', () => undefined)
    socket.on('message', (data) => texts.push((data as Buffer).toString()))
    socket.on('close', (code, reason) => void (closed = { code, reason: reason.toString() }))
    peers.push({
      texts,
      get closed() {
        return closed
      },
      send: (text) => socket.send(text, () => undefined),
      sendBinary: () => socket.send(new Uint8Array([1, 2, 3])),
      close: (code, reason) => socket.close(code, reason),
      cut: () => socket.terminate(),
    })
  })
  const deadUrl = await listen(dead)
  dead.close()
  const hangingUrl = await listen(hanging)
  if (server.address() === null) await once(server, 'listening')

  return {
    transport,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    deadUrl,
    hanging: { url: hangingUrl, connections: () => sockets.size },
    peers,
    openBadly: () => void transport.open({ url: 'not a url' }, { opened() {}, message() {}, closed() {} }),
    until: (what, condition) =>
      vi.waitFor(
        () => {
          if (!condition()) throw new Error(`Still waiting for ${what}.`)
        },
        { timeout: 5_000, interval: 2 },
      ),
    async stop() {
      for (const client of server.clients) client.terminate()
      for (const socket of sockets) socket.destroy()
      hanging.close()
      server.close()
      await Promise.all([once(hanging, 'close'), once(server, 'close')])
    },
  }
}
