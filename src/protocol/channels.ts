// What levels 2 and 3 add to the meaning of text: channels with positions, and requests with one answer each.
import { toDuration, type Frame } from './frames.ts'

/** A place in the history of a channel; two can be compared only within one epoch. */
export interface Position {
  readonly epoch: string
  readonly offset: number
}

/** One message of a channel. Without a position the server keeps no history (level 2). */
export interface Delivery {
  readonly data: unknown
  readonly position: Position | null
  /** The offset of the message before. */
  readonly prev: number
}

/** A frame about channels and requests, understood. `ref` and `id` name what it answers. */
export type ChannelFrame =
  | {
      readonly kind: 'subscribed'
      readonly ref: string
      readonly position: Position | null
      /** The server says that the `replay` messages which follow are all that was missed. */
      readonly recovered: boolean
      readonly replay: number
      /** The state at the position; undefined: it was not sent. */
      readonly data: unknown
    }
  | { readonly kind: 'delivery'; readonly ref: string; readonly delivery: Delivery }
  | { readonly kind: 'unsubscribed'; readonly ref: string; readonly retry: boolean; readonly code: string }
  | {
      readonly kind: 'acked'
      readonly id: string
      readonly position: Position | null
      readonly duplicate: boolean
      readonly data: unknown
    }
  | {
      readonly kind: 'refused'
      readonly id: string
      readonly code: string
      readonly reason: string
      readonly retryable: boolean
      readonly after: number
    }

/** What a server offers besides its level. */
export interface Offers {
  /** Several requests may travel in one frame. */
  readonly batch: boolean
  /** What an acknowledgement means. */
  readonly ack: 'received' | 'stored' | 'durable'
  /** For how long the same id is published once, in milliseconds. */
  readonly dedup: number
  /** The largest message it takes, in bytes. */
  readonly limit: number
}

/** A message as it travels. */
interface Travelling {
  readonly kind: 'send' | 'publish' | 'request'
  readonly id: string
  readonly type: string
  readonly data: string | undefined
  readonly sentAt: unknown
}

/** How channels are asked for: text of frames, which may travel together in an array where the server takes that. */
export const requests = {
  subscribe: (ref: string, channel: string, since: Position | null, history: number = 0): string =>
    JSON.stringify({
      type: 'rt.subscribe',
      id: ref,
      channel,
      ...(since ? { since } : history > 0 ? { params: { history } } : {}),
    }),
  /** To a server below level 2 a publication is a message like any other. */
  message({ kind, id, type, data, sentAt }: Travelling, level: number): string {
    const fields =
      kind === 'publish' && level > 1
        ? { type: 'rt.publish', id, channel: type, ...(sentAt === null ? {} : { retry: true }) }
        : { type, ...(kind === 'request' ? { id } : {}) }
    const text = JSON.stringify(fields)
    return data === undefined ? text : `${text.slice(0, -1)},"data":${data}}`
  },
  unsubscribe: (id: string, channel: string): string =>
    JSON.stringify({ type: 'rt.unsubscribe', id, channel }),
}

/** A frame of levels 2 and 3; null where it is none, or lacks what it needs. */
export function toChannelFrame(frame: Frame): ChannelFrame | null {
  const { type, id, ref, data } = frame
  switch (type) {
    case 'rt.subscribed': {
      if (typeof id !== 'string') return null
      const position = toPosition(frame)
      const replay = toOffset(frame.replay) ?? 0
      return { kind: 'subscribed', ref: id, position, recovered: frame.recovered === true, replay, data }
    }
    case 'rt.message': {
      if (typeof ref !== 'string') return null
      const position = toPosition(frame)
      return {
        kind: 'delivery',
        ref,
        delivery: { data, position, prev: toOffset(frame.prev) ?? (position?.offset ?? 0) - 1 },
      }
    }
    case 'rt.unsubscribed':
      if (typeof ref !== 'string') return null
      return { kind: 'unsubscribed', ref, retry: frame.retry === true, code: toWord(frame.code) }
    case 'rt.ack':
      if (typeof id !== 'string') return null
      return { kind: 'acked', id, position: toPosition(frame), duplicate: frame.duplicate === true, data }
    case 'rt.error': {
      if (typeof id !== 'string') return null
      const { code, message, retryable, retry_after } = frame
      return {
        kind: 'refused',
        id,
        code: toWord(code),
        reason: typeof message === 'string' ? message : '',
        retryable: retryable === true,
        after: toDuration(retry_after) ?? 0,
      }
    }
    default:
      return null
  }
}

function toWord(code: unknown): string {
  return typeof code === 'string' ? code : 'unknown'
}

function toOffset(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null
}

function toPosition({ epoch, offset }: Frame): Position | null {
  const at = toOffset(offset)
  return typeof epoch === 'string' && epoch.length <= 64 && at !== null ? { epoch, offset: at } : null
}
