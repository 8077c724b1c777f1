// A server in a process of its own, for tests that kill, stop and restart it. Started by spawn-server.ts, which documents it.
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { createServer, toNodeListener, type RealtimeServer } from '../../src/server/index.ts'
import type { ServerProcessOptions } from './spawn-server.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as ServerProcessOptions
const { kind = 'level1', port = 0, every = 0, start = 0, drain = 0 } = options

let count = start
const sockets = new Set<WebSocket>()
const queue = (): unknown => ({ count, process: process.pid })
let changed = (): void => undefined

function change(next: number): void {
  count = next
  changed()
}

async function answer(request: Request): Promise<Response | undefined> {
  const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }
  const { pathname } = new URL(request.url)
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers })
  if (pathname === '/api/block') {
    const { ms } = (await request.json()) as { ms: number }
    setImmediate(() => {
      for (const until = performance.now() + ms; performance.now() < until;);
    })
    return Response.json({ blocking: ms }, { headers })
  }
  if (pathname === '/api/close') {
    const { code, reason } = (await request.json()) as { code: number; reason?: string }
    for (const socket of sockets) socket.close(code, reason)
    return Response.json({ closed: sockets.size }, { headers })
  }
  if (pathname !== '/api/queue') return undefined
  if (request.method === 'POST') {
    const body = await request.text()
    change(body === '' ? count + 1 : (JSON.parse(body) as { count: number }).count)
  }
  return Response.json(queue(), { headers })
}

/** Level 1, by this package's own server. */
function startLevel1(): RealtimeServer {
  const { tokens, expiresIn, heartbeat, acceptRate, origins, limits } = options
  const live = createServer({
    events: { queue: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } } },
    snapshot: queue,
    authorize: () => true,
    ...(heartbeat && { heartbeat }),
    ...(acceptRate !== undefined && { acceptRate }),
    ...(origins && { origins }),
    limits: { connectionsPerIp: Infinity, connectionsPerUser: Infinity, ...limits },
    ...(tokens === true && {
      authenticate: ({ request, auth }) => {
        const { token = request.headers.get('authorization')?.replace('Bearer ', '') } = (auth ?? {}) as {
          token?: string
        }
        if (token?.startsWith('user-') !== true) return null
        return { id: token, ...(expiresIn !== undefined && { expiresAt: Date.now() + expiresIn }) }
      },
    }),
    logger: { error: (message, context) => console.error(message, context) },
  })
  changed = () => void live.publish('queue', queue())
  return live
}

/** Level 0 and several ways to be bad at it. */
function onPlainSocket(socket: WebSocket): void {
  const send = (frame: unknown): void => socket.send(JSON.stringify(frame))
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => undefined)
  if (kind === 'accept-close') return socket.close(options.code ?? 1011, options.reason)
  if (kind === 'mute') return
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as { type: string; timestamp?: unknown }
    if (frame.type === 'ping' && kind !== 'no-pong') send({ type: 'pong', timestamp: frame.timestamp })
    if (frame.type === 'client_ready') send({ type: 'queue', data: queue() })
  })
}

function listen(): void {
  if (kind === 'hang') {
    const server = createTcpServer(() => undefined)
    server.listen(port, '127.0.0.1', () => console.log(`listening ${JSON.stringify(server.address())}`))
    return
  }
  const live = kind === 'level1' ? startLevel1() : null
  const server = createHttpServer(
    toNodeListener(async (request) => (await live?.fetch(request)) ?? (await answer(request))),
  )
  if (live !== null) live.attach(server)
  else {
    new WebSocketServer({ server, path: '/ws' }).on('connection', onPlainSocket)
    changed = () => {
      for (const socket of sockets) socket.send(JSON.stringify({ type: 'queue', data: queue() }))
    }
  }
  if (every > 0) setInterval(() => change(count + 1), every)
  process.on('SIGTERM', () => {
    server.close()
    for (const socket of sockets) socket.close(1012)
    void Promise.resolve(live?.close({ drain })).then(() => process.exit(0))
  })
  server.listen(port, '127.0.0.1', () => console.log(`listening ${JSON.stringify(server.address())}`))
}

listen()
