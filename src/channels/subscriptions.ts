// The subscriptions of one connection at levels 2 and 3: runs them, and lets those of one turn travel together.
import { createAlarm, type Timeline } from '../lib/timeline.ts'
import type { Turns } from '../lib/turns.ts'
import { requests, type ChannelFrame, type Delivery } from '../protocol/channels.ts'
import type { Clock } from '../runtime.ts'
import {
  initialSubscription,
  subscriptionStep,
  type Subscription,
  type SubscriptionEffect,
  type SubscriptionEvent,
} from './subscription.ts'

/** What subscriptions need, and whom they tell. */
export interface SubscriptionsHost {
  readonly clock: Clock
  readonly timeline: Timeline
  readonly turns: Turns
  readonly random: () => number
  /** How long the server may take for an answer. */
  readonly timeout: number
  /** Hands text to the link that is up. */
  write(text: string): void
  up(channel: string, recovered: boolean, items: readonly Delivery[], data: unknown): void
  down(channel: string): void
  deliver(channel: string, delivery: Delivery): void
  refused(channel: string, reason: string): void
  trace(
    channel: string,
    entry: { readonly event: SubscriptionEvent } | { readonly effect: SubscriptionEffect },
  ): void
}

/** The subscriptions. All calls belong into turns. */
export interface Subscriptions {
  /** There is a link that takes subscriptions, several in one frame where it says so; null: there is none. */
  link(link: { readonly batch: boolean } | null): void
  /** Somebody wants this channel, or nobody does any more. */
  want(channel: string, history: number): void
  drop(channel: string): void
  hear(frame: ChannelFrame): void
  /** Whatever is published is delivered. */
  isUp(channel: string): boolean
  /** Forgets every position: another user, or the end. */
  clear(): void
}

/** So many requests in one frame, and no more: servers bound their frames. */
const TOGETHER = 100

/** No subscriptions yet. */
export function createSubscriptions(host: SubscriptionsHost): Subscriptions {
  const { timeline, turns } = host
  const all = new Map<string, Subscription>()
  /** How much of before is wanted, until the first answer: afterwards it may have been told already (G12). */
  const histories = new Map<string, number>()
  const begun = new Set<string>()
  const byRef = new Map<string, string>()
  let link: { readonly batch: boolean } | null = null
  let lastRef = 0
  let outgoing: string[] = []

  const alarm = createAlarm(host.clock, timeline, () =>
    turns.run(() => {
      for (const channel of [...all.keys()]) step(channel, { type: 'due' })
      ring()
    }),
  )
  const ring = (): void => {
    const due = [...all.values()].flatMap(({ dueAt }) => dueAt ?? [])
    alarm.set(due.length > 0 ? Math.min(...due) : undefined)
  }

  const flush = (): void => {
    const texts = outgoing
    outgoing = []
    if (!link) return
    if (!link.batch || texts.length < 2) for (const text of texts) host.write(text)
    else
      for (let at = 0; at < texts.length; at += TOGETHER)
        host.write(`[${texts.slice(at, at + TOGETHER).join(',')}]`)
  }
  const request = (text: string): void => {
    if (outgoing.push(text) === 1) turns.run(flush)
  }

  const step = (channel: string, event: SubscriptionEvent): void => {
    const state = all.get(channel)
    if (!state) return
    host.trace(channel, { event })
    const context = {
      now: timeline.now(),
      random: host.random(),
      nextRef: `s${lastRef + 1}`,
      timeout: host.timeout,
    }
    const [next, effects] = subscriptionStep(state, event, context)
    all.set(channel, next)
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
            begun.has(channel) ? 0 : (histories.get(channel) ?? 0),
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

  const forget = (channel: string): void => {
    const ref = all.get(channel)?.ref
    if (ref !== undefined) byRef.delete(ref)
    all.delete(channel)
    histories.delete(channel)
    begun.delete(channel)
  }

  return {
    link(next) {
      link = next
      outgoing = []
      byRef.clear()
      for (const channel of [...all.keys()]) step(channel, { type: 'link', isUp: next !== null })
      // Before anything that waits to be published: who publishes wants to hear it.
      flush()
      ring()
    },
    want(channel, history) {
      histories.set(channel, history)
      all.set(channel, initialSubscription)
      if (link) step(channel, { type: 'link', isUp: true })
      ring()
    },
    drop(channel) {
      const phase = all.get(channel)?.phase
      forget(channel)
      if (link && phase !== 'off' && phase !== 'refused')
        request(requests.unsubscribe(`u${++lastRef}`, channel))
      ring()
    },
    hear(frame) {
      if (frame.kind === 'acked') return
      const channel = byRef.get(frame.kind === 'refused' ? frame.id : frame.ref)
      if (channel === undefined) return
      step(channel, { type: 'frame', frame })
      ring()
    },
    isUp: (channel) => all.get(channel)?.phase === 'live',
    clear() {
      for (const channel of all.keys()) all.set(channel, initialSubscription)
      byRef.clear()
      begun.clear()
      outgoing = []
      ring()
    },
  }
}
