// What an app may tune, the defaults, and resolveOptions(), which refuses what cannot work by name.
import { check, checkFunction, checkNumber, has } from './lib/check.ts'
import type { Gate } from './lib/gate.ts'
import type { ConnectionEvents, Logger } from './api.ts'
import type { Tuning } from './machine/model.ts'
import { isObject } from './protocol/frames.ts'
import { plain, rt, type Protocol } from './protocol/protocol.ts'
import { systemRuntime, type Runtime } from './runtime.ts'
import type { Transport } from './transports/transport.ts'
import { webSocket } from './transports/websocket.ts'
import { toUrl } from './lib/url.ts'

/** What `diagnose` may answer: keep trying, ask `auth` for new credentials, give up, or wait that many milliseconds. */
export type Diagnosis = 'retry' | 'refresh' | 'fatal' | { readonly after: number }

/** Everything `createConnection` takes. Only `url` is required; durations are milliseconds, sizes UTF-8 bytes. */
export interface ConnectionOptions {
  /** Where the server listens: absolute, or relative to the page; `http(s)` becomes `ws(s)`. A function is asked before every attempt. */
  readonly url: string | (() => string | Promise<string>)
  /**
   * Credentials for `client_ready`, asked for before every attempt, one call at a time. `reason` is `expired` when the server refused
   * the last ones, or says that they run out: then the link stays and the new ones are sent on it (`rt.auth`). A throw, a rejection or {@link ConnectionOptions.authTimeout} fails the attempt (`auth-failed`).
   */
  readonly auth?:
    | ((context: { readonly reason: 'connect' | 'expired'; readonly signal: AbortSignal }) => unknown)
    | undefined
  /** How long `auth` and a `url` function may take. @default 10_000 */
  readonly authTimeout?: number | undefined
  /** What carries the text. One object serves every attempt. @default webSocket() */
  readonly transport?: Transport | undefined
  /**
   * What the text means. `auto` tells plain and level-1 servers apart by their first frame, `plain` never waits for
   * `server_ready`, `rt` requires it. @default 'auto'
   */
  readonly protocol?: 'auto' | 'plain' | 'rt' | Protocol | undefined
  /** How long a link may take to open; then it is dropped (`connect-timeout`). @default 10_000 */
  readonly connectTimeout?: number | undefined
  /** How long `server_ready` may take where it is required (`handshake-timeout`), and how long sends wait for the level. @default 5_000 */
  readonly handshakeTimeout?: number | undefined
  /** How long the server may take to answer a request or a subscription. @default 10_000 */
  readonly requestTimeout?: number | undefined
  /** How dead links are found. `false`: no pings, latency stays null, and only a close ends a link. */
  readonly heartbeat?:
    | false
    | {
        /** From one ping to the next. @default 15_000, or the server's advice */
        readonly interval?: number | undefined
        /** Silence after a ping that ends the link (`heartbeat-timeout`). @default 5_000, or the server's advice */
        readonly timeout?: number | undefined
        /** The deadline of a ping sent because the page woke, came back or went online. @default 3_000 */
        readonly probe?: number | undefined
      }
    | undefined
  /** Upper bounds of the smoothed round trip; a ping unanswered for longer than `poor` makes the quality `disconnected`. */
  readonly quality?:
    | {
        /** @default 100 */
        readonly excellent?: number | undefined
        /** @default 300 */
        readonly good?: number | undefined
        /** @default 1_000 */
        readonly poor?: number | undefined
      }
    | undefined
  /** When to try again (behaviour G4, G9). */
  readonly reconnect?:
    | {
        /** No attempt sooner than this after the one before, but for `connect()` and `retry()`. @default 0 */
        readonly minDelay?: number | undefined
        /** The longest wait where the server gave no window. @default 30_000 */
        readonly maxDelay?: number | undefined
        /** The shortest wait in a hidden page. @default 30_000 */
        readonly hiddenDelay?: number | undefined
        /** How long a link must hold before an outage counts as over. @default 5_000 */
        readonly minUptime?: number | undefined
        /** Failed attempts in a row after which the connection is `failed`. @default Infinity */
        readonly maxAttempts?: number | undefined
        /** At most so many attempts in any `per` milliseconds, whatever asked for them. */
        readonly budget?:
          | {
              /** @default 40, and 120 while a server window is known */
              readonly attempts?: number | undefined
              /** @default 300_000 */
              readonly per?: number | undefined
            }
          | undefined
        /**
         * Replaces the outage-proportional wait: attempt (from 1), outage so far, a number in [0, 1). A result that is not a
         * finite number is taken as `maxDelay`, a throw too. See {@link exponential}.
         */
        readonly delay?: ((attempt: number, outage: number, random: number) => number) | undefined
        /** When to stop trying for a while. `false`: never. */
        readonly circuit?:
          | false
          | {
              /** Failed attempts in a row. @default 10 */
              readonly failures?: number | undefined
              /** And at least this long an outage. @default 60_000, and 300_000 while a server window is known */
              readonly after?: number | undefined
              /** The first cool-down; doubled after each failed probe. @default 30_000 */
              readonly coolDown?: number | undefined
              /** @default 300_000 */
              readonly maxCoolDown?: number | undefined
            }
          | undefined
      }
    | undefined
  /**
   * Asked after every third attempt in a row that never opened, once: a browser cannot see why, an HTTP request can. A throw or
   * `authTimeout` counts as `retry`. @default none
   */
  readonly diagnose?:
    | ((context: {
        readonly failures: number
        readonly signal: AbortSignal
      }) => Diagnosis | Promise<Diagnosis>)
    | undefined
  /** The order in a shared gate; lower opens first. @default 0 */
  readonly priority?: number | undefined
  /** Shared by connections that must not all open at once. See {@link createGate}. @default none */
  readonly gate?: Gate | undefined
  /** How long an unused connection or channel is kept. @default 5_000 */
  readonly linger?: number | undefined
  /** How long the first attempt waits for the channels' first loads. @default 2_000 */
  readonly loadFirst?: number | undefined
  /** Larger frames are dropped unread (`message-too-large`); three in a minute end the link. @default 1_048_576 */
  readonly maxMessageBytes?: number | undefined
  /** No send while more than this is waiting in the socket. @default 262_144 */
  readonly sendWatermark?: number | undefined
  /** Bounds of what waits to be sent. */
  readonly outbox?:
    | {
        /** @default 1_000 */
        readonly messages?: number | undefined
        /** @default 1_048_576 */
        readonly bytes?: number | undefined
        /** How long a send waits for a connection, and a publication for its answer. @default 0, and 60_000 for publications */
        readonly ttl?: number | undefined
      }
    | undefined
  /** Told every connection event once, redacted. `console` fits. @default none */
  readonly logger?: Logger | undefined
  /** Listeners from the start, as `connection.on` takes them. */
  readonly on?:
    | { readonly [E in keyof ConnectionEvents]?: ((event: ConnectionEvents[E]) => void) | undefined }
    | undefined
  /** Clock, chance and page; for tests. @default systemRuntime */
  readonly runtime?: Runtime | undefined
}

