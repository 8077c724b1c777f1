// The subscriptions of one connection at levels 2 and 3: runs them, and lets those of one turn travel together.
import { createAlarm, type Timeline } from '../lib/timeline.ts'
import type { Turns } from '../lib/turns.ts'
import { toBytes } from '../protocol/frames.ts'
import { requests, type Delivery, type Position } from '../protocol/channels.ts'
import type { Clock } from '../runtime.ts'
import {
  initialSubscription,
  subscriptionStep,
  type Subscription,
  type SubscriptionEffect,
  type SubscriptionEvent,
  type SubscriptionFrame,
} from './subscription.ts'

/** What subscriptions need, and whom they tell. */
export interface SubscriptionsHost {
  readonly clock: Clock
  readonly timeline: Timeline
  readonly turns: Turns
  readonly random: () => number
  /** How long the server may take for an answer. */
  readonly timeout: number
  up(channel: string, recovered: boolean, items: readonly Delivery[], data: unknown): void
  down(channel: string): void
  deliver(channel: string, delivery: Delivery): void
  refused(channel: string, reason: string): void
  trace(
    channel: string,
    entry: { readonly event: SubscriptionEvent } | { readonly effect: SubscriptionEffect },
  ): void
}

/** A link that takes subscriptions, several in one frame where it says so. */
export interface SubscribingLink {
  readonly batch: boolean
  /** The largest frame it takes, in bytes. */
  readonly limit: number
  /** Hands text to it. */
  write(text: string): void
}

/** What an answer lacks: all of it (null), or so many messages, of which the last was at `last`. */
interface Awaited {
  readonly left: number | null
  readonly last: number
}

/** What was asked for on the link that is to follow. */
interface Joining {
  readonly link: SubscribingLink
  /** By channel: the name of the request, and what was asked for. */
  readonly asked: ReadonlyMap<string, { readonly ref: string; readonly since: Position | null }>
  /** By ref: what is still awaited. */
  readonly open: Map<string, Awaited>
}

/** The subscriptions. All calls belong into turns. */
export interface Subscriptions {
  /** There is a link that takes subscriptions; null: there is none. */
  link(link: SubscribingLink | null): void
  /** Asks on the link that is to follow for all that is up; null: it will not follow. */
  join(link: SubscribingLink | null): void
  /** An answer has come on that link. */
  answered(frame: SubscriptionFrame): void
  /** Whatever was asked for there has been answered. */
  readonly isJoined: boolean
  /** It follows: what was asked for there goes on there, the rest begins anew. */
  move(): void
  /** Somebody wants this channel, or nobody does any more. */
  want(channel: string, history: number): void
  drop(channel: string): void
  hear(frame: SubscriptionFrame): void
  /** Writes what waits to be asked for. */
  flush(): void
  /** Forgets every position: what comes next continues nothing. */
  restart(): void
  /** Forgets also that history was told: another user, or the end. */
  clear(): void
}

function toRef(frame: SubscriptionFrame): string {
  return frame.kind === 'refused' ? frame.id : frame.ref
}

/** What is awaited still, after a frame; null: nothing. */
function toAwaited({ left, last }: Awaited, frame: SubscriptionFrame): Awaited | null {
  if (frame.kind === 'subscribed') return frame.replay > 0 ? { left: frame.replay, last } : null
  if (frame.kind !== 'delivery') return null
  // A message before the answer is none of it, and what a relay repeats counts once.
  const offset = frame.delivery.position?.offset ?? last
  if (left === null || offset <= last) return { left, last }
  return left > 1 ? { left: left - 1, last: offset } : null
}

/** Hands texts to a link, those of one turn together where it takes that. */
function post(link: SubscribingLink, texts: readonly string[]): void {
  let together: string[] = []
  let size = 0
  const leave = (): void => {
    if (together.length > 0) link.write(together.length === 1 ? together.join() : `[${together.join(',')}]`)
    together = []
    size = 0
  }
  for (const text of texts) {
    // With its comma or bracket; the other bracket is left room for.
    const more = toBytes(text) + 1
    if (!link.batch || size + more + 1 > link.limit) leave()
    together.push(text)
    size += more
  }
  leave()
}

