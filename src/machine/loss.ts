// The ends: a link or an attempt that failed, rest, fatal causes, the close.
import type { CloseClass } from '../protocol/close-codes.ts'
import { backoff, type Hint } from './backoff.ts'
import { allowedAt } from './budget.ts'
import { coolDown, isTripped } from './circuit.ts'
import { inherit, isFollowed } from './heir.ts'
import type {
  Connected,
  Context,
  Effect,
  Event,
  Failure,
  Handshaking,
  Memory,
  Opening,
  Outage,
  State,
  Step,
  Waiting,
} from './model.ts'
import { arm, initialState, lingering, release } from './state.ts'

/** How an attempt or a link came to its end. */
export interface Cause {
  /** null: nothing went wrong, nothing is reported. */
  readonly failure: Failure | null
  readonly class: CloseClass
  readonly hint?: Hint | null
  /** It was announced: no failure is counted. */
  readonly announced?: boolean
  /** The code we close with. */
  readonly code?: number
}

/** A close that the server or the network decided. */
export function fall(
  state: Opening | Handshaking | Connected,
  { failure, class: kind, min, spread }: Extract<Event, { type: 'closed' }>,
  context: Context,
): Step {
  return lose(state, { failure, class: kind, hint: toHint(min, spread) }, context)
}

function toHint(min: number | null, spread: number | null): Hint | null {
  if (min === null) return spread === null ? null : { min: 0, spread }
  return { min, spread: spread ?? Math.max(1_000, min / 2) }
}

/** The one way out of an attempt or a link that did not hold: to `waiting`, or to `failed` where the cause is fatal (G4, G6, G7, G9). */
export function lose(state: State, cause: Cause, context: Context): Step {
  const { now, tuning } = context
  const { memory } = state
  // What was announced is no failure, but a code that forbids to come back, or as before, still does (G6, G7).
  const away = state.phase === 'connected' ? state.away : null
  const isExpected = cause.class === 'backoff' || cause.class === 'spread'
  if (isFollowed(state) && isExpected) return inherit(state)
  const failure = away && isExpected ? away.failure : cause.failure
  const { announced = away !== null, code = 1000 } = cause
  const outage = grow(memory.outage, state, announced, now)
  const refused = cause.class === 'refresh' || (cause.class === 'policy' && tuning.hasAuth)
  const misfit = cause.class === 'twice' || (cause.class === 'policy' && !tuning.hasAuth)
  // A browser cannot see why an upgrade was refused; where nobody can be asked, new credentials are worth one try (G7).
  const stuck = outage.unopened === 3 && state.phase === 'opening' && tuning.hasAuth && !tuning.hasDiagnose
  const next: Memory = {
    ...memory,
    outage,
    failure,
    refusals: refused ? memory.refusals + 1 : memory.refusals,
    misfits: misfit ? memory.misfits + 1 : 0,
    expired: memory.expired || refused || stuck,
  }
  const effects: Effect[] = [...release(state, code, failure?.code)]
  // A failure that is remembered was reported when it happened.
  if (failure && failure !== memory.failure) effects.push({ type: 'report', failure })
  const fatal =
    cause.class === 'fatal' ||
    (refused && (!tuning.hasAuth || next.refusals > 1)) ||
    next.misfits > 1 ||
    outage.failures >= tuning.reconnect.maxAttempts
  if (fatal) return [{ phase: 'failed', memory: next, timers: {} }, effects]
  const local = state.phase === 'connected' && state.local
  const hint =
    cause.class === 'long'
      ? { min: Math.max(10_000, cause.hint?.min ?? 0), spread: cause.hint?.spread ?? 5_000 }
      : cause.hint
  const min = Math.max(hint?.min ?? 0, away ? away.moveAt - now : 0)
  return [
    wait({ ...state, memory: next }, outage, local, { min, spread: hint?.spread ?? 0 }, context),
    effects,
  ]
}

/** Waits as long as the outage, the circuit, the budget, a hidden page and the server's hints ask for. */
function wait(state: State, outage: Outage, local: boolean, hint: Hint, context: Context): Waiting {
  const { now, wall, random, tuning } = context
  const { memory } = state
  const { window } = memory
  const { circuit, minDelay, maxDelay, hiddenDelay, delay, budget } = tuning.reconnect
  const past = now - outage.since
  const suspended = isTripped(circuit, outage.failures, past, window)
  const pause =
    suspended && circuit
      ? coolDown(circuit, outage.trips, window, random)
      : backoff(
          {
            local,
            connected: state.phase === 'connected',
            window,
            failures: outage.failures,
            outage: past,
            random,
          },
          maxDelay,
          delay,
        )
  const floor = Math.max(minDelay, hint.min + random * hint.spread)
  const allowed = allowedAt(memory.attempts, now, budget, window)
  const retry = Math.max(allowed, now + Math.max(pause, floor, memory.hidden ? hiddenDelay : 0))
  return {
    phase: 'waiting',
    memory: suspended ? { ...memory, outage: { ...outage, trips: outage.trips + 1 } } : memory,
    timers: { ...lingering(state), retry },
    retryAt: Math.round(wall + retry - now),
    floorAt: Math.max(allowed, now + floor),
    suspended,
  }
}

/** The world changed for the better: tries within a second, but never before the floor (G4.3); a hidden page is in no hurry. */
export function hasten(state: Waiting, { now, wall, random }: Context): Step {
  if (state.memory.hidden) return [state, []]
  const { retry = now } = state.timers
  const sooner = Math.max(state.floorAt, Math.min(retry, now + random * 1_000))
  return [arm({ ...state, retryAt: Math.round(wall + sooner - now) }, { retry: sooner }), []]
}

/** To rest: nobody is interested, or `disconnect()`. The outage and its floor are remembered: coming back is no way around them. */
export function rest(state: State): Step {
  const { memory } = state
  let { restUntil } = memory
  if (state.phase === 'waiting') {
    const { retry = state.floorAt } = state.timers
    restUntil = state.suspended ? retry : state.floorAt
  }
  return [
    { phase: 'idle', memory: { ...memory, once: false, failure: null, restUntil }, timers: {} },
    release(state),
  ]
}

/** `disconnect()`. */
export function stop(state: State): Step {
  return rest({ ...state, memory: { ...state.memory, held: false, barred: true } })
}

/** `close()`: the end. */
export function end(state: State): Step {
  return [{ phase: 'closed', memory: { ...initialState.memory }, timers: {} }, release(state)]
}

/** `reset()`: another user. What is known of the server stays, and so does the budget. */
export function forget(state: State): Step {
  const { memory } = state
  const fresh: Memory = {
    ...memory,
    once: false,
    outage: null,
    refusals: 0,
    misfits: 0,
    expired: false,
    failure: null,
  }
  return [{ phase: 'idle', memory: fresh, timers: {} }, release(state)]
}

/** The outage with one more failure in it. It began when a link that held was lost, or with the first attempt. */
function grow(outage: Outage | null, state: State, announced: boolean, now: number): Outage {
  if (!outage) return { since: now, failures: 0, unopened: 0, asked: 0, trips: 0 }
  if (announced) return outage
  const unopened =
    state.phase === 'opening' ? outage.unopened + 1 : state.phase === 'connecting' ? outage.unopened : 0
  return { ...outage, failures: outage.failures + 1, unopened, asked: unopened > 0 ? outage.asked : 0 }
}
