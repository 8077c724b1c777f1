// A Readable in the hands of a test: set what it holds, count who listens.
import type { ConnectionSnapshot, Readable, StateSnapshot } from 'holdfast'

/** A store that a test sets by hand and that tells how it is used. */
export interface FakeReadable<S> extends Readable<S> {
  set(snapshot: S): void
  /** Subscribed now. */
  readonly subscribers: number
  /** Ever subscribed. */
  readonly subscriptions: number
}

/** Creates a store that holds `initial` at first. */
export function fakeReadable<S>(initial: S): FakeReadable<S> {
  let current = initial
  let subscriptions = 0
  const subscribers = new Set<{ readonly run: () => void }>()
  return {
    getSnapshot: () => current,
    getInitialSnapshot: () => initial,
    subscribe(onChange) {
      const subscriber = { run: onChange }
      subscriptions += 1
      subscribers.add(subscriber)
      return () => void subscribers.delete(subscriber)
    },
    set(snapshot) {
      current = snapshot
      for (const subscriber of [...subscribers]) subscriber.run()
    },
    get subscribers() {
      return subscribers.size
    },
    get subscriptions() {
      return subscriptions
    },
  }
}

/** What an unused connection shows, with changes. */
export function connectionSnapshot(changes: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
  return {
    status: 'idle',
    attempt: 0,
    retryAt: null,
    circuit: 'closed',
    latency: null,
    quality: 'disconnected',
    error: null,
    ...changes,
  }
}

/** What a live channel with this data shows. */
export function liveSnapshot<T>(data: T, asOf = 0): StateSnapshot<T> {
  return { data, freshness: 'live', source: 'push', error: null, asOf }
}

/** What a channel without data shows. */
export function unknownSnapshot<T>(): StateSnapshot<T> {
  return { data: undefined, freshness: 'unknown', source: null, error: null, asOf: null }
}
