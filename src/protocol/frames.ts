// The frames of levels 0 and 1 as types, and parseFrame(): text in, one legal envelope or the reason why not.

/** What every frame is: a JSON object with a legal `type`. Anything else in it is optional. */
export interface Frame {
  readonly type: string
  readonly [field: string]: unknown
}

/** The first frame of a client. Plain servers ignore everything but the type. */
export interface ClientReady {
  readonly type: 'client_ready'
  readonly v?: 1
  readonly client?: { readonly id: string; readonly lib: string }
  readonly auth?: unknown
  readonly caps?: readonly string[]
}

/** Either side asks; the other answers with a pong of the same timestamp. */
export interface Ping {
  readonly type: 'ping'
  readonly timestamp?: unknown
}

/** The answer to a ping; never answered itself. */
export interface Pong {
  readonly type: 'pong'
  readonly timestamp?: unknown
}

/** Level 1: the first frame of a server. Only `type` and `v` are required. */
export interface ServerReady {
  readonly type: 'server_ready'
  readonly v: number
  readonly session?: { readonly id: string }
  readonly heartbeat?: { readonly interval: number; readonly timeout: number }
  readonly max_message_bytes?: number
  readonly caps?: readonly string[]
  /** What an ack of a publication means here. */
  readonly ack?: string
  /** For how long the same id is published once. */
  readonly dedup_window?: number
  readonly limits?: {
    readonly channels?: number
    readonly rate?: { readonly per: number; readonly max: number }
  }
  readonly reconnect?: { readonly window: number }
}

/** Level 1: the server will close within `grace`; come back after `min` plus a random part of `spread`. `false`: do not. */
export interface GoAway {
  readonly type: 'rt.go_away'
  readonly code: string
  readonly reconnect?: false | { readonly min?: number; readonly spread?: number }
  readonly grace?: number
  readonly fallback?: string
}

/** Level 1: something is wrong with what the client sent, or with the connection. */
export interface ErrorFrame {
  readonly type: 'rt.error'
  readonly id?: string
  readonly code: string
  readonly message: string
  readonly retryable?: boolean
  readonly retry_after?: number
  readonly channel?: string
}

/** Level 1: standing advice that changed. */
export interface Notice {
  readonly type: 'rt.notice'
  readonly reconnect?: { readonly window: number }
  /** The credentials are good for so many milliseconds more: `rt.auth` brings new ones. */
  readonly auth?: { readonly expires_in: number }
}

/** A day: no duration on the wire is longer. */
const DAY = 86_400_000

/** True for a legal frame type: 1 to 64 of `A-Z a-z 0-9 _ . : -`. */
export function isType(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 64 && /^[\w.:-]+$/.test(value)
}

/** True for the name of a channel: 1 to 255 printable ASCII characters, without spaces. */
export function isChannel(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value)
}

/** How long a text is as UTF-8. */
export function toBytes(text: string): number {
  return new TextEncoder().encode(text).length
}

/** True for what JSON calls an object: not null, not an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One frame, or the reason why the text is none. Linear in the length of the text; never throws. */
export function parseFrame(text: string): Frame | string {
  try {
    return toFrame(JSON.parse(text))
  } catch {
    return 'not JSON'
  }
}

/** A parsed value as a frame, or the reason why it is none. */
export function toFrame(value: unknown): Frame | string {
  if (!isObject(value)) return 'not an object'
  return Object.hasOwn(value, 'type') && isType(value.type) ? (value as Frame) : 'no legal type'
}

/** A duration from the wire, clamped to `min`..`max` milliseconds; null for anything but a finite number that is not negative. */
export function toDuration(value: unknown, min: number = 0, max: number = DAY): number | null {
  return typeof value === 'number' && value >= 0 && value < Infinity
    ? Math.min(max, Math.max(min, value))
    : null
}
