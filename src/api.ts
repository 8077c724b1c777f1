// What an app holds in its hands: Connection, its events, and what became of a send. Types only.
import type { StateChannel, StateOptions } from './channels/state-snapshot.ts'
import type { SendOutcome } from './channels/outcome.ts'
import type { StreamChannel, StreamOptions } from './channels/stream-snapshot.ts'
import type { HoldfastError } from './errors.ts'
import type { Readable } from './lib/readable.ts'
import type { InferOutput, StandardSchemaV1 } from './lib/standard-schema.ts'
import type { ConnectionSnapshot, Status } from './machine/snapshot.ts'

/** console-shaped; every method may be missing. */
export interface Logger {
  debug?(message: string, context?: unknown): void
  info?(message: string, context?: unknown): void
  warn?(message: string, context?: unknown): void
  error?(message: string, context?: unknown): void
}

/** One event that entered a machine, or one effect that left it; redacted. `at` is in milliseconds of the monotonic clock. */
export interface TraceEntry {
  readonly at: number
  readonly machine: string
  readonly event?: unknown
  readonly effect?: unknown
}

/** What `on` tells, by event name. */
export interface ConnectionEvents {
  /** The status changed. */
  status: { readonly status: Status; readonly previous: Status; readonly snapshot: ConnectionSnapshot }
  /** An app message arrived. A listener counts as interest. */
  message: { readonly type: string; readonly data: unknown }
  /** Something went wrong; its message says what happens next. */
  error: HoldfastError
  /** One event that entered a machine, or one effect that left it. */
  trace: TraceEntry
}

/** One managed connection to one server. */
export interface Connection extends Readable<ConnectionSnapshot> {
  /** Holds the connection open until `disconnect()`; idempotent. With `disconnect()` and `reset()` the way out of `failed`. */
  connect(): void
  /** "Retry now": skips the wait, within the attempt budget, without holding. */
  retry(): void
  /** Drops the hold and the link and stays idle whatever subscribes; channels poll. */
  disconnect(): void
  /** Another user: drops the link, what waits to be sent and all channel data, and asks `auth` anew. */
  reset(): void
  /** The end: publishes `closed`, then nothing. Idempotent, allowed anywhere. */
  close(): void
  /** Resolves when connected; rejects when failed, disconnected, closed or aborted. Counts as interest while pending. */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Listens. Returns an idempotent unsubscribe. A throwing listener stops nothing and is reported once. */
  on<E extends keyof ConnectionEvents>(event: E, listener: (event: ConnectionEvents[E]) => void): () => void
  /** Sends `{ type, data }`; `written` is all that is known of it. Never rejects; settles exactly once. `ttl`: how long it may wait for a connection. @default outbox.ttl */
  send(type: string, data?: unknown, options?: { readonly ttl?: number | undefined }): Promise<SendOutcome>
  /**
   * Asks the server (level 2): the data it answers with. Rejects with a HoldfastError: `rejected` by the server, `request-timeout` after
   * `timeout`, `not-connected`, `closed`. @default timeout requestTimeout
   */
  request(type: string, data?: unknown, options?: { readonly timeout?: number | undefined }): Promise<unknown>
  /** The state channel of that name: always the same handle. Pure: nothing happens before the first subscription. */
  state<S extends StandardSchemaV1>(
    name: string,
    options: StateOptions<InferOutput<S>> & { readonly schema: S },
  ): StateChannel<InferOutput<S>>
  state<T = unknown>(name: string, options?: StateOptions<T>): StateChannel<T>
  /** The stream channel of that name: always the same handle. Pure: nothing happens before the first subscriber or listener. */
  stream<S extends StandardSchemaV1>(
    name: string,
    options: StreamOptions<InferOutput<S>> & { readonly schema: S },
  ): StreamChannel<InferOutput<S>>
  stream<T = unknown>(name: string, options?: StreamOptions<T>): StreamChannel<T>
}
