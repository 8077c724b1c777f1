// The server's log as the checkers know it: what got which place, and who had published it.
import type { Entry, Logged } from './entry.ts'
import { toCanonical } from './truth-log.ts'

/** All channels of a server. */
export interface Log {
  see(entry: Entry): void
  /** Every place that a message got; more than one where it was published once more in another history. */
  placesOf(channel: string, data: unknown): readonly Logged[]
  /** The last message that got a place. */
  readonly last: Logged | null
}

/** Nothing was ever said. */
export function createLog(): Log {
  const places = new Map<string, Logged[]>()
  let last: Logged | null = null
  const toKey = (channel: string, data: unknown): string => `${channel} ${toCanonical(data)}`
  return {
    see(entry) {
      if (entry.kind !== 'logged') return
      last = entry
      const key = toKey(entry.channel, entry.data)
      const known = places.get(key)
      if (known) known.push(entry)
      else places.set(key, [entry])
    },
    placesOf: (channel, data) => places.get(toKey(channel, data)) ?? [],
    get last() {
      return last
    },
  }
}
