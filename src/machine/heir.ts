// Make before break: the next link of a connection whose server goes away, until it takes over (G1).
import type { Connected, Context, Effect, Event, Heir, Instant, State, Step } from './model.ts'
import { arm, release, slots } from './state.ts'

/** The heir, if this event is about it. */
export function toHeir(state: State, event: Event): Heir | null {
  if (state.phase !== 'connected' || !state.heir) return null
  const { heir, memory } = state
  const isIts =
    ('link' in event && 'link' in heir && heir.link === event.link) ||
    ('request' in event && 'request' in heir && heir.request === event.request) ||
    (event.type === 'due' && event.slot === 'heir')
  return isIts ? { ...heir, memory: { ...memory, outage: heir.memory.outage } } : null
}

/** What a deadline of the heir is to itself. */
export function toOwn(heir: Heir, event: Event): Event {
  if (event.type !== 'due') return event
  return { type: 'due', slot: slots.find((slot) => heir.timers[slot] === dueAt(heir)) ?? event.slot }
}

/** The link and an heir that has begun. */
export function follow(state: Connected, [next, effects]: Step<Heir>): Step<Connected> {
  const memory = { ...next.memory, outage: state.memory.outage, failure: null }
  // What a connected heir owes begins when it takes over; that is awaited no longer than an answer of a handshake.
  return [
    arm({ ...state, memory, heir: next }, { heir: next.phase === 'connected' ? undefined : dueAt(next) }),
    effects,
  ]
}

/** What follows for the link from a step of its heir: it goes on, takes over, or has come to nothing and this link is used to its end. */
export function absorb(state: Connected, event: Event, [next, effects]: Step, context: Context): Step {
  // The link that works still works: nobody needs to hear of what did not.
  const quiet = effects.filter(({ type }) => type !== 'report')
  switch (next.phase) {
    case 'connecting':
    case 'opening':
    case 'handshaking':
      return follow(state, [next, quiet])
    case 'connected': {
      // At level 1 there is nothing to ask for before.
      if (event.type === 'joined' || (next.level ?? 0) < 2)
        return after(quiet, inherit({ ...state, heir: next }, context))
      const [followed, more] = follow(state, [next, quiet])
      const { away } = state
      const endAt = Math.min(away?.endAt ?? 0, context.now + context.tuning.handshakeTimeout)
      return [event.type === 'ready' ? arm(followed, { away: endAt }) : followed, more]
    }
    default: {
      const { outage, failure } = state.memory
      const memory = { ...next.memory, outage, failure }
      return [arm({ ...state, memory, heir: null }, { heir: undefined }), quiet]
    }
  }
}

/** The link has gone, or goes now: its heir is what there is. */
export function inherit(state: Connected & { readonly heir: Heir }, { now }: Context): Step {
  const { heir, memory, timers, away } = state
  const effects = release({ ...state, heir: null })
  const { outage } = heir.memory
  const next = { ...heir, timers: { ...heir.timers, linger: timers.linger } }
  if (next.phase === 'connected') return [{ ...next, memory: { ...memory, outage } }, effects]
  const failure = away?.failure ?? null
  const told: Effect[] = failure ? [{ type: 'report', failure }] : []
  return [
    {
      ...next,
      memory: {
        ...memory,
        outage: outage ?? { since: now, failures: 0, unopened: 0, asked: 0, trips: 0 },
        failure,
      },
    },
    [...effects, ...told],
  ]
}

function after(effects: readonly Effect[], [state, more]: Step): Step {
  return [state, [...effects, ...more]]
}

function dueAt({ timers }: Heir): Instant | undefined {
  const times = slots.flatMap((slot) => timers[slot] ?? [])
  return times.length > 0 ? Math.min(...times) : undefined
}
