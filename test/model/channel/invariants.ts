// What must hold at every step of the channel machine, as pure functions named by the rules they check.
import { toFreshness } from '../../../src/channels/freshness.ts'
import type { Channel, ChannelContext, ChannelEffect, ChannelEvent } from '../../../src/channels/model.ts'
import { includes, isLive, type Setup, type World } from './world.ts'

/** One step of a channel: what was, what happened, what came of it. `event` is null where the channel heard of nothing. */
export interface ChannelEdge {
  readonly setup: Setup
  readonly before: Channel
  readonly was: World
  readonly event: ChannelEvent | null
  readonly context: ChannelContext
  readonly after: Channel
  readonly effects: readonly ChannelEffect[]
  readonly is: World
}

interface Rule {
  readonly rule: string
  readonly wrong: (edge: ChannelEdge) => string | null
}

const PATIENCE = 2_000
const SLOWEST = 30_000

function loads({ effects }: ChannelEdge): boolean {
  return effects.some(({ type }) => type === 'load')
}

function wrongFreshness({ setup, after, is }: ChannelEdge): string | null {
  const freshness = toFreshness(after)
  if ((is.data === null) !== (freshness === 'unknown'))
    return `${freshness} ${is.data ? 'with' : 'without'} data`
  switch (freshness) {
    case 'unknown':
    case 'stale':
      return null
    case 'live':
      if (!is.up || is.doubted) return 'live without a trusted link'
      if (setup.lags || includes(is.data, is.least)) return null
      return `live with ${JSON.stringify(is.data)}, though ${is.least} was there before or has arrived`
    case 'catching-up':
      if (!is.up || is.doubted) return 'catching-up without a trusted link'
      return is.load || after.timers.load !== undefined ? null : 'catching-up, and nothing is under way'
    case 'polling': {
      const age = is.now - (is.confirmedAt ?? -Infinity)
      // Where time was lost, the deadline is about to be met.
      if ((after.timers.old ?? Infinity) <= is.now) return null
      return setup.interval !== null && age <= 2 * setup.interval
        ? null
        : `polling, and the last load is ${age} ms old`
    }
  }
}

function wrongWinner({ setup, was, is, effects }: ChannelEdge): string | null {
  const applied = effects.some(({ type }) => type === 'applyLoad')
  const pushed = effects.some((effect) => effect.type === 'applyPush' && effect.apply)
  if (applied && was.data && is.data && is.data.upTo < was.data.upTo && was.data.upTo <= was.seen) {
    return `an answer of ${is.data.upTo} replaces the pushed ${was.data.upTo}`
  }
  if (
    applied &&
    setup.mode === 'change' &&
    is.seen > (is.data?.upTo ?? -9) &&
    !is.data?.beyond.includes(is.seen)
  ) {
    return `change ${is.seen} arrived and is lost`
  }
  if (setup.versioned && (applied || pushed) && was.data && is.data && is.data.upTo < was.data.upTo) {
    return `${is.data.upTo} replaces ${was.data.upTo}, which version says is newer`
  }
  return null
}

function wrongLoad(edge: ChannelEdge): string | null {
  const { setup, before, was, event, after, is } = edge
  if (is.mostLoads > 1) return 'two loads at once'
  if ((after.load?.request ?? null) !== (is.load?.request ?? null)) return 'the load under way is another one'
  if (loads(edge) && !setup.canLoad) return 'loads without load'
  if (loads(edge) && event?.type === 'due' && event.slot === 'load' && was.away && !was.up)
    return 'polls while hidden or offline'
  if (was.load?.owed && is.load === null && after.active) return 'a load was owed, and none began'
  if (!loads(edge) || !isLive(before)) return null
  const asked = event?.type === 'refresh' || event?.type === 'reset' || was.load?.owed
  return asked ? null : `loads on ${event?.type ?? 'nothing'} while live`
}

function wrongTimers({ setup, before, event, after, is }: ChannelEdge): string | null {
  const { deadline, load, old, linger } = after.timers
  const { now } = is
  if (!after.active)
    return [deadline, load, old, linger].some((at) => at !== undefined)
      ? 'a deadline without a subscriber'
      : null
  if ((linger === undefined) !== is.subscribed)
    return is.subscribed ? 'lingers with a subscriber' : 'does not linger'
  if ((deadline === undefined) !== (after.load === null)) return 'a load without a deadline, or the reverse'
  if (isLive(after) && load !== undefined) return 'polls while live'
  if (!setup.canLoad || isLive(after) || after.load) return null
  if (after.missed) return is.away ? null : 'a poll was missed, and is not made up for'
  // Without polling, only first data and the proof of a link are loaded.
  if (setup.interval === null && is.data !== null && (!is.up || is.doubted)) return null
  if (load === undefined) return 'nothing will be loaded'
  const bound = Math.max(SLOWEST, 1.1 * (setup.interval ?? 0))
  if (load - now > bound) return `loads in ${load - now} ms`
  const dies = isLive(before) && (event?.type === 'down' || event?.type === 'doubted')
  return dies && load - now > PATIENCE ? `polls ${load - now} ms after it was live` : null
}

/** What is replayed follows what was there when the link was lost; onto what was loaded since it would come a second time. */
function wrongReplay({ event, was, effects }: ChannelEdge): string | null {
  if (event?.type !== 'pushed' || !event.replayed || event.whole || !was.loadedSince) return null
  const applied = effects.some((effect) => effect.type === 'applyPush' && effect.apply)
  return applied ? 'a replayed change is applied onto what was loaded since' : null
}

/** A link by itself proves nothing, but that the server has replayed all that was missed to who was live before (G15 c). */
function wrongProof({ event, was, after }: ChannelEdge): string | null {
  if (event?.type !== 'up') return null
  const goesOn = event.recovered === true && was.held
  if (after.proven === goesOn) return null
  return goesOn ? 'nothing is missing, and it is not live' : 'proven by no more than a link'
}

const rules: readonly Rule[] = [
  { rule: 'G15', wrong: wrongFreshness },
  { rule: 'G14 G15', wrong: wrongProof },
  { rule: 'G12 G16', wrong: wrongReplay },
  { rule: 'G16', wrong: wrongWinner },
  { rule: 'INV-19 INV-23 G10', wrong: wrongLoad },
  { rule: 'INV-4 G10', wrong: wrongTimers },
  {
    rule: 'G3 no hot loop',
    wrong: ({ event, after, is }) =>
      event?.type === 'due' && (after.timers[event.slot] ?? Infinity) <= is.now
        ? `${event.slot} stays due`
        : null,
  },
  {
    rule: 'G10',
    wrong(edge) {
      const { event, before, after } = edge
      if (event?.type !== 'back' || !before.missed || before.load || isLive(after)) return null
      return loads(edge) ? null : 'no poll at once when visible'
    },
  },
  {
    rule: 'G16',
    wrong({ event, before, after, setup }) {
      if (event?.type !== 'signalled' || !before.active || !setup.canLoad) return null
      const at = after.timers.load
      return at !== undefined && !isLive(after) ? null : 'a signal, and nothing will be loaded'
    },
  },
  {
    rule: 'INV-4',
    wrong: ({ after, effects }) =>
      effects.some(({ type }) => type === 'forget') && after.load === null && after.proven
        ? 'proven, and forgotten'
        : null,
  },
]

/** The first rule a step breaks, in words; null when it breaks none. */
export function checkChannel(edge: ChannelEdge): string | null {
  for (const { rule, wrong } of rules) {
    const words = wrong(edge)
    if (words !== null) return `${rule}: ${words}`
  }
  return null
}
