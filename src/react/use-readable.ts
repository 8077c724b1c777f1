// useReadable(): anything readable as a React value, picked from by a memoised selector.
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { Readable } from '../index.ts'

const noop = (): undefined => undefined
const subscribeToNothing = (): (() => void) => noop
const whole = (snapshot: unknown): unknown => snapshot

/** The snapshot of a readable, or what the selector picks from it; undefined without a readable. */
export function useReadable<S>(
  readable: Readable<S> | null | undefined,
  selector: (snapshot: S) => unknown = whole,
  equal: (previous: unknown, next: unknown) => boolean = Object.is,
): unknown {
  /** What is on the screen, so that an equal value keeps its reference when an inline selector is a new function. */
  const shown = useRef<{ readonly from: unknown; readonly value: unknown }>(null)

  const [now, initial] = useMemo(() => {
    if (!readable) return [noop, noop]
    let last: { readonly snapshot: S; readonly value: unknown } | undefined
    // One snapshot gives one value, however often React asks: a selector that builds objects cannot loop.
    const pick = (snapshot: S): unknown => {
      if (last?.snapshot !== snapshot) {
        // Equal values of two readables are two values: `equal` may look at less than what is shown.
        const before = last ?? (shown.current?.from === readable ? shown.current : undefined)
        const value = selector(snapshot)
        last = { snapshot, value: before && equal(before.value, value) ? before.value : value }
      }
      return last.value
    }
    return [() => pick(readable.getSnapshot()), () => pick(readable.getInitialSnapshot())]
  }, [readable, selector, equal])

  const value = useSyncExternalStore(readable ? readable.subscribe : subscribeToNothing, now, initial)
  useEffect(() => {
    shown.current = { from: readable, value }
  }, [readable, value])
  return value
}
