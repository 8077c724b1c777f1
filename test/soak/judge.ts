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

/** An attempt or a load that met with a fault tells of it when its patience is over: 10 s, and some for a busy machine. */
const PATIENCE = 15_000

/** The troubles that no fault explains: none was in force at their site then, nor ended up to `grace` milliseconds before. */
export function findUnexpected(
  troubles: readonly Trouble[],
  faults: readonly Injected[],
  grace: number,
): readonly Trouble[] {
  const explains = (fault: Injected, { at, site, what }: Trouble): boolean =>
    fault.site === site &&
    fault.from <= at &&
    (what === 'error'
      ? at <= fault.to + Math.max(grace, PATIENCE)
      : at <= fault.to + grace && !harmless.has(fault.kind))
  return troubles.filter((trouble) => !faults.some((fault) => explains(fault, trouble)))
}

/** How often each value comes. */
export function tally(values: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, 1 + (counts.get(value) ?? 0))
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
