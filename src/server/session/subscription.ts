// One subscription of a link: what was missed comes first, then what is new, in order and without a hole. Pure.
import { toBytes } from '../../protocol/frames.ts'
import type { Past, Position, Publication } from '../broker.ts'
import type * as Model from './model.ts'

/** More than this is not replayed, and not kept while the past is read: the client loads instead. */
const MOST = { messages: 300, bytes: 1_048_576 } as const

/** The next state of a subscription, null where it is over, and what to send. */
export type SubscriptionStep = readonly [
  subscription: Model.Subscription | null,
  effects: readonly Model.SessionEffect[],
]

/** The past has been read: the verdict, the replay, and what was published meanwhile (G14). */
export function joined(
  channel: string,
  state: Model.Subscription,
  past: Past,
  data: string | null,
): SubscriptionStep {
  const { ref, since } = state
  const { epoch, offset } = past.top
  const fits = isReplayable(past)
  const replay = fits ? past.items : []
  const answer = { id: ref, channel, epoch, offset, recovered: since !== null && fits, replay: replay.length }
  const told = toSend({ type: 'rt.subscribed', ...answer }, data)
  let next: Model.Subscription = { ...state, position: past.top, early: [] }
  const effects = [told, ...replay.map((publication) => toMessage(channel, ref, publication))].map(toReplay)
  for (const publication of state.early) {
    const [after, more] = published(channel, next, publication)
    effects.push(...more)
    if (after === null) return [null, effects]
    next = after
  }
  return [next, effects]
}

/** All that was missed is there, and not too much to be sent again. */
export function isReplayable({ complete, items }: Past): boolean {
  const bytes = items.reduce((sum, { data }) => sum + toBytes(data), 0)
  return complete && items.length <= MOST.messages && bytes <= MOST.bytes
}

/** A message of the channel. What was sent already is left out; a hole ends the subscription, and the client comes back with its position. */
export function published(
  channel: string,
  state: Model.Subscription,
  publication: Publication,
): SubscriptionStep {
  const { position, early, ref } = state
  if (position === null) {
    const next = [...early, publication]
    const length = next.reduce((sum, { data }) => sum + data.length, 0)
    if (next.length > MOST.messages || length > MOST.bytes) return insufficient(channel, state)
    return [{ ...state, early: next }, []]
  }
  const { epoch, offset, prev } = publication
  if (epoch === position.epoch && offset <= position.offset) return [state, []]
  if (epoch !== position.epoch || prev !== position.offset) return insufficient(channel, state)
  return [{ ...state, position: { epoch, offset }, behind: null }, [toMessage(channel, ref, publication)]]
}

/** A look at the top: who was behind it at the last look too, and was sent nothing since, has lost something on the way. */
export function checked(channel: string, state: Model.Subscription, top: Position): SubscriptionStep {
  const { position, behind } = state
  if (position === null) return [state, []]
  if (top.epoch === position.epoch && top.offset <= position.offset) return [{ ...state, behind: null }, []]
  return behind === position.offset
    ? insufficient(channel, state)
    : [{ ...state, behind: position.offset }, []]
}

/** The server cannot say any more what this link has seen. While the subscribe is unanswered, this is its answer. */
export function insufficient(channel: string, { ref, position }: Model.Subscription): SubscriptionStep {
  const code = 'insufficient_state'
  const told =
    position === null
      ? { type: 'rt.error', id: ref, code, message: 'Subscribe again.', channel, retryable: true }
      : { type: 'rt.unsubscribed', channel, ref, code, retry: true }
  return [null, [toSend(told), { type: 'quit', channel }]]
}

function toMessage(
  channel: string,
  ref: string,
  { data, epoch, offset, prev }: Publication,
): Extract<Model.SessionEffect, { type: 'send' }> {
  const hole = prev === offset - 1 ? {} : { prev }
  return { ...toSend({ type: 'rt.message', channel, ref, epoch, offset, ...hole }, data), channel }
}

function toReplay(effect: Extract<Model.SessionEffect, { type: 'send' }>): Model.SessionEffect {
  return { ...effect, isReplay: true }
}

/** A frame; `data` is JSON already: it is written once, however many links get it. */
function toSend(frame: object, data: string | null = null): Extract<Model.SessionEffect, { type: 'send' }> {
  const text = JSON.stringify(frame)
  return { type: 'send', wire: data === null ? text : `${text.slice(0, -1)},"data":${data}}` }
}
