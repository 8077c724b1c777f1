// What a server asks for is kept to, and clamped (INV-28).
import type { Checker, ClientFacts, Fields } from './entry.ts'
import { BLUR, eachClient, watchHeld } from './watch.ts'

const DAY = 86_400_000
/** The longest wait nobody asked for: the last cool-down, or the widest window. */
const LONGEST = 300_000
/** Class `long`: no sooner than this, spread over that where nothing is said. */
const LONG = 10_000
const LONG_SPREAD = 5_000

/** A plea to stay away, from now: at least so long, and at most. */
interface Plea {
  readonly least: number
  readonly most: number
}

const none: Plea = { least: 0, most: 0 }

/** What an event asks for by G4 and G5. */
function pleaOf({ type, class: kind, min, spread, verdict }: Fields): Plea {
  if (type === 'flooded') return { least: LONG, most: LONG + LONG_SPREAD }
  if (type === 'diagnosed' && typeof verdict === 'number') return { least: verdict, most: verdict + LONGEST }
  if (type !== 'closed') return none
  const isLong = kind === 'long'
  const least = Math.max(isLong ? LONG : 0, typeof min === 'number' ? min : 0)
  const wide = isLong ? LONG_SPREAD : Math.max(1_000, least / 2)
  return { least, most: least + (typeof spread === 'number' ? spread : wide) }
}

/** Durations a server may send, as they enter the machine. */
const advised = ['min', 'spread', 'grace', 'window'] as const

export const hintsOnlyRaise: Checker = eachClient(
  'INV-28',
  "A server's hint only lengthens the wait before the next attempt, and nothing lengthens it beyond the clamp of a day.",
  ({ complain }) => {
    const held = watchHeld()
    let facts: ClientFacts | null = null
    let floorAt = -Infinity
    let ceilingAt = -Infinity
    /** What `rt.go_away` asked for on this link. */
    let moveAt = -Infinity
    let shownRetryAt: number | null = null
    const lose = (at: number, plea: Plea): void => {
      floorAt = Math.max(floorAt, at + plea.least, moveAt)
      ceilingAt = Math.max(at + plea.most, moveAt)
      moveAt = -Infinity
    }
    return (entry) => {
      const before = held.link
      held.see(entry)
      if (entry.kind === 'made') facts = entry.facts
      else if (entry.kind === 'event' && entry.machine === 'connection') {
        const { event } = entry
        for (const key of advised) {
          const value = event[key]
          if (typeof value === 'number' && !(value >= 0 && value <= DAY))
            complain(`${key} ${value} of ${event.type} is not clamped.`, entry)
        }
        if (['connect', 'retry', 'reset'].includes(event.type)) floorAt = moveAt = -Infinity
        else if (held.isStale) return
        else if (event.type === 'away' && moveAt === -Infinity) moveAt = entry.felt + Number(event.min)
        else if (['closed', 'flooded', 'diagnosed', 'unprepared'].includes(event.type))
          lose(entry.felt, pleaOf(event))
      } else if (entry.kind === 'effect' && entry.machine === 'connection') {
        const { type } = entry.effect
        if (type === 'drop' && before !== null && held.event?.type === 'due') {
          if (held.event.slot === 'linger') moveAt = -Infinity
          else lose(held.eventAt, none)
        }
        if (type !== 'open') return
        // A link that is to follow another one waits for the time to move.
        const early = (before === null ? floorAt : Math.max(floorAt, moveAt)) - held.eventAt
        if (early > BLUR) complain(`A link is opened ${early} ms sooner than was asked for.`, entry)
        floorAt = ceilingAt = moveAt = -Infinity
      } else if (entry.kind === 'snapshot' && facts) {
        const { retryAt } = entry.snapshot
        if (retryAt !== null && retryAt !== shownRetryAt && entry.wall !== undefined) {
          const wait = retryAt - entry.wall
          const most = Math.max(LONGEST, facts.budget.per, facts.minDelay, ceilingAt - entry.felt)
          if (wait > most + BLUR)
            complain(`The next attempt is ${wait} ms away; nobody asked for more than ${most}.`, entry)
        }
        shownRetryAt = retryAt
      }
    }
  },
)
