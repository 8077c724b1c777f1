// What must hold at every step of a session, as pure functions named by the rules they check.
import type { SessionState, Slot } from '../../../src/server/session/model.ts'
import { closeCode, heard, ordered, type Rule, type SessionEdge } from './edge.ts'
import { endRules } from './invariants-ends.ts'
import { frameRules } from './invariants-frames.ts'
import { isUser, toFrame, wallOf, type World } from './world.ts'

const phases = { new: 'waiting', asked: 'authenticating', open: 'open', over: 'closed' } as const

/** Which phase may follow which, and what may make it so; everything may end (INV-3). */
const nextPhases: { readonly [P in SessionState['phase']]: Readonly<Record<string, string>> } = {
  waiting: { authenticating: 'frame' },
  authenticating: { open: 'authenticated' },
  open: {},
  closed: {},
}

/** Close codes that say who is to blame, with all their reasons; nothing of what a client sent is in them. */
const reasons: Readonly<Record<number, RegExp>> = {
  1003: /^text frames only$/,
  1012: /^restart$/,
  4400: /^(not JSON|not an object|no legal type|v is not a whole number|no legal client id|second client_ready)$/,
  4401: /^(unauthorized|not authenticated yet|expired|revoked)$/,
  4403: /^origin not allowed$/,
  4408: /^(handshake timeout|idle)$/,
  4409: /^(second client_ready|replaced)$/,
  4426: /^the version spoken here is 1$/,
  4429: /^(slow|too many connections;retry_after=\d+|rate_limited;retry_after=\d+)$/,
  4500: /^authentication failed$/,
}

/** What may arm a timer, and the longest it may take. */
const arming: {
  readonly [S in Slot]: { readonly by: readonly string[]; longest(edge: SessionEdge): number }
} = {
  handshake: { by: ['frame'], longest: ({ setup }) => setup.settings.handshakeTimeout },
  beat: { by: ['authenticated', 'timer'], longest: ({ setup }) => setup.settings.heartbeat.interval },
  expiry: { by: ['authenticated', 'timer'], longest: () => 30_000 },
  drain: { by: ['congested'], longest: () => 10_000 },
  leave: { by: ['leave'], longest: (edge) => heard(edge, 'leave')?.grace ?? 0 },
}

/** The timers a link owes, all of them and no other (INV-4). */
function owed({ life, user, waits, leaving }: World): readonly Slot[] {
  if (life === 'over') return []
  if (life !== 'open') return ['handshake']
  return [
    'beat',
    ...(user?.expiresAt === undefined ? [] : (['expiry'] as const)),
    ...(waits ? (['drain'] as const) : []),
    ...(leaving ? (['leave'] as const) : []),
  ]
}

function wrongTimers({ is }: SessionEdge): string | null {
  const must = owed(is)
  const armed = Object.entries(is.timers).flatMap(([slot, at]) => (at === undefined ? [] : slot))
  for (const slot of must) if (!armed.includes(slot)) return `${is.life}, and owes ${slot}`
  for (const slot of armed) if (!must.includes(slot as Slot)) return `${is.life}, and keeps ${slot}`
  return null
}

function wrongArming(edge: SessionEdge): string | null {
  const { was, move, is } = edge
  for (const { slot, delay } of ordered(edge, 'arm')) {
    const { by, longest } = arming[slot]
    const timer = heard(edge, 'timer')
    // A blocked event loop may hide what the timer waited for: a little more time, no more.
    const pardoned = timer?.slot === slot && timer.late > 1_000
    if (is.life === 'over') return `arms ${slot} at its end`
    if (!(delay > 0)) return `arms ${slot} for ${delay} ms`
    if (pardoned && delay <= 1_000) continue
    if (!by.includes(move.event?.type ?? '') || (timer && timer.slot !== slot)) return `${slot} is armed anew`
    if (delay > longest(edge)) return `arms ${slot} for ${delay} ms`
    if (slot === 'drain' && was.timers.drain !== undefined) return 'a slow reader is given more time'
  }
  return null
}

/** Before it is known who this is nothing happens that is meant for somebody (INV-24). */
function wrongAccess(edge: SessionEdge): string | null {
  const { was, is } = edge
  const messages = ordered(edge, 'message')
  const opened = ordered(edge, 'opened')
  const asked = ordered(edge, 'authenticate')
  const channels = ordered(edge, 'send').filter(({ channel }) => channel !== undefined)
  if (asked.length > 0 && (was.life !== 'new' || asked.length > 1)) return 'asks twice who this is'
  if (opened.length > 0 && was.life !== 'asked') return `opens when ${was.life}`
  if (opened.length > 1) return 'opens twice'
  if (is.life !== 'open' && messages.length + opened.length + channels.length > 0)
    return `${is.life}, and takes part`
  if (was.life !== 'open' && messages.length + channels.length > 0) return 'takes part before it is open'
  for (const { user } of [...opened, ...messages]) if (user !== is.user) return 'acts for somebody else'
  return null
}

