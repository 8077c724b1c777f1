// What must hold while one link follows another (G1): judged by the world beside the machine, never by the reasons of the machine.
import type { Context, Effect, Event, Heir, Slot, State } from '../../../src/machine/model.ts'
import { toSnapshot } from '../../../src/machine/snapshot.ts'
import { owedSlots } from '../invariants.ts'
import type { Beside } from './world.ts'

/** One step, with the world beside it. */
export interface Edge {
  readonly before: State
  readonly was: Beside
  readonly event: Event
  readonly context: Context
  readonly after: State
  readonly effects: readonly Effect[]
  readonly is: Beside
}

/** The link that is to follow, as far as the state speaks of one. */
export function heirOf(state: State): Heir | null {
  return state.phase === 'connected' ? state.heir : null
}

/** The links and requests a state speaks of. */
function spokenOf(state: State): { readonly links: readonly number[]; readonly requests: readonly number[] } {
  const all = [state, heirOf(state)].filter((one) => one !== null)
  return {
    links: all.flatMap((one) => ('link' in one ? one.link : [])),
    requests: all.flatMap((one) => ('request' in one && one.request !== null ? one.request : [])),
  }
}

/** Is this about a link or a request that is no longer? */
export function isNoNews(was: Beside, event: Event): boolean {
  if ('link' in event) return !was.links.has(event.link)
  return 'request' in event && !was.requests.has(event.request)
}

/** Is this about the link that is to follow, or what is asked for it? */
function isOfHeir({ before, event }: Edge): boolean {
  const heir = heirOf(before)
  if (!heir) return false
  if ('link' in event) return 'link' in heir && heir.link === event.link
  if ('request' in event) return 'request' in heir && heir.request === event.request
  return event.type === 'due' && event.slot === 'heir'
}

const isSame = (some: Iterable<number>, others: readonly number[]): boolean =>
  [...some].sort().join() === [...others].sort().join()

function wrongHeld({ after, is }: Edge): string | null {
  const { links, requests } = spokenOf(after)
  if (!isSame(is.links.keys(), links))
    return `${after.phase} speaks of links ${links.join()}, there are ${[...is.links.keys()].join()}`
  if (!isSame(is.requests.keys(), requests))
    return `${after.phase} speaks of requests ${requests.join()}, there are ${[...is.requests.keys()].join()}`
  return null
}

function wrongCount({ was, is, after }: Edge): string | null {
  if (is.mostLinks > 2) return `${is.mostLinks} links at once`
  if (is.mostLinks > 1 && was.away === null && is.away === null)
    return 'a second link, and no server goes away'
  if (is.mostRequests > (after.phase === 'connected' ? 2 : 1) && heirOf(after) === null)
    return `${is.mostRequests} requests at once`
  return null
}

/** A link takes over only when it is as good as the one before, or when that one is lost or over. */
function wrongTakeOver(edge: Edge): string | null {
  const { before, event, after, was, is, context } = edge
  if (before.phase !== 'connected' || after.phase !== 'connected' || before.link === after.link) return null
  const next = is.links.get(after.link)
  if (!was.links.has(after.link) || !next?.isOpen) return 'what takes over was not there'
  if (next.level === null) return 'what takes over has not shaken hands'
  if (after.heir) return 'what takes over has an heir'
  if (next.level < 2 || next.isJoined) return null
  if ('link' in event && event.link === before.link) return null
  if (event.type !== 'due') return `takes over on ${event.type}, unanswered`
  // A deadline of the old link's, or the end of the wait.
  const end = Math.min(was.away?.endAt ?? 0, next.shownAt + JOIN)
  return event.slot === 'pong' || context.now >= end ? null : `takes over ${end - context.now} ms too early`
}

/** So long the answers on the next link are awaited. */
const JOIN = 10_000
const ends: readonly Event['type'][] = ['close', 'disconnect', 'reset']
const expected: readonly string[] = ['backoff', 'spread']

