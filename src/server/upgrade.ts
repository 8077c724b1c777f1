// The way in: which upgrade requests are ours, from which pages, from which address, and how many of them.
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ServerOptions as WebSocketOptions } from 'ws'
import type { ResolvedServerOptions, ServerOptions } from './options.ts'

/** True when a page of this origin may connect. Cookies come along without anybody's will, so they need a named origin. */
export function isAllowedOrigin(request: IncomingMessage, origins: ServerOptions['origins']): boolean {
  const { origin, cookie, authorization } = request.headers
  if (typeof origins === 'function') {
    try {
      return (origins(origin, request) as unknown) === true
    } catch {
      return false
    }
  }
  // A page cannot set Authorization on a WebSocket: with an Origin, it is a password that the browser remembered.
  const ambient = cookie !== undefined || (origin !== undefined && authorization !== undefined)
  return origin === undefined || origins === undefined ? !ambient : origins.includes(origin)
}

/** The client's address: the socket's, or what the outermost of our own proxies saw. */
export function toAddress(request: IncomingMessage, trustedProxies: number): string {
  const forwarded = trustedProxies > 0 ? request.headers['x-forwarded-for'] : undefined
  const hops = [forwarded ?? []].flat().join(',').split(',')
  const seen = hops[hops.length - trustedProxies]?.trim() ?? ''
  return trustedProxies > 0 && seen !== '' ? seen : (request.socket.remoteAddress ?? '')
}

/** Answers an upgrade request with a status instead. */
export function refuse(socket: Duplex, status: number): void {
  const retry = status === 404 ? '' : 'Retry-After: 10\r\n'
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n${retry}Content-Length: 0\r\n\r\n`,
    () => socket.destroy(),
  )
}

/**
 * Listens for upgrades on one path. Other paths are left to other listeners, and answered 404 where there are none.
 * Headers must be there within 10 s; that is looked at every `connectionsCheckingInterval` of the HTTP server.
 */
export function listenForUpgrades(
  server: Server,
  path: string,
  accept: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): () => void {
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Before anything else, or a reset at the wrong moment ends the process.
    socket.on('error', () => socket.destroy())
    if (request.url?.split('?', 1)[0] === path) accept(request, socket, head)
    else if (server.listenerCount('upgrade') === 1) refuse(socket, 404)
  }
  server.headersTimeout = Math.min(server.headersTimeout || 10_000, 10_000)
  server.on('upgrade', onUpgrade)
  return () => void server.off('upgrade', onUpgrade)
}

/** What is asked of `ws`: bounds for what arrives, and compression where it is wanted. */
export function toWebSocketOptions({ compression, maxPayload }: ResolvedServerOptions): WebSocketOptions {
  const bounds = {
    maxFragments: Math.max(64, maxPayload / 1_024),
    maxBufferedChunks: Math.max(1_024, maxPayload / 64),
    closeTimeout: 2_000,
  }
  // A small window and no memory of earlier frames: less room per link, and less to guess secrets from.
  const perMessageDeflate = compression && {
    threshold: compression.threshold,
    zlibDeflateOptions: { level: compression.level, memLevel: 4 },
    serverMaxWindowBits: 10,
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
  }
  return { noServer: true, clientTracking: false, maxPayload, perMessageDeflate, ...bounds }
}
