// What Vue apps import from 'holdfast/vue': a connection and a channel as composables.
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import type { ConnectionSnapshot, Readable, StateSnapshot } from '../index.ts'
import { useFields, useSelected } from './use-readable.ts'

/** One readonly shallow ref for each field of a snapshot. Plain properties: safe to destructure and to spread. */
export type SnapshotRefs<S, K extends keyof S = keyof S> = { readonly [P in K]: Readonly<ShallowRef<S[P]>> }

/** The same while there may be nothing to read yet: then every ref holds undefined. */
export type MaybeSnapshotRefs<S, K extends keyof S = keyof S> = {
  readonly [P in K]: Readonly<ShallowRef<S[P] | undefined>>
}

type Maybe<T> = T | null | undefined

/**
 * What is known about a connection, until the scope ends. Looking is no interest: what opens a connection is a channel in
 * use or `connect()`, and unmounting closes nothing.
 *
 * Without a selector: an object of readonly shallow refs, one for each field; only those whose value changed trigger.
 * With one: a readonly shallow ref of what it picks, which may use refs and props; a picked value that is `equal` to
 * the last one is the last one, by reference.
 *
 * On a server, and until a hydrated component is mounted, it shows the initial snapshot and subscribes to nothing.
 *
 * @param connection - A connection, a ref of one or a getter. `null` or `undefined` for "nothing yet": refs then hold undefined.
 * @param selector - Picks from the snapshot. Not called while there is nothing.
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const { status, retryAt } = useConnection(live)
 * const status = useConnection(live, (snapshot) => snapshot.status)
 */
export function useConnection(
  connection: MaybeRefOrGetter<Readable<ConnectionSnapshot>>,
): SnapshotRefs<ConnectionSnapshot>
export function useConnection(
  connection: MaybeRefOrGetter<Maybe<Readable<ConnectionSnapshot>>>,
): MaybeSnapshotRefs<ConnectionSnapshot>
export function useConnection<R>(
  connection: MaybeRefOrGetter<Readable<ConnectionSnapshot>>,
  selector: (snapshot: ConnectionSnapshot) => R,
  equal?: (previous: R, next: R) => boolean,
): Readonly<ShallowRef<R>>
export function useConnection<R>(
  connection: MaybeRefOrGetter<Maybe<Readable<ConnectionSnapshot>>>,
  selector: (snapshot: ConnectionSnapshot) => R,
  equal?: (previous: R, next: R) => boolean,
): Readonly<ShallowRef<R | undefined>>
export function useConnection(
  connection: MaybeRefOrGetter<Maybe<Readable<ConnectionSnapshot>>>,
  selector?: (snapshot: ConnectionSnapshot) => unknown,
  equal?: (previous: unknown, next: unknown) => boolean,
): unknown {
  return selector
    ? useSelected(connection, selector, equal)
    : useFields(connection, ['status', 'attempt', 'retryAt', 'circuit', 'latency', 'quality', 'error'])
}

/**
 * The data of a channel and how fresh it is, until the scope ends. Until then the channel is kept up to date;
 * connections are opened, shared and closed by who needs them, not by components. The data is never made reactive in depth.
 *
 * Selectors, scopes and servers are those of {@link useConnection}. `asOf` is a clock reading: read at any time it is current,
 * but it triggers only together with another field. Show an age by reading it beside a ticking ref of your own.
 *
 * @param channel - A channel, a ref of one or a getter, such as `() => live.state('item:' + props.id)`. `null` or
 * `undefined` for "nothing yet": refs then hold undefined.
 * @param selector - Picks from the snapshot. Not called while there is nothing.
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const { data, freshness } = useChannel(queue)
 * const length = useChannel(queue, (snapshot) => snapshot.data?.length)
 */
export function useChannel<T>(
  channel: MaybeRefOrGetter<Readable<StateSnapshot<T>>>,
): SnapshotRefs<StateSnapshot<T>>
export function useChannel<T>(
  channel: MaybeRefOrGetter<Maybe<Readable<StateSnapshot<T>>>>,
): MaybeSnapshotRefs<StateSnapshot<T>>
export function useChannel<T, R>(
  channel: MaybeRefOrGetter<Readable<StateSnapshot<T>>>,
  selector: (snapshot: StateSnapshot<T>) => R,
  equal?: (previous: R, next: R) => boolean,
): Readonly<ShallowRef<R>>
export function useChannel<T, R>(
  channel: MaybeRefOrGetter<Maybe<Readable<StateSnapshot<T>>>>,
  selector: (snapshot: StateSnapshot<T>) => R,
  equal?: (previous: R, next: R) => boolean,
): Readonly<ShallowRef<R | undefined>>
export function useChannel(
  channel: MaybeRefOrGetter<Maybe<Readable<StateSnapshot<unknown>>>>,
  selector?: (snapshot: StateSnapshot<unknown>) => unknown,
  equal?: (previous: unknown, next: unknown) => boolean,
): unknown {
  return selector
    ? useSelected(channel, selector, equal)
    : useFields(channel, ['data', 'freshness', 'source', 'error', 'asOf'])
}
