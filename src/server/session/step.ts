// One step in the life of a link: state and event in, next state and effects out. No clock, no socket, no throw.
import { parseFrame, toFrame, type Frame } from '../../protocol/frames.ts'
import { close, control, expire, messageRate, onAuthenticated, onClientReady, pongRate } from './handshake.ts'
import type * as Model from './model.ts'
import { takeToken } from './rate.ts'
import { onChannel, onRenewed, onRequest, refusal, toAnswered, toId } from './requests.ts'

/** A timer that late tells of a blocked event loop: what it waits for may have arrived and not been read yet. */
const LATE = 1_000
/** A reader may keep bytes waiting so long. */
const DRAIN = 10_000
/** Longer frames are not looked at before it is known who sends them. */
const MAX_EARLY = 256

/** What follows from an event. What a phase does not know changes nothing. */
export function stepSession(
  state: Model.SessionState,
  event: Model.SessionEvent,
  context: Model.SessionContext,
): Model.SessionStep {
  if (state.phase === 'closed') return [state, []]
  if (event.type === 'closed') return [{ phase: 'closed' }, []]
  if (event.type === 'frame') return onText(state, event.text, context)
  if (event.type === 'timer') return onTimer(state, event.slot, event.late, context)
  if (event.type === 'leave') return onLeave(state, event.grace, context)
  if (state.phase === 'open') return onOpen(state, event, context)
  if (state.phase === 'waiting') return [state, []]
  if (event.type === 'authenticated') return onAuthenticated(state, event, context)
  if (event.type === 'revoked') return [{ ...state, revoked: [...state.revoked, event.userId] }, []]
  return [state, []]
}

function onText(state: Model.Living, text: string | null, context: Model.SessionContext): Model.SessionStep {
  if (text === null) return close(1003, 'text frames only')
  if (state.phase === 'authenticating' && text.length > MAX_EARLY) return close(4401, 'not authenticated yet')
  const isBatch = text.startsWith('[') && state.phase === 'open' && state.level > 1
  if (!isBatch) return onFrame(state, parseFrame(text), context)
  const effects: Model.SessionEffect[] = []
  let next: Model.SessionState = state
  for (const frame of parseBatch(text)) {
    // The first bad one ends the link, and with it the rest.
    if (next.phase === 'closed') break
    const [after, more] = onFrame(next, frame, context)
    next = after
    effects.push(...more)
  }
  return [next, effects]
}

/** The frames of one turn, each worth one message; none at all is a bad one. */
function parseBatch(text: string): ReadonlyArray<Frame | string> {
  try {
    const frames = (JSON.parse(text) as readonly unknown[]).map(toFrame)
    return frames.length > 0 ? frames : ['nothing in it']
  } catch {
    return ['not JSON']
  }
}

function onFrame(
  state: Model.Living,
  frame: Frame | string,
  context: Model.SessionContext,
): Model.SessionStep {
  const limit = messageRate(context.settings)
  const rate = takeToken(state.rate, limit, context.now)
  if (rate.refused > state.rate.refused) {
    // What is to be answered is answered, the rest told once; closed when it does not listen.
    const wait = Math.max(1_000, Math.ceil(limit.per / limit.max))
    if (rate.refused > Math.max(10, limit.max / 10)) return close(4429, `rate_limited;retry_after=${wait}`)
    const message = `More than ${limit.max} messages per minute: this one was dropped.`
    const id = state.phase === 'open' && typeof frame !== 'string' ? toAnswered(state, frame) : null
    const more = { retryable: true, retry_after: wait }
    const told = refusal(id ?? undefined, 'rate_limited', message, undefined, more)
    const tell = rate.refused === 1 && state.phase === 'open' && state.level > 0
    return [{ ...state, rate }, tell || id !== null ? [told] : [{ type: 'ignored' }]]
  }
  if (typeof frame === 'string') return close(4400, frame)
  if (frame.type === 'client_ready') {
    // 4409 would stop a client for good that was told to come back.
    const isLeaving = state.phase === 'open' && state.leaving
    if (state.phase !== 'waiting') return close(isLeaving ? 4400 : 4409, 'second client_ready')
    return onClientReady({ ...state, rate }, frame, context)
  }
  if (state.phase === 'open') return onOpenFrame({ ...state, rate }, frame, context)
  // Of all frames only the ping that comes along with client_ready may be early: it is answered after server_ready.
  if (frame.type === 'ping') return [{ ...state, rate, pong: toPong(frame) }, []]
  return close(4401, 'not authenticated yet')
}

