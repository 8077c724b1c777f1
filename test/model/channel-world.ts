// A server with one value, the link to it, and a channel that follows it: small enough to try every order of events.
import { toFreshness } from '../../src/channels/freshness.ts'
import type { Channel, ChannelContext, ChannelEffect, ChannelEvent, Slot } from '../../src/channels/model.ts'
import { channelSlots, channelStep, initialChannel } from '../../src/channels/table.ts'

export type Mode = ChannelContext['mode']

/**
 * The server's value is the set of changes made so far, a bit each: what was missed stays missing, however often the rest is
 * told. A push carries the whole set (`replace`), one bit (`change`) or nothing (`reload`).
 */
export interface ChannelWorld {
  readonly channel: Channel
  readonly now: number
  readonly server: number
  /** Pushes on their way; null without a link. */
  readonly link: readonly number[] | null
  /** What the server had when this link began, and what has arrived on it. A live channel shows all of it. */
  readonly owed: number
  /** A load under way; `taken` is the answer, once the server has looked. */
  readonly load: { readonly request: number; readonly taken: number | null } | null
  readonly shown: number | null
  readonly kept: readonly number[]
}

/** What may happen next. */
export type Move =
  | { readonly type: 'tell'; readonly event: ChannelEvent }
  | { readonly type: 'change' }
  | { readonly type: 'up'; readonly greets: boolean }
  | { readonly type: 'down' }
  | { readonly type: 'deliver' }
  | { readonly type: 'take' }
  | { readonly type: 'answer'; readonly how: 'well' | 'refused' | 'older' }
  | { readonly type: 'due'; readonly slot: Slot }

export const start: ChannelWorld = {
  channel: initialChannel,
  now: 0,
  server: 1,
  link: null,
  owed: 0,
  load: null,
  shown: null,
  kept: [],
}

const CHANGES = 3

/** Everything that may happen in a world. */
export function moves({ channel, server, link, load }: ChannelWorld): Move[] {
  const next = earliestSlot(channel)
  const tell = (event: ChannelEvent): Move => ({ type: 'tell', event })
  return [
    tell({ type: channel.active && channel.timers.linger === undefined ? 'unsubscribed' : 'subscribed' }),
    tell({ type: channel.away ? 'back' : 'away' }),
    tell({ type: 'refresh' }),
    tell({ type: 'woke', slept: true }),
    tell({ type: 'reset' }),
    ...(server < 2 ** CHANGES - 1 ? [{ type: 'change' } as const] : []),
    ...(link
      ? [
          { type: 'down' } as const,
          tell({ type: channel.doubted ? 'trusted' : 'doubted' }),
          tell({ type: 'spoiled' }),
        ]
      : [{ type: 'up', greets: true } as const, { type: 'up', greets: false } as const]),
    ...(link && link.length > 0 ? [{ type: 'deliver' } as const] : []),
    ...(load?.taken === null ? [{ type: 'take' } as const] : []),
    ...(load && load.taken !== null
      ? (['well', 'older', 'refused'] as const).map((how) => ({ type: 'answer', how }) as const)
      : []),
    ...(load ? [{ type: 'answer', how: 'refused' } as const] : []),
    ...(next ? [{ type: 'due', slot: next } as const] : []),
  ]
}

export function earliestSlot(channel: Channel): Slot | null {
  const armed = channelSlots.filter((slot) => channel.timers[slot] !== undefined)
  const at = (slot: Slot): number => channel.timers[slot] ?? Infinity
  return armed.reduce<Slot | null>(
    (first, slot) => (first === null || at(slot) < at(first) ? slot : first),
    null,
  )
}

