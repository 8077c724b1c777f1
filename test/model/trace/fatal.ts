// Fatal means stop (INV-27): after a cause that forbids to come back, only the app leads out.
import type { Checker, ClientFacts, Fields } from './entry.ts'
import { eachClient, watchHeld } from './watch.ts'

/** Effects that begin an attempt. */
const beginning: readonly string[] = ['diagnose', 'prepare', 'queue', 'open']
/** Events that may end an attempt or a link for good. */
const ending: readonly unknown[] = ['closed', 'unprepared', 'diagnosed', 'due', 'flooded', 'away']

/** What the classes of close codes add up to (G6, G7): refusals until a link holds, misfits in a row. */
function createJudge(): {
  /** True when this close is fatal. */
  close(event: Fields, hasAuth: boolean): boolean
  /** Another kind of loss. */
  other(): void
  forgive(): void
} {
  let refusals = 0
  let misfits = 0
  return {
    close({ class: kind }, hasAuth) {
      const isRefused = kind === 'refresh' || (kind === 'policy' && hasAuth)
      const isMisfit = kind === 'twice' || (kind === 'policy' && !hasAuth)
      if (isRefused) refusals++
      misfits = isMisfit ? misfits + 1 : 0
      return kind === 'fatal' || (isRefused && (!hasAuth || refusals > 1)) || misfits > 1
    },
    other: () => void (misfits = 0),
    forgive: () => void (refusals = misfits = 0),
  }
}

export const fatalMeansStop: Checker = eachClient(
  'INV-27',
  'After a fatal close code, or refused credentials that were fresh, nothing is tried until `connect()` or `reset()`.',
  ({ complain }) => {
    const held = watchHeld()
    const judge = createJudge()
    let facts: ClientFacts | null = null
    let fatal: string | null = null
    const happen = (event: Fields): void => {
      const { type } = event
      if (type === 'connect' || type === 'reset') {
        if (fatal !== null || type === 'reset') judge.forgive()
        fatal = null
      } else if (type === 'disconnect' && fatal !== null) judge.forgive()
      else if (type === 'due' && event.slot === 'stable') judge.forgive()
      else if (held.isStale) return
      else if (type === 'closed') {
        const isFatal = judge.close(event, facts?.hasAuth ?? false)
        // The link that works goes on, and what comes after it is tried once more.
        if (isFatal && !held.isOfHeir) fatal = `a close of class ${String(event.class)}`
      } else if (type !== 'due' || event.slot === 'deadline') {
        if (ending.includes(type)) judge.other()
      }
    }
    return (entry) => {
      held.see(entry)
      if (entry.kind === 'made') facts = entry.facts
      else if (entry.kind === 'event' && entry.machine === 'connection') happen(entry.event)
      else if (entry.kind === 'effect' && entry.machine === 'connection') {
        const { type } = entry.effect
        if (fatal !== null && beginning.includes(type)) complain(`After ${fatal} comes ${type}.`, entry)
        if (type === 'drop' && held.event?.type !== 'closed') judge.other()
      } else if (entry.kind === 'status' && entry.status === 'failed') {
        // Told a little later than it is so: the app may have asked again meanwhile.
        if (ending.includes(held.event?.type)) fatal ??= 'status failed'
      }
    }
  },
)
