// What a state channel tells: the data, and an honest word on how fresh it is.
import type { HoldfastError } from '../errors.ts'
import type { Readable } from '../lib/readable.ts'
import type { StandardSchemaV1 } from '../lib/standard-schema.ts'

/** How fresh the data is (behaviour G15). */
export type Freshness = 'unknown' | 'live' | 'polling' | 'catching-up' | 'stale'

/** What every snapshot of a state channel has. */
export interface StateFacts {
  /** What the data shown came from, when data or freshness last changed; null without data. */
  readonly source: 'push' | 'poll' | 'initial' | null
  /** The last thing that went wrong with this channel's data; null once something confirmed it again. */
  readonly error: HoldfastError | null
  /** When the data was last confirmed, in epoch milliseconds. A getter: always current, never a reason to notify. */
  readonly asOf: number | null
}

/** One state of a state channel; a new object whenever data, freshness or error changed. */
export type StateSnapshot<T> =
  | (StateFacts & { readonly freshness: 'unknown'; readonly data: undefined })
  | (StateFacts & { readonly freshness: Exclude<Freshness, 'unknown'>; readonly data: T })

/** True when two snapshots say the same; `asOf` is read off the channel, and the source alone is no news. */
export function isSame(a: StateSnapshot<unknown>, b: StateSnapshot<unknown>): boolean {
  return a.freshness === b.freshness && a.error === b.error && Object.is(a.data, b.data)
}

/** Options of `connection.state(name, options)`. */
export interface StateOptions<T> {
  /** Loads the whole state, usually by HTTP. Aborted through `signal` after `loadTimeout` or when nobody wants it any more. */
  readonly load?: ((context: { readonly signal: AbortSignal }) => unknown) | undefined
  /** Then the load counts as failed (`load-timeout`). @default 10_000 */
  readonly loadTimeout?: number | undefined
  /** How far loads after a signal are scattered. @default 1_000 */
  readonly spread?: number | undefined
  /** From one load to the next while not live; at least 1_000, scattered by 10 %. `false`: never. May follow the data. @default 10_000 */
  readonly pollEvery?: number | false | ((data: T | undefined) => number | false) | undefined
  /** The frame types that belong to this channel. @default the channel's name */
  readonly message?: string | readonly string[] | undefined
  /** Takes this channel's part out of a payload; undefined means "not mine". */
  readonly pick?: ((payload: unknown, type: string) => unknown) | undefined
  /**
   * What a message is: the whole state (`replace`), a signal to load again (`reload`), or a change to apply. A change
   * function must be pure and idempotent: what arrives during a load is applied once more to the load's answer.
   * @default 'replace'
   */
  readonly onMessage?: 'replace' | 'reload' | ((current: T | undefined, message: unknown) => T) | undefined
  /** Validates every whole state, loaded or pushed. What it refuses is reported (`invalid-data`); the last good value stays. */
  readonly schema?: StandardSchemaV1<unknown, T> | undefined
  /** Validates messages before a change function sees them. */
  readonly messageSchema?: StandardSchemaV1 | undefined
  /** True for equal. `false`: everything counts as changed. @default deep equality of JSON values */
  readonly compare?: false | ((previous: T, next: T) => boolean) | undefined
  /** Orders states: an older one never replaces a newer one, wherever it came from. */
  readonly version?: ((data: T) => number | string) | undefined
  /** Shown until the first load or push; also what a server renders. */
  readonly initial?: T | undefined
}

/** One live copy of one value on the server. */
export interface StateChannel<T> extends Readable<StateSnapshot<T>> {
  readonly name: string
  /** Loads now, after the load in flight if there is one. Settles when that load has; never rejects: look at the snapshot. */
  refresh(): Promise<void>
  /** Shows a change before the server has confirmed it; the next confirmed state replaces it. Without data it does nothing. */
  update(change: (data: T) => T): void
  /** The first confirmed data. Rejects with `aborted` (by `signal`) or `closed`. */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<T>
}
