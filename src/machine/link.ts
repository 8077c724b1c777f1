// The life of an open link: its level, its heartbeat, doubt, and the server's advice.
import { windowBounds } from './backoff.ts'
import { smooth } from './latency.ts'
import { lose } from './loss.ts'
import type {
  Connected,
  Context,
  Effect,
  Event,
  Failure,
  Instant,
  Memory,
  Ping,
  State,
  Step,
  Tuning,
} from './model.ts'
import { arm, nextId, remember } from './state.ts'

/** Unanswered pings that are remembered: enough to know a pong that comes two minutes late. */
const REMEMBERED = 8
/** New credentials are asked for no more often, whatever the server says; without them it closes with 4401, which is counted. */
const RENEWAL = 5_000

/** The heartbeat in force: the app's own, else the server's advice, else the defaults; the timeout never beyond the interval. */
export function beat(
  { advice }: Memory,
  { heartbeat }: Tuning,
): { readonly interval: number; readonly timeout: number; readonly probe: number } | null {
  if (!heartbeat) return null
  const interval = heartbeat.interval ?? advice?.interval ?? 15_000
  const timeout = Math.min(interval, heartbeat.timeout ?? advice?.timeout ?? 5_000)
  return { interval, timeout, probe: heartbeat.probe }
}

/** Takes the server's advice from `server_ready`, clamped (G5). */
export function greeted<S extends State>(
  state: S,
  { window, heartbeat }: Extract<Event, { type: 'ready' }>,
): S {
  return remember(advised(state, window), { greets: true, ...(heartbeat ? { advice: heartbeat } : {}) })
}

/** Takes a new reconnect window; null leaves the known one. */
export function advised<S extends State>(state: S, window: number | null): S {
  return window === null
    ? state
    : remember(state, { window: Math.min(windowBounds[1], Math.max(windowBounds[0], window)) })
}

/** The first frame of a connected link has decided its level; a later `server_ready` only brings new advice. */
export function settle(state: Connected, level: number, { now, tuning }: Context): Step {
  const heartbeat = beat(state.memory, tuning)
  return [
    arm(
      { ...state, level },
      {
        level: undefined,
        ...(heartbeat ? { ping: Math.max(now, state.pingedAt + heartbeat.interval) } : {}),
      },
    ),
    [],
  ]
}

/** The heartbeat: a ping each interval, counted from the last, whatever else arrives (G3). */
export function ping(state: Connected, context: Context): Step {
  const heartbeat = beat(state.memory, context.tuning)
  if (!heartbeat) return [state, []]
  const { pong } = state.timers
  // A ping that still waits for a sign of life keeps its deadline.
  return pong === undefined
    ? ask(state, heartbeat.interval, heartbeat.timeout, false, context)
    : ask(state, heartbeat.interval, pong - context.now, state.local, context, state.askedAt)
}

/**
 * Sleep, a network change or a tab that comes back may have killed the link without a word: a ping with a short deadline
 * finds out, whatever `readyState` says (G3). What was `missed`, or silent for longer than a live link is, is doubted until it
 * answers. One probe at a time, unless the machine slept and its deadline means nothing.
 */
export function probe(state: Connected, context: Context, missed: boolean, again: boolean = false): Step {
  const heartbeat = beat(state.memory, context.tuning)
  if (!heartbeat) return [state, []]
  const isAsked = state.local && !again
  const next = { ...state, doubtedAt: doubted(state, context, heartbeat, missed, isAsked) }
  return isAsked ? [next, []] : ask(next, heartbeat.interval, heartbeat.probe, true, context)
}

/** Since when the link is doubted (G15): since the probe that is under way, so that its answer ends it, else from now on. */
function doubted(
  { doubtedAt, askedAt }: Connected,
  { now, heardAt }: Context,
  { interval, timeout }: { readonly interval: number; readonly timeout: number },
  missed: boolean,
  isAsked: boolean,
): Instant | null {
  if (doubtedAt !== null || !(missed || now - heardAt > interval + timeout)) return doubtedAt
  return isAsked ? askedAt : now
}

/** Time was lost. What was not heard for too long, or not since the machine slept, is doubted until it answers. */
export function wake(state: Connected, slept: boolean, context: Context): Step {
  const heartbeat = beat(state.memory, context.tuning)
  if (!heartbeat) return [state, []]
  // In a hidden tab every timer is late, but frames are not: a probe that has come due there had its time (M9).
  const { pong } = state.timers
  const over = state.local && pong !== undefined && pong <= context.now
  if (over && state.memory.hidden && !slept)
    return [{ ...state, doubtedAt: doubted(state, context, heartbeat, false, true) }, []]
  return probe(state, context, slept, true)
}

