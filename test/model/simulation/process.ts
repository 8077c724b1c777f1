// What a server process runs: the real server of src/server on simulated sockets, or a plain server as others write them.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { createServer } from '../../../src/server/create-server.ts'
import type { Broker, History } from '../../../src/server/broker.ts'
import { memoryBroker } from '../../../src/server/memory-broker.ts'
import { parseFrame } from '../../../src/protocol/frames.ts'
import type { ServerSocket } from './server-end.ts'
import type { Upgrade } from './socket.ts'
import type { Thread } from './thread.ts'
import type { NodeHost } from './node.ts'

/** How a server is set up. */
export interface ServerPlan {
  /** 0: a plain server. */
  readonly level: 0 | 1
  readonly hasAuth: boolean
  /** How long a token holds; null: for ever. */
  readonly tokenLife: number | null
  readonly heartbeat: { readonly interval: number; readonly timeout: number }
  readonly acceptRate: number
  readonly maxPayload: number
  /** A plain server that does not know what a ping is. */
  readonly answersPings: boolean
  /** A stream that clients publish to, at level 3: how much of it is kept. */
  readonly stream?: History
  /** What is kept of it outlives the process, and is shared by the one that drains and its successor. */
  readonly outlives?: boolean
}

/** A process that runs. Everything in it happens on its thread. */
export interface Process {
  arrive(upgrade: Upgrade, accept: () => ServerSocket): void
  drain(over: number): void
  revoke(user: string): void
  publish(channel: string, message: unknown): void
  /** What it advises clients who lose it. */
  window(): number
  /** The broker loses the next message of that channel on its way to the links. */
  lose(channel: string): void
}

/** What a process needs of its node. */
export interface ProcessHost extends NodeHost {
  readonly thread: Thread
  readonly random: () => number
  slowness(): number | null
  /** Keeps the stream where it outlives the process. */
  readonly shared: Broker | null
  /** Runs what others wait for. */
  think<T>(run: () => Promise<T>): Promise<T>
}

/** What the patched `ws` finds in place of a socket of Node's. */
interface SimulatedDuplex extends Duplex {
  readonly simulated: () => ServerSocket
}

// The one seam: what comes after the handshake is ours, not a parser of bytes. Real sockets go the usual way.
type Upgrading = typeof WebSocketServer.prototype.handleUpgrade
WebSocketServer.prototype.handleUpgrade = new Proxy(WebSocketServer.prototype.handleUpgrade, {
  apply(original, server: WebSocketServer, [request, socket, head, done]: Parameters<Upgrading>) {
    const { simulated } = socket as Partial<SimulatedDuplex>
    if (simulated) done(simulated(), request)
    else original.call(server, request, socket, head, done)
  },
})

const anything = {
  '~standard': { version: 1, vendor: 'simulation', validate: (value: unknown) => ({ value }) },
} as const

/** The channel that clients publish to, and each message of which counts. */
export const STREAM = 'talk'

/** A broker in the memory of the process, but for a stream that outlives it; its log is on record, and it loses what it is told to. */
function watchBroker(own: Broker, { world, logged, shared, thread }: ProcessHost, lost: Set<string>): Broker {
  const of = (channel: string): Broker => (shared && channel === STREAM ? shared : own)
  const stirred = <T>(promise: Promise<T>): Promise<T> => {
    world.stir()
    return promise
  }
  return {
    ...own,
    publish: (channel, data, options) =>
      stirred(
        of(channel)
          .publish(channel, data, options)
          .then((placed) => {
            const { epoch, offset, duplicate } = placed
            if (!duplicate && channel === STREAM) logged(channel, { epoch, offset, prev: offset - 1, data })
            lost.delete(channel)
            return placed
          }),
      ),
    subscribe: (channel, onPublication, onLost) =>
      stirred(
        of(channel).subscribe(
          channel,
          (publication) => {
            // What others publish comes when this process runs.
            if (!lost.has(channel)) thread.do(() => onPublication(publication))
          },
          onLost,
        ),
      ),
    history: (channel, since, limit) => stirred(of(channel).history(channel, since, limit)),
  }
}

