// Small steps that the others are made of: the first state, memory, timers, letting go.
import type { Context, Effect, Id, Memory, Slot, State, Timers } from './model.ts'

/** The state before anything happened. */
export const initialState: State = {
  phase: 'idle',
  timers: {},
  memory: {
    held: false,
    wanted: false,
    barred: false,
    hidden: false,
    once: false,
    lastId: 0,
    greets: false,
    answers: false,
    window: null,
    advice: null,
    outage: null,
    attempts: [],
    restUntil: 0,
    refusals: 0,
    misfits: 0,
    expired: false,
    failure: null,
  },
}

/** The deadlines in the order in which they are met when several are due: what judges comes before what asks again. */
export const slots: readonly Slot[] = [
  'linger',
  'pong',
  'deadline',
  'ready',
  'level',
  'ping',
  'overdue',
  'stable',
  'renew',
  'heir',
  'away',
  'retry',
]

/** The same phase with some memory changed. */
export function remember<S extends State>(state: S, memory: Partial<Memory>): S {
  return { ...state, memory: { ...state.memory, ...memory } }
}

/** The same phase with some deadlines changed; undefined disarms. */
export function arm<S extends State>(state: S, timers: Timers): S {
  return { ...state, timers: { ...state.timers, ...timers } }
}

/** What the next phase takes along of the deadlines: whether nobody is interested goes on whatever the phase. */
export function lingering(state: State): Timers {
  return state.timers.linger === undefined ? {} : { linger: state.timers.linger }
}

/** An id never given before, and the memory of it. */
export function nextId(state: State): readonly [Id, Memory] {
  const id = state.memory.lastId + 1
  return [id, { ...state.memory, lastId: id }]
}

/** Lets go of whatever a state holds: its link, its request, its place in the gate. */
export function release(state: State, code: number = 1000, reason: string = ''): readonly Effect[] {
  const effects: Effect[] = []
  if ('request' in state && state.request !== null) effects.push({ type: 'cancel', request: state.request })
  if ('link' in state) effects.push({ type: 'drop', link: state.link, code, reason })
  if ('heir' in state && state.heir) effects.push(...release(state.heir))
  return effects
}

/** Somebody is interested. */
export function want<S extends State>(state: S): S {
  return arm(remember(state, { wanted: true }), { linger: undefined })
}

/** Nobody is interested any more; what there is lingers, unless it is held. */
export function unwant<S extends State>(state: S, context: Context): S {
  const next = remember(state, { wanted: false })
  return state.memory.held ? next : arm(next, { linger: context.now + context.tuning.linger })
}

/** `connect()`: somebody holds it open. */
export function hold<S extends State>(state: S): S {
  return arm(remember(state, { held: true, barred: false }), { linger: undefined })
}
