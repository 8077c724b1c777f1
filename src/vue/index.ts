// What Vue apps import from 'holdfast/vue': a connection and a channel as composables.
import { toValue, type MaybeRefOrGetter, type ShallowRef } from 'vue'
import type { ConnectionSnapshot, Readable, StateSnapshot, StreamSnapshot } from '../index.ts'
import { useFields, useSelected } from './use-readable.ts'

/** What a channel tells: a state, or the last messages of a stream. */
export type ChannelSnapshot = StateSnapshot<unknown> | StreamSnapshot<unknown>

/** One readonly shallow ref for each field of a snapshot. Plain properties: safe to destructure and to spread. */
export type SnapshotRefs<S, K extends keyof S = keyof S> = { readonly [P in K]: Readonly<ShallowRef<S[P]>> }

/** The same while there may be nothing to read yet: then every ref holds undefined. */
export type MaybeSnapshotRefs<S, K extends keyof S = keyof S> = {
  readonly [P in K]: Readonly<ShallowRef<S[P] | undefined>>
}

/**
 * What is known about a connection, until the scope ends: a readonly shallow ref for each field, of which only those whose
 * value changed trigger. Takes a connection, a ref of one or a getter.
 *
 * Looking is no interest: what opens a connection is a channel in use or `connect()`, and unmounting closes nothing. On a
 * server, and until a hydrated component is mounted, it shows the initial snapshot and subscribes to nothing.
 *
 * @example
 * const { status, retryAt } = useConnection(live)
 */
export function useConnection(
  connection: MaybeRefOrGetter<Readable<ConnectionSnapshot>>,
): SnapshotRefs<ConnectionSnapshot>
/** The same where there may be nothing yet: refs hold undefined for `null` and `undefined`. */
export function useConnection(
  connection: MaybeRefOrGetter<Readable<ConnectionSnapshot> | null | undefined>,
): MaybeSnapshotRefs<ConnectionSnapshot>
/**
 * What a selector picks from what is known about a connection, as a readonly shallow ref. A picked value that is `equal` to
 * the last one is the last one, by reference, and triggers nothing.
 *
 * @param selector - Pure. May use refs and props: it is asked again when they change.
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const status = useConnection(live, (snapshot) => snapshot.status)
 */
export function useConnection<R>(
  connection: MaybeRefOrGetter<Readable<ConnectionSnapshot>>,
  selector: (snapshot: ConnectionSnapshot) => R,
  equal?: (previous: R, next: R) => boolean,
): Readonly<ShallowRef<R>>
/** The same where there may be nothing yet: then the selector is not asked, and the ref holds undefined. */
export function useConnection<R>(
  connection: MaybeRefOrGetter<Readable<ConnectionSnapshot> | null | undefined>,
  selector: (snapshot: ConnectionSnapshot) => R,
  equal?: (previous: R, next: R) => boolean,
): Readonly<ShallowRef<R | undefined>>
export function useConnection(
  connection: MaybeRefOrGetter<Readable<ConnectionSnapshot> | null | undefined>,
  selector?: (snapshot: ConnectionSnapshot) => unknown,
  equal?: (previous: unknown, next: unknown) => boolean,
): unknown {
  return selector
    ? useSelected(connection, selector, equal)
    : useFields(connection, ['status', 'attempt', 'retryAt', 'circuit', 'latency', 'quality', 'error'])
}

/**
 * The data of a channel and how fresh it is, until the scope ends: a readonly shallow ref for each field, of which only those
 * whose value changed trigger. Takes a channel, a ref of one or a getter, such as `() => live.state('item:' + props.id)`. The
 * data is never made reactive in depth.
 *
 * Until the scope ends the channel is kept up to date; connections are opened, shared and closed by who needs them, not by
 * components. On a server, and until a hydrated component is mounted, it shows the initial snapshot and subscribes to nothing.
 *
 * `asOf` is a clock reading: whenever it is read it is current, but it triggers only together with another field. Show an
 * age by reading it beside a ticking ref of your own.
 *
 * @example
 * const { data, freshness } = useChannel(queue)
 * const { items, gap } = useChannel(chat)
 */
export function useChannel<S extends ChannelSnapshot = StateSnapshot<unknown>>(
  channel: MaybeRefOrGetter<Readable<S>>,
): SnapshotRefs<S>
/** The same where there may be nothing yet: refs hold undefined for `null` and `undefined`. */
export function useChannel<S extends ChannelSnapshot = StateSnapshot<unknown>>(
  channel: MaybeRefOrGetter<Readable<S> | null | undefined>,
): MaybeSnapshotRefs<S>
/**
 * What a selector picks from a channel, as a readonly shallow ref. A picked value that is `equal` to the last one is the last
 * one, by reference, and triggers nothing.
 *
 * @param selector - Pure. May use refs and props: it is asked again when they change. Not for `asOf`, which changes silently.
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const length = useChannel(queue, (snapshot) => snapshot.data?.length)
 */
export function useChannel<S extends ChannelSnapshot, R>(
  channel: MaybeRefOrGetter<Readable<S>>,
  selector: (snapshot: S) => R,
  equal?: (previous: R, next: R) => boolean,
): Readonly<ShallowRef<R>>
/** The same where there may be nothing yet: then the selector is not asked, and the ref holds undefined. */
export function useChannel<S extends ChannelSnapshot, R>(
  channel: MaybeRefOrGetter<Readable<S> | null | undefined>,
  selector: (snapshot: S) => R,
  equal?: (previous: R, next: R) => boolean,
): Readonly<ShallowRef<R | undefined>>
export function useChannel(
  channel: MaybeRefOrGetter<Readable<ChannelSnapshot> | null | undefined>,
  selector?: (snapshot: ChannelSnapshot) => unknown,
  equal?: (previous: unknown, next: unknown) => boolean,
): unknown {
  if (selector) return useSelected(channel, selector, equal)
  // Which kind of channel it will be may not be known yet.
  const first = toValue(channel)?.getInitialSnapshot()
  const fields = first ? Object.keys(first) : 'data freshness source error asOf items gap'.split(' ')
  return useFields(channel, fields as (keyof ChannelSnapshot)[])
}
