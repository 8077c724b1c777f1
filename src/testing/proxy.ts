// What tests on Node import from 'holdfast/testing/proxy': a TCP proxy that breaks connections on demand.
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createPair } from './proxy-pair.ts'
import type { Pair, ProxyConnection, ProxyEvent } from './proxy-pair.ts'
import { seededRandom } from './seeded-random.ts'

export type { ProxyConnection, ProxyEvent } from './proxy-pair.ts'

/** Options of `createProxy`. */
export interface ProxyOptions {
  /** The server behind the proxy: `ws://`, `wss://`, `http://` or `https://`, with or without a path. */
  readonly target: string
  /** The port to listen on, on 127.0.0.1. @default a free one */
  readonly port?: number
  /** Of the jitter of `latency()`. @default 1 */
  readonly seed?: number
  /** Called with each event as it happens. */
  readonly onEvent?: (event: ProxyEvent) => void
}

/** A TCP proxy that breaks connections on demand. What it is told holds for connections to come, unless it says otherwise. */
export interface FaultProxy {
  readonly port: number
  /** The target's url, led through the proxy. */
  readonly url: string
  /** Connections are passed on. */
  pass(): Promise<void>
  /** The port is closed: connections are refused. Those there are go on. */
  refuse(): void
  /** Connections are taken and never answered; not even after `pass()` or `heal()`. */
  hang(): Promise<void>
  /** Nothing comes through any more, either way, and nobody is told of anything, a close included. Holds for all connections. */
  blackHole(): Promise<void>
  /** Ends everything above, and `latency()` and `cutAfter()`: what stalled in the black hole arrives, in one burst. */
  heal(): Promise<void>
  /** Ends all connections there are with RST, both ways. */
  cut(): void
  /** Ends all connections there are with FIN, both ways: no RST, and no close frame either. */
  finish(): void
  /** Everything takes `ms` one way, plus up to `jitter`. Holds for all connections. */
  latency(ms: number, jitter?: number): void
  /** The client gets exactly so many bytes, then FIN; null ends that. */
  cutAfter(bytes: number | null): void
  /** The connections there are, hung ones included. */
  readonly connections: readonly ProxyConnection[]
  /** Everything that happened, oldest first. */
  readonly events: readonly ProxyEvent[]
  /** Ends everything; resolves when no socket is left. Idempotent. */
  close(): Promise<void>
}

const PORTS: ReadonlyMap<string, number> = new Map([
  ['ws:', 80],
  ['http:', 80],
  ['wss:', 443],
  ['https:', 443],
])

/**
 * Starts a proxy on 127.0.0.1 that passes everything on until told otherwise.
 *
 * @example
 * const proxy = await createProxy({ target: 'ws://127.0.0.1:3000/ws' })
 * const live = createConnection({ url: proxy.url })
 * proxy.cut()
 * await proxy.close()
 * @throws TypeError for a target that is no url
 */
export async function createProxy(options: ProxyOptions): Promise<FaultProxy> {
  const target = toTarget(options.target)
  const random = seededRandom(options.seed ?? 1)
  const pairs = new Map<number, Pair>()
  const events: ProxyEvent[] = []
  let mode: 'pass' | 'hang' | 'black-hole' | 'refuse' = 'pass'
  let wait = { ms: 0, jitter: 0 }
  let limit = Infinity
  let count = 0
  let server: Server | null = null
  let port = options.port ?? 0
  let closed: Promise<void> | null = null
  let emptied: (() => void) | null = null

  const note = (what: ProxyEvent['what'], connection: number | null = null): void => {
    const event = { at: Date.now(), connection, what }
    events.push(event)
    options.onEvent?.(event)
  }
  const delay = (): number => wait.ms + random() * wait.jitter
  const each = (run: (pair: Pair) => void): void => [...pairs.values()].forEach(run)

  const take = (client: Socket): void => {
    count += 1
    const id = count
    const start = mode === 'black-hole' ? 'stall' : mode === 'hang' ? 'hang' : 'pass'
    note(start === 'hang' ? 'hung' : 'opened', id)
    pairs.set(
      id,
      createPair(id, client, start, {
        target,
        delay,
        limit,
        note,
        gone() {
          pairs.delete(id)
          if (pairs.size === 0) emptied?.()
        },
      }),
    )
  }

  const listen = async (): Promise<void> => {
    if (server !== null) return
    const next = createServer({ allowHalfOpen: true, pauseOnConnect: true }, take)
    server = next
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    port = (next.address() as AddressInfo).port
    note('listening')
  }

  const stopListening = (): void => {
    server?.close()
    server = null
  }

  await listen()
  const url = new URL(options.target)
  url.hostname = '127.0.0.1'
  url.port = String(port)

  return {
    port,
    url: url.href,
    pass() {
      mode = 'pass'
      return listen()
    },
    refuse() {
      mode = 'refuse'
      stopListening()
      note('refusing')
    },
    hang() {
      mode = 'hang'
      return listen()
    },
    blackHole() {
      mode = 'black-hole'
      each((pair) => pair.stall())
      note('stalled')
      return listen()
    },
    heal() {
      mode = 'pass'
      wait = { ms: 0, jitter: 0 }
      limit = Infinity
      note('healed')
      each((pair) => pair.flow())
      return listen()
    },
    cut: () => each((pair) => pair.reset()),
    finish: () => each((pair) => pair.finish()),
    latency(ms, jitter = 0) {
      wait = { ms, jitter }
    },
    cutAfter(bytes) {
      limit = bytes ?? Infinity
    },
    get connections() {
      return [...pairs.values()]
    },
    events,
    close() {
      mode = 'refuse'
      stopListening()
      each((pair) => pair.destroy())
      closed ??= pairs.size === 0 ? Promise.resolve() : new Promise((resolve) => (emptied = resolve))
      return closed
    },
  }
}

function toTarget(url: string): { readonly host: string; readonly port: number } {
  const parsed = URL.canParse(url) ? new URL(url) : null
  const usual = parsed === null ? undefined : PORTS.get(parsed.protocol)
  if (parsed === null || usual === undefined) {
    throw new TypeError(`target: expected a ws, wss, http or https url, got ${JSON.stringify(url)}.`)
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? usual : Number(parsed.port),
  }
}
