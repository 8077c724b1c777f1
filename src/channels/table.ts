// event → step: the life of a channel. What is applied, what is proven, and when to load.
import type {
  Channel,
  ChannelContext,
  ChannelEffect,
  ChannelEvent,
  ChannelStep,
  Load,
  Slot,
} from './model.ts'

/** After connected, the server's own first state gets this long before the channel asks for it (G15). */
const GREETING = 250
/** A channel that has not been live for this long polls (G10). */
const PATIENCE = 2_000
/** More changes than this during one load are not kept: it is loaded again (G16). */
const KEPT = 1_000

/** The deadlines in the order in which they are met. */
export const channelSlots: readonly Slot[] = ['deadline', 'load', 'old', 'linger']

/** A channel nobody subscribed to. */
export const initialChannel: Channel = {
  active: false,
  up: false,
  doubted: false,
  away: false,
  proven: false,
  kept: false,
  hasData: false,
  fresh: false,
  missed: false,
  tried: false,
  load: null,
  lastRequest: 0,
  pushes: 0,
  failures: 0,
  timers: {},
}

/** The next state of a channel and what to do. Pure. Answers to requests it does not hold change nothing. */
export function channelStep(channel: Channel, event: ChannelEvent, context: ChannelContext): ChannelStep {
  if ('request' in event) {
    if (channel.load?.request !== event.request) return [channel, []]
    return event.type === 'loaded'
      ? loaded(channel, channel.load, event.older, context)
      : failed(channel, channel.load, false, context)
  }
  switch (event.type) {
    case 'subscribed': {
      if (channel.active) return [arm(channel, { linger: undefined }), []]
      const next: Channel = { ...channel, ...context.surroundings, active: true }
      return context.canLoad ? begin(next, context) : [next, []]
    }
    case 'unsubscribed':
      return [arm(channel, { linger: context.now + context.linger }), []]
    case 'up': {
      const next = { ...doubt(channel), up: true, doubted: false }
      if (event.recovered && isKept(channel)) return [arm({ ...next, proven: true }, { load: undefined }), []]
      const wait = event.recovered === null ? GREETING : 0
      return [channel.active && context.canLoad ? sooner(next, context.now + wait) : next, []]
    }
    case 'down': {
      const kept = isKept(channel)
      return [fallBack({ ...doubt(channel), kept, up: false, doubted: false }, context), []]
    }
    case 'doubted':
      return [fallBack({ ...channel, doubted: true }, context), []]
    case 'trusted': {
      const next: Channel = { ...channel, doubted: false }
      if (channel.proven) return [arm(next, { load: undefined }), []]
      return [
        channel.active && channel.up && context.canLoad ? sooner(next, context.now + GREETING) : next,
        [],
      ]
    }
    case 'away':
      return [{ ...channel, away: true }, []]
    case 'back': {
      const next: Channel = { ...channel, away: false, missed: false }
      const isLive = channel.up && !channel.doubted && channel.proven
      return channel.missed && !channel.load && !isLive ? begin(next, context) : [next, []]
    }
    case 'refresh':
      if (!channel.active || !context.canLoad) return [channel, []]
      return channel.load
        ? [{ ...channel, load: { ...channel.load, owed: true } }, []]
        : begin(channel, context)
    case 'pushed':
      return pushed(channel, event, context)
    case 'signalled':
      if (!channel.active || !context.canLoad) return [channel, []]
      return [sooner(doubt(channel), context.now + context.random * context.spread), []]
    case 'spoiled': {
      const next = doubt(channel)
      if (!channel.active || !context.canLoad || channel.timers.load !== undefined) return [next, []]
      return [arm(next, { load: context.now + pause(channel.failures, context.random) }), []]
    }
    case 'due':
      return due(channel, event.slot, context)
    case 'woke': {
      // Nobody knows how old a load is that the machine slept through.
      const next = event.slept ? arm({ ...channel, fresh: false }, { old: undefined }) : channel
      const { deadline } = channel.timers
      return [
        deadline === undefined
          ? next
          : arm(next, { deadline: Math.max(deadline, context.now + context.grace) }),
        [],
      ]
    }
    case 'reset': {
      const [fresh, effects] = forget(channel, context)
      const next = arm(fresh, { linger: channel.timers.linger })
      if (!channel.active || !context.canLoad) return [{ ...next, active: channel.active }, effects]
      return after(effects, begin({ ...next, active: true }, context))
    }
  }
}

