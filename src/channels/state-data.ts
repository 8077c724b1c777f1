// The data of a state channel: what is confirmed, what is shown, and the text that made it.
import { share } from '../diff/share.ts'
import type { HoldfastError } from '../errors.ts'
import type { Freshness, StateOptions, StateSnapshot } from './state-snapshot.ts'

/** Data that changes only where it differs. */
export interface StateData<T> {
  /** The last confirmed state, or `initial`. */
  readonly base: T | undefined
  /** Something has been confirmed. */
  readonly isConfirmed: boolean
  error: HoldfastError | null
  toSnapshot(freshness: Freshness): StateSnapshot<T>
  /** A newer confirmed state. What is equal to what is shown stays the same object. `inPlace`: nobody else has seen the value. */
  confirm(value: T, from: 'push' | 'poll', inPlace: boolean, at: number): void
  /** The same state was confirmed once more. */
  touch(at: number): void
  /** Shows a change until the next confirmed state. */
  run(change: (data: T) => T): void
  isOlder(next: T): boolean
  /** The frame that made what is shown, to the letter; cleared by any other write. */
  made: { readonly text: string; readonly type: string } | null
  forget(): void
}

/** The data before anything arrived: `initial`, or none. `complain` is told what a `compare` of the app's threw. */
export function createStateData<T>(
  options: () => StateOptions<T>,
  complain: (cause: unknown) => void,
): StateData<T> {
  let base = options().initial
  let shown = base
  let source: StateSnapshot<T>['source'] = base === undefined ? null : 'initial'
  let asOf: number | null = null

  const data: StateData<T> = {
    error: null,
    made: null,
    get base() {
      return base
    },
    get isConfirmed() {
      return asOf !== null
    },
    toSnapshot(freshness) {
      const known = freshness === 'unknown' ? { data: undefined, source: null } : { data: shown, source }
      return {
        ...{ freshness, ...known, error: data.error },
        get asOf() {
          return asOf
        },
      } as StateSnapshot<T>
    },
    confirm(value, from, inPlace, at) {
      const { compare } = options()
      try {
        if (compare) shown = shown !== undefined && compare(shown, value) ? shown : value
        else shown = compare === false ? value : share(shown, value, inPlace)
      } catch (cause) {
        shown = value
        complain(cause)
      }
      base = shown
      source = from
      asOf = at
      data.error = data.made = null
    },
    touch(at) {
      asOf = at
    },
    run(change) {
      if (shown === undefined) return
      shown = share(shown, change(shown))
      data.made = null
    },
    isOlder(next) {
      const { version } = options()
      return version !== undefined && base !== undefined && version(next) < version(base)
    },
    forget() {
      base = shown = options().initial
      source = base === undefined ? null : 'initial'
      asOf = data.error = data.made = null
    },
  }
  return data
}
