// The world beside the connection machine: what the driver would hold, and a second count of everything rules speak of.
import type { Context, Effect, Event, Id, Instant, Slot, State } from '../../src/machine/model.ts'
import { slots } from '../../src/machine/state.ts'
import { lose, settle } from './losses.ts'

/** What is asked of the app or the gate. A place in the gate is held until it is given up. */
export interface Request {
  readonly id: Id
  readonly kind: 'diagnose' | 'prepare' | 'queue' | 'renew'
}

/** Everything here is kept from events and effects alone, never read off the machine's state. */
export interface World {
  readonly now: Instant
  /** The link that is neither dropped nor closed. */
  readonly link: Id | null
  readonly isOpen: boolean
  /** What this link's frames have told: nothing, that the server is plain, or `server_ready`. */
  readonly told: 'nothing' | 'plain' | 'ready'
  /** What the first `server_ready` of this link said. */
  readonly level: number
  readonly openedAt: Instant
  readonly connectedAt: Instant | null
  readonly heardAt: Instant
  /** Since when nothing was heard, and nothing happened that explains it. */
  readonly silentSince: Instant
  /** How much later than due deadlines were met in that time. */
  readonly lateness: number
  readonly pingedAt: Instant
  /** When a ping was sent because of a local cause that was neither answered nor judged. */
  readonly probe: Instant | null
  readonly request: Request | null
  /** Most links open, and most requests under way, at any moment of the last step. */
  readonly mostLinks: number
  readonly mostRequests: number
  /** When links were opened, as far back as any budget looks. */
  readonly opens: readonly Instant[]
  /** No open before this instant, unless the user asked. */
  readonly floorAt: Instant
  /** The circuit is open until then, unless the user asked or the cause was local. */
  readonly coolUntil: Instant
  /** The user asked for an attempt since the last loss. */
  readonly excused: boolean
  /** What `rt.go_away` asked to wait for. */
  readonly moveAt: Instant | null
  /** The time without a connection that held. */
  readonly outage: {
    readonly since: Instant
    readonly failures: number
    readonly unopened: number
    readonly asked: number
    readonly trips: number
  } | null
  readonly refusals: number
  readonly misfits: number
  readonly expired: boolean
  /** Fatal: nothing opens until `connect()` or `reset()`. */
  readonly fatal: boolean
  /** How the last loss ends by the rules; null when the last step was none. */
  readonly verdict: 'waiting' | 'failed' | null
}

/** A world in the making: from the news of an event to the end of its effects. */
export type Draft = { -readonly [K in keyof World]: World[K] }

const never = -Infinity

/** Nothing has happened. */
export const initialWorld: World = {
  now: 1_000_000,
  link: null,
  isOpen: false,
  told: 'nothing',
  level: 0,
  openedAt: never,
  connectedAt: null,
  heardAt: never,
  silentSince: never,
  lateness: 0,
  pingedAt: never,
  probe: null,
  request: null,
  mostLinks: 0,
  mostRequests: 0,
  opens: [],
  floorAt: never,
  coolUntil: never,
  excused: false,
  moveAt: null,
  outage: null,
  refusals: 0,
  misfits: 0,
  expired: false,
  fatal: false,
  verdict: null,
}

/** Spelled out: this is done for every edge, and spreading takes ten times as long. */
function copy(world: World): Draft {
  return {
    now: world.now,
    link: world.link,
    isOpen: world.isOpen,
    told: world.told,
    level: world.level,
    openedAt: world.openedAt,
    connectedAt: world.connectedAt,
    heardAt: world.heardAt,
    silentSince: world.silentSince,
    lateness: world.lateness,
    pingedAt: world.pingedAt,
    probe: world.probe,
    request: world.request,
    mostLinks: world.mostLinks,
    mostRequests: world.mostRequests,
    opens: world.opens,
    floorAt: world.floorAt,
    coolUntil: world.coolUntil,
    excused: world.excused,
    moveAt: world.moveAt,
    outage: world.outage,
    refusals: world.refusals,
    misfits: world.misfits,
    expired: world.expired,
    fatal: world.fatal,
    verdict: world.verdict,
  }
}

/** The epoch at the beginning of the timeline. */
export const EPOCH = 1_700_000_000_000

/** Does this event bring something the server sent? */
export function isInbound(event: Event): boolean {
  return 'link' in event && event.type !== 'opened' && event.type !== 'closed'
}

/** Is this event about a link or a request that is no longer? */
export function isStale(state: State, event: Event): boolean {
  if ('link' in event) return !('link' in state) || state.link !== event.link
  if ('request' in event) return !('request' in state) || state.request !== event.request
  return false
}

/** The page or the clock tells that the link may be dead. */
export function isDoubtful(event: Event): boolean {
  return (
    event.type === 'woke' || (event.type === 'page' && event.signal !== 'hidden' && event.signal !== 'frozen')
  )
}