/** The link that delivers is given up only where it is lost or over, or nobody wants it. */
function wrongLoss({
  before,
  event,
  after,
  was,
  is,
  effects,
  context: { now, tuning },
}: Edge): string | null {
  if (before.phase !== 'connected') return null
  if (after.phase === 'connected' && after.link === before.link) return null
  const heir = heirOf(before)
  const next = heir && 'link' in heir ? is.links.get(heir.link) : undefined
  if (event.type === 'due' && event.slot === 'linger') return null
  if (ends.includes(event.type)) return next ? 'the next link is left open' : null
  if (after.phase === 'connected') return null
  const isLost = 'link' in event && event.link === before.link
  const isFatal =
    isLost &&
    ((event.type === 'closed' && !expected.includes(event.class)) ||
      event.type === 'flooded' ||
      (event.type === 'away' && event.final))
  if (!isFatal && (heir?.phase === 'connected' || (heir && after.phase !== heir.phase)))
    return `the next link was ${heir.phase}, and it is ${after.phase}`
  if (isLost || (event.type === 'due' && event.slot === 'pong')) return null
  const { away } = was
  if (event.type !== 'due' || !away) return `lost by ${event.type}`
  if (now >= away.endAt) return null
  if (heir) return 'left before its end, though the next link is on its way'
  // It may go first only where no link may be opened beside it.
  const { budget, minDelay } = tuning.reconnect
  const count = was.opens.filter((at) => at > now - budget.per).length
  const floored = now - (was.opens.at(-1) ?? -Infinity) < minDelay
  if (before.memory.hidden || count >= (budget.attempts ?? 40) || floored) return null
  return effects.length > 0 ? 'left at the time to move, though another link could be opened' : null
}

/** Does the time to move begin the next link? */
function wrongBeginning({ before, after, was, event, context: { now } }: Edge): string | null {
  if (before.phase !== 'connected' || after.phase !== 'connected' || before.link !== after.link) return null
  if (!before.heir && after.heir && before.memory.hidden) return 'a hidden page opens a second link'
  if (!before.heir && after.heir && (event.type !== 'due' || !was.away || now < was.away.moveAt))
    return `the next link begins on ${event.type}`
  return null
}

/** Nobody keeps a link beyond the time that the server gave it. */
function wrongStay({ before, event, after, is, context: { now } }: Edge): string | null {
  if (after.phase !== 'connected' || !is.away) return null
  const stays = before.phase === 'connected' && before.link === after.link
  if (stays && event.type === 'due' && event.slot === 'away' && now >= is.away.endAt)
    return 'kept beyond its end'
  // Its heir's answers are awaited no longer than any request.
  const next = [...is.links].find(([id, { level }]) => id !== after.link && (level ?? 0) > 1)?.[1]
  const longest = next ? next.shownAt + JOIN : Infinity
  const end = after.timers.away ?? Infinity
  return end > Math.max(now, Math.min(is.away.endAt, longest)) ? 'its end comes too late' : null
}

/** What comes to nothing changes nothing for the link that works. */
function wrongFailure(edge: Edge): string | null {
  const { before, event, after, effects, was, context } = edge
  if (before.phase !== 'connected' || after.phase !== 'connected' || before.link !== after.link) return null
  if (after.memory.failure !== null) return 'a failure is told while it is connected'
  if (isOfHeir(edge)) {
    if (effects.some(({ type }) => type === 'report')) return 'a failure of the next link is reported'
    if (JSON.stringify(before.memory.outage) !== JSON.stringify(after.memory.outage))
      return 'the outage of the link that works changes'
    if (after.timers.stable !== before.timers.stable) return 'the next link moves deadlines of this one'
  }
  if (!before.heir || after.heir) return null
  // What is on its way is given up for a reason.
  if (event.type === 'due' && event.slot === 'heir') {
    const owed = owedSlots(before.heir, context.tuning).must.filter((slot) => slot !== 'linger')
    const isDue = owed.some((slot) => (before.heir?.timers[slot] ?? Infinity) <= context.now)
    return isDue ? null : 'the next link is given up before its time'
  }
  // What made this link doubtful befell the next one, too: another one is begun.
  if (before.doubtedAt === null && after.doubtedAt !== null)
    return after.timers.away === context.now ? null : 'the next link is given up, and no other begins'
  if (event.type === 'closed' || event.type === 'flooded') return null
  if (event.type === 'unprepared' || event.type === 'diagnosed') return null
  return `the next link is given up on ${event.type}, ${(was.away?.endAt ?? 0) - context.now} ms before the end`
}

