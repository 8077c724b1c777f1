// transition(): one step of the connection machine. Late news of old links and requests ends here.
import type { Context, Event, State, Step } from './model.ts'
import { absorb, concerns, disinherit, isFollowed, toOwn } from './heir.ts'
import { table } from './table.ts'

/**
 * The next state and what to do. Pure: the same arguments give the same step. An event that names a link or a request the
 * state does not hold, or that means nothing in this phase, changes nothing (G1).
 */
export function transition(state: State, event: Event, context: Context): Step {
  if (isFollowed(state) && concerns(state, event))
    return absorb(state, event, transition(...toOwn(state, event), context), context)
  if ('link' in event && (!('link' in state) || state.link !== event.link)) return [state, []]
  if ('request' in event && (!('request' in state) || state.request !== event.request)) return [state, []]
  // The table is typed row by row; this is the one place where a row meets its state.
  const step = table[state.phase][event.type] as ((s: State, e: Event, c: Context) => Step) | undefined
  return step ? disinherit(state, step(state, event, context), context) : [state, []]
}
