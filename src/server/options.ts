// What an app may tune on the server, and resolveServerOptions(), which fills the defaults.
import type { IncomingMessage } from 'node:http'
import type { StandardSchemaV1 } from '../lib/standard-schema.ts'
import type { Clock } from '../runtime.ts'
import type { Broker, History } from './broker.ts'
import { parseServerOptions } from '../schemas/server-options.ts'
import { memoryBroker } from './memory-broker.ts'
import type { User } from './session/model.ts'

/** What a user may ask for: to be sent a channel, to publish to it, to read the statistics. */
export type Action = 'subscribe' | 'publish' | 'stats'

/** console-shaped; every method may be missing. Credentials are never handed to it. */
export interface ServerLogger {
  debug?(message: string, context?: unknown): void
  info?(message: string, context?: unknown): void
  warn?(message: string, context?: unknown): void
  error?(message: string, context?: unknown): void
}

/** Bounds of what one client, user or address may cost. `Infinity` lifts all but the last. */
export interface ServerLimits {
  /** Bytes that wait for a slow reader; above, or after 10 s, it is closed with 4429. The first data of a link must fit in. @default 1_048_576 */
  readonly bufferedBytes?: number | undefined
  /** Sockets of this server; the next is refused with HTTP 503, and those there are stay. @default 20_000 */
  readonly connections?: number | undefined
  /** Links of one authenticated user; the next is closed with 4429. @default 20 */
  readonly connectionsPerUser?: number | undefined
  /** Links from one address; the next is refused with HTTP 429. See {@link ServerOptions.trustedProxies}. @default 100 */
  readonly connectionsPerIp?: number | undefined
  /** Channels of one link at levels 2 and 3. @default 128 */
  readonly subscriptions?: number | undefined
  /** How many subscribes a minute, once as many as `subscriptions` came at once. @default 60 */
  readonly subscriptionsPerMinute?: number | undefined
  /** Inbound frames of one link; the next is dropped with `rt.error`, and who goes on is closed with 4429. @default 600 */
  readonly messagesPerMinute?: number | undefined
}