function onOpenFrame(state: Model.Open, frame: Frame, context: Model.SessionContext): Model.SessionStep {
  if (frame.type === 'ping') {
    const pongs = takeToken(state.pongs, pongRate, context.now)
    const refused = pongs.refused > state.pongs.refused
    return [{ ...state, pongs }, [refused ? { type: 'ignored' } : { type: 'send', wire: toPong(frame) }]]
  }
  if (frame.type === 'pong') return [state, []]
  // On a plain link a type that begins with rt. is the app's, like any other.
  if (state.level > 0 && frame.type.startsWith('rt.'))
    return onRequest(state, frame, context) ?? [state, [{ type: 'ignored' }]]
  const data = Object.hasOwn(frame, 'data') ? frame.data : frame
  const id = state.level > 1 ? toId(frame.id) : null
  return [state, [{ type: 'message', user: state.user, name: frame.type, data, id }]]
}

function onOpen(
  state: Model.Open,
  event: Model.SessionEvent,
  context: Model.SessionContext,
): Model.SessionStep {
  switch (event.type) {
    case 'push':
      return [state, [{ type: 'send', wire: event.wire, channel: event.channel }]]
    case 'congested':
      if (event.bytes > context.settings.limits.bufferedBytes) return close(4429, 'slow')
      if (state.congested) return [state, []]
      return [{ ...state, congested: true }, [{ type: 'mark' }, { type: 'arm', slot: 'drain', delay: DRAIN }]]
    case 'flushed':
      return [{ ...state, congested: false }, [{ type: 'disarm', slot: 'drain' }]]
    case 'replaced':
      // A link that was told to go away is being left anyway; 4409 would stop its client for good.
      return state.leaving ? [state, []] : close(4409, 'replaced')
    case 'revoked':
      return event.userId === state.user.id ? close(4401, 'revoked') : [state, []]
    case 'renewed':
      return onRenewed(state, event.id, event.user, context)
    case 'answered':
      return [state, [control('rt.ack', { id: event.id, ...event.ack })]]
    case 'failed': {
      const { id, code, message, retryable } = event
      return [state, [refusal(id, code, message, undefined, retryable ? { retryable } : {})]]
    }
    case 'joined':
    case 'refused':
    case 'publication':
    case 'top':
    case 'lost':
      return onChannel(state, event)
    default:
      return [state, []]
  }
}

function onTimer(
  state: Model.Living,
  slot: Model.Slot,
  late: number,
  context: Model.SessionContext,
): Model.SessionStep {
  if (late > LATE && slot !== 'beat' && slot !== 'expiry')
    return [state, [{ type: 'arm', slot, delay: LATE }]]
  if (slot === 'handshake') return close(4408, 'handshake timeout')
  if (slot === 'drain') return close(4429, 'slow')
  if (slot === 'leave') return close(1012, 'restart')
  if (state.phase !== 'open') return [state, []]
  if (slot === 'expiry') return expire(state, context)
  // Beats are counted, not milliseconds: a blocked event loop costs a link one beat, however long it was.
  const missed = context.heardAt >= state.beatAt ? 0 : state.missed + 1
  if (missed >= 3) return close(4408, 'idle')
  const { now, settings, window } = context
  const change = window / state.window
  const notice = state.level > 0 && (change > 1.5 || change < 1 / 1.5)
  return [
    { ...state, missed, beatAt: now, window: notice ? window : state.window },
    [
      { type: 'ping' },
      ...(notice ? [control('rt.notice', { reconnect: { window } })] : []),
      { type: 'arm', slot, delay: settings.heartbeat.interval },
    ],
  ]
}

function onLeave(state: Model.Living, grace: number, { window }: Model.SessionContext): Model.SessionStep {
  const [closed, closing] = close(1012, 'restart')
  if (state.phase !== 'open' || state.level === 0) return [closed, closing]
  const goAway = control('rt.go_away', { code: 'deploy', reconnect: { spread: window }, grace })
  if (grace === 0) return [closed, [goAway, ...closing]]
  return [{ ...state, leaving: true }, [goAway, { type: 'arm', slot: 'leave', delay: grace }]]
}

/** Echoes a number or a short text; anything else might not survive being written again. */
function toPong({ timestamp }: Frame): string {
  const plain = typeof timestamp === 'number' || (typeof timestamp === 'string' && timestamp.length <= 64)
  return JSON.stringify({ type: 'pong', ...(plain && { timestamp }) })
}
