// What the text of a link means: the Protocol interface, auto detection of plain and level-1 servers, and plain() for others.
import { toChannelFrame, type ChannelFrame, type Offers } from './channels.ts'
import { isObject, parseFrame, toDuration, type Frame } from './frames.ts'

/** One frame, understood. */
export type Decoded =
  | { readonly kind: 'message'; readonly type: string; readonly data: unknown }
  | { readonly kind: 'pong'; readonly timestamp: unknown }
  | { readonly kind: 'ping'; readonly reply: string }
  | {
      readonly kind: 'ready'
      /** 1 handshake, 2 channels, 3 recovery. */
      readonly level: number
      readonly offers: Offers
      readonly window: number | null
      readonly heartbeat: { readonly interval: number; readonly timeout: number } | null
    }
  | {
      readonly kind: 'away'
      readonly min: number
      readonly spread: number
      readonly grace: number
      readonly final: boolean
      readonly reason: string
    }
  | { readonly kind: 'channel'; readonly frame: ChannelFrame }
  /** `expiresIn`: the credentials are good for so much longer; new ones are worth asking for. */
  | { readonly kind: 'advice'; readonly window: number | null; readonly expiresIn?: number | null }
  | { readonly kind: 'refusal'; readonly reason: string }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'invalid'; readonly reason: string }

/** Who we are, for `client_ready`. */
export interface Identity {
  /** Unique per connection object; stable over its links. */
  readonly id: string
  /** Name and version of this library. */
  readonly lib: string
}

/** The meaning of text; pure. */
export interface Protocol {
  readonly name: string
  /** Whether `server_ready` must come first: `auto` finds out. */
  readonly greeting: 'auto' | 'plain' | 'rt'
  /** The frames to send as soon as the link is open; `auth` is undefined where there is none. */
  hello(auth: unknown, client: Identity): readonly string[]
  /** The frame that brings new credentials on a link that is open; without it there is none. */
  renew?(auth: unknown, id: string): string
  /** A ping that carries this number, or null where the server cannot bear one. */
  ping(timestamp: number): string | null
  /** One frame. `level` is what is known of the server: null before its first frame, 0 plain, 1 and more after `server_ready`. */
  decode(text: string, level: number | null): Decoded
  /** The data that `decode` gives is new each time and nobody else's: it may be written to. @default false */
  readonly givesFreshData?: boolean
  /** Overrides the meaning of a close; undefined leaves it. */
  classifyClose?(code: number, reason: string): 'fatal' | 'refresh' | 'backoff' | 'long' | undefined
}

/** What a server may want otherwise; see {@link plain}. */
export interface PlainOptions {
  /** The first frame, as an object, or null for none. @default { type: 'client_ready', auth } */
  readonly hello?: ((auth: unknown) => object | null) | undefined
  /** The ping, or null for none. @default { type: 'ping', timestamp } */
  readonly ping?: ((timestamp: number) => object | null) | undefined
  /** One frame of text, understood; undefined falls back to `{ type, data }`. */
  readonly decode?: ((text: string) => Decoded | undefined) | undefined
  readonly classifyClose?: Protocol['classifyClose']
}

/** A protocol for servers that speak JSON of their own and never send `server_ready`. */
export function plain(options: PlainOptions = {}): Protocol {
  const text = (frame: object | null): string | null => frame && JSON.stringify(frame)
  return {
    name: 'plain',
    greeting: 'plain',
    hello(auth) {
      const frame = text(
        options.hello
          ? options.hello(auth)
          : { type: 'client_ready', ...(auth === undefined ? {} : { auth }) },
      )
      return frame === null ? [] : [frame]
    },
    ping: (timestamp) => text(options.ping ? options.ping(timestamp) : { type: 'ping', timestamp }),
    decode: (frame) => options.decode?.(frame) ?? decode(frame, 0),
    givesFreshData: !options.decode,
    ...(options.classifyClose ? { classifyClose: options.classifyClose } : {}),
  }
}

