// How a link opens: origin, client_ready, authentication, server_ready. Pure.
import { isObject, type Frame } from '../../protocol/frames.ts'
import type * as Model from './model.ts'
import { fullRate, type Rate } from './rate.ts'

/** Answers to pings: no more than this, whatever is asked. */
export const pongRate: Rate = { max: 10, per: 1_000 }
/** Expiry is looked at so often, because wall clocks jump. */
const EXPIRY_CHECK = 30_000
/** A client is told so long before, to bring new credentials in time. */
const EXPIRY_NOTICE = 60_000

/** How many frames a client may send. */
export function messageRate({ limits }: Model.SessionSettings): Rate {
  return { max: limits.messagesPerMinute, per: 60_000 }
}

/** How often a client may subscribe, once it has used up as many as it may have at once. */
export function churnRate({ limits }: Model.SessionSettings): Rate {
  return { max: limits.subscriptions, per: (60_000 * limits.subscriptions) / limits.subscriptionsPerMinute }
}

/** The end of a session. Codes and reasons are constants of this folder, never made from data. */
export function close(code: number, reason: string): Model.SessionStep {
  return [{ phase: 'closed' }, [{ type: 'close', code, reason }]]
}

/** A control frame. */
export function control(type: string, fields: Readonly<Record<string, unknown>>): Model.SessionEffect {
  return { type: 'send', wire: JSON.stringify({ type, ...fields }) }
}

/** Closes a link whose user's time is over, else looks again, and in time to tell a client that was not `warned`. */
export function checkExpiry(
  { expiresAt }: Model.User,
  warned: boolean,
  { wall }: Model.SessionContext,
): readonly Model.SessionEffect[] {
  if (expiresAt === undefined) return []
  const left = expiresAt - wall
  if (left <= 0) return close(4401, 'expired')[1]
  return [{ type: 'arm', slot: 'expiry', delay: Math.min(EXPIRY_CHECK, warned ? left : left / 2) }]
}

/** The time of a user was looked at: the end, a word that it comes, or nothing yet. */
export function expire(state: Model.Open, context: Model.SessionContext): Model.SessionStep {
  const left = (state.user.expiresAt ?? Infinity) - context.wall
  const warns = !state.warned && left > 0 && left <= EXPIRY_NOTICE
  const warned = state.warned || warns
  const effects = checkExpiry(state.user, warned, context)
  if (effects[0]?.type === 'close') return [{ phase: 'closed' }, effects]
  const notice = control('rt.notice', { auth: { expires_in: Math.round(left) } })
  return [{ ...state, warned }, [...(warns ? [notice] : []), ...effects]]
}

/** A new link. A wrong origin hears so by a close code, since a browser cannot read a refused upgrade; nothing of it is read. */
export function openSession(
  { settings, now }: Model.SessionContext,
  originAllowed: boolean,
): Model.SessionStep {
  if (!originAllowed) return close(4403, 'origin not allowed')
  const rate = fullRate(messageRate(settings), now)
  return [
    { phase: 'waiting', rate, pong: null },
    [{ type: 'arm', slot: 'handshake', delay: settings.handshakeTimeout }],
  ]
}

/** Who gives a version is level 1; a plain client is level 0. */
export function onClientReady(
  { rate, pong }: Model.Waiting,
  { v, client, caps, auth = null }: Frame,
  { settings }: Model.SessionContext,
): Model.SessionStep {
  if (v !== undefined && !Number.isInteger(v)) return close(4400, 'v is not a whole number')
  if (v !== undefined && (v as number) < 1) return close(4426, 'the version spoken here is 1')
  const given = isObject(client) ? client.id : undefined
  const id = typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : null
  if (client !== undefined && id === null) return close(4400, 'no legal client id')
  return [
    {
      phase: 'authenticating',
      level: v === undefined ? 0 : toLevel(caps),
      client: id,
      rate,
      pong,
      revoked: [],
    },
    [
      { type: 'arm', slot: 'handshake', delay: settings.handshakeTimeout },
      { type: 'authenticate', auth, client: id },
    ],
  ]
}

/** As far as the client goes: this end goes to 3. */
function toLevel(caps: unknown): Model.Level {
  if (!Array.isArray(caps) || !caps.includes('channels')) return 1
  return caps.includes('recover') ? 3 : 2
}

/** The link opens, or hears why not. */
export function onAuthenticated(
  { level, client, rate, pong, revoked }: Model.Authenticating,
  { user, others }: Extract<Model.SessionEvent, { type: 'authenticated' }>,
  context: Model.SessionContext,
): Model.SessionStep {
  const { id, ack, settings, now, window } = context
  if (user === 'failed') return close(4500, 'authentication failed')
  if (user === null) return close(4401, 'unauthorized')
  if (revoked.includes(user.id)) return close(4401, 'revoked')
  if (others >= settings.limits.connectionsPerUser)
    return close(4429, 'too many connections;retry_after=10000')
  const expiry = checkExpiry(user, level === 0, context)
  if (expiry[0]?.type === 'close') return [{ phase: 'closed' }, expiry]
  const pongs = fullRate(pongRate, now)
  const open = {
    beatAt: now,
    missed: 0,
    window,
    congested: false,
    leaving: false,
    warned: level === 0,
  } as const
  const ready = {
    v: 1,
    session: { id },
    heartbeat: settings.heartbeat,
    max_message_bytes: settings.maxPayload,
    caps: ['auth', 'channels', 'ack', 'recover', 'batch'],
    ack,
    dedup_window: 120_000,
    limits: { channels: settings.limits.subscriptions, rate: messageRate(settings) },
    reconnect: { window },
  }
  return [
    {
      phase: 'open',
      level,
      user,
      client,
      rate,
      pongs,
      churn: fullRate(churnRate(settings), now),
      subscriptions: new Map(),
      ...open,
    },
    [
      { type: 'disarm', slot: 'handshake' },
      ...(level > 0 ? [control('server_ready', ready)] : []),
      ...(pong === null ? [] : [{ type: 'send', wire: pong } as const]),
      { type: 'arm', slot: 'beat', delay: settings.heartbeat.interval },
      ...expiry,
      { type: 'opened', user, client, level },
    ],
  ]
}
