// watch(): runs a function with the current value, and again whenever it changed.
import type { Readable } from '../index.ts'

/**
 * Calls `run` at once with the current snapshot, and again with each new one. While watched, a channel is kept up to date.
 *
 * A throw of the first call is thrown here and nothing stays subscribed; later ones are the readable's to report.
 *
 * @param readable - A connection or a channel. `null` or `undefined` for "nothing yet": nothing runs.
 * @returns Stops it. Idempotent; `run` is never called after it.
 * @example
 * const stop = watch(queue, ({ data, freshness }) => draw(data, freshness))
 */
export function watch<S>(readable: Readable<S> | null | undefined, run: (snapshot: S) => void): () => void
/**
 * The same for what `selector` picks from the snapshot: `run` is called at once, and again whenever that changed.
 *
 * @param equal - When two picked values are the same. `Object.is` unless given.
 * @example
 * const stop = watch(live, (snapshot) => snapshot.status, (status) => { document.title = status })
 */
export function watch<S, R>(
  readable: Readable<S> | null | undefined,
  selector: (snapshot: S) => R,
  run: (value: R) => void,
  equal?: (previous: R, next: R) => boolean,
): () => void
export function watch<S>(
  readable: Readable<S> | null | undefined,
  selector: (snapshot: S) => unknown,
  run?: (value: unknown) => void,
  equal: (previous: unknown, next: unknown) => boolean = Object.is,
): () => void {
  if (!readable) return () => undefined
  let last: { readonly snapshot: S; readonly value: unknown } | undefined
  let stopped = false
  const check = (): void => {
    const snapshot = readable.getSnapshot()
    if (stopped || last?.snapshot === snapshot) return
    const value = run ? selector(snapshot) : snapshot
    const isSame = last && equal(last.value, value)
    // Noted before the call: what `run` itself sets off comes back through here.
    last = { snapshot, value: isSame ? last?.value : value }
    if (!isSame) (run ?? selector)(value as S)
  }
  const unsubscribe = readable.subscribe(check)
  const stop = (): void => {
    stopped = true
    unsubscribe()
  }
  try {
    check()
  } catch (error) {
    stop()
    throw error
  }
  return stop
}
