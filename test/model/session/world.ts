// The world beside the session of a link: what the link would hold, and a second count of everything the rules speak of.
import type {
  Level,
  SessionEffect,
  SessionSettings,
  SessionStep,
  Slot,
  User,
} from '../../../src/server/session/model.ts'
import type { Move } from './moves.ts'

/** How a link and its server are set up, and which details are told apart. */
export interface Setup {
  readonly name: string
  readonly settings: SessionSettings
  readonly lens: Lens
}

/** Which details a run tells apart, beside what every run does: phase, level, timers, which is next and whether it is late. */
export interface Lens {
  /** What came before the link was open. */
  readonly opening?: boolean
  /** Signs of life and the window. */
  readonly beats?: boolean
  /** Slow readers, draining, expiry. */
  readonly ends?: boolean
  /** What is left of the rate of messages, and how many were refused. */
  readonly messages?: boolean
  /** What is left of the rate of pongs. */
  readonly pongs?: boolean
}

/** Kept from events and effects alone, never read off the session's state. */
export interface World {
  readonly now: number
  /** Wall clock, less the monotonic one. */
  readonly epoch: number
  /** The window that the server advises now. */
  readonly window: number
  /** Has said nothing, waits for `authenticate`, takes part, is over. */
  readonly life: 'new' | 'asked' | 'open' | 'over'
  readonly level: Level
  /** When each timer is due, as the link holds them. */
  readonly timers: { readonly [S in Slot]?: number | undefined }
  readonly heardAt: number
  readonly user: User | null
  /** Whom the app revoked since it was asked. */
  readonly revoked: readonly string[]
  /** Of the last ping that came before the link was open: what its pong must echo; undefined: there was none. */
  readonly held: { readonly timestamp: unknown } | undefined
  /** The last beat, and how many in a row went by without a sign of life before them. */
  readonly beatAt: number
  readonly silent: number
  /** The window this client was told last; null: none. */
  readonly told: number | null
  /** Frames that were neither refused nor the last; pongs that were sent for pings of an open link. */
  readonly frames: readonly number[]
  readonly pongs: readonly number[]
  /** Frames refused since a tenth of the rate was there. */
  readonly refusals: number
  /** A write is waiting to be read; marks that have not left yet. */
  readonly waits: boolean
  readonly marks: number
  readonly leaving: boolean
}

/** A world in the making: from the news of an event to the end of its effects. */
export type Draft = { -readonly [K in keyof World]: World[K] }

/** Where the timeline begins. */
export const START = 1_000_000
const EPOCH = 1_700_000_000_000

/** A link that has just been accepted, after the effects of its opening. */
export function initialWorld([, effects]: SessionStep): World {
  const draft: Draft = {
    now: START,
    epoch: EPOCH,
    window: 500,
    life: 'new',
    level: 0,
    timers: {},
    heardAt: START,
    user: null,
    revoked: [],
    held: undefined,
    beatAt: START,
    silent: 0,
    told: null,
    frames: [],
    pongs: [],
    refusals: 0,
    waits: false,
    marks: 0,
    leaving: false,
  }
  return enact(draft, effects)
}

/** Users that `authenticate` knows: one for good, one for 70 seconds more, one whose time is over. */
export const users = {
  ann: { id: 'ann' },
  bob: { id: 'bob', expiresAt: EPOCH + START + 70_000 },
  eve: { id: 'eve', expiresAt: EPOCH + START },
} as const satisfies Record<string, User>

/** The wall clock. */
export function wallOf({ now, epoch }: World): number {
  return now + epoch
}

/** The deadline that comes first, as the link meets them. */
export function nextDue({ timers }: World): readonly [Slot, number] | null {
  let first: readonly [Slot, number] | null = null
  for (const [slot, at] of Object.entries(timers) as [Slot, number | undefined][])
    if (at !== undefined && (first === null || at < first[1])) first = [slot, at]
  return first
}

/** What a rate leaves: whatever moment one counts from, no more than `max`, and what has come back since then. */
export function left(spent: readonly number[], max: number, per: number, now: number): number {
  return spent.reduce((least, at, index) => {
    const since = max + ((now - at) * max) / per - (spent.length - index)
    return Math.min(least, since)
  }, max)
}