function wrongTimers({ after, context: { tuning } }: Edge): string | null {
  const heir = heirOf(after)
  const own = owedSlots(after, tuning)
  const owed = heir && heir.phase !== 'connected' ? owedSlots(heir, tuning) : null
  const awaited = owed?.must.filter((slot) => slot !== 'linger') ?? []
  const must: readonly Slot[] = awaited.length > 0 ? [...own.must, 'heir'] : own.must
  for (const slot of must) if (after.timers[slot] === undefined) return `${after.phase} owes ${slot}`
  for (const slot of Object.keys(after.timers) as Slot[]) {
    const at = after.timers[slot]
    if (at === undefined) continue
    if (!must.includes(slot) && !own.may.includes(slot)) return `${after.phase} keeps ${slot}`
    if (!Number.isFinite(at)) return `${slot} is due at ${at}`
  }
  for (const slot of awaited) if (heir?.timers[slot] === undefined) return `the heir owes ${slot}`
  if (after.timers.heir === undefined) return null
  const first = Math.min(...awaited.map((slot) => heir?.timers[slot] ?? Infinity))
  return after.timers.heir === first
    ? null
    : `the heir is met ${after.timers.heir - first} ms beside its deadline`
}

function wrongStatus({ after, is }: Edge): string | null {
  const { status, attempt, error } = toSnapshot(after, null, { excellent: 100, good: 300 })
  const isThere = is.delivering !== null && is.links.has(is.delivering)
  if (isThere !== (status === 'connected')) return `${status}, though a link delivers: ${isThere}`
  return isThere && (attempt !== 0 || error !== null) ? 'an attempt is told while it is connected' : null
}

function wrongBudget({ effects, is, before, context: { now, tuning } }: Edge): string | null {
  if (!effects.some(({ type }) => type === 'open')) return null
  const { attempts, per } = tuning.reconnect.budget
  const count = is.opens.filter((at) => at > now - per).length
  const most = attempts ?? (before.memory.window === null ? 40 : 120)
  return count > most ? `${count} opens in ${per} ms` : null
}

function wrongCredentials({ effects, is, after }: Edge): string | null {
  for (const effect of effects)
    if (effect.type === 'prepare' && (effect.reason === 'expired') !== is.expired)
      return `auth is asked with ${effect.reason}`
  const isForgotten = after.phase === 'closed' || after.phase === 'failed' || after.phase === 'idle'
  return is.expired && !after.memory.expired && !isForgotten
    ? 'that credentials were refused is forgotten'
    : null
}

/** Everything that must hold at every step. */
export const rules: readonly (readonly [rule: string, wrong: (edge: Edge) => string | null])[] = [
  ['INV-1 G1', wrongCount],
  ['INV-1 INV-2 ids', ({ is }) => is.wrong],
  ['INV-1 INV-4 INV-19', wrongHeld],
  [
    'INV-2 G1',
    ({ before, was, event, after, effects }) =>
      isNoNews(was, event) && (after !== before || effects.length > 0) ? 'late news had an effect' : null,
  ],
  ['G1 G14', wrongTakeOver],
  ['G1 S4', wrongLoss],
  ['G1 S4', wrongBeginning],
  ['G1 S4', wrongStay],
  ['G4', wrongFailure],
  ['INV-4 A10', wrongTimers],
  ['A4', wrongStatus],
  ['INV-5 G4', wrongBudget],
  ['INV-19 G7', wrongCredentials],
]

/** The first rule a step breaks, in words; null when it breaks none. */
export function judge(edge: Edge): string | null {
  for (const [rule, wrong] of rules) {
    const words = wrong(edge)
    if (words !== null) return `${rule}: ${words}`
  }
  return null
}
