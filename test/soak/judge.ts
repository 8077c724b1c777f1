// What counts as a failure of a soak run: pure functions over what was recorded.
import { harmless, type FaultKind, type SiteName } from './script.ts'

/** A fault as it was injected. Instants are epoch milliseconds; `to` is when it was healed. */
export interface Injected {
  readonly kind: FaultKind
  readonly site: SiteName
  readonly from: number
  readonly to: number
}

/** Something a client met with: a link that broke, or an error that it told. */
export interface Trouble {
  readonly what: 'disconnect' | 'error'
  readonly at: number
  readonly site: SiteName
  readonly client: number
  readonly code: string
  readonly detail: string
}

/** A time in which nothing was broken, and which began with everything live. Instants are epoch milliseconds. */
export interface Calm {
  readonly from: number
  readonly to: number
  /** How long it took from the last mending until everything was live and equal, and what was last, in words. */
  readonly settled: number
  readonly last: string | undefined
}

/** An attempt or a load that met with a fault tells of it when its patience is over: 10 s, and some for a busy machine. */
const PATIENCE = 15_000

/**
 * What no fault explains. A disconnect: no fault was in force at its site then, nor had ended up to `grace` milliseconds before.
 * An error: it came well inside of a calm; before that it only tells that something is not yet as it was.
 */
export function findUnexpected(
  troubles: readonly Trouble[],
  faults: readonly Injected[],
  calms: readonly Calm[],
  grace: number,
): readonly Trouble[] {
  const isExplained = ({ at, site }: Trouble): boolean =>
    faults.some(
      (fault) =>
        fault.site === site && !harmless.has(fault.kind) && fault.from <= at && at <= fault.to + grace,
    )
  const isInCalm = ({ at }: Trouble): boolean =>
    calms.some(({ from, to }) => from + PATIENCE <= at && at <= to)
  return troubles.filter((trouble) => (trouble.what === 'error' ? isInCalm(trouble) : !isExplained(trouble)))
}

/** How often each value comes. */
export function tally(values: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, 1 + (counts.get(value) ?? 0))
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