/** Frames that a client may send: all of them count. */
export function messagesLeft({ frames, now }: World, { limits }: SessionSettings): number {
  return left(frames, limits.messagesPerMinute, 60_000, now)
}

/** The world as it is when the session is told: time has moved, the news has arrived. */
export function perceive(was: World, move: Move): Draft {
  const draft: Draft = { ...was, ...move.world, now: move.now }
  if (move.frame !== undefined) draft.heardAt = move.now
  if (was.life === 'over') return draft
  const { event } = move
  if (event?.type === 'timer') draft.timers = { ...draft.timers, [event.slot]: undefined }
  if (event?.type === 'revoked' && was.life === 'asked') draft.revoked = [...was.revoked, event.userId]
  if (event?.type === 'closed') draft.life = 'over'
  if (event?.type === 'flushed') {
    draft.waits = false
    draft.marks = Math.max(0, was.marks - 1)
  }
  return draft
}

/** The world after the session's effects were done, and what the rules count was counted. */
export function perform(
  draft: Draft,
  was: World,
  move: Move,
  effects: readonly SessionEffect[],
  { limits }: SessionSettings,
): World {
  const { event, frame } = move
  const { now } = draft
  if (frame !== undefined && frame.kind !== 'binary' && was.life !== 'over') {
    const rest = left(was.frames, limits.messagesPerMinute, 60_000, now)
    const refused = isRefused(rest)
    if (refused) draft.refusals = was.refusals + 1
    else if (rest > limits.messagesPerMinute / 10) draft.refusals = 0
    if (!refused) draft.frames = [...was.frames, now]
    if (!refused && was.life !== 'open' && frame.kind === 'ping') draft.held = { timestamp: frame.echo }
    if (!refused && was.life === 'new' && frame.kind === 'ready') draft.level = frame.level ?? 0
  }
  if (event?.type === 'timer' && event.slot === 'beat') {
    draft.silent = draft.heardAt >= was.beatAt ? 0 : was.silent + 1
    draft.beatAt = now
  }
  if (event?.type === 'authenticated' && was.life === 'asked' && isUser(event.user)) {
    draft.user = event.user
    draft.beatAt = now
  }
  if (event?.type === 'congested' && was.life === 'open') draft.waits = true
  if (event?.type === 'leave' && was.life === 'open') draft.leaving = true
  if (frame?.kind === 'ping' && was.life === 'open' && effects.some(({ type }) => type === 'send'))
    draft.pongs = [...was.pongs, now]
  return enact(draft, effects)
}

/** What the link does with the session's effects. */
function enact(draft: Draft, effects: readonly SessionEffect[]): World {
  for (const effect of effects) {
    if (effect.type === 'arm') draft.timers = { ...draft.timers, [effect.slot]: draft.now + effect.delay }
    if (effect.type === 'disarm') draft.timers = { ...draft.timers, [effect.slot]: undefined }
    if (effect.type === 'authenticate' && draft.life === 'new') draft.life = 'asked'
    if (effect.type === 'opened' && draft.life === 'asked') draft.life = 'open'
    if (effect.type === 'close') draft.life = 'over'
    if (effect.type === 'mark') draft.marks += 1
    if (effect.type !== 'send' || effect.channel !== undefined) continue
    const { type, reconnect } = toFrame(effect.wire)
    if (type === 'server_ready' || type === 'rt.notice') draft.told = reconnect?.window ?? null
  }
  // The link disarms what is left when its session ends.
  if (draft.life === 'over') draft.timers = {}
  return draft
}

/** A frame that the session wrote. */
export interface Written {
  readonly type: string
  readonly reconnect?: { readonly window?: number; readonly spread?: number }
  readonly [field: string]: unknown
}

/** Reads a frame that the session wrote. */
export function toFrame(wire: string | Uint8Array): Written {
  return JSON.parse(wire.toString()) as Written
}

/** Less than a whole one is none; a millionth is rounding. */
export function isRefused(rest: number): boolean {
  return rest < 1 - 1e-6
}

/** Somebody, rather than nobody or no answer. */
export function isUser(user: User | null | 'failed'): user is User {
  return user !== null && user !== 'failed'
}
