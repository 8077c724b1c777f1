// All invariants that are checked over one trace, in order.
import { askings } from './asking.ts'
import { endings } from './endings.ts'
import type { Checker, Entry, Violation } from './entry.ts'
import { feeds } from './feeds.ts'
import { heartbeat } from './heartbeat.ts'
import { herds } from './herd.ts'
import { links } from './links.ts'
import { liveness } from './liveness.ts'
import { pace } from './pace.ts'
import { secrets } from './secrets.ts'
import { servers } from './server.ts'
import { sizes } from './sizes.ts'
import { states } from './states.ts'
import { streams } from './streams.ts'
import { throws } from './throws.ts'
import { truths } from './truth.ts'

/** Every checker, in the order of the invariants. */
export const checkers: readonly Checker[] = [
  ...links,
  ...states,
  ...endings,
  ...pace,
  ...heartbeat,
  ...truths,
  ...streams,
  ...feeds,
  ...askings,
  ...secrets,
  ...servers,
  ...herds,
  ...sizes,
  ...throws,
  ...liveness,
].sort((a, b) => numberOf(a.id) - numberOf(b.id))

/** What all checkers find in a trace. */
export function checkTrace(trace: readonly Entry[]): readonly Violation[] {
  return checkers.flatMap((checker) => checker.check(trace))
}

function numberOf(id: Checker['id']): number {
  return Number(id.slice('INV-'.length))
}