function begin(channel: Channel, context: ChannelContext): ChannelStep {
  if (!context.canLoad) return [arm(channel, { load: undefined }), []]
  const request = channel.lastRequest + 1
  const load: Load = { request, proves: channel.up && !channel.doubted, pushes: channel.pushes, owed: false }
  return [
    arm(
      { ...channel, load, lastRequest: request },
      { load: undefined, deadline: context.now + context.loadTimeout },
    ),
    [{ type: 'load', request }],
  ]
}

/** Is its data what the last link left: as it was before a break, or, handed over without one, as it is? */
function isKept(channel: Channel): boolean {
  return channel.up ? channel.proven : channel.kept
}

/** What was proven no longer is, and neither will be by a load already under way, nor by what the server replays. */
function doubt(channel: Channel): Channel {
  return { ...channel, proven: false, kept: false, load: channel.load && { ...channel.load, proves: false } }
}

/** Push is away: the channel polls, or at least gets its first data. */
function fallBack(channel: Channel, context: ChannelContext): Channel {
  if (!channel.active || !context.canLoad || channel.load) return channel
  if (context.interval === null && channel.hasData) return arm(channel, { load: undefined })
  return sooner(channel, context.now + PATIENCE)
}

/** While live a push is only applied: this is the hot path. */
const APPLY: readonly ChannelEffect[] = [{ type: 'applyPush', apply: true, keep: false }]

function pushed(
  channel: Channel,
  { whole, replayed }: Extract<ChannelEvent, { type: 'pushed' }>,
  context: ChannelContext,
): ChannelStep {
  if (!channel.active) return [channel, []]
  // A change of before the data that was loaded since is in it already.
  if (replayed && !whole && !isKept(channel)) return [channel, []]
  const { up, doubted, proven, load, timers, failures } = channel
  const isSettled = up && !doubted && proven && !load && timers.load === undefined && failures === 0
  if (isSettled && channel.hasData) return [channel, APPLY]
  const next: Channel = { ...channel, pushes: channel.pushes + 1 }
  // A change means nothing without the state it changes: until that is loaded, it is only kept.
  const apply = whole || channel.hasData || !context.canLoad
  const keep = context.mode === 'change' && channel.load !== null && next.pushes - channel.load.pushes <= KEPT
  const effects: readonly ChannelEffect[] = [{ type: 'applyPush', apply, keep }]
  if (!apply) return [next, effects]
  if (!whole || !channel.up) return [{ ...next, hasData: true }, effects]
  const current: Channel = { ...next, hasData: true, proven: true, failures: 0 }
  // On a doubted link even a whole state may be an old one: the polls go on until it is trusted again.
  return [doubted ? current : arm(current, { load: undefined }), effects]
}

function loaded(channel: Channel, load: Load, older: boolean, context: ChannelContext): ChannelStep {
  const since = channel.pushes - load.pushes
  const overflow = context.mode === 'change' && since > KEPT
  // The newest confirmed value wins: an answer is older than any push since it was asked for (G16).
  const apply = !older && !overflow && !(context.mode === 'replace' && since > 0 && !context.versioned)
  const effects: readonly ChannelEffect[] = [
    ...(apply ? [{ type: 'applyLoad' } as const] : []),
    { type: 'settle', request: load.request, timedOut: false },
  ]
  // A lagging replica is asked again, but not at once.
  if (older && !channel.proven && !load.owed) return failed(channel, load, false, context)
  const { interval } = context
  const next: Channel = {
    ...channel,
    load: null,
    tried: true,
    failures: 0,
    hasData: channel.hasData || apply,
    proven: channel.proven || (apply && load.proves),
    kept: channel.kept && !(apply && context.mode === 'change'),
    fresh: apply ? interval !== null : channel.fresh,
  }
  const old = apply && interval !== null ? context.now + 2 * interval : channel.timers.old
  const settled = arm(next, { deadline: undefined, old })
  return after(effects, load.owed || overflow ? begin(settled, context) : plan(settled, context))
}

