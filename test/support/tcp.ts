// Bare TCP for tests of the fault proxy: an echo server, clients that note what happens to them, and the proxy between them.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { vi } from 'vitest'
import { createProxy } from '../../src/testing/proxy.ts'
import type { FaultProxy, ProxyOptions } from '../../src/testing/proxy.ts'

/** A socket that notes what happens to it. */
export interface Client {
  readonly socket: Socket
  readonly log: readonly string[]
  readonly text: () => string
  /** The size of everything that was read at once. */
  readonly pieces: readonly number[]
}

/** A server that answers every piece in capitals, and notes how its connections ended. */
export interface EchoServer {
  readonly url: string
  readonly port: number
  readonly log: readonly string[]
  readonly sockets: readonly Socket[]
}

const ends: Array<() => unknown> = []

/** Something that must end with the test. */
export function onEnd(end: () => unknown): void {
  ends.push(end)
}

/** Ends everything that was opened since the last call. */
export async function endAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end()
}

function watch(socket: Socket, log: string[], onText: (text: string) => void): void {
  socket.on('data', (bytes: Buffer) => onText(bytes.toString()))
  socket.on('end', () => log.push('end'))
  socket.on('error', (error: NodeJS.ErrnoException) => log.push(error.code ?? error.message))
  socket.on('close', () => log.push('close'))
}

export async function echo(): Promise<EchoServer> {
  const log: string[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    log.push('connection')
    watch(socket, log, (text) => socket.write(text.toUpperCase()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onEnd(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `ws://127.0.0.1:${port}`, port, log, sockets }
}

export async function proxyTo(target: string, options?: Partial<ProxyOptions>): Promise<FaultProxy> {
  const proxy = await createProxy({ target, ...options })
  onEnd(() => proxy.close())
  return proxy
}

export function open(port: number): Client {
  const log: string[] = []
  const pieces: number[] = []
  let all = ''
  const socket = connect(port, '127.0.0.1', () => log.push('connect'))
  watch(socket, log, (text) => {
    pieces.push(text.length)
    all += text
  })
  onEnd(() => socket.destroy())
  return { socket, log, text: () => all, pieces }
}

export const until = (what: string, condition: () => boolean): Promise<void> =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error(`Still waiting for ${what}.`)
    },
    { timeout: 10_000, interval: 2 },
  )

/** Sends and awaits the answer. */
export async function talk(client: Client, text: string): Promise<void> {
  const expected = client.text() + text.toUpperCase()
  client.socket.write(text)
  await until(`the answer to ${text}`, () => client.text() === expected)
}

/** As much time as twenty round trips take: whatever was to arrive has arrived. */
export async function twentyRoundTrips(port: number): Promise<void> {
  const other = open(port)
  for (let trip = 0; trip < 20; trip += 1) await talk(other, `${trip},`)
  other.socket.destroy()
}
