// What React apps import from 'holdfast/react': a connection and a channel as hooks.
'use client'
import type { ConnectionSnapshot, Readable, StateSnapshot, StreamSnapshot } from '../index.ts'
import { useReadable } from './use-readable.ts'

/** What a channel tells: a state, or the last messages of a stream. */
export type ChannelSnapshot = StateSnapshot<unknown> | StreamSnapshot<unknown>

/**
 * What is known about a connection; renders again when that changed. Looking is no interest: what opens a connection is
 * a channel in use or `connect()`, and unmounting closes nothing.
 *
 * @example
 * const { status, retryAt } = useConnection(live)
 */
export function useConnection(connection: Readable<ConnectionSnapshot>): ConnectionSnapshot
/** The same where there may be nothing yet: undefined for `null` and `undefined`. */
export function useConnection(
  connection: Readable<ConnectionSnapshot> | null | undefined,
): ConnectionSnapshot | undefined
/**
 * What a selector picks from what is known about a connection; renders again only when that changed. Inline selectors are
 * fine. A picked value that is `equal` to the last one is the last one, by reference.
 *
 * @param selector - Pure; what it throws reaches the error boundary.
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const status = useConnection(live, (snapshot) => snapshot.status)
 */
export function useConnection<R>(
  connection: Readable<ConnectionSnapshot>,
  selector: (snapshot: ConnectionSnapshot) => R,
  equal?: (previous: R, next: R) => boolean,
): R
/** The same where there may be nothing yet: then the selector is not asked, and the result is undefined. */
export function useConnection<R>(
  connection: Readable<ConnectionSnapshot> | null | undefined,
  selector: (snapshot: ConnectionSnapshot) => R,
  equal?: (previous: R, next: R) => boolean,
): R | undefined
export function useConnection(
  connection: Readable<ConnectionSnapshot> | null | undefined,
  selector?: (snapshot: ConnectionSnapshot) => unknown,
  equal?: (previous: unknown, next: unknown) => boolean,
): unknown {
  return useReadable(connection, selector, equal)
}

/**
 * The data of a channel and how fresh it is; renders again when one of them changed. While mounted, the channel is kept up to
 * date; connections are opened, shared and closed by who needs them, not by components.
 *
 * `useChannel(live.state(name, options))` is fine in a render. `asOf` is a clock reading and changes without a render: read
 * it from the snapshot while rendering, or from `channel.getSnapshot().asOf` in a timer of your own.
 *
 * @example
 * const { data, freshness } = useChannel(queue)
 * const { items, gap } = useChannel(chat)
 */
export function useChannel<S extends ChannelSnapshot = StateSnapshot<unknown>>(channel: Readable<S>): S
/** The same where there may be nothing yet: undefined for `null` and `undefined`. */
export function useChannel<S extends ChannelSnapshot = StateSnapshot<unknown>>(
  channel: Readable<S> | null | undefined,
): S | undefined
/**
 * What a selector picks from a channel; renders again only when that changed. Inline selectors are fine. A picked value that
 * is `equal` to the last one is the last one, by reference.
 *
 * @param selector - Pure; what it throws reaches the error boundary. Not for `asOf`, which changes without a render.
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const length = useChannel(queue, (snapshot) => snapshot.data?.length)
 */
export function useChannel<S extends ChannelSnapshot, R>(
  channel: Readable<S>,
  selector: (snapshot: S) => R,
  equal?: (previous: R, next: R) => boolean,
): R
/** The same where there may be nothing yet: then the selector is not asked, and the result is undefined. */
export function useChannel<S extends ChannelSnapshot, R>(
  channel: Readable<S> | null | undefined,
  selector: (snapshot: S) => R,
  equal?: (previous: R, next: R) => boolean,
): R | undefined
export function useChannel(
  channel: Readable<ChannelSnapshot> | null | undefined,
  selector?: (snapshot: ChannelSnapshot) => unknown,
  equal?: (previous: unknown, next: unknown) => boolean,
): unknown {
  return useReadable(channel, selector, equal)
}
