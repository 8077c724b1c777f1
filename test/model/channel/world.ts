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
const NEVER = -9
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
        break
      case 'forget':
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
