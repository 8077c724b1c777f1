// What the cases of the server stand on: a link on a socket that is none, channels with readers that are none, a server on loopback.
import { once, EventEmitter } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { createAttempt } from '../../../src/server/attempt.ts'
import { createChannels, type Channels } from '../../../src/server/channels.ts'
import { createServer } from '../../../src/server/create-server.ts'
import { createLink, type Link } from '../../../src/server/link.ts'
import { resolveServerOptions, type ServerOptions } from '../../../src/server/options.ts'
import type { RealtimeServer } from '../../../src/server/realtime-server.ts'
import type { Level, User } from '../../../src/server/session/model.ts'
import { virtualClock, type VirtualClock } from '../../../src/testing/index.ts'

/** A link and its socket. */
export interface LinkRig {
  readonly clock: VirtualClock
  readonly link: Link
  readonly socket: EventEmitter & { readyState: number; bufferedAmount: number }
  /** Types of the frames it was sent, and its closes, in order. */
  readonly log: string[]
  /** Everything written has left. */
  flush(): void
  hear(frame: unknown): void
}

/** A link that is open. */
export function openLink(): LinkRig {
  const clock = virtualClock()
  const log: string[] = []
  const marks: (() => void)[] = []
  const socket = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    send: (wire: string) => void log.push((JSON.parse(wire) as { type: string }).type),
    close(code: number) {
      socket.readyState = 2
      log.push(`closed ${code}`)
    },
    ping(_data: unknown, _mask: unknown, left?: () => void) {
      if (left) marks.push(left)
    },
  })
  const host = {
    clock,
    settings: resolveServerOptions({}),
    ack: 'received',
    window: () => 500,
    run(of: Link, { type }: { readonly type: string }) {
      if (type === 'authenticate') of.dispatch({ type: 'authenticated', user: { id: 'ann' }, others: 0 })
    },
    left: () => void log.push('left'),
  }
  const link = createLink(socket as never, 's_1', true, host)
  const hear = (frame: unknown): void =>
    void socket.emit('message', Buffer.from(JSON.stringify(frame)), false)
  hear({ type: 'client_ready', v: 1 })
  return { clock, link, socket, log, flush: () => marks.splice(0).forEach((left) => left()), hear }
}

/** A publication. */
export function push(channel: string) {
  return { type: 'push', channel, wire: JSON.stringify({ type: channel }) } as const
}

/** Channels and those who read them. */
export interface ChannelsRig extends Channels {
  readonly clock: VirtualClock
  /** What each reader was sent, as `channel data`, and the bytes that were said to wait for it. */
  join(id: string): { readonly got: string[]; readonly waiting: number[]; leave(): void }
}

/** Channels that nobody reads yet. */
export function makeChannels(
  options: ServerOptions = {},
  mayRead: (user: { readonly id: string }, channel: string) => boolean | Promise<boolean> = () => true,
): ChannelsRig {
  const clock = virtualClock()
  const resolved = resolveServerOptions({ ...options, runtime: { clock, random: () => 0.5 } })
  const members = new Map<Link, { readonly user: User; readonly level: Level }>()
  const { attempt } = createAttempt(resolved)
  const channels = createChannels({ options: resolved, members, attempt, subscribers: () => 0, mayRead })
  return {
    ...channels,
    clock,
    join(id) {
      const got: string[] = []
      const waiting: number[] = []
      const link: Link = {
        id: `s_${id}`,
        stats: () => undefined as never,
        flushed: () => Promise.resolve(),
        dispatch(event) {
          if (event.type === 'congested') waiting.push(event.bytes)
          if (event.type !== 'push') return
          const { data } = JSON.parse(event.wire.toString()) as { data: unknown }
          got.push(`${event.channel} ${JSON.stringify(data)}`)
        },
      }
      members.set(link, { user: { id }, level: 1 })
      channels.greet(link, { id })
      return { got, waiting, leave: () => void members.delete(link) }
    },
  }
}

/** A server on loopback, whose timers are those of a virtual clock. */
export interface ServerRig {
  readonly clock: VirtualClock
  readonly server: RealtimeServer
  /** Says `client_ready` and sends a ping; `first` is the first frame that came back, `closed` the code it is closed with. */
  connect(ready: object): Promise<{
    readonly socket: WebSocket
    readonly first: Promise<unknown>
    readonly closed: Promise<number>
  }>
}

/** Runs with a server, and ends it. */
export async function withServer(
  options: ServerOptions,
  run: (rig: ServerRig) => Promise<void>,
): Promise<void> {
  const clock = virtualClock()
  const http = createHttpServer()
  const server = createServer({ ...options, runtime: { clock, random: Math.random } })
  server.attach(http)
  await once(http.listen(0, '127.0.0.1'), 'listening')
  const { port } = http.address() as AddressInfo
  const sockets: WebSocket[] = []
  try {
    await run({
      clock,
      server,
      async connect(ready) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
        sockets.push(socket)
        const first = once(socket, 'message').then(([data]) => JSON.parse(String(data)) as unknown)
        const closed = once(socket, 'close').then(([code]) => code as number)
        first.catch(() => undefined)
        await once(socket, 'open')
        socket.send(JSON.stringify({ type: 'client_ready', ...ready }))
        socket.send(JSON.stringify({ type: 'ping' }))
        return { socket, first, closed }
      },
    })
  } finally {
    for (const socket of sockets) socket.terminate()
    http.close()
  }
}