/** The deadline of a ping. Any sign of life will do; a server that never answered one is doubted, not left (G3). */
export function silence(state: Connected, context: Context): Step {
  if (context.heardAt >= state.askedAt)
    return [arm({ ...state, local: false, doubtedAt: null }, { pong: undefined }), []]
  // Level 1 promises pongs.
  if (state.memory.answers || (state.level ?? 0) > 0) {
    return lose(
      state,
      {
        failure: { code: 'heartbeat-timeout', reason: 'nothing came after a ping' },
        class: 'backoff',
        code: 4408,
      },
      context,
    )
  }
  return [arm({ ...state, local: false, doubtedAt: state.doubtedAt ?? context.now }, { pong: undefined }), []]
}

/** A pong, matched to the ping it answers: the round trip is true even when it comes late (C7). Others only count as heard. */
export function answer(
  state: Connected,
  { timestamp }: Extract<Event, { type: 'pong' }>,
  { now, tuning }: Context,
): Step {
  const index = state.pings.findIndex((sent) => sent.timestamp === timestamp)
  const answered = state.pings[index]
  if (!answered) return [state, []]
  const pings = state.pings.slice(index + 1)
  const settled = answered.sentAt >= state.askedAt
  // What is still unanswered counts from when it left, not from when the one before did.
  const late = pings[0] && pings[0].sentAt + tuning.quality.poor
  const next: Connected = {
    ...remember(state, { answers: true }),
    pings,
    latency: smooth(state.latency, now - answered.sentAt),
    overdue: late !== undefined && late <= now,
    local: state.local && !settled,
    // Only an answer to a ping of after the doubt proves anything: what was under way before may arrive from a dead link.
    doubtedAt: state.doubtedAt !== null && answered.sentAt >= state.doubtedAt ? null : state.doubtedAt,
  }
  const overdue = late !== undefined && late > now ? late : undefined
  return [arm(next, { overdue, ...(settled ? { pong: undefined } : {}) }), []]
}

/** Something arrived on a doubted link: enough only where pings are not answered. */
export function hear(state: Connected): Step {
  return [state.memory.answers ? state : { ...state, doubtedAt: null }, []]
}

/** The credentials run out: new ones are asked for in the first half of the time that is left, so that not all ask at once (G7). */
export function expiring(
  state: Connected,
  within: number | null,
  { now, random, tuning }: Context,
): Connected {
  if (within === null || !tuning.hasAuth || state.away || state.request !== null) return state
  return arm(state, { renew: Math.max(now + (random * within) / 2, state.renewedAt + RENEWAL) })
}

/** Asks for new credentials; the link goes on meanwhile. */
export function renew(state: Connected, { now, tuning }: Context): Step {
  const [request, memory] = nextId(state)
  const next = { ...state, memory, request, renewedAt: now }
  return [arm(next, { renew: undefined, deadline: now + tuning.authTimeout }), [{ type: 'renew', request }]]
}

/** New credentials are there to be sent; or there are none, and the server will decide what this link is worth without. */
export function renewed(state: Connected, failure: Failure | null): Step {
  const { request, link } = state
  if (request === null) return [state, []]
  return [
    arm({ ...state, request: null }, { deadline: undefined }),
    failure
      ? [
          { type: 'cancel', request },
          { type: 'report', failure },
        ]
      : [{ type: 'hello', link }],
  ]
}

/** The server will close: this link is used until then, or until the time to move, whichever comes first. */
export function leave(state: Connected, event: Extract<Event, { type: 'away' }>, context: Context): Step {
  const failure: Failure = { code: 'closed-by-server', reason: event.reason }
  if (event.final) return lose(state, { failure, class: 'fatal' }, context)
  if (state.away) return [state, []]
  // A server that sends away whoever comes is not followed in a loop: a link that did not hold yet is left when it has.
  const heldAt = Math.max(context.now, state.timers.stable ?? 0)
  const moveAt = heldAt + event.min + context.random * event.spread
  const endAt = context.now + event.grace
  const { request } = state
  // The next link brings its own credentials.
  const next: Connected = { ...state, request: null, away: { moveAt, endAt, failure } }
  return [
    arm(next, { away: Math.min(moveAt, endAt), renew: undefined, deadline: undefined }),
    request === null ? [] : [{ type: 'cancel', request }],
  ]
}

function ask(
  state: Connected,
  interval: number,
  timeout: number,
  local: boolean,
  { now, wall, tuning }: Context,
  askedAt: Instant = now,
): Step {
  const last = state.pings.at(-1)
  const sent: Ping = { sentAt: now, timestamp: Math.max(wall, (last?.timestamp ?? 0) + 1) }
  const effect: Effect = { type: 'ping', link: state.link, timestamp: sent.timestamp }
  const next: Connected = {
    ...state,
    pings: [...state.pings, sent].slice(-REMEMBERED),
    pingedAt: now,
    askedAt,
    local,
  }
  return [
    arm(next, {
      ping: now + interval,
      pong: now + timeout,
      overdue: state.timers.overdue ?? now + tuning.quality.poor,
    }),
    [effect],
  ]
}
