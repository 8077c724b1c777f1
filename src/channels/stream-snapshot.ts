// What a stream channel tells: its last messages in order, and honestly whether any are missing. Types only.
import type { SendOutcome } from './outcome.ts'
import type { Readable } from '../lib/readable.ts'
import type { StandardSchemaV1 } from '../lib/standard-schema.ts'

/** Messages that were missed for good: between the last one and what comes next nobody knows what was said. */
export interface Gap {
  /** The offset of the last message before it; null where the server gives none. */
  readonly since: number | null
  /** `not-recovered`: the server does not keep so much; `no-history`: it pushes by itself and keeps nothing (below level 2). */
  readonly reason: 'not-recovered' | 'no-history'
}

/** One state of a stream channel; a new object whenever something in it changed. */
export interface StreamSnapshot<T> {
  /** The last messages, oldest first, `keep` of them at most. */
  readonly items: readonly T[]
  /** `live`: whatever is said arrives. `stale`: it does not, for now. `unknown`: it never did. */
  readonly freshness: 'unknown' | 'live' | 'stale'
  /** What is missing before the messages of this link; null: nothing. */
  readonly gap: Gap | null
}

/** What is told along with a message. */
export interface MessageFacts {
  /** Its place in the channel; null where the server gives none. */
  readonly offset: number | null
  /** It was said before this link was there. */
  readonly replayed: boolean
}

/** Options of `connection.stream(name, options)`. */
export interface StreamOptions<T> {
  /** How many messages the snapshot holds. @default 100 */
  readonly keep?: number | undefined
  /** How many of the last messages are asked for at the first subscription, where the server keeps them. @default 0 */
  readonly history?: number | undefined
  /** Snapshots are told no more often than this; events are told at once. @default 16 */
  readonly notifyEvery?: number | undefined
  /** Validates every message; what it refuses is reported (`invalid-data`) and left out. */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined
}

/** The messages of one channel, in order, each of them once. Two equal messages are two messages. */
export interface StreamChannel<T> extends Readable<StreamSnapshot<T>>, AsyncIterable<T> {
  readonly name: string
  /**
   * Publishes to the channel; it comes back as a message. Waits for a connection for `ttl`, is sent again under the same name only to a
   * server that drops duplicates (level 3), and settles exactly once. Never rejects. @default ttl 60_000
   */
  publish(data: T, options?: { readonly ttl?: number | undefined }): Promise<SendOutcome>
  /** Each message, in order. A listener counts as interest, as a subscriber does. Returns an idempotent unsubscribe. */
  on(event: 'message', listener: (item: T, facts: MessageFacts) => void): () => void
  /** Messages are missing; told before the first one after the gap. */
  on(event: 'gap', listener: (gap: Gap) => void): () => void
  /** The link was lost and is back, and so many messages were missed and are delivered. */
  on(event: 'recovered', listener: (facts: { readonly replayed: number }) => void): () => void
}