/** What an answer about a user must lead to: its codes where there is something against it, else nothing but the opening. */
function wrongOpening(edge: SessionEdge): string | null {
  const { was, is, setup } = edge
  const answer = heard(edge, 'authenticated')
  if (answer === null) return null
  if (was.life !== 'asked')
    return edge.effects.length === 0 ? null : 'an answer nobody waits for has an effect'
  const { user } = answer
  const against: number[] = []
  if (user === null) against.push(4401)
  if (user === 'failed') against.push(4500)
  if (isUser(user)) {
    if (was.revoked.includes(user.id)) against.push(4401)
    if (wallOf(is) >= (user.expiresAt ?? Infinity)) against.push(4401)
    if (answer.others >= setup.settings.limits.connectionsPerUser) against.push(4429)
  }
  const code = closeCode(edge)
  if (against.length > 0) return against.includes(code ?? 0) ? null : `${String(code)} for ${against.join()}`
  return is.life === 'open' ? null : `closed with ${String(code)}, and nothing was wrong`
}

/** On level 1 `server_ready` comes before anything else; a plain link gets nothing of the protocol but a pong. */
function wrongGreeting(edge: SessionEdge): string | null {
  const { was, is, context, setup } = edge
  const { settings } = setup
  const opened = ordered(edge, 'opened').length > 0
  const sent = ordered(edge, 'send')
    .filter(({ channel }) => channel === undefined)
    .map(({ wire }) => toFrame(wire))
  if (!opened) return sent.some(({ type }) => type === 'server_ready') ? 'server_ready once more' : null
  const ready = is.level > 0 ? sent[0] : undefined
  const rest = is.level > 0 ? sent.slice(1) : sent
  const pongs = is.held === undefined ? 0 : 1
  if (rest.length !== pongs || rest.some(({ type }) => type !== 'pong')) return 'greets with more, or less'
  if (is.held !== undefined && rest[0]?.timestamp !== is.held.timestamp)
    return 'the early ping is answered wrongly'
  const first = edge.effects.findIndex(({ type }) => type === 'send')
  if (first > edge.effects.findIndex(({ type }) => type === 'opened'))
    return 'the app is told before the client'
  if (ordered(edge, 'opened')[0]?.level !== is.level) return 'opens at another level'
  if (is.level === 0) return null
  const right = {
    type: 'server_ready',
    v: 1,
    session: { id: context.id },
    heartbeat: settings.heartbeat,
    max_message_bytes: settings.maxPayload,
    caps: ['auth', 'channels', 'ack', 'recover', 'batch'],
    ack: context.ack,
    dedup_window: 120_000,
    limits: {
      channels: settings.limits.subscriptions,
      rate: { max: settings.limits.messagesPerMinute, per: 60_000 },
    },
    reconnect: { window: was.window },
  }
  const wrong = Object.entries(right).find(
    ([field, value]) => JSON.stringify(ready?.[field]) !== JSON.stringify(value),
  )
  return wrong === undefined ? null : `server_ready is not first, or not right about ${wrong[0]}`
}

const rules: readonly Rule[] = [
  {
    rule: 'INV-2',
    wrong: ({ before, was, after, effects }) =>
      was.life === 'over' && (after !== before || effects.length > 0) ? 'alive after its end' : null,
  },
  {
    rule: 'INV-2',
    wrong(edge) {
      const closes = ordered(edge, 'close')
      if (closes.length > 1) return 'closes twice'
      if (heard(edge, 'closed')) return edge.effects.length > 0 ? 'answers the end' : null
      return closes.length === 1 && edge.effects.at(-1)?.type !== 'close' ? 'does more after the close' : null
    },
  },
  {
    rule: 'INV-3',
    wrong({ before, after, is, move }) {
      if (phases[is.life] !== after.phase) return `${after.phase}, and ${is.life}`
      if (before.phase === after.phase || after.phase === 'closed') return null
      const by = nextPhases[before.phase][after.phase]
      return by === move.event?.type ? null : `${before.phase} to ${after.phase}`
    },
  },
  { rule: 'INV-24', wrong: wrongAccess },
  { rule: 'INV-24', wrong: wrongOpening },
  { rule: 'INV-4', wrong: wrongTimers },
  { rule: 'BB11', wrong: wrongArming },
  { rule: 'A1', wrong: wrongGreeting },
  {
    rule: 'P11',
    wrong(edge) {
      const close = ordered(edge, 'close')[0]
      return close === undefined || reasons[close.code]?.test(close.reason) === true
        ? null
        : `closes with ${close.code} ${close.reason}`
    },
  },
  {
    rule: 'INV-18',
    wrong: ({ after, was }) =>
      JSON.stringify(after).length > 600 + 10 * was.revoked.length ? 'remembers too much' : null,
  },
  ...frameRules,
  ...endRules,
]

/** The first rule a step breaks, in words; null when it breaks none. */
export function checkSession(edge: SessionEdge): string | null {
  for (const { rule, wrong } of rules) {
    const words = wrong(edge)
    if (words !== null) return `${rule}: ${words}`
  }
  return null
}
