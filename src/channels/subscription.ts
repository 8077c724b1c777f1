// The life of one subscription at levels 2 and 3: asked for, what was missed, then what is new, in order and without a hole. Pure.
import type { ChannelFrame, Delivery, Position } from '../protocol/channels.ts'

/** Milliseconds of the driver's timeline. */
type Instant = number

/** What is known of one subscription. */
export interface Subscription {
  /**
   * `off`: there is no link. `asked`: the answer is awaited. `replaying`: what was missed is on its way. `live`. `waiting`: for another try.
   * `refused`: not on this link any more.
   */
  readonly phase: 'off' | 'asked' | 'replaying' | 'live' | 'waiting' | 'refused'
  /** Names the last subscribe; what speaks of an older one means nothing. */
  readonly ref: string
  /** Behind the last message that was delivered; null where there is none, or the server keeps no history. */
  readonly position: Position | null
  /** While replaying: what has come so far, how many there are to be, where they end, and what the server claims of them. */
  readonly replay: {
    /** What was asked for: whatever came after it. */
    readonly since: Position | null
    readonly items: readonly Delivery[]
    readonly count: number
    readonly top: Position | null
    readonly recovered: boolean
    /** The state at `top`; undefined: it was not sent. */
    readonly data: unknown
  }
  /** The channel was told that it is up, and not yet that it is down. */
  readonly told: boolean
  /** When the answer, or the next try, is due. */
  readonly dueAt: Instant | null
  /** Tries in a row that led to nothing. */
  readonly failures: number
}

/** What a server says of a subscription. */
export type SubscriptionFrame = Exclude<ChannelFrame, { kind: 'acked' }>

/** What may happen. `link`: it is there, and channels can be subscribed to on it. */
export type SubscriptionEvent =
  | { readonly type: 'link'; readonly isUp: boolean }
  | { readonly type: 'due' }
  /** Another link took over, on which this was asked for before; `answered`: and all of the answer has come, to be told now. */
  | {
      readonly type: 'moved'
      readonly ref: string
      readonly since: Position | null
      readonly answered: boolean
    }
  | { readonly type: 'frame'; readonly frame: SubscriptionFrame }

/** What is to be done. */
export type SubscriptionEffect =
  /** `since`: what came after it is asked for. */
  | { readonly type: 'subscribe'; readonly ref: string; readonly since: Position | null }
  /**
   * Whatever comes from now on is delivered. `recovered`: nothing is missing between the last delivery and the next. `items`: what was
   * missed, or, without that, the latest of what was before. `data`: the state now; undefined where the server gave none.
   */
  | {
      readonly type: 'up'
      readonly recovered: boolean
      readonly items: readonly Delivery[]
      readonly data: unknown
    }
  /** Nothing comes any more for now. */
  | { readonly type: 'down' }
  | { readonly type: 'deliver'; readonly delivery: Delivery }
  /** The server does not give this channel. */
  | { readonly type: 'report'; readonly code: string; readonly reason: string }

/** The next state, and what to do. */
export type SubscriptionStep = readonly [Subscription, readonly SubscriptionEffect[]]

const NONE = { since: null, items: [], count: 0, top: null, recovered: false, data: undefined } as const

/** More than this is never replayed. */
const MOST = 300

/** A subscription that was never asked for. */
export const initialSubscription: Subscription = {
  phase: 'off',
  ref: '',
  position: null,
  replay: NONE,
  told: false,
  dueAt: null,
  failures: 0,
}

/** The instant and chance of a step, an id never used before, and how long an answer may take. */
export interface SubscriptionContext {
  readonly now: Instant
  readonly random: number
  readonly nextRef: string
  readonly timeout: number
}

/** One step in the life of a subscription. */
export function subscriptionStep(
  state: Subscription,
  event: SubscriptionEvent,
  context: SubscriptionContext,
): SubscriptionStep {
  switch (event.type) {
    case 'link':
      if (event.isUp) return state.phase === 'off' ? ask(state, context) : [state, []]
      return [{ ...state, phase: 'off', replay: NONE, told: false, dueAt: null, failures: 0 }, down(state)]
    case 'moved': {
      const { ref, since, answered } = event
      const next: Subscription = {
        ...state,
        phase: 'asked',
        ref,
        replay: { ...NONE, since },
        dueAt: context.now + context.timeout,
      }
      return answered ? [next, []] : [{ ...next, told: false }, down(state)]
    }
    case 'due': {
      const { phase, dueAt } = state
      if (dueAt === null || dueAt > context.now) return [state, []]
      return phase === 'waiting' ? ask(state, context) : again(state, context, 0)
    }
    case 'frame':
      return heard(state, event.frame, context)
  }
}

function heard(
  state: Subscription,
  frame: SubscriptionFrame,
  context: SubscriptionContext,
): SubscriptionStep {
  if ((frame.kind === 'refused' ? frame.id : frame.ref) !== state.ref) return [state, []]
  const { phase } = state
  switch (frame.kind) {
    case 'subscribed':
      return phase === 'asked' ? answered(state, frame, context) : [state, []]
    case 'delivery':
      if (phase === 'replaying') return replayed(state, frame.delivery, context)
      return phase === 'live' ? delivered(state, frame.delivery, context) : [state, []]
    case 'unsubscribed':
      return frame.retry ? again(state, context, 0) : refused(state, frame.code, 'the server ended it')
    case 'refused':
      if (phase !== 'asked') return [state, []]
      return frame.retryable ? again(state, context, frame.after) : refused(state, frame.code, frame.reason)
  }
}

