// Walks through everything that a client at level 2 or 3, the app and the broker may do to one open link, and checks every step.
import { openSession } from '../../../src/server/session/handshake.ts'
import type * as Model from '../../../src/server/session/model.ts'
import { stepSession } from '../../../src/server/session/step.ts'
import type { Broken } from '../explore.ts'
import { ann, moves, type Move } from './requests-moves.ts'
import {
  channels,
  follow,
  initialRequests,
  LIMIT,
  type Channel,
  type RequestsDraft,
  type RequestsWorld,
} from './requests-world.ts'
import { left } from './world.ts'

const settings: Model.SessionSettings = {
  heartbeat: { interval: 15_000, timeout: 5_000 },
  handshakeTimeout: 10_000,
  maxPayload: 65_536,
  limits: {
    bufferedBytes: 1_000,
    connectionsPerUser: 2,
    messagesPerMinute: 1e9,
    subscriptions: LIMIT,
    subscriptionsPerMinute: LIMIT,
  },
}

interface Node {
  readonly state: Model.SessionState
  readonly world: RequestsWorld
  readonly path: readonly string[]
}

function contextOf(now: number): Model.SessionContext {
  return { settings, ack: 'stored', id: 's_1', now, wall: now, heardAt: now, window: 500 }
}

/** A link that has just opened at a level. */
function open(level: 2 | 3): Model.SessionState {
  const context = contextOf(initialRequests.now)
  const caps = ['channels', ...(level > 2 ? ['recover'] : [])]
  const text = JSON.stringify({ type: 'client_ready', v: 1, client: { id: 'c_1' }, caps })
  const events: readonly Model.SessionEvent[] = [
    { type: 'frame', text },
    { type: 'authenticated', user: ann, others: 0 },
  ]
  return events.reduce((state, event) => stepSession(state, event, context)[0], openSession(context, true)[0])
}

/** One step; what is wrong with it, in words, or null. */
function step(node: Node, move: Move, level: 2 | 3): readonly [Node, string | null] {
  const { state: before, world: was } = node
  const draft: RequestsDraft = { ...was, ...move.world }
  const { event, asks } = move
  const id = `r${was.lastId + 1}`
  if (asks && !was.isOver) {
    draft.lastId++
    draft.pending = { ...draft.pending, [id]: asks.type }
  }
  const rest = left(was.spent, LIMIT, 60_000, draft.now)
  const [after, effects] = event ? stepSession(before, event, contextOf(draft.now)) : [before, []]
  const path = [...node.path, move.name]
  const done = (words: string | null): readonly [Node, string | null] => [
    { state: after, world: draft, path },
    words,
  ]
  if (was.isOver) return done(after === before && effects.length === 0 ? null : 'INV-2: alive after its end')

  const joins = effects.filter((effect) => effect.type === 'subscribe')
  if (asks?.type === 'rt.subscribe' && asks.channel) {
    const { channel, since = null } = asks
    const isNew = was.views[channel] === undefined
    const isFull = isNew && Object.values(was.views).filter((view) => view !== undefined).length >= LIMIT
    const must = !isFull && rest >= 1 ? 1 : 0
    if (joins.length !== must)
      return done(`B7: ${joins.length} subscribes with ${rest} left, full: ${isFull}`)
    if (must > 0) {
      const right = level > 2 ? since : null
      if (JSON.stringify(joins[0]?.since) !== JSON.stringify(right)) return done('G14: another position')
      if (joins[0]?.user !== ann) return done('INV-24: for somebody else')
      draft.spent = [...was.spent, draft.now]
      draft.views = { ...draft.views, [channel]: { ref: id, since: right, last: null, behind: false } }
      draft.early = { ...draft.early, [channel]: 0 }
    }
  } else if (joins.length > 0) return done('G14: subscribes unasked')

  const words = follow(draft, effects)
  if (words !== null) return done(`G11 G14: ${words}`)
  if (event?.type === 'closed' || draft.isOver) {
    draft.isOver = true
    return done(after.phase === 'closed' ? null : 'INV-2: goes on after its end')
  }
  const isAlive = event?.type !== 'revoked' && event?.type !== 'leave'
  if (after.phase !== 'open' || !isAlive) return done(`INV-3: ${after.phase} after ${move.name}`)
  return done(
    unanswered(draft, move, effects) ??
      wrongHub(draft) ??
      wrongLook(was, draft, move) ??
      wrongNews(was, draft, move),
  )
}

/** Whatever was asked is answered, or somebody is at work on it. */
function unanswered(
  { pending, wishes, views }: RequestsDraft,
  { asks, event }: Move,
  effects: readonly Model.SessionEffect[],
): string | null {
  for (const [id, kind] of Object.entries(pending)) {
    const isMoved = kind !== 'rt.subscribe' && kind !== 'rt.unsubscribe'
    const isWished = channels.some((channel) => wishes[channel] === id && views[channel]?.ref === id)
    if (!isMoved && !isWished) return `L2: ${kind} is never answered`
  }
  if (!asks || !['rt.publish', 'rt.auth', 'note'].includes(asks.type)) return null
  const orders = effects.filter((effect) => ['publish', 'renew', 'message'].includes(effect.type))
  const told = effects.length === 1 && effects[0]?.type === 'send'
  return orders.length === 1 || told ? null : `L2: ${JSON.stringify(event)} is lost`
}