/** The deadline that comes first, as the driver meets them. */
export function nextDue(state: State): readonly [Slot, Instant] | null {
  let first: readonly [Slot, Instant] | null = null
  for (const slot of slots) {
    const at = state.timers[slot]
    if (at !== undefined && (first === null || at < first[1])) first = [slot, at]
  }
  return first
}

/** The world as it is when the machine is told of the event: time has moved, the news has arrived. */
export function perceive(world: World, state: State, event: Event, now: Instant): Draft {
  const draft = copy(world)
  draft.now = now
  draft.verdict = null
  if (isStale(state, event)) return draft
  if (isInbound(event)) {
    draft.heardAt = now
    if (event.type === 'ready' && draft.told !== 'ready') draft.level = event.level
    if (event.type === 'ready') draft.told = 'ready'
    if (event.type === 'plain' && draft.told === 'nothing') draft.told = 'plain'
  }
  if (isInbound(event) || isDoubtful(event)) {
    draft.silentSince = now
    draft.lateness = 0
  }
  switch (event.type) {
    case 'opened':
      draft.isOpen = true
      draft.openedAt = draft.silentSince = now
      draft.lateness = 0
      break
    case 'closed':
      draft.link = null
      break
    case 'prepared':
      if (draft.request?.kind === 'prepare') draft.expired = false
      draft.request = null
      break
    case 'diagnosed':
      draft.request = null
      if (event.verdict === 'refresh') draft.expired = true
      break
    case 'unprepared':
      draft.request = null
      break
    case 'connect':
    case 'retry':
    case 'reset':
      draft.excused = true
      break
    case 'due':
      draft.lateness += Math.max(0, now - (state.timers[event.slot] ?? now))
      break
    default:
  }
  // A local cause was answered by being here again: it may shorten an open circuit's wait (G4.3).
  if (
    isDoubtful(event) &&
    !(event.type === 'page' && (event.signal === 'visible' || event.signal === 'offline'))
  ) {
    draft.coolUntil = never
  }
  return draft
}

/** The world after the machine's effects were done, and what the rules count was counted. */
export function perform(
  draft: Draft,
  before: State,
  event: Event,
  after: State,
  effects: readonly Effect[],
  { now, random, tuning }: Context,
): World {
  // What a lost link or attempt means is decided by what it was, before the effects let go of it.
  if (after.phase === 'waiting' || after.phase === 'failed')
    lose(draft, before, event, after, now, random, tuning)
  const { type } = event
  const renewed =
    type === 'reset' ||
    type === 'close' ||
    (before.phase === 'failed' && (type === 'connect' || type === 'disconnect'))
  if (renewed || (event.type === 'due' && event.slot === 'stable' && before.phase === 'connected'))
    settle(draft)
  if (renewed) draft.expired = false
  if (type === 'reset' || type === 'connect') draft.fatal = false
  let links = draft.link === null ? 0 : 1
  let requests = draft.request === null ? 0 : 1
  draft.mostLinks = links
  draft.mostRequests = requests
  for (const effect of effects) {
    switch (effect.type) {
      case 'open':
        draft.mostLinks = Math.max(draft.mostLinks, ++links)
        draft.link = effect.link
        draft.isOpen = false
        draft.told = 'nothing'
        draft.heardAt = never
        draft.opens = [...draft.opens.filter((at) => at > now - 600_000), now]
        break
      case 'drop':
        if (effect.link !== draft.link) break
        links--
        draft.link = null
        break
      case 'diagnose':
      case 'prepare':
      case 'queue':
        draft.mostRequests = Math.max(draft.mostRequests, ++requests)
        draft.request = { id: effect.request, kind: effect.type }
        draft.outage ??= { since: now, failures: 0, unopened: 0, asked: 0, trips: 0 }
        if (effect.type === 'diagnose') draft.outage = { ...draft.outage, asked: draft.outage.unopened }
        break
      case 'renew':
        draft.mostRequests = Math.max(draft.mostRequests, ++requests)
        draft.request = { id: effect.request, kind: 'renew' }
        break
      case 'cancel':
        if (effect.request !== draft.request?.id) break
        requests--
        draft.request = null
        break
      case 'ping':
        draft.pingedAt = now
        if (isDoubtful(event)) draft.probe = now
        break
      case 'hello':
      case 'report':
    }
  }
  if (after.phase === 'connected') {
    if (before.phase !== 'connected') draft.connectedAt = now
    if (event.type === 'away' && draft.moveAt === null) {
      // A server that sends away whoever comes is not followed in a loop: not before this link has held.
      const heldAt = draft.outage === null ? now : (draft.connectedAt ?? now) + tuning.reconnect.minUptime
      draft.moveAt = Math.max(now, heldAt) + event.min
    }
    if (event.type === 'due' && event.slot === 'pong') draft.probe = null
    if (event.type === 'pong' && (event.timestamp ?? 0) - EPOCH >= (draft.probe ?? Infinity))
      draft.probe = null
  } else draft.connectedAt = draft.moveAt = draft.probe = null
  if (after.phase === 'failed') draft.fatal = true
  return draft
}
