// What a client asks for once its link is open: channels, publications, new credentials. One answer each. Pure.
import { isChannel, isObject, type Frame } from '../../protocol/frames.ts'
import type { Position } from '../broker.ts'
import { checkExpiry, churnRate, close, control } from './handshake.ts'
import type * as Model from './model.ts'
import { takeToken } from './rate.ts'
import { checked, insufficient, joined, published, type SubscriptionStep } from './subscription.ts'

/** A control frame of an open link; null where it means nothing here. */
export function onRequest(
  state: Model.Open,
  frame: Frame,
  context: Model.SessionContext,
): Model.SessionStep | null {
  const { type, channel } = frame
  const id = toId(frame.id)
  if (type !== 'rt.auth' && (state.level < 2 || !REQUESTS.has(type))) return null
  if (id === null) return [state, [refusal(undefined, 'bad_request', `${type} needs an id.`)]]
  if (type === 'rt.auth') return [state, [{ type: 'renew', id, auth: frame.auth ?? null }]]
  if (!isChannel(channel))
    return [state, [refusal(id, 'bad_request', 'A channel has 1 to 255 printable characters.')]]
  if (type === 'rt.publish') return [state, [{ type: 'publish', id, channel, data: frame.data }]]
  return type === 'rt.subscribe'
    ? subscribe(state, id, channel, frame, context)
    : unsubscribe(state, id, channel)
}

const REQUESTS: ReadonlySet<string> = new Set(['rt.subscribe', 'rt.unsubscribe', 'rt.publish'])
const UNANSWERED: ReadonlySet<string> = new Set(['ping', 'pong', 'client_ready'])

/** The id under which a frame is answered; null where it is not. */
export function toAnswered({ level }: Model.Open, { type, id }: Frame): string | null {
  const isRequest = type.startsWith('rt.') ? REQUESTS.has(type) : !UNANSWERED.has(type)
  return (level > 1 && isRequest) || (level > 0 && type === 'rt.auth') ? toId(id) : null
}

/** A second subscribe replaces the first: what was under way for that one finds its ref gone, and so is answered here. */
function subscribe(
  state: Model.Open,
  id: string,
  channel: string,
  frame: Frame,
  context: Model.SessionContext,
): Model.SessionStep {
  const { settings, now } = context
  const { subscriptions, level, user } = state
  const isNew = !subscriptions.has(channel)
  if (subscriptions.get(channel)?.ref === id)
    return [state, [refusal(id, 'bad_request', 'This id was used before.', channel)]]
  if (isNew && subscriptions.size >= settings.limits.subscriptions)
    return [
      state,
      [refusal(id, 'limit', `At most ${settings.limits.subscriptions} channels on one connection.`, channel)],
    ]
  const rate = churnRate(settings)
  const churn = takeToken(state.churn, rate, now)
  if (churn.refused > state.churn.refused) {
    const wait = { retryable: true, retry_after: Math.ceil(rate.per / rate.max) }
    return [{ ...state, churn }, [refusal(id, 'rate_limited', 'Too many subscribes.', channel, wait)]]
  }
  const since = level > 2 ? toPosition(frame.since) : null
  const wanted = isObject(frame.params) ? frame.params.history : undefined
  const limit = typeof wanted === 'number' && wanted >= 1 ? Math.min(300, Math.floor(wanted)) : 0
  const next: Model.Subscription = { ref: id, since, position: null, early: [], behind: null }
  return [
    { ...state, churn, subscriptions: new Map(subscriptions).set(channel, next) },
    [...overtaken(subscriptions, channel), { type: 'subscribe', channel, ref: id, since, limit, user }],
  ]
}

function unsubscribe(state: Model.Open, id: string, channel: string): Model.SessionStep {
  const told = control('rt.unsubscribed', { id, channel })
  if (!state.subscriptions.has(channel)) return [state, [told]]
  const answers = [...overtaken(state.subscriptions, channel), told]
  return [without(state, channel), [...answers, { type: 'quit', channel }]]
}

/** The answer to a subscribe that is still under way while another request takes its place. */
function overtaken(
  subscriptions: Model.Open['subscriptions'],
  channel: string,
): readonly Model.SessionEffect[] {
  const subscription = subscriptions.get(channel)
  if (subscription?.position !== null) return []
  return [refusal(subscription.ref, 'replaced', 'Another request took its place.', channel)]
}

/** What becomes of the subscriptions of a link when their channels, or the broker, have news. */
export function onChannel(state: Model.Open, event: Model.ChannelEvent): Model.SessionStep {
  const { channel } = event
  const subscription = state.subscriptions.get(channel)
  if (!subscription || ('ref' in event && event.ref !== subscription.ref)) return [state, []]
  switch (event.type) {
    case 'joined':
      return keep(state, channel, joined(channel, subscription, event.past, event.data))
    case 'publication':
      return keep(state, channel, published(channel, subscription, event.publication))
    case 'top':
      return keep(state, channel, checked(channel, subscription, event.top))
    case 'lost':
      return keep(state, channel, insufficient(channel, subscription))
    case 'refused': {
      const { code, message, retryable } = event
      const { ref, position } = subscription
      const told =
        position === null
          ? refusal(ref, code, message, channel, retryable ? { retryable } : {})
          : control('rt.unsubscribed', { channel, ref, code, retry: retryable })
      return [without(state, channel), [told, { type: 'quit', channel }]]
    }
  }
}

/** The answer to `rt.auth`: the same user for longer, or the end (4403 for another one). */
export function onRenewed(
  state: Model.Open,
  id: string,
  user: Model.User | null | 'failed',
  context: Model.SessionContext,
): Model.SessionStep {
  if (user === 'failed')
    return [state, [refusal(id, 'unavailable', 'Try again.', undefined, { retryable: true })]]
  if (user === null) return close(4401, 'unauthorized')
  if (user.id !== state.user.id) return close(4403, 'another user')
  const expiry = checkExpiry(user, false, context)
  if (expiry[0]?.type === 'close') return [{ phase: 'closed' }, expiry]
  return [
    { ...state, user, warned: false },
    [control('rt.ack', { id }), ...expiry, { type: 'renewed', user }],
  ]
}

/** `rt.error`: what was asked for and why it is not given. */
export function refusal(
  id: string | undefined,
  code: string,
  message: string,
  channel?: string,
  more: object = {},
): Model.SessionEffect {
  return control('rt.error', {
    ...(id === undefined ? {} : { id }),
    code,
    message,
    ...(channel === undefined ? {} : { channel }),
    ...more,
  })
}

/** An id as clients may give them; null for anything else. */
export function toId(value: unknown): string | null {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : null
}

function toPosition(value: unknown): Position | null {
  if (!isObject(value)) return null
  const { epoch, offset } = value
  const isLegal =
    typeof epoch === 'string' && epoch.length <= 64 && Number.isSafeInteger(offset) && (offset as number) >= 0
  return isLegal ? { epoch, offset: offset as number } : null
}

function keep(state: Model.Open, channel: string, [next, effects]: SubscriptionStep): Model.SessionStep {
  if (next === null) return [without(state, channel), effects]
  return [{ ...state, subscriptions: new Map(state.subscriptions).set(channel, next) }, effects]
}

function without(state: Model.Open, channel: string): Model.Open {
  const subscriptions = new Map(state.subscriptions)
  subscriptions.delete(channel)
  return { ...state, subscriptions }
}
