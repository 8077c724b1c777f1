// A value that can be read and watched.
import type { Readable } from './readable.ts'

/** A Readable and the means to change it. */
export interface Store<T> extends Readable<T> {
  /** Replaces the value and tells the subscribers; the same value again tells nobody. */
  set(value: T): void
  readonly size: number
  /** Forgets all subscribers. */
  clear(): void
}

/**
 * A store. Subscribers are told in order; `report` is told what one of them threw, and the next still runs.
 * `schedule` may put the telling off: several changes before it are told once. `mayTell` is asked before each: one of them may end it all.
 */
export function createStore<T>(
  initial: T,
  report: (error: unknown) => void,
  schedule: (tell: () => void) => void = (tell) => tell(),
  mayTell: () => boolean = () => true,
): Store<T> {
  let value = initial
  let told = true
  const tell = (): void => {
    if (told) return
    told = true
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
    getSnapshot: () => value,
    getInitialSnapshot: () => initial,
    subscribe(onChange) {
      const subscriber = { run: onChange } // an object of its own: the same function may subscribe twice
      subscribers.add(subscriber)
      return () => void subscribers.delete(subscriber)
    },
    set(next) {
      if (Object.is(next, value)) return
      value = next
      told = false
      schedule(tell)
    },
    get size() {
      return subscribers.size
    },
    clear: () => subscribers.clear(),
  }
}
