// A value that can be read and watched.
import type { Readable } from './readable.ts'

/** A Readable and the means to change it. */
export interface Store<T> extends Readable<T> {
  /** Replaces the value and tells the subscribers; the same value again tells nobody. */
  set(value: T): void
  /** The value, for its owner: what is read by this is not remembered. */
  peek(): T
  readonly size: number
  /** Forgets all subscribers. */
  clear(): void
}

/**
 * A store. Subscribers are told in order; `report` is told what one of them threw, and the next still runs.
 * `schedule` may put the telling off: several changes before it are told once, and not at all where they came to nothing by `isSame`.
 * `mayTell` is asked before each subscriber: one of them may end it all.
 */
export function createStore<T>(
  initial: T,
  report: (error: unknown) => void,
  {
    schedule = (tell) => tell(),
    isSame = Object.is,
    mayTell = () => true,
  }: {
    readonly schedule?: (tell: () => void) => void
    readonly isSame?: (a: T, b: T) => boolean
    readonly mayTell?: () => boolean
  } = {},
): Store<T> {
  let value = initial
  let told = initial
  /** Somebody has looked at what was not told yet. */
  let seen = false
  const tell = (): void => {
    // Back to what was told, and nobody has looked meanwhile: nothing happened.
    if (!seen && isSame(value, told)) value = told
    seen = false
    if (value === told) return
    told = value
    for (const subscriber of [...subscribers]) {
      if (!mayTell()) return
      if (!subscribers.has(subscriber)) continue
      try {
        subscriber.run()
      } catch (error) {
        report(error)
      }
    }
  }
  const subscribers = new Set<{ readonly run: () => void }>()
  return {
    getSnapshot() {
      if (value !== told) seen = true
      return value
    },
    peek: () => value,
    getInitialSnapshot: () => initial,
    subscribe(onChange) {
      const subscriber = { run: onChange } // an object of its own: the same function may subscribe twice
      subscribers.add(subscriber)
      return () => void subscribers.delete(subscriber)
    },
    set(next) {
      if (Object.is(next, value)) return
      value = next
      schedule(tell)
    },
    get size() {
      return subscribers.size
    },
    clear: () => subscribers.clear(),
  }
}
