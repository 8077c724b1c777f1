// webSocket() over mock-socket's WebSocket, with the deviations of mock-socket 9.3 as a checked list.
import { Server, WebSocket } from 'mock-socket'
import { describe, expect, it, vi } from 'vitest'
import { webSocket } from '../../src/transports/websocket.ts'
import { probe } from './probe.ts'
import type { Bench, Peer } from './transport.ts'
import { transportContract } from './transport.ts'

/** The object a connection handler really gets: its `on` passes what the client closes with. */
interface ServerSocket {
  on(event: 'message', run: (data: string) => void): void
  on(event: 'close', run: (event: { readonly code: number; readonly reason: string }) => void): void
  send(data: string | Uint8Array | ArrayBuffer): void
  close(options?: { code: number; reason: string; wasClean: boolean }): void
}

let benches = 0

function mockSocketBench(): Bench & { readonly server: Server } {
  benches += 1
  const url = `wss://mock-socket-${benches}.test/`
  const peers: Peer[] = []
  // Without `mock: false` it would replace the global WebSocket.
  const server = new Server(url, { mock: false })
  server.on('connection', (client) => {
    const socket = client as unknown as ServerSocket
    const texts: string[] = []
    let closed: Peer['closed'] = null
    socket.on('message', (text) => texts.push(text))
    socket.on('close', ({ code, reason }) => void (closed = { code, reason }))
    peers.push({
      texts,
      get closed() {
        return closed
      },
      send: (text) => socket.send(text),
      sendBinary: () => socket.send(new Uint8Array([1, 2, 3]).buffer),
      close: (code, reason = '') =>
        code === undefined ? socket.close() : socket.close({ code, reason, wasClean: true }),
      cut: () => socket.close({ code: 1006, reason: '', wasClean: false }),
    })
  })
  const transport = webSocket({ WebSocket })
  return {
    server,
    transport,
    url,
    deadUrl: 'wss://nobody.test/',
    hanging: { url, connections: () => 0 },
    peers,
    openBadly: () => void transport.open({ url: 'not a url' }, { opened() {}, message() {}, closed() {} }),
    until: (what, condition) =>
      vi.waitFor(
        () => {
          if (!condition()) throw new Error(`Still waiting for ${what}.`)
        },
        { timeout: 5_000, interval: 2 },
      ),
    stop() {
      server.stop()
      return Promise.resolve()
    },
  }
}

transportContract("webSocket() over mock-socket's WebSocket", () => Promise.resolve(mockSocketBench()), [
  'nothing hangs',
  'only 1000 by the server is clean',
  'what the server sends arrives within the call',
  'a close without a code is 1000',
])

describe('what mock-socket does unlike a WebSocket', () => {
  it('[E1] has no bufferedAmount, so that 0 bytes ever wait', async () => {
    const bench = mockSocketBench()
    const { link, log } = probe(bench.transport, bench.url)
    await bench.until('open', () => log.length === 1)
    link.send('x'.repeat(100_000))
    expect(link.bufferedBytes).toBe(0)
    const socket = new WebSocket(bench.url)
    expect(socket.bufferedAmount).toBeUndefined()
    await bench.stop()
  })

  it('[E1] is no EventTarget and does not know { once: true }', async () => {
    const bench = mockSocketBench()
    const socket = new WebSocket(bench.url)
    expect(socket).not.toBeInstanceOf(EventTarget)
    let calls = 0
    socket.addEventListener('message', () => (calls += 1), { once: true })
    await bench.until('a peer', () => bench.peers.length === 1)
    bench.peers[0]?.send('1')
    bench.peers[0]?.send('2')
    await bench.until('both messages', () => calls === 2)
    await bench.stop()
  })

  it('[E1] turns a typed array of the server into text, which is then reported', async () => {
    const bench = mockSocketBench()
    const { log } = probe(bench.transport, bench.url)
    await bench.until('open', () => log.length === 1)
    bench.server.clients()[0]?.send(new Uint8Array([1, 2, 3]))
    await bench.until('the message', () => log.length === 2)
    expect(log[1]).toBe('message 1,2,3')
    await bench.stop()
  })

  it('[E1] ends a refused connection with a clean 1000, which is never taken for a normal end', async () => {
    const socket = new WebSocket('wss://nobody.test/')
    const { code, wasClean } = await new Promise<CloseEvent>((resolve) => (socket.onclose = resolve))
    expect([code, wasClean]).toEqual([1000, true])
  })
})
