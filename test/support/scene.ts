// What one integration test works with: real servers, proxies, and clients on record, all ended when the test is.
import { vi } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import { createConnection, webSocket } from '../../src/index.ts'
import type {
  Connection,
  ConnectionOptions,
  HoldfastError,
  StateChannel,
  StateSnapshot,
  Status,
  TraceEntry,
} from '../../src/index.ts'
import { createProxy, type FaultProxy } from '../../src/testing/proxy.ts'
import { spawnServer, type ServerProcess, type ServerProcessOptions } from './spawn-server.ts'

/** What the test servers send as `queue`. */
export interface Queue {
  readonly count: number
  readonly process: number
}

/** One socket a client opened. Instants are of `performance.now()`. */
export interface Wire {
  readonly openedAt: number
  /** Everything that arrived on it, whether or not the client still listened. */
  readonly frames: ReadonlyArray<{ readonly type: string; readonly data?: unknown }>
  readonly socket: WebSocket
}

/** A connection that subscribes to `queue`, and a record of what it does. */
export interface Client {
  readonly live: Connection
  readonly queue: StateChannel<Queue>
  readonly wires: readonly Wire[]
  readonly statuses: ReadonlyArray<{
    readonly at: number
    readonly status: Status
    readonly freshness: string
  }>
  readonly errors: readonly HoldfastError[]
  /** Sockets opened while an older one was not yet told to close: one link at a time means 0 (G1). */
  overlaps(): number
  /** When the queue was first `live` with the data of that process. */
  usableAt(pid: number): number | undefined
  /** True once this link has held for `minUptime`, which ends an outage. */
  isStable(): boolean
}

export interface Scene {
  client(url: string, options?: Partial<ConnectionOptions>): Client
  clients(count: number, url: string, options?: Partial<ConnectionOptions>): readonly Client[]
  server(options?: ServerProcessOptions): Promise<ServerProcess>
  /** Kills the old one, starts the new one on its port. */
  restart(server: ServerProcess, changes?: ServerProcessOptions): Promise<ServerProcess>
  proxy(target: string): Promise<FaultProxy>
  /** Anything else that must end with the test. */
  onEnd(end: () => unknown): void
}

/** A scene for the test whose context this is; fit for tests that run at the same time. */
export function createScene({
  onTestFinished,
}: {
  readonly onTestFinished: (end: () => Promise<void>) => void
}): Scene {
  const onEnd = (end: () => unknown): void =>
    onTestFinished(async () => {
      await end()
    })
  const keep = (server: ServerProcess): ServerProcess => {
    onEnd(() => server.kill('SIGKILL'))
    return server
  }
  const client: Scene['client'] = (url, options) => {
    const made = createClient(url, options)
    onEnd(() => made.live.close())
    return made
  }
  return {
    client,
    clients: (count, url, options) => Array.from({ length: count }, () => client(url, options)),
    server: async (options) => keep(await spawnServer(options)),
    restart: async (server, changes) => keep(await server.restart(changes)),
    async proxy(target) {
      const proxy = await createProxy({ target })
      onEnd(() => proxy.close())
      return proxy
    },
    onEnd,
  }
}

/** Waits for a condition, never for a time. */
export function until(what: string, condition: () => boolean, timeout: number = 20_000): Promise<void> {
  return vi.waitFor(
    () => {
      if (!condition()) throw new Error(`Still waiting for ${what} after ${timeout} ms.`)
    },
    { timeout, interval: 5 },
  )
}

/** The middle and the most of some measured times, in words. */
export function spread(times: readonly number[]): string {
  const sorted = times.map((time) => Math.max(0, Math.round(time))).sort((a, b) => a - b)
  return `median ${sorted[Math.floor(sorted.length / 2)]} ms, max ${sorted.at(-1)} ms of ${sorted.length}`
}

/** `ws`'s WebSocket, with a record of each one made. */
export function recorded(
  wires: Wire[],
  onOpen: () => void = () => undefined,
  options: ClientOptions = {},
): new (url: string) => WebSocket {
  return class extends WebSocket {
    constructor(url: string) {
      const openedAt = performance.now()
      onOpen()
      super(url, options)
      const frames: Array<Wire['frames'][number]> = []
      wires.push({ openedAt, frames, socket: this })
      this.on('message', (text: Buffer) => frames.push(JSON.parse(text.toString()) as Wire['frames'][number]))
    }
  }
}

function createClient(url: string, options: Partial<ConnectionOptions> = {}): Client {
  const wires: Wire[] = []
  const statuses: Array<Client['statuses'][number]> = []
  const errors: HoldfastError[] = []
  const usable = new Map<number, number>()
  let overlaps = 0
  let stable = false
  const onOpen = (): void => {
    stable = false
    if (wires.some(({ socket }) => socket.readyState < WebSocket.CLOSING)) overlaps += 1
  }
  const live = createConnection({
    url,
    transport: webSocket({ WebSocket: recorded(wires, onOpen) }),
    ...options,
    on: {
      status({ status }) {
        statuses.push({ at: performance.now(), status, freshness: queue.getSnapshot().freshness })
        if (status !== 'connected') stable = false
      },
      error: (error) => errors.push(error),
      trace: ({ event }: TraceEntry) => {
        const { type, slot } = (event ?? {}) as { type?: string; slot?: string }
        if (type === 'due' && slot === 'stable') stable = true
      },
    },
  })
  const queue: StateChannel<Queue> = live.state<Queue>('queue')
  const note = ({ freshness, data }: StateSnapshot<Queue>): void => {
    if (freshness === 'live' && !usable.has(data.process)) usable.set(data.process, performance.now())
  }
  queue.subscribe(() => note(queue.getSnapshot()))
  return {
    live,
    queue,
    wires,
    statuses,
    errors,
    overlaps: () => overlaps,
    usableAt: (pid) => usable.get(pid),
    isStable: () => stable,
  }
}