function refused(state: Subscription, code: string, reason: string): SubscriptionStep {
  return [
    { ...state, phase: 'refused', told: false, dueAt: null },
    [...down(state), { type: 'report', code, reason }],
  ]
}

function ask(state: Subscription, { now, nextRef, timeout }: SubscriptionContext): SubscriptionStep {
  const { position: since } = state
  const next: Subscription = {
    ...state,
    phase: 'asked',
    ref: nextRef,
    replay: { ...NONE, since },
    told: false,
    dueAt: now + timeout,
  }
  return [next, [...down(state), { type: 'subscribe', ref: nextRef, since }]]
}

/** Once more, after a while that doubles up to 30 s, scattered; at least as long as the server asks for. */
function again(state: Subscription, { now, random }: SubscriptionContext, after: number): SubscriptionStep {
  const failures = state.failures + 1
  const wait = after + random * Math.min(30_000, 500 * 2 ** Math.min(failures, 10))
  return [{ ...state, phase: 'waiting', replay: NONE, told: false, dueAt: now + wait, failures }, down(state)]
}

function down({ told }: Subscription): readonly SubscriptionEffect[] {
  return told ? [{ type: 'down' }] : []
}

function answered(
  state: Subscription,
  frame: Extract<ChannelFrame, { kind: 'subscribed' }>,
  context: SubscriptionContext,
): SubscriptionStep {
  const { position: top, replay: count, recovered, data } = frame
  // No server may recover so much (G23): it is asked for what is new, and less often.
  if (count > MOST) return again({ ...state, position: null }, context, 0)
  const next: Subscription = {
    ...state,
    phase: 'replaying',
    replay: { ...state.replay, count, top, recovered, data },
  }
  return count > 0 ? [next, []] : conclude(next)
}

/** What was missed, or what was before: it counts once all of it is there, and is a run that ends where the server said (G14). */
function replayed(state: Subscription, delivery: Delivery, context: SubscriptionContext): SubscriptionStep {
  const { replay } = state
  const { since } = replay
  // A relay may say everything twice (G12); what comes again is not one of those that are awaited.
  const last = replay.items.at(-1)?.position
  const { position } = delivery
  if (last && position?.epoch === last.epoch && position.offset === last.offset) return [state, []]
  const items = [...replay.items, delivery]
  const next: Subscription = { ...state, replay: { ...replay, items } }
  if (items.length < replay.count) return [next, []]
  const first = replay.items[0] ?? delivery
  const from = since && replay.recovered ? since : first.position && { ...first.position, offset: first.prev }
  if (!from || isRun(from, items, replay.top)) return conclude(next)
  // Asked once more for the same; then it is taken that the server cannot say.
  return lost(state.failures > 0 ? { ...state, position: null } : state, context)
}

/** The verdict; the server's claim is checked. */
function conclude(state: Subscription): SubscriptionStep {
  const { position: at, told } = state
  const { since, top, data, recovered: claimed } = state.replay
  // Two links may have overlapped: the one before gave some of it after this was asked for, or more than all of it.
  const isOvertaken = at !== null && at !== since && isCovered(at, since, top)
  const recovered =
    isOvertaken ||
    (claimed && since !== null && at?.epoch === since.epoch && isRun(since, state.replay.items, top))
  const seen = recovered ? at.offset : -1
  const isAhead = seen > (top?.offset ?? 0)
  // Who was there before may have seen what the server gives instead of what was missed (G12).
  const items = recovered || since === null ? state.replay.items : []
  const position = isAhead ? at : top
  const next: Subscription = { ...state, phase: 'live', position, replay: NONE, told: true, dueAt: null }
  const unseen = items.filter((item) => (item.position?.offset ?? 0) > seen)
  const up = { type: 'up', recovered, items: unseen, data: isAhead ? undefined : data } as const
  return [next, told && !recovered ? [{ type: 'down' }, up] : [up]]
}

/** Did the link before give everything up to `top` while this was asked for? Then nothing is missing, whatever the server keeps. */
function isCovered(at: Position, since: Position | null, top: Position | null): boolean {
  if (top === null || at.epoch !== top.epoch || at.offset < top.offset) return false
  // A top below what was asked for is a history that began anew under the same name.
  return (
    since === null || since.epoch !== top.epoch || (at.offset > since.offset && since.offset <= top.offset)
  )
}

/** Do these follow one another from one position to another? */
function isRun(from: Position, items: readonly Delivery[], to: Position | null): boolean {
  let at: Position | null = from
  for (const { position, prev } of items) {
    if (position === null || position.epoch !== at.epoch || prev !== at.offset || position.offset <= prev)
      return false
    at = position
  }
  return to !== null && at.epoch === to.epoch && at.offset === to.offset
}

/** The next message; one that was seen is left out (G12), and at a hole the server is asked for what is missing (G14). */
function delivered(state: Subscription, delivery: Delivery, context: SubscriptionContext): SubscriptionStep {
  const { position: last } = state
  const { position, prev } = delivery
  if (last !== null) {
    if (position === null || position.epoch !== last.epoch) return lost(state, context)
    if (position.offset <= last.offset) return [state, []]
    if (prev !== last.offset) return lost(state, context)
  }
  return [{ ...state, position, failures: 0 }, [{ type: 'deliver', delivery }]]
}

/** At once the first time; a server that leaves one hole after another is asked less and less often. */
function lost(state: Subscription, context: SubscriptionContext): SubscriptionStep {
  if (state.failures > 0) return again(state, context, 0)
  return ask({ ...state, failures: 1 }, context)
}
