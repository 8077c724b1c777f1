// What React apps import from 'holdfast/react': a connection and a channel as hooks.
'use client'
import type { ConnectionSnapshot, Readable, StateSnapshot } from '../index.ts'
import { useReadable, type Maybe } from './use-readable.ts'

/**
 * What is known about a connection; renders again when that changed. Looking is no interest: what opens a connection is
 * a channel in use or `connect()`, and unmounting closes nothing.
 *
 * Without a selector: the whole snapshot. With one: what it picks, and a render only when that changed; inline
 * selectors are fine. A picked value that is `equal` to the last one is the last one, by reference.
 *
 * @param connection - `null` or `undefined` for "nothing yet": the result is then `undefined`.
 * @param selector - Picks from the snapshot. Pure; throws reach the error boundary.
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const { status, retryAt } = useConnection(live)
 * const status = useConnection(live, (snapshot) => snapshot.status)
 */
export function useConnection(connection: Readable<ConnectionSnapshot>): ConnectionSnapshot
export function useConnection(connection: Maybe<Readable<ConnectionSnapshot>>): ConnectionSnapshot | undefined
export function useConnection<R>(
  connection: Readable<ConnectionSnapshot>,
  selector: (snapshot: ConnectionSnapshot) => R,
  equal?: (previous: R, next: R) => boolean,
): R
export function useConnection<R>(
  connection: Maybe<Readable<ConnectionSnapshot>>,
  selector: (snapshot: ConnectionSnapshot) => R,
  equal?: (previous: R, next: R) => boolean,
): R | undefined
export function useConnection(
  connection: Maybe<Readable<ConnectionSnapshot>>,
  selector?: (snapshot: ConnectionSnapshot) => unknown,
  equal?: (previous: unknown, next: unknown) => boolean,
): unknown {
  return useReadable(connection, selector, equal)
}

/**
 * The data of a channel and how fresh it is; renders again when one of them changed. While mounted, the channel is
 * kept up to date; connections are opened, shared and closed by who needs them, not by components.
 * `useChannel(live.state(name, options))` is fine in a render.
 *
 * Selectors are those of {@link useConnection}. `asOf` is a clock reading and changes without a render: read it from
 * the snapshot when rendering, or from `channel.getSnapshot().asOf` in a timer of your own, rather than select it.
 *
 * @param channel - `null` or `undefined` for "nothing yet": the result is then `undefined`.
 * @param selector - Picks from the snapshot. Pure; throws reach the error boundary.
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const { data, freshness } = useChannel(queue)
 * const length = useChannel(queue, (snapshot) => snapshot.data?.length)
 */
export function useChannel<T>(channel: Readable<StateSnapshot<T>>): StateSnapshot<T>
export function useChannel<T>(channel: Maybe<Readable<StateSnapshot<T>>>): StateSnapshot<T> | undefined
export function useChannel<T, R>(
  channel: Readable<StateSnapshot<T>>,
  selector: (snapshot: StateSnapshot<T>) => R,
  equal?: (previous: R, next: R) => boolean,
): R
export function useChannel<T, R>(
  channel: Maybe<Readable<StateSnapshot<T>>>,
  selector: (snapshot: StateSnapshot<T>) => R,
  equal?: (previous: R, next: R) => boolean,
): R | undefined
export function useChannel(
  channel: Maybe<Readable<StateSnapshot<unknown>>>,
  selector?: (snapshot: StateSnapshot<unknown>) => unknown,
  equal?: (previous: unknown, next: unknown) => boolean,
): unknown {
  return useReadable(channel, selector, equal)
}
