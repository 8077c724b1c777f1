// phase × event → step: the whole life of a connection. What is not in the table changes nothing.
import {
  attempt,
  diagnosed,
  enqueue,
  enter,
  isRequired,
  move,
  open,
  prepare,
  shake,
  start,
} from './attempt.ts'
import { advised, answer, expiring, greeted, hear, leave, ping, probe } from './link.ts'
import { renew, renewed, settle, silence, wake } from './link.ts'
import { end, fall, forget, hasten, lose, rest, stop } from './loss.ts'
import type { Context, Event, Phase, Signal, State, Step } from './model.ts'
import { arm, hold, release, remember, unwant, want } from './state.ts'

type In<P extends Phase> = Extract<State, { phase: P }>
type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** What a phase does about the events that mean something to it. */
type Row<P extends Phase> = {
  readonly [T in Event['type']]?: (state: In<P>, event: Of<T>, context: Context) => Step
}

/** What every phase but `closed` does about the app's calls and the page; phases override what is special to them. */
const anywhere = {
  connect: (state: State) => [hold(state), []],
  disconnect: stop,
  reset: (state: State, _event: unknown, context: Context) => resume(forget(state), context),
  close: end,
  wanted: (state: State) => [want(state), []],
  unwanted: (state: State, _event: unknown, context: Context) => [unwant(state, context), []],
  page: (state: State, { signal }: Of<'page'>) => [noted(state, signal), []],
} satisfies { readonly [T in Event['type']]?: (state: State, event: Of<T>, context: Context) => Step }