/** The world after a move, and what the channel asked for. */
export function play(
  world: ChannelWorld,
  move: Move,
  mode: Mode,
  interval: number | null,
): readonly [ChannelWorld, readonly ChannelEffect[]] {
  const send = (all: number, bit: number): number => (mode === 'change' ? bit : mode === 'reload' ? 0 : all)
  switch (move.type) {
    case 'tell':
      return step(world, move.event, mode, interval)
    case 'change': {
      const bit = (world.server + 1) & ~world.server
      const server = world.server | bit
      return [{ ...world, server, link: world.link && [...world.link, send(server, bit)] }, []]
    }
    case 'up': {
      const greeting = move.greets && mode === 'replace' ? [world.server] : []
      return step({ ...world, link: greeting, owed: world.server }, { type: 'up' }, mode, interval)
    }
    case 'down':
      return step({ ...world, link: null, owed: 0 }, { type: 'down' }, mode, interval)
    case 'deliver': {
      const [message = 0, ...link] = world.link ?? []
      // A signal says that there is something new, which the next load must bring.
      const owed = mode === 'reload' ? world.server : world.owed | message
      const arrived = { ...world, link, owed: world.channel.active ? owed : world.owed }
      if (mode === 'reload') return step(arrived, { type: 'signalled' }, mode, interval)
      return step(arrived, { type: 'pushed', whole: mode === 'replace' }, mode, interval, message)
    }
    case 'take':
      return [{ ...world, load: world.load && { ...world.load, taken: world.server } }, []]
    case 'answer': {
      const { load } = world
      if (!load) return [world, []]
      const { request, taken } = load
      const settled: ChannelWorld = { ...world, load: null }
      if (move.how === 'refused' || taken === null)
        return step(settled, { type: 'failed', request }, mode, interval)
      const answer = world.kept.reduce((all, bit) => all | bit, taken)
      return step(settled, { type: 'loaded', request, older: move.how === 'older' }, mode, interval, answer)
    }
    case 'due': {
      const now = Math.max(world.now, world.channel.timers[move.slot] ?? 0)
      return step({ ...world, now }, { type: 'due', slot: move.slot }, mode, interval)
    }
  }
}

function step(
  world: ChannelWorld,
  event: ChannelEvent,
  mode: Mode,
  interval: number | null,
  value: number = 0,
): readonly [ChannelWorld, readonly ChannelEffect[]] {
  const { channel, now, link } = world
  const [next, effects] = channelStep(channel, event, {
    now,
    random: 0.5,
    mode,
    canLoad: true,
    hasInitial: false,
    versioned: false,
    loadTimeout: 10_000,
    interval,
    spread: 1_000,
    linger: 5_000,
    grace: 3_000,
    surroundings: { up: link !== null, doubted: channel.doubted, away: channel.away },
  })
  return [
    effects.reduce((after, effect) => perform(after, effect, mode, value), { ...world, channel: next }),
    effects,
  ]
}

function perform(world: ChannelWorld, effect: ChannelEffect, mode: Mode, value: number): ChannelWorld {
  switch (effect.type) {
    case 'load':
      if (world.load) throw new Error('INV-19: two loads at once')
      return { ...world, load: { request: effect.request, taken: null }, kept: [] }
    case 'abort':
      return { ...world, load: null }
    case 'applyPush': {
      const kept = effect.keep ? [...world.kept, value] : world.kept
      if (!effect.apply) return { ...world, kept }
      return { ...world, kept, shown: mode === 'change' ? (world.shown ?? 0) | value : value }
    }
    case 'applyLoad':
      return { ...world, shown: value }
    case 'settle':
      return { ...world, kept: [] }
    case 'forget':
      return { ...world, shown: null }
  }
}

/** What two worlds must have in common to be the same: instants relative to now, counters relative to each other. */
export function toKey({ channel, now, server, link, owed, load, shown, kept }: ChannelWorld): string {
  const timers = channelSlots.map((slot) => {
    const at = channel.timers[slot]
    return at === undefined ? null : Math.round(Math.max(0, at - now) / 250)
  })
  const since = channel.load && Math.min(2, channel.pushes - channel.load.pushes)
  const { active, up, doubted, away, proven, hasData, fresh, missed, tried } = channel
  const facts = [active, up, doubted, away, proven, hasData, fresh, missed, tried].map(Number).join('')
  const loading = channel.load && [channel.load.proves, channel.load.owed, since]
  return JSON.stringify([
    facts,
    loading,
    Math.min(2, channel.failures),
    timers,
    server,
    link,
    owed,
    load?.taken ?? (load ? -1 : null),
    shown,
    kept,
  ])
}

export { toFreshness }