/** When to load next: not at all while live; at once where a link waits for proof; else at the interval. */
function plan(channel: Channel, context: ChannelContext): ChannelStep {
  const { now, interval, random } = context
  if (channel.proven && !channel.doubted) return [arm(channel, { load: undefined }), []]
  if (channel.timers.load !== undefined) return [channel, []]
  if (channel.up && !channel.doubted) return begin(channel, context)
  if (interval === null) return [channel, []]
  return [arm(channel, { load: now + Math.max(1_000, interval * (0.9 + 0.2 * random)) }), []]
}

function failed(channel: Channel, load: Load, timedOut: boolean, context: ChannelContext): ChannelStep {
  const failures = channel.failures + 1
  const next = arm({ ...channel, load: null, tried: true, failures }, { deadline: undefined })
  const effects: readonly ChannelEffect[] = [{ type: 'settle', request: load.request, timedOut }]
  if (load.owed) return after(effects, begin(next, context))
  if (channel.proven && !channel.doubted) return [next, effects]
  // Without polling, only what is missing is tried again: the first data, or the proof a link waits for.
  if (context.interval === null && channel.hasData && !channel.up) return [next, effects]
  return [arm(next, { load: context.now + pause(failures - 1, context.random) }), effects]
}

/** The wait after so many failures in a row: doubling from 1 s to 30 s, shortened by up to a half at random. */
function pause(failures: number, random: number): number {
  return Math.min(30_000, 1_000 * 2 ** Math.min(failures, 10)) * (1 - random / 2)
}

function due(channel: Channel, slot: Slot, context: ChannelContext): ChannelStep {
  switch (slot) {
    case 'deadline':
      if (!channel.load) return [channel, []]
      return after(
        [{ type: 'abort', request: channel.load.request }],
        failed(channel, channel.load, true, context),
      )
    case 'load': {
      const next = arm(channel, { load: undefined })
      // What is under way settles first; then it is clear whether another one is needed.
      if (channel.load) return [next, []]
      if (channel.away && !(channel.up && !channel.doubted)) return [{ ...next, missed: true }, []]
      return begin(next, context)
    }
    case 'old':
      return [arm({ ...channel, fresh: false }, { old: undefined }), []]
    case 'linger':
      return forget(channel, context)
  }
}

/** Everything but what is known of the surroundings, and the count of requests. */
function forget(channel: Channel, { hasInitial }: ChannelContext): ChannelStep {
  const { up, doubted, away, lastRequest, load } = channel
  const effects: ChannelEffect[] = []
  if (load) {
    effects.push(
      { type: 'abort', request: load.request },
      { type: 'settle', request: load.request, timedOut: false },
    )
  }
  return [
    { ...initialChannel, up, doubted, away, lastRequest, hasData: hasInitial },
    [...effects, { type: 'forget' }],
  ]
}

/** Loads at that instant, unless it is to be sooner anyway. */
function sooner(channel: Channel, at: number): Channel {
  return arm(channel, { load: Math.min(at, channel.timers.load ?? Infinity) })
}

function arm(channel: Channel, timers: Channel['timers']): Channel {
  return { ...channel, timers: { ...channel.timers, ...timers } }
}

function after(effects: readonly ChannelEffect[], [channel, more]: ChannelStep): ChannelStep {
  return [channel, [...effects, ...more]]
}
