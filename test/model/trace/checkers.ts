// All invariants: those that are checked over a trace, and those that wait for the levels they speak of.
import type { Checker, Entry, Violation } from './entry.ts'
import { links } from './links.ts'
import { states } from './states.ts'
import { throws } from './throws.ts'

/** Every checker, in the order of the invariants. */
export const checkers: readonly Checker[] = [...links, ...states, ...throws].sort(
  (a, b) => numberOf(a.id) - numberOf(b.id),
)

/** What all checkers find in a trace. */
export function checkTrace(trace: readonly Entry[]): readonly Violation[] {
  return checkers.flatMap((checker) => checker.check(trace))
}

function numberOf(id: Checker['id']): number {
  return Number(id.slice('INV-'.length))
}