const DAY = 86_400_000

/** A number option: its default, its least and its most value. null as default: it depends, see the option. */
type Range<P = number | null> = readonly [preset: P, least: number, most: number]
interface Ranges {
  readonly [name: string]: Range | Ranges
}

const positive = <P>(preset: P): Range<P> => [preset, 1, DAY]
const natural = <P>(preset: P): Range<P> => [preset, 0, DAY]
const count = <P>(preset: P): Range<P> => [preset, 1, Infinity]

/** Every number an app may set, with its default and its bounds. */
const ranges = {
  authTimeout: positive(10_000),
  connectTimeout: positive(10_000),
  handshakeTimeout: positive(5_000),
  requestTimeout: positive(10_000),
  heartbeat: { interval: positive(null), timeout: positive(null), probe: positive(3_000) },
  quality: { excellent: natural(100), good: natural(300), poor: natural(1_000) },
  reconnect: {
    minDelay: natural(0),
    maxDelay: positive(30_000),
    hiddenDelay: natural(30_000),
    minUptime: natural(5_000),
    maxAttempts: count(Infinity),
    budget: { attempts: count(null), per: positive(300_000) },
    circuit: {
      failures: count(10),
      after: natural(null),
      coolDown: positive(30_000),
      maxCoolDown: positive(300_000),
    },
  },
  priority: [0, -Infinity, Infinity],
  linger: natural(5_000),
  loadFirst: natural(2_000),
  maxMessageBytes: count(1_048_576),
  sendWatermark: count(262_144),
  outbox: { messages: count(1_000), bytes: count(1_048_576), ttl: natural(0) },
} as const satisfies Ranges