/** The rt protocol, level 1 offered. `auto` takes plain servers as they are, `rt` requires `server_ready`. */
export function rt(greeting: 'auto' | 'rt'): Protocol {
  return {
    name: greeting,
    greeting,
    hello: (auth, client) => [
      JSON.stringify({
        type: 'client_ready',
        v: 1,
        client,
        ...(auth === undefined ? {} : { auth }),
        caps: ['channels', 'recover'],
      }),
    ],
    renew: (auth, id) => JSON.stringify({ type: 'rt.auth', id, auth }),
    ping: (timestamp) => JSON.stringify({ type: 'ping', timestamp }),
    decode,
    givesFreshData: true,
  }
}

/** Before its `server_ready` a server has only three special types: whatever else it says belongs to the app (P14). */
function decode(text: string, level: number | null): Decoded {
  const frame = parseFrame(text)
  if (typeof frame === 'string') return { kind: 'invalid', reason: frame }
  const { type } = frame
  if (type === 'pong') return { kind: 'pong', timestamp: frame.timestamp }
  if (type === 'ping') return { kind: 'ping', reply: toPong(frame.timestamp) }
  if (type === 'client_ready') return { kind: 'ignored' }
  if (type === 'server_ready' && level !== 0 && Number.isInteger(frame.v)) return toReady(frame)
  if (level && type.startsWith('rt.')) return control(frame, level)
  return { kind: 'message', type, data: Object.hasOwn(frame, 'data') ? frame.data : frame }
}

/** The timestamp goes back untouched; anything but a number or a short text is no timestamp, and could be too deep to write. */
function toPong(timestamp: unknown): string {
  const fit = typeof timestamp === 'number' || (typeof timestamp === 'string' && timestamp.length <= 64)
  return JSON.stringify({ type: 'pong', timestamp: fit ? timestamp : undefined })
}

function toReady(frame: Frame): Decoded {
  const heartbeat = field(frame, 'heartbeat')
  const limit = frame.max_message_bytes
  const caps: readonly unknown[] = Array.isArray(frame.caps) ? frame.caps : []
  const interval = toDuration(heartbeat.interval, 5_000, 60_000)
  const timeout = toDuration(heartbeat.timeout, 1_000, 20_000)
  return {
    kind: 'ready',
    level: caps.includes('channels') ? (caps.includes('recover') ? 3 : 2) : 1,
    offers: {
      batch: caps.includes('batch'),
      ack: frame.ack === 'stored' || frame.ack === 'durable' ? frame.ack : 'received',
      dedup: toDuration(frame.dedup_window) ?? 0,
      limit: typeof limit === 'number' && limit > 0 ? limit : Infinity,
    },
    window: toWindow(frame),
    heartbeat:
      interval === null || timeout === null ? null : { interval, timeout: Math.min(timeout, interval) },
  }
}

function control(frame: Frame, level: number): Decoded {
  const about = level > 1 ? toChannelFrame(frame) : null
  if (about) return { kind: 'channel', frame: about }
  switch (frame.type) {
    case 'rt.go_away': {
      const reconnect = field(frame, 'reconnect')
      return {
        kind: 'away',
        min: toDuration(reconnect.min) ?? 500,
        spread: toDuration(reconnect.spread) ?? 1_000,
        grace: toDuration(frame.grace) ?? 5_000,
        final: frame.reconnect === false,
        reason: word(frame.code),
      }
    }
    case 'rt.notice':
      return {
        kind: 'advice',
        window: toWindow(frame),
        expiresIn: toDuration(field(frame, 'auth').expires_in),
      }
    case 'rt.error':
      return { kind: 'refusal', reason: `${word(frame.code)}: ${word(frame.message)}` }
    default:
      return { kind: 'ignored' }
  }
}

function toWindow(frame: Frame): number | null {
  return toDuration(field(frame, 'reconnect').window)
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown'
}

/** An object field, or an empty one: never a throw on what a server sends. */
function field(frame: Frame, name: string): Readonly<Record<string, unknown>> {
  const value = frame[name]
  return isObject(value) ? value : {}
}