/** The hub works for exactly those channels that the client waits for or hears (A10). */
function wrongHub({ wishes, views }: RequestsDraft): string | null {
  const wrong = channels.find((channel) => wishes[channel] !== views[channel]?.ref)
  return wrong === undefined
    ? null
    : `A10: the hub has ${String(wishes[wrong])} and the client ${String(views[wrong]?.ref)}`
}

/** Whatever follows is passed on, at once or as soon as the past was read; what is answered is told, and credentials of somebody else end it. */
function wrongNews(was: RequestsWorld, draft: RequestsDraft, { event }: Move): string | null {
  if (event?.type === 'joined' || event?.type === 'publication') {
    const channel = event.channel as Channel
    const [before, after] = [was.views[channel], draft.views[channel]]
    if (!before || ('ref' in event && event.ref !== before.ref)) return null
    const { epoch, offset } = draft.tops[channel]
    if (event.type === 'joined')
      return after?.last?.epoch === epoch && after.last.offset === offset
        ? null
        : 'G14: joined, and not at the top'
    if (!before.last) return after ? null : 'G14: ended by what came early'
    const { publication } = event
    const isSame = publication.epoch === before.last.epoch
    const isOld = isSame && publication.offset <= before.last.offset
    if (isOld) return after === before ? null : 'G12: heard again'
    const follows = isSame && publication.prev === before.last.offset
    return (after !== undefined) === follows
      ? null
      : `G14: ${follows ? 'ended without' : 'goes on after'} a hole`
  }
  if (event?.type === 'refused' && was.views[event.channel as Channel]?.ref === event.ref)
    return draft.views[event.channel as Channel] ? 'INV-24: goes on after a no' : null
  if (
    event?.type === 'renewed' &&
    (event.user === null || (event.user !== 'failed' && event.user.id !== 'ann'))
  )
    return 'INV-24: goes on for somebody else'
  const isAnswer = event?.type === 'answered' || event?.type === 'failed' || event?.type === 'renewed'
  return isAnswer && event.id in draft.pending ? `L2: ${event.type}, and not told` : null
}

/** Who is behind at two looks in a row is sent away, and nobody else; who may have missed something, at once (G14). */
function wrongLook(was: RequestsWorld, draft: RequestsDraft, { event }: Move): string | null {
  if (event?.type !== 'top' && event?.type !== 'lost') return null
  const channel = event.channel as Channel
  const view = was.views[channel]
  if (!view) return null
  const ended = draft.views[channel] === undefined
  if (event.type === 'lost') return ended ? null : 'G14: goes on after a loss'
  if (!view.last) return ended ? 'G14: sent away before it was let in' : null
  const isBehind = event.top.epoch !== view.last.epoch || event.top.offset > view.last.offset
  if (ended !== (isBehind && view.behind)) return `G14: ${ended ? 'sent away' : 'kept'} at a look`
  if (!ended) draft.views = { ...draft.views, [channel]: { ...view, behind: isBehind } }
  return null
}

/** The abstract state: offsets count from the top, ids do not matter, but whether they are the ones that count. */
function toKey({ state, world }: Node): string {
  const { pending, views, tops, early, logs, spent, now, isOver } = world
  const parts: unknown[] = [isOver, Math.floor(2 * left(spent, LIMIT, 60_000, now) + 1e-6)]
  parts.push(
    ...Object.values(pending)
      .filter((kind) => kind !== 'rt.subscribe')
      .sort(),
  )
  if (state.phase !== 'open') return parts.join()
  parts.push(Math.floor(2 * state.churn.tokens + 1e-6))
  for (const channel of channels) {
    const [view, subscription, top] = [views[channel], state.subscriptions.get(channel), tops[channel]]
    const near = (at: { epoch: string; offset: number } | null | undefined): string =>
      !at ? '' : at.epoch !== top.epoch ? 'x' : `${Math.max(-3, at.offset - top.offset)}`
    parts.push(channel, near(view?.last), near(view?.since), view?.behind, view?.last ? 0 : early[channel])
    parts.push(
      near(subscription?.position),
      near(subscription?.since),
      subscription?.early.map(near).join('+'),
    )
    parts.push(subscription && subscription.behind === subscription.position?.offset, top.epoch)
    parts.push(logs[channel].map(near).join('/'))
  }
  return parts.join()
}

const runs = [
  [2, 'crowd'],
  [2, 'order'],
  [3, 'order'],
] as const

/** Explores a link at each of the two levels. Ends with the first fault. */
export function exploreRequests(): { states: number; edges: number; broken: readonly Broken[] } {
  let states = 0
  let edges = 0
  for (const [level, lens] of runs) {
    const known = new Set<string>()
    const queue: Node[] = [{ state: open(level), world: initialRequests, path: [] }]
    for (let index = 0; index < queue.length; index++) {
      const node = queue[index]!
      states++
      for (const move of moves(node.world, lens)) {
        edges++
        const [next, words] = step(node, move, level)
        if (words !== null)
          return { states, edges, broken: [{ run: `level ${level}, ${lens}`, words, path: next.path }] }
        const key = toKey(next)
        if (known.has(key)) continue
        known.add(key)
        queue.push(next)
      }
    }
  }
  return { states, edges, broken: [] }
}