/** The groups that `false` switches off; the defaults stand in. */
const switches: ReadonlySet<string> = new Set(['heartbeat', 'reconnect.circuit'])

type Numbers<R> = {
  readonly [K in keyof R]: R[K] extends Range<infer P> ? number | Extract<P, null> : Numbers<R[K]>
}

/** The options an app gave, with every default filled in: `tuning` for the machine, the rest for its surroundings. */
export interface ResolvedOptions {
  readonly given: ConnectionOptions
  readonly tuning: Tuning
  readonly transport: Transport
  readonly protocol: Protocol
  readonly runtime: Runtime
  readonly priority: number
  readonly linger: number
  readonly requestTimeout: number
  readonly maxMessageBytes: number
  readonly sendWatermark: number
  readonly outbox: { readonly messages: number; readonly bytes: number; readonly ttl: number }
}

/**
 * Fills in the defaults.
 * @throws TypeError naming the option that cannot work, and why
 */
export function resolveOptions(given: ConnectionOptions): ResolvedOptions {
  if (typeof given.url !== 'function') toUrl(given.url, 'ws://page')
  const numbers = toNumbers(ranges, given, '')
  const { protocol = 'auto', transport = webSocket(), runtime = systemRuntime, heartbeat, reconnect } = given
  checkFunction('auth', given.auth)
  checkFunction('diagnose', given.diagnose)
  checkFunction('reconnect.delay', reconnect?.delay)
  check('transport', transport, has('open'), 'a Transport')
  check('gate', given.gate, has('queue'), 'made by createGate()')
  check('logger', given.logger, has(), 'an object like console')
  check('on', given.on, has(), 'an object of listeners')
  check('runtime', runtime, has('random'), 'a Runtime')
  check('runtime.clock', runtime.clock, has('now', 'monotonic', 'setTimeout', 'clearTimeout'), 'a Clock')
  const meaning =
    protocol === 'plain'
      ? plain()
      : protocol === 'auto' || protocol === 'rt'
        ? rt(protocol)
        : (protocol as Protocol | null)
  if (typeof meaning?.decode !== 'function')
    throw new TypeError(`protocol must be 'auto', 'plain', 'rt' or a Protocol`)
  const { interval, timeout } = numbers.heartbeat
  if ((timeout ?? 0) > (interval ?? 15_000)) {
    throw new TypeError('heartbeat.timeout must not be longer than heartbeat.interval')
  }
  const { circuit, ...pace } = numbers.reconnect
  return {
    ...numbers,
    given,
    transport,
    protocol: meaning,
    runtime,
    tuning: {
      ...numbers,
      heartbeat:
        heartbeat === false || transport.capabilities.ownsHeartbeat || meaning.ping(0) === null
          ? null
          : numbers.heartbeat,
      reconnect: {
        ...pace,
        delay: reconnect?.delay ?? null,
        circuit: reconnect?.circuit === false ? null : circuit,
      },
      greeting: meaning.greeting,
      hasAuth: given.auth !== undefined,
      hasDiagnose: given.diagnose !== undefined,
    },
  }
}

/** The numbers of an object of options, nested as the ranges are. */
function toNumbers<R extends Ranges>(ranges: R, given: unknown, path: string): Numbers<R> {
  if (given !== false || !switches.has(path)) check(path, given, isObject, 'an object')
  const object = isObject(given) ? given : {}
  const entries = Object.entries(ranges).map(([name, range]) => {
    const value = object[name]
    const at = path ? `${path}.${name}` : name
    if (!isRange(range)) return [name, toNumbers(range, value, at)]
    const [preset, least, most] = range
    if (value === undefined) return [name, preset]
    checkNumber(at, value, least, most)
    return [name, value]
  })
  return Object.fromEntries(entries) as Numbers<R>
}

function isRange(range: Range | Ranges): range is Range {
  return Array.isArray(range)
}
