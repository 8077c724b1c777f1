// What a simulation must have seen at least once: a run that never reaches these proves nothing about them.
import type { Entry, Fields } from '../trace/entry.ts'

/** How often each was seen. */
export type Sometimes = Readonly<Record<string, number>>

/** A count in the making. */
export interface Counting {
  readonly counts: Sometimes
  see(entry: Entry): void
}

/** Everything at zero. */
export function countSometimes(): Counting {
  const counts: Record<string, number> = {}
  return { counts, see: (entry) => void (counts[entry.kind] = (counts[entry.kind] ?? 0) + 1) }
}