/** No subscriptions yet. */
export function createSubscriptions(host: SubscriptionsHost): Subscriptions {
  const { timeline, turns } = host
  const all = new Map<string, Subscription>()
  /** How much of before is wanted, until the first answer: afterwards it may have been told already (G12). */
  const histories = new Map<string, number>()
  const begun = new Set<string>()
  const byRef = new Map<string, string>()
  let link: SubscribingLink | null = null
  let joining: Joining | null = null
  let lastRef = 0
  let outgoing: string[] = []
  let dueChanged = false

  const alarm = createAlarm(host.clock, timeline, () =>
    turns.run(() => {
      for (const [channel, state] of [...all]) step(channel, state, { type: 'due' })
      ring()
    }),
  )
  const ring = (): void => {
    // Looked for among all only where one of them has changed: messages do not.
    if (!dueChanged) return
    dueChanged = false
    let first = Infinity
    for (const { dueAt } of all.values()) first = Math.min(first, dueAt ?? Infinity)
    alarm.set(first < Infinity ? first : undefined)
  }

  const flush = (): void => {
    const texts = outgoing
    outgoing = []
    soon.set(undefined)
    if (link) post(link, texts)
  }
  /** What is asked for in one turn of the event loop travels together (G20). */
  const soon = createAlarm(host.clock, timeline, () => turns.run(flush))
  const request = (text: string): void => {
    outgoing.push(text)
    soon.set(timeline.now())
  }

  const step = (channel: string, state: Subscription, event: SubscriptionEvent): void => {
    host.trace(channel, { event })
    const context = {
      now: timeline.now(),
      random: host.random(),
      nextRef: `s${lastRef + 1}`,
      timeout: host.timeout,
    }
    const [next, effects] = subscriptionStep(state, event, context)
    all.set(channel, next)
    dueChanged ||= next.dueAt !== state.dueAt
    if (next.ref !== state.ref) byRef.delete(state.ref)
    for (const effect of effects) {
      host.trace(channel, { effect })
      run(channel, effect)
    }
  }

  const run = (channel: string, effect: SubscriptionEffect): void => {
    switch (effect.type) {
      case 'subscribe':
        lastRef++
        byRef.set(effect.ref, channel)
        return request(
          requests.subscribe(
            effect.ref,
            channel,
            effect.since,
            begun.has(channel) ? undefined : histories.get(channel),
          ),
        )
      case 'up':
        begun.add(channel)
        return host.up(channel, effect.recovered, effect.items, effect.data)
      case 'down':
        return host.down(channel)
      case 'deliver':
        return host.deliver(channel, effect.delivery)
      case 'report':
        return host.refused(channel, `${effect.code}: ${effect.reason}`)
    }
  }

  const restart = (): void => {
    for (const channel of all.keys()) all.set(channel, initialSubscription)
    byRef.clear()
    outgoing = []
    soon.set(undefined)
    dueChanged = true
    ring()
  }

  return {
    link(next) {
      link = next
      joining = null
      outgoing = []
      byRef.clear()
      for (const [channel, state] of [...all]) step(channel, state, { type: 'link', isUp: next !== null })
      // Before anything that waits to be published: who publishes wants to hear it.
      flush()
      ring()
    },
    join(next) {
      joining = null
      if (!next) return
      const up = [...all].filter(([, { phase }]) => phase === 'live')
      const asked = new Map(
        up.map(([channel, { position: since }]) => [channel, { ref: `s${++lastRef}`, since }]),
      )
      const open = new Map([...asked.values()].map(({ ref }) => [ref, { left: null, last: -1 }]))
      joining = { link: next, asked, open }
      post(
        next,
        [...asked].map(([channel, { ref, since }]) => requests.subscribe(ref, channel, since)),
      )
    },
    answered(frame) {
      const ref = toRef(frame)
      const awaited = joining?.open.get(ref)
      if (!joining || !awaited) return
      const next = toAwaited(awaited, frame)
      if (next) joining.open.set(ref, next)
      else joining.open.delete(ref)
    },
    get isJoined() {
      return joining?.open.size === 0
    },
    move() {
      if (!joining) return
      const { asked, open } = joining
      link = joining.link
      joining = null
      outgoing = []
      byRef.clear()
      for (const [channel, state] of [...all]) {
        const there = state.phase === 'live' ? asked.get(channel) : undefined
        if (there) byRef.set(there.ref, channel)
        step(
          channel,
          state,
          there ? { type: 'moved', ...there, answered: !open.has(there.ref) } : { type: 'link', isUp: false },
        )
      }
      // What was not asked for there is now: what is there already is left alone.
      for (const [channel, state] of [...all]) step(channel, state, { type: 'link', isUp: true })
      for (const channel of asked.keys())
        if (!all.has(channel)) request(requests.unsubscribe(`u${++lastRef}`, channel))
      flush()
      ring()
    },
    want(channel, history) {
      histories.set(channel, history)
      all.set(channel, initialSubscription)
      if (link) step(channel, initialSubscription, { type: 'link', isUp: true })
      ring()
    },
    drop(channel) {
      const state = all.get(channel)
      if (!state) return
      dueChanged = true
      byRef.delete(state.ref)
      all.delete(channel)
      histories.delete(channel)
      begun.delete(channel)
      if (link && state.phase !== 'off' && state.phase !== 'refused')
        request(requests.unsubscribe(`u${++lastRef}`, channel))
      ring()
    },
    hear(frame) {
      const channel = byRef.get(toRef(frame)) ?? ''
      const state = all.get(channel)
      if (state) step(channel, state, { type: 'frame', frame })
      ring()
    },
    flush,
    restart,
    clear() {
      restart()
      begun.clear()
    },
  }
}