export const table: { readonly [P in Phase]: Row<P> } = {
  idle: {
    ...anywhere,
    connect: (state, _event, context) => start(hold(state), context, true),
    wanted: (state, _event, context) =>
      state.memory.barred ? [want(state), []] : start(want(state), context),
    unwanted: (state) => [remember(state, { wanted: false }), []],
  },

  connecting: {
    ...anywhere,
    loaded: (state, _event, context) =>
      state.step === 'loading' ? attempt(state, context, state.memory.held) : [state, []],
    diagnosed,
    prepared: enqueue,
    unprepared: (state, { failure, fatal }, context) =>
      lose(state, { failure, class: fatal ? 'fatal' : 'backoff' }, context),
    admitted: (state, _event, context) => open(state, context),
    woke: patient,
    due: (state, { slot }, context) => {
      if (slot === 'linger') return rest(state)
      if (slot !== 'deadline') return [state, []]
      if (state.step === 'loading') return attempt(state, context, state.memory.held)
      if (state.step === 'preparing')
        return lose(state, { failure: { code: 'auth-failed' }, class: 'backoff' }, context)
      return after(release(state), prepare(state, context))
    },
  },

  opening: {
    ...anywhere,
    opened: (state, _event, context) => shake(state, context),
    closed: fall,
    woke: patient,
    due: (state, { slot }, context) => {
      if (slot === 'linger') return rest(state)
      if (slot !== 'deadline') return [state, []]
      return lose(state, { failure: { code: 'connect-timeout' }, class: 'backoff' }, context)
    },
  },

  handshaking: {
    ...anywhere,
    ready: (state, event, context) => enter(greeted(state, event), event.level, context, event.offers),
    plain: (state, _event, context) =>
      isRequired(state, context.tuning.greeting) ? [state, []] : enter(state, 0, context),
    closed: fall,
    flooded: flood,
    woke: patient,
    due: (state, { slot }, context) => {
      if (slot === 'linger') return rest(state)
      if (slot === 'ready') return enter(state, null, context)
      if (slot !== 'deadline') return [state, []]
      return lose(state, { failure: { code: 'handshake-timeout' }, class: 'backoff', code: 4408 }, context)
    },
  },

  connected: {
    ...anywhere,
    // Once it is settled, a second one only brings new advice (P3).
    ready: (state, event, context) =>
      settle(
        { ...greeted(state, event), offers: state.level === null ? event.offers : state.offers },
        state.level || event.level,
        context,
      ),
    plain: (state, _event, context) => settle(state, 0, context),
    pong: answer,
    heard: hear,
    away: leave,
    advice: (state, { window, expiresIn }, context) => [
      expiring(advised(state, window), expiresIn, context),
      [],
    ],
    prepared: (state) => renewed(state, null),
    unprepared: (state, { failure }) => renewed(state, failure),
    closed: fall,
    flooded: flood,
    woke: (state, { slept }, context) => wake(state, slept, context),
    page: (state, { signal }, context) => {
      if (signal === 'hidden' || signal === 'frozen') return [noted(state, signal), []]
      // A frozen or cached page missed whatever was sent: nothing is live until the link has answered (M7, M8).
      const missed = signal === 'resumed' || signal === 'restored'
      return probe(noted(state, signal), context, missed)
    },
    due: (state, { slot }, context) => {
      switch (slot) {
        case 'linger':
          return rest(state)
        case 'pong':
          return silence(state, context)
        case 'ping':
          return ping(state, context)
        case 'overdue':
          return [arm({ ...state, overdue: true }, { overdue: undefined }), []]
        case 'level':
          return settle(state, 0, context)
        case 'stable':
          return [arm(remember(state, { outage: null, refusals: 0, misfits: 0 }), { stable: undefined }), []]
        case 'renew':
          return renew(state, context)
        case 'deadline':
          return renewed(state, { code: 'auth-failed' })
        case 'away':
          return move(state, context)
        case 'ready':
        case 'heir':
        case 'retry':
          return [state, []]
      }
    },
  },

  waiting: {
    ...anywhere,
    connect: (state, _event, context) =>
      state.memory.held ? [state, []] : attempt(hold(state), context, true),
    retry: (state, _event, context) => attempt(state, context, true),
    // A thread that was blocked says nothing about the network; a machine that slept may have a new one.
    woke: (state, { slept }, context) => (slept ? hasten(state, context) : [state, []]),
    page: (state, { signal }, context) => {
      const next = noted(state, signal)
      if (signal === 'hidden' || signal === 'frozen' || signal === 'offline') return [next, []]
      // A tab that is looked at, or a network that is measured anew, says nothing about the server: an open circuit stays open.
      const isWeak = signal === 'visible' || signal === 'network'
      return isWeak && state.suspended ? [next, []] : hasten(next, context)
    },
    due: (state, { slot }, context) =>
      slot === 'linger' ? rest(state) : slot === 'retry' ? attempt(state, context) : [state, []],
  },

  failed: {
    ...anywhere,
    connect: (state, _event, context) => start(forget(hold(state))[0], context, true),
    // As with connect(), what comes after is judged anew.
    disconnect: (state) => stop(forget(state)[0]),
    unwanted: (state) => [remember(state, { wanted: false }), []],
  },

  closed: {},
}

/** Time was lost, not used: whatever has a deadline gets a little more of it. */
function patient(
  state: In<'connecting' | 'opening' | 'handshaking'>,
  _event: unknown,
  { now, tuning }: Context,
): Step {
  const grace = now + (tuning.heartbeat?.probe ?? 3_000)
  const { deadline, ready } = state.timers
  return [
    arm(state, {
      ...(deadline === undefined ? {} : { deadline: Math.max(deadline, grace) }),
      ...(ready === undefined ? {} : { ready: Math.max(ready, now + 1_000) }),
    }),
    [],
  ]
}

function flood(state: In<'handshaking' | 'connected'>, _event: unknown, context: Context): Step {
  return lose(state, { failure: { code: 'message-too-large' }, class: 'long', code: 4413 }, context)
}

function noted<S extends State>(state: S, signal: Signal): S {
  if (signal !== 'hidden' && signal !== 'visible') return state
  return remember(state, { hidden: signal === 'hidden' })
}

/** After `reset()`: starts again where somebody is interested. */
function resume([state, effects]: Step, context: Context): Step {
  const { held, wanted, barred } = state.memory
  return held || (wanted && !barred) ? after(effects, start(state, context, true)) : [state, effects]
}

function after(effects: Step[1], [state, more]: Step): Step {
  return [state, [...effects, ...more]]
}