/** Everything `createServer` takes; all of it optional. Durations are milliseconds, sizes UTF-8 bytes. */
export interface ServerOptions {
  /** The path of the WebSocket. @default '/ws' */
  readonly path?: string | undefined
  /**
   * The pages that may connect, compared exactly (`https://app.example`), or a function that says so. Others are closed
   * with 4403 before anything is read. Without an Origin only who brings no cookie may connect; without this option nobody who brings one.
   */
  readonly origins?:
    readonly string[] | ((origin: string | undefined, request: IncomingMessage) => boolean) | undefined
  /**
   * Says who this is, once per link, after `client_ready`: by cookie (`request`) or by what the client sent (`auth`).
   * null closes with 4401, a throw with 4500, `handshakeTimeout` with 4408. `fetch` asks it too, with `auth` null.
   * Without it everybody is the same nobody, `{ id: '' }`.
   */
  readonly authenticate?:
    | ((context: { readonly request: Request; readonly auth: unknown }) => User | null | Promise<User | null>)
    | undefined
  /**
   * Levels 0 and 1: asked at every publication for every link. Levels 2 and 3: at each subscribe, again every 40 s or so and after new
   * credentials, and at each publication of a client. Anything but true denies. A throw, or no answer for 4 s, sends nothing; from
   * level 2 on the client may try again, and what is subscribed stays. Without it all get every channel, and nobody publishes or sees statistics.
   */
  readonly authorize?:
    ((user: User, action: Action, channel: string) => boolean | Promise<boolean>) | undefined
  /** First data: asked after `client_ready` for each key of `events` the user is allowed. undefined: there is none. Not bound by `maxEventBytes`. */
  readonly snapshot?: ((channel: string, user: User) => unknown) | undefined
  /** Keeps and spreads what is published, for clients at levels 2 and 3. @default memoryBroker() */
  readonly broker?: Broker | undefined
  /** How much of a channel is kept, by its name or its part before the first `:`; `false`: nothing. @default 300 messages for 300_000 ms */
  readonly history?: Readonly<Record<string, History | false>> | undefined
  /** What may be published: by the channel's name, or its part before the first `:`. Any synchronous Standard Schema. Without it everything may. */
  readonly events?: Readonly<Record<string, StandardSchemaV1>> | undefined
  /**
   * Told every app message (its `data`, else the whole frame), in order. Where the client asks for an answer (`request`, level 2),
   * the result is the answer. What it throws is logged, and answered with `rejected`.
   */
  readonly message?:
    ((context: { readonly user: User; readonly type: string; readonly data: unknown }) => unknown) | undefined
  /** Announced to clients. The server pings each interval too, on the WebSocket layer, and closes with 4408 who let three pings pass in silence. */
  readonly heartbeat?:
    | {
        /** From one ping to the next. @default 15_000 */
        readonly interval: number
        /** How long clients are told to wait for a pong. @default 5_000 */
        readonly timeout: number
      }
    | undefined
  /** For `client_ready` (4408), for `authenticate`, and for first data. @default 10_000 */
  readonly handshakeTimeout?: number | undefined
  /** Larger messages from clients close their link with 1009. At most 10 MiB. @default 65_536 */
  readonly maxPayload?: number | undefined
  /** Larger status events are refused: they belong into a REST answer. @default 1_024 */
  readonly maxEventBytes?: number | ((channel: string) => number) | undefined
  /** permessage-deflate for frames over `threshold` bytes. A link that used it once keeps about 100 kB of memory. @default false */
  readonly compression?:
    | false
    | {
        /** Of zlib, 1 to 9. */
        readonly level: number
        /** Bytes; 1_024 is a good one. */
        readonly threshold: number
      }
    | undefined
  /** New links that this server can take per second; it makes the window in which clients come back. @default 300 */
  readonly acceptRate?: number | undefined
  /** What one client, user or address may cost. See {@link ServerLimits}. */
  readonly limits?: ServerLimits | undefined
  /** How many proxies of yours stand in front and add to `x-forwarded-for`. @default 0 */
  readonly trustedProxies?: number | undefined
  /** Told what the app's functions throw (`error`) and which pages were refused (`warn`). `console` fits. @default none */
  readonly logger?: ServerLogger | undefined
  /** Clock and chance; for tests. */
  readonly runtime?:
    | {
        /** Wall clock, monotonic clock and timers. */
        readonly clock: Clock
        /** Uniform in [0, 1). */
        readonly random: () => number
      }
    | undefined
}

type Filled =
  | 'path'
  | 'heartbeat'
  | 'handshakeTimeout'
  | 'maxPayload'
  | 'maxEventBytes'
  | 'compression'
  | 'acceptRate'
  | 'trustedProxies'
  | 'history'
  | 'broker'
  | 'runtime'

/** The options with their defaults. */
export type ResolvedServerOptions = Omit<ServerOptions, Filled | 'limits'> & {
  readonly [Name in Filled]-?: NonNullable<ServerOptions[Name]>
} & { readonly limits: { readonly [Name in keyof ServerLimits]-?: number } }

const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, delay) => setTimeout(run, delay).unref(),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
}

/** Fills the defaults. Throws a TypeError that names what cannot work. */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  const parsed = parseServerOptions(options) as ResolvedServerOptions
  const runtime = options.runtime ?? { clock: nodeClock, random: Math.random }
  return { ...parsed, runtime, broker: options.broker ?? memoryBroker(runtime) }
}

/** What `authenticate` may give for somebody. */
export function isUser(value: unknown): value is User {
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string')
    return false
  const { expiresAt } = value as { readonly expiresAt?: unknown }
  return expiresAt === undefined || (typeof expiresAt === 'number' && !Number.isNaN(expiresAt))
}
