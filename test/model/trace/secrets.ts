// No secret reaches a person (INV-21).
import type { Checker, Entry } from './entry.ts'
import { eachClient } from './watch.ts'

/** Every token of a simulation or a test contains this. */
export const CANARY = 'canary7f3a'

/** The secret is somewhere in the value. */
function isIn(value: unknown, depth: number = 0): boolean {
  if (typeof value === 'string') return value.includes(CANARY)
  if (typeof value !== 'object' || value === null || depth > 6) return false
  return Object.values(value).some((inner) => isIn(inner, depth + 1))
}

/** What of an entry a person, a log or a dump gets to see. */
function shownOf(entry: Entry): unknown {
  switch (entry.kind) {
    case 'error':
    case 'log':
    case 'threw':
      return entry.text
    case 'event':
      return entry.event
    case 'effect':
      return entry.effect
    case 'snapshot':
    case 'sample':
      return entry.snapshot.error
    case 'channel':
      return entry.error
    default:
      return null
  }
}

const noSecrets = eachClient(
  'INV-21',
  'No credentials appear in an error, a log line, a snapshot or a trace.',
  ({ complain }) =>
    (entry) => {
      if (isIn(shownOf(entry))) complain(`A token is told in ${entry.kind}.`, entry)
    },
)

/** The rule of secrets. */
export const secrets: readonly Checker[] = [noSecrets]
