// A bare WebSocket client for tests of the server, and the server to test with a port of its own. Ended by endAll().
import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, type ClientOptions } from 'ws'
import {
  createServer,
  toNodeListener,
  type RealtimeServer,
  type ServerOptions,
} from '../../src/server/index.ts'

export interface RawFrame {
  readonly type: string
  readonly data?: unknown
  readonly [field: string]: unknown
}

export interface RawClient {
  readonly socket: WebSocket
  readonly frames: readonly RawFrame[]
  /** The code and reason it was closed with, or `refused` and the HTTP status. */
  readonly closed: Promise<string>
  isClosed(): boolean
  send(frame: unknown): void
  /** The n-th frame of a type, counted from 0. */
  frame(type: string, index?: number): Promise<RawFrame>
}

export interface RawServer {
  readonly live: RealtimeServer
  readonly http: Server
  readonly url: string
  readonly httpUrl: string
  readonly port: number
  connect(hello?: unknown, options?: ClientOptions): RawClient
}

export const level1 = { type: 'client_ready', v: 1 }
export const plain = { type: 'client_ready' }

const ends: (() => unknown)[] = []

/** Ends everything that was opened since the last call. */
export async function endAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end()
}

/** Opens a socket and says hello; null says nothing. */
export function connectRaw(url: string, hello: unknown = level1, options: ClientOptions = {}): RawClient {
  const socket = new WebSocket(url, options)
  const frames: RawFrame[] = []
  const waiting = new Set<() => void>()
  let isClosed = false
  const send = (frame: unknown): void =>
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  ends.push(() => socket.terminate())
  socket.on('open', () => hello !== null && send(hello))
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as RawFrame)
    for (const check of waiting) check()
  })
  const closed = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      isClosed = true
      resolve(how)
    }
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (request, response) => {
      end(`refused ${response.statusCode}`)
      request.destroy()
    })
    socket.on('close', (code, reason) => end(`${code} ${reason.toString()}`.trim()))
  })
  return {
    socket,
    frames,
    closed,
    isClosed: () => isClosed,
    send,
    frame: (type, index = 0) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = frames.filter((frame) => frame.type === type)[index]
          if (found === undefined) return
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        check()
      }),
  }
}

/** The server in this process, on a free port. */
export async function serve(
  options: ServerOptions = {},
  http: (live: RealtimeServer) => Server = (live) => createHttpServer(toNodeListener(live.fetch)),
): Promise<RawServer> {
  const live = createServer(options)
  const server = http(live)
  live.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  ends.push(async () => {
    server.close()
    server.closeAllConnections()
    await live.close()
  })
  const url = `ws://127.0.0.1:${port}/ws`
  return {
    live,
    http: server,
    url,
    httpUrl: `http://127.0.0.1:${port}`,
    port,
    connect: (hello, given) => connectRaw(url, hello, given),
  }
}
