// The world beside the channel machine: a server with one value, the line to it, loads under way, and the data the app is shown.
import { toFreshness } from '../../../src/channels/freshness.ts'
import type { Channel, ChannelContext, ChannelEffect, ChannelEvent } from '../../../src/channels/model.ts'

/** How a channel and its server are set up. */
export interface Setup {
  readonly name: string
  readonly mode: ChannelContext['mode']
  readonly canLoad: boolean
  readonly interval: number | null
  readonly hasInitial: boolean
  /** The app gave `version`: older never replaces newer. */
  readonly versioned: boolean
  /** The server sends its state when a link is there. */
  readonly greets: boolean
  /** The server keeps what was said: a new link says whether all that was missed was replayed. */
  readonly recovers: boolean
  /** Loads may be answered by a replica that is one change behind. */
  readonly lags: boolean
  /** Which details are told apart: what overtakes what, or what happens when. */
  readonly lens: 'order' | 'time'
}

/** The server's value is the list of its changes 1, 2, 3 ...: data is right when it has all of them up to some number. */
export interface Data {
  /** All changes up to this one are in it. */
  readonly upTo: number
  /** Later ones that are in it, too. */
  readonly beyond: readonly number[]
}

/** A message on its way: the whole value, one change, or the word that there is one. */
export interface Message {
  readonly kind: 'whole' | 'change' | 'signal'
  readonly version: number
}

/** The answer to a subscribe, by a server that keeps what was said: it is acted upon in one go, once it has arrived. */
export interface Answer {
  /** These messages are all that was missed; else they are some of the last ones. */
  readonly recovered: boolean
  readonly messages: readonly Message[]
  /** The newest version when it was given. */
  readonly top: number
  readonly begun: boolean
}

/** A load under way, and what its answer will be once the server's value was read for it. */
export interface Loading {
  readonly request: number
  readonly read: number | null
  readonly owed: boolean
}

/** Kept from events and effects alone. */
export interface World {
  readonly now: number
  readonly subscribed: boolean
  /** How many changes there have been. */
  readonly version: number
  readonly up: boolean
  readonly doubted: boolean
  readonly away: boolean
  /** Where the server keeps what was said: the answer that is on its way, and comes before the link counts as up. */
  readonly answer: Answer | null
  /** The newest version that came, on any link: the next one is asked for what was said after it. */
  readonly position: number
  /** An answer of a load was applied while no link was up: what is replayed may be in it already. */
  readonly loadedSince: boolean
  /** It was live, but perhaps for doubts about the link, when that was lost, and nothing since then made it unsure what it is. */
  readonly held: boolean
  /** On the current link, first in, first out. */
  readonly line: readonly Message[]
  readonly data: Data | null
  /** Changes that arrived during the load under way and are to be applied onto its answer. */
  readonly kept: readonly number[]
  readonly load: Loading | null
  /** Loads under way at any moment of the last step. */
  readonly mostLoads: number
  /** The newest version that arrived by push and was not spoiled. */
  readonly seen: number
  /** `live` may be said of nothing older: all that was there before this link, and all that has arrived on it. */
  readonly least: number
  /** When the last good answer of a load was applied; null after sleep. */
  readonly confirmedAt: number | null
}

/** A world in the making. */
export type Draft = { -readonly [K in keyof World]: World[K] }

/** Older than anything of the server. */
export const NEVER = -9
const initialData: Data = { upTo: NEVER, beyond: [] }

/** Nobody has subscribed. */
export function initialWorld(setup: Setup): World {
  return {
    now: 1_000_000,
    subscribed: false,
    version: 0,
    up: false,
    doubted: false,
    away: false,
    answer: null,
    position: NEVER,
    loadedSince: false,
    held: false,
    line: [],
    data: setup.hasInitial ? initialData : null,
    kept: [],
    load: null,
    mostLoads: 0,
    seen: NEVER,
    least: NEVER,
    confirmedAt: null,
  }
}

/** Spelled out: this is done for every edge, and spreading takes ten times as long. */
export function copy(world: World): Draft {
  return {
    now: world.now,
    subscribed: world.subscribed,
    version: world.version,
    up: world.up,
    doubted: world.doubted,
    away: world.away,
    answer: world.answer,
    position: world.position,
    loadedSince: world.loadedSince,
    held: world.held,
    line: world.line,
    data: world.data,
    kept: world.kept,
    load: world.load,
    mostLoads: world.mostLoads,
    seen: world.seen,
    least: world.least,
    confirmedAt: world.confirmedAt,
  }
}

/** Data with one more change in it. */
function change(data: Data | null, version: number): Data {
  let upTo = data?.upTo ?? NEVER
  const all = new Set([...(data?.beyond ?? []), version])
  const beyond = [...all].filter((other) => other > upTo).sort((a, b) => a - b)
  while (beyond[0] === upTo + 1) upTo = beyond.shift() ?? upTo
  return { upTo, beyond }
}

/** Is everything up to this version in the data, and nothing with a hole before it? */
export function includes(data: Data | null, version: number): boolean {
  return data !== null && data.beyond.length === 0 && data.upTo >= version
}

/** What the world does with the machine's effects, as the channel's owner does. `message`: what was pushed. */
export function perform(
  draft: Draft,
  event: ChannelEvent,
  effects: readonly ChannelEffect[],
  message: Message | null,
  setup: Setup,
): World {
  let loads = draft.load === null ? 0 : 1
  draft.mostLoads = loads
  if (event.type === 'refresh' && draft.load) draft.load = { ...draft.load, owed: true }
  if (event.type === 'woke' && event.slept) draft.confirmedAt = null
  if (event.type === 'up') draft.loadedSince = draft.held = false
  if (event.type === 'signalled' || event.type === 'spoiled') draft.held = false
  for (const effect of effects) {
    switch (effect.type) {
      case 'load':
        draft.mostLoads = Math.max(draft.mostLoads, ++loads)
        draft.load = { request: effect.request, read: null, owed: false }
        draft.kept = []
        break
      case 'abort':
        break
      case 'settle':
        if (draft.load?.request !== effect.request) break
        loads--
        draft.load = null
        draft.kept = []
        break
      case 'applyPush':
        if (!message) break
        // A replayed change that is left out leaves no trace; what is claimed without it is looked at.
        draft.seen = Math.max(draft.seen, message.version)
        if (effect.keep) draft.kept = [...draft.kept, message.version]
        if (!effect.apply) break
        draft.data =
          message.kind === 'whole'
            ? { upTo: message.version, beyond: [] }
            : change(draft.data, message.version)
        break
      case 'applyLoad':
        draft.data = draft.kept.reduce<Data>(change, { upTo: draft.load?.read ?? NEVER, beyond: [] })
        draft.confirmedAt = draft.now
        draft.loadedSince = !draft.up
        if (setup.mode === 'change') draft.held = false
        break
      case 'forget':
        draft.position = NEVER
        draft.loadedSince = draft.held = false
        // Nobody is subscribed any more.
        if (setup.recovers && event.type === 'due')
          Object.assign(draft, { up: false, doubted: false, answer: null, line: [] })
        draft.data = setup.hasInitial ? initialData : null
        draft.seen = NEVER
        draft.confirmedAt = null
    }
  }
  return draft
}

/** Is a channel live? */
export function isLive(channel: Channel): boolean {
  return toFreshness(channel) === 'live'
}
