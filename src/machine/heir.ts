// Make before break: the next link of a connection whose server goes away, until it takes over (G1).
import type { Connected, Context, Event, Heir, Instant, Slot, State, Step } from './model.ts'
import { arm, release, slots } from './state.ts'

/** So long what is under way on either link may take, as a request may: whoever waits for the other can be told no more. */
const JOIN = 10_000

/** A link whose heir is on its way: the server said `rt.go_away`. */
export interface Followed extends Connected {
  readonly away: NonNullable<Connected['away']>
  readonly heir: Heir
}

/** Is the next link on its way? */
export function isFollowed(state: State): state is Followed {
  return state.phase === 'connected' && state.heir !== null
}

/** Is this event about the heir? */
export function concerns({ heir }: Followed, event: Event): boolean {
  if ('link' in event) return 'link' in heir && heir.link === event.link
  if ('request' in event) return 'request' in heir && heir.request === event.request
  return event.type === 'due' && event.slot === 'heir'
}

/** The heir as a state of its own, which shares what is known of the server; and what a deadline of it is to itself. */
export function toOwn({ heir, memory }: Followed, event: Event): readonly [Heir, Event] {
  const own = { ...heir, memory: { ...memory, outage: heir.memory.outage } }
  return [own, event.type === 'due' ? { type: 'due', slot: nextSlot(heir) } : event]
}

/** The link and an heir that has begun. */
export function follow(state: Connected, [next, effects]: Step<Heir>): Step<Connected> {
  const memory = { ...next.memory, outage: state.memory.outage, failure: null }
  // What a connected heir owes begins when it takes over.
  const due = next.phase === 'connected' ? undefined : next.timers[nextSlot(next)]
  return [arm({ ...state, memory, heir: next }, { heir: due }), effects]
}

/** What follows for the link from a step of its heir: it goes on, takes over, or has come to nothing and this link is used to its end. */
export function absorb(state: Followed, event: Event, [next, effects]: Step, { now }: Context): Step {
  // The link that works still works: nobody needs to hear of what did not.
  const quiet = effects.filter(({ type }) => type !== 'report')
  switch (next.phase) {
    case 'connecting':
    case 'opening':
    case 'handshaking':
      return follow(state, [next, quiet])
    case 'connected': {
      // At level 1 there is nothing to ask for before.
      if (event.type === 'joined' || (next.level ?? 0) < 2) {
        const [taken, more] = inherit({ ...state, heir: next })
        return [taken, [...quiet, ...more]]
      }
      const [followed, more] = follow(state, [next, quiet])
      if (event.type !== 'ready') return [followed, more]
      return [arm(followed, { away: Math.min(state.away.endAt, now + JOIN) }), more]
    }
    default: {
      const { outage, failure } = state.memory
      const memory = { ...next.memory, outage, failure }
      // What its server asked for counts for the attempt after this link, too.
      const restUntil = Math.max(memory.restUntil, next.phase === 'waiting' ? next.floorAt : 0)
      return [
        arm(
          { ...state, memory: { ...memory, restUntil }, heir: null },
          { heir: undefined, away: state.away.endAt },
        ),
        quiet,
      ]
    }
  }
}

/** What made the link doubtful befell its heir, too, if there is one: it is begun anew. */
export function disinherit(before: State, [next, effects]: Step, { now }: Context): Step {
  const isNews = before.phase === 'connected' && before.doubtedAt === null
  if (!isNews || !isFollowed(next) || next.doubtedAt === null) return [next, effects]
  return [arm({ ...next, heir: null }, { heir: undefined, away: now }), [...effects, ...release(next.heir)]]
}

/** The link has gone, or goes now: its heir is what there is. */
export function inherit(state: Followed): Step {
  const { heir, memory, timers, away } = state
  const effects = release({ ...state, heir: null })
  const { failure } = away
  const known = { ...memory, outage: heir.memory.outage }
  const next = { ...heir, timers: { ...heir.timers, linger: timers.linger } }
  if (next.phase === 'connected') return [{ ...next, memory: known }, effects]
  return [{ ...next, memory: { ...known, failure } }, [...effects, { type: 'report', failure }]]
}

/** What the heir has to do next. */
function nextSlot({ timers }: Heir): Slot {
  const at = (slot: Slot): Instant => timers[slot] ?? Infinity
  return slots.reduce((first, slot) => (at(slot) < at(first) ? slot : first))
}
