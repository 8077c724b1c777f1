// What the fault proxy offers to tests: its options, its events, its methods.
import type { Way } from './proxy-faults.ts'
import type { ProxyRule } from './proxy-rules.ts'

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

/** Something that happened at the proxy. */
export interface ProxyEvent {
  /** Epoch milliseconds. */
  readonly at: number
  /** Which connection, counted from 1; null where it is about all. */
  readonly connection: number | null
  /**
   * From `refused` on it is what a rule did: `unreadable` is a message that no rule can read, because it is compressed,
   * `closing` a close frame of the proxy's own.
   */
  readonly what:
    | 'opened'
    | 'hung'
    | 'target-refused'
    | 'limit-reached'
    | 'timed-out'
    | 'idle'
    | 'cut'
    | 'finished'
    | 'closed'
    | 'listening'
    | 'refusing'
    | 'stalled'
    | 'healed'
    | 'refused'
    | 'stripped'
    | 'answered'
    | 'suppressed'
    | 'delayed'
    | 'duplicated'
    | 'replaced'
    | 'injected'
    | 'closing'
    | 'unreadable'
  /** The `type` of the message a rule acted on, or null. */
  readonly type: string | null
}

/** One connection through the proxy. */
export interface ProxyConnection {
  readonly id: number
  /** Bytes handed on so far. */
  readonly toTarget: number
  readonly toClient: number
}

/**
 * A TCP proxy that breaks connections on demand. What it is told holds for all connections, those there are and those to come, unless
 * it says otherwise, until it is told differently or `heal()` ends it.
 */
export interface FaultProxy {
  readonly port: number
  /** The target's url, led through the proxy. */
  readonly url: string
  /** Connections to come are passed on. */
  pass(): Promise<void>
  /** The port is closed: connections are refused. Those there are go on; `cut()` ends them. */
  refuse(): void
  /** Connections to come are taken and never answered; not even after `pass()` or `heal()`. */
  hang(): Promise<void>
  /** Nothing comes through any more on this way, and nobody is told of anything, a close included. @param way default both */
  blackHole(way?: Way): Promise<void>
  /** Ends everything that this proxy was told, rules too: what stalled or was late arrives, in one burst. */
  heal(): Promise<void>
  /** Ends all connections there are with RST, both ways. */
  cut(): void
  /** Ends all connections there are with FIN, both ways: no RST, and no close frame either. */
  finish(): void
  /** Everything takes `ms` on this way, plus up to `jitter`. @param way default both */
  latency(ms: number, jitter?: number, way?: Way): void
  /** So many bytes pass in a second; null: as many as come. @param way default both */
  bandwidth(bytesPerSecond: number | null, way?: Way): void
  /** Bytes pass in pieces of `bytes`, `ms` apart (default 0); null: as they come. @param way default both */
  slice(bytes: number | null, ms?: number, way?: Way): void
  /** A FIN takes `ms` longer than what came before it. @param way default both */
  slowClose(ms: number, way?: Way): void
  /** As `blackHole()`, and each connection ends with FIN after `ms`; 0: never. @param way default both */
  timeout(ms: number, way?: Way): void
  /** Each connection ends with RST when it has been there for `ms`, those there are counted from now; null ends that. */
  resetAfter(ms: number | null): void
  /** A connection on which nothing passed for `ms` ends with RST, as middleboxes do; null ends that. */
  resetIdle(ms: number | null): void
  /**
   * On connections to come exactly so many bytes pass on this way, then it ends; null ends that.
   * @param way default `toClient`
   * @param ending FIN (the default) or RST, a moment later, for a reset overtakes what was not read yet
   */
  cutAfter(bytes: number | null, way?: Way, ending?: 'finish' | 'reset'): void
  /**
   * Does something to a request for a WebSocket, or to messages that pass; see {@link UpgradeRule} and {@link FrameRule}. The rule ends
   * with the function that is returned, after its `times`, or with `heal()`.
   *
   * While there are rules, connections to come get no compression. Over TLS, and where messages are compressed, nothing can be read.
   * @example
   * proxy.rule({ type: 'pong', do: 'suppress' })
   * proxy.rule({ way: 'toClient', type: 'price', times: 1, do: 'duplicate' })
   * proxy.rule({ connection: 2, after: 500, do: { inject: { type: 'price', data: 7 }, close: 1012 } })
   * proxy.rule({ times: 3, do: { answer: { status: 503, headers: { 'retry-after': '7' } } } })
   */
  rule(rule: ProxyRule): () => void
  /** The connections there are, hung ones included. */
  readonly connections: readonly ProxyConnection[]
  /** What happened, oldest first: the last 1 000 events. `onEvent` gets all. */
  readonly events: readonly ProxyEvent[]
  /** Ends everything; resolves when no socket is left. Idempotent. */
  close(): Promise<void>
}
