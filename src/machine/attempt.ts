// From the wish for a connection to an open link that has shaken hands.
import { allowedAt, spend } from './budget.ts'
import type { Offers } from '../protocol/channels.ts'
import { follow } from './heir.ts'
import { beat } from './link.ts'
import { lose } from './loss.ts'
import type {
  Connecting,
  Connected,
  Context,
  Effect,
  Event,
  Failure,
  Handshaking,
  Memory,
  Opening,
  Ping,
  State,
  Step,
  Waiting,
} from './model.ts'
import { arm, lingering, nextId, remember } from './state.ts'

/** What a server offers that said nothing. */
const NOTHING: Offers = { batch: false, ack: 'received', dedup: 0, limit: Infinity }

/** From rest: an attempt, but the channels' first loads first (G10a). */
export function start(state: State, context: Context, asked: boolean = false): Step {
  if (!context.loading) return attempt(state, context, asked)
  const next = asked ? remember(state, { restUntil: 0 }) : state
  return [ask(next, 'loading', context.now + context.tuning.loadFirst), []]
}

/**
 * An attempt, if the budget allows one now, and the floors unless the user `asked` for it; every third that follows on attempts which
 * never opened begins with `diagnose`.
 */
export function attempt(state: State, context: Context, asked: boolean = false): Step {
  const { now, wall, tuning } = context
  const { memory } = state
  const { budget, minDelay } = tuning.reconnect
  const allowed = allowedAt(memory.attempts, now, budget, memory.window)
  const last = memory.attempts.at(-1) ?? -Infinity
  const at = asked ? allowed : Math.max(allowed, last + minDelay, memory.restUntil)
  if (at > now) {
    const failure: Failure | null = allowed > now ? { code: 'budget-spent' } : memory.failure
    const waiting: Waiting = {
      phase: 'waiting',
      memory: { ...memory, failure },
      timers: { ...lingering(state), retry: at },
      retryAt: Math.round(wall + at - now),
      floorAt: at,
      suspended: (memory.outage?.trips ?? 0) > 0,
    }
    // Asking again and again is no news.
    const known = memory.failure?.code === 'budget-spent'
    return [waiting, failure && allowed > now && !known ? [{ type: 'report', failure }] : []]
  }
  const outage = memory.outage ?? { since: now, failures: 0, unopened: 0, asked: 0, trips: 0 }
  const next = remember(state, { outage, restUntil: 0 })
  const { unopened, asked: known } = outage
  if (!tuning.hasDiagnose || unopened % 3 > 0 || known === unopened) return prepare(next, context)
  const about = remember(next, { outage: { ...outage, asked: unopened } })
  const asking = ask(about, 'diagnosing', now + tuning.authTimeout)
  return [asking, [{ type: 'diagnose', request: asking.request, failures: outage.failures }]]
}

/**
 * The time to move after `rt.go_away`: the next link is begun while this one still delivers. Where none may be opened yet, nobody looks,
 * or the grace is over, this one goes first.
 */
export function move(state: Connected, context: Context): Step {
  const { away, heir, memory } = state
  if (!away) return [state, []]
  if (!heir && !memory.hidden && context.now < away.endAt) {
    // Whether nobody is interested is a matter of the link that works.
    const [next, effects] = attempt(arm(state, { linger: undefined }), context)
    if (next.phase === 'connecting') return follow(arm(state, { away: away.endAt }), [next, effects])
  }
  return lose(state, { failure: away.failure, class: 'backoff' }, context)
}

/** Asks for the url and for credentials. */
export function prepare(state: State, { now, tuning }: Context): Step {
  const asking = ask(state, 'preparing', now + tuning.authTimeout)
  const reason = state.memory.expired ? 'expired' : 'connect'
  return [asking, [{ type: 'prepare', request: asking.request, reason }]]
}