/** The real server: accounting, sessions, channels, first data, drain. */
export function startReal(host: ProcessHost): Process {
  const { thread, truth, kinds, plan, random } = host
  const channels = Object.keys(kinds)
  const take = <T>(answer: () => T): Promise<T> =>
    host.think(async () => {
      const ms = host.slowness()
      if (ms === null) throw new Error('the database is away')
      if (ms > 0) await new Promise<void>((resolve) => thread.clock.setTimeout(resolve, ms))
      return answer()
    })
  const runtime = { clock: thread.clock, random }
  const lost = new Set<string>()
  const server = createServer({
    runtime,
    broker: watchBroker(memoryBroker(runtime), host, lost),
    ...(plan.stream && {
      history: { [STREAM]: plan.stream },
      authorize: (_user, action, channel) => action === 'subscribe' || channel === STREAM,
      message: ({ type, data }) => (type === 'ask' ? take(() => data) : undefined),
    }),
    heartbeat: plan.heartbeat,
    acceptRate: plan.acceptRate,
    maxPayload: plan.maxPayload,
    limits: { connectionsPerIp: Infinity },
    maxEventBytes: 65_536,
    events: Object.fromEntries([...channels, STREAM].map((channel) => [channel, anything])),
    snapshot: (channel) => (kinds[channel] === 'replace' ? take(() => truth.read(channel)) : undefined),
    ...(plan.hasAuth && { authenticate: ({ auth }) => take(() => host.check(auth)) }),
  })
  let onUpgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined
  const http = {
    headersTimeout: 10_000,
    on: (_event: string, run: typeof onUpgrade) => void (onUpgrade = run),
    off: () => void (onUpgrade = undefined),
    listenerCount: () => 1,
  }
  server.attach(http as unknown as Server)
  return {
    arrive(upgrade, accept) {
      const request = {
        url: '/ws',
        headers: {},
        headersDistinct: {},
        socket: { remoteAddress: upgrade.client },
      }
      const socket = {
        simulated: accept,
        on: () => undefined,
        end: () => upgrade.refuse(),
        destroy: () => undefined,
      }
      if (onUpgrade) onUpgrade(request as unknown as IncomingMessage, socket as unknown as Duplex, NOTHING)
      else upgrade.refuse()
    },
    window: () => server.stats().window,
    drain: (over) => void server.close({ drain: over }),
    revoke: (user) => void server.revoke(user),
    lose: (channel) => void lost.add(channel),
    publish: (channel, message) => void server.publish(channel, message),
  }
}

const NOTHING = Buffer.alloc(0)

/** A plain server: says what is true when asked `client_ready`, then each change, and knows no more than that. */
export function startPlain(host: ProcessHost): Process {
  const { truth, kinds, plan, thread } = host
  const open = new Map<ServerSocket, string>()
  let isClosing = false
  return {
    arrive(upgrade, accept) {
      if (isClosing) {
        upgrade.refuse()
        return
      }
      const socket = accept()
      socket.once('close', () => void open.delete(socket))
      const greet = (auth: unknown): void => {
        const user = plan.hasAuth ? host.check(auth) : { id: '' }
        if (!user) {
          socket.close(4401, 'unauthorized')
          return
        }
        open.set(socket, user.id)
        for (const channel of Object.keys(kinds))
          if (kinds[channel] === 'replace') socket.send(toText(channel, truth.read(channel)))
      }
      socket.on('message', (text: string) => {
        const frame = parseFrame(text)
        if (typeof frame === 'string') return
        if (frame.type === 'client_ready')
          thread.clock.setTimeout(() => greet(frame.auth), host.slowness() ?? 1_000)
        else if (frame.type === 'ping' && plan.answersPings)
          socket.send(JSON.stringify({ type: 'pong', timestamp: frame.timestamp }))
      })
    },
    window: () => 0,
    lose: () => undefined,
    drain(over) {
      isClosing = true
      // As uvicorn does: no word before, 1012 for all at once (M3).
      thread.clock.setTimeout(() => {
        for (const socket of open.keys()) socket.close(1012, '')
      }, over / 2)
    },
    revoke(user) {
      for (const [socket, whose] of open) if (whose === user) socket.close(4401, 'revoked')
    },
    publish(channel, message) {
      for (const socket of open.keys()) socket.send(toText(channel, message))
    },
  }
}

function toText(channel: string, data: unknown): string {
  return JSON.stringify({ type: channel, data })
}