/** Acts on what `diagnose` found. */
export function diagnosed(
  state: Connecting,
  { verdict }: Extract<Event, { type: 'diagnosed' }>,
  context: Context,
): Step {
  if (verdict === 'fatal')
    return lose(state, { failure: { code: 'connect-failed' }, class: 'fatal' }, context)
  if (typeof verdict === 'number') {
    // The attempt has not failed, it is put off: nothing is counted or reported.
    return lose(
      state,
      {
        failure: state.memory.failure,
        class: 'backoff',
        announced: true,
        hint: { min: verdict, spread: verdict / 10 },
      },
      context,
    )
  }
  return prepare(verdict === 'refresh' ? remember(state, { expired: true }) : state, context)
}

/** Credentials are there: queues at the gate. Without one, the driver admits at once. */
export function enqueue(state: Connecting): Step {
  const queued = ask(remember(state, { expired: false }), 'queued', undefined)
  return [queued, [{ type: 'queue', request: queued.request }]]
}

/** Opens a link; this is what the budget counts. */
export function open(state: Connecting, { now, tuning }: Context): Step {
  const [link, memory] = nextId(state)
  const attempts = spend(memory.attempts, now, tuning.reconnect.budget)
  const opening: Opening = {
    phase: 'opening',
    memory: { ...memory, attempts },
    timers: { ...lingering(state), deadline: now + tuning.connectTimeout },
    link,
    request: state.request,
  }
  return [opening, [{ type: 'open', link }]]
}

/** The link is open: `client_ready` and one ping leave together, and the first frame will decide (G2a). */
export function shake(state: Opening, context: Context): Step {
  const { now, wall, tuning } = context
  const { link, request, memory } = state
  const effects: Effect[] = [{ type: 'hello', link }]
  const pings: Ping[] = []
  if (tuning.heartbeat) {
    pings.push({ sentAt: now, timestamp: wall })
    effects.push({ type: 'ping', link, timestamp: wall })
  }
  const handshaking: Handshaking = {
    phase: 'handshaking',
    memory,
    timers: {
      ...lingering(state),
      ...(isRequired(state, tuning.greeting)
        ? { deadline: now + tuning.handshakeTimeout }
        : { ready: now + 1_000 }),
    },
    link,
    request,
    openedAt: now,
    pings,
  }
  if (tuning.greeting !== 'plain') return [handshaking, effects]
  const [connected, more] = enter(handshaking, 0, context)
  return [connected, [...effects, ...more]]
}

/** The link counts as connected; `level` null is settled by the first frame. */
export function enter(
  state: Handshaking,
  level: number | null,
  { now, tuning }: Context,
  offers: Offers = NOTHING,
): Step<Connected> {
  const { link, request, pings, openedAt } = state
  const memory: Memory = { ...state.memory, once: true, failure: null }
  const heartbeat = beat(memory, tuning)
  const poor = openedAt + tuning.quality.poor
  const connected: Connected = {
    phase: 'connected',
    memory,
    timers: {
      ...lingering(state),
      stable: now + tuning.reconnect.minUptime,
      ...(heartbeat
        ? {
            ping: openedAt + heartbeat.interval,
            pong: openedAt + heartbeat.timeout,
            overdue: Math.max(now, poor),
          }
        : {}),
      ...(level === null ? { level: openedAt + tuning.handshakeTimeout } : {}),
    },
    link,
    level,
    offers,
    pings,
    pingedAt: openedAt,
    askedAt: openedAt,
    local: false,
    overdue: false,
    doubtedAt: null,
    latency: null,
    request: null,
    renewedAt: -Infinity,
    away: null,
    heir: null,
  }
  return [connected, [{ type: 'cancel', request }]]
}

/** True where `server_ready` must come first: plain frames before it mean nothing (G2a). */
export function isRequired(state: State, greeting: 'auto' | 'plain' | 'rt'): boolean {
  return greeting === 'rt' || (greeting === 'auto' && state.memory.greets)
}

function ask(state: State, step: Connecting['step'], deadline: number | undefined): Connecting {
  const [request, memory] = nextId(state)
  return arm({ phase: 'connecting', memory, timers: lingering(state), step, request }, { deadline })
}
