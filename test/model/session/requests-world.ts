// The world beside an open link at levels 2 and 3: what its client was told and still waits for, what the hub was asked, what was published.
import type { Position, Publication } from '../../../src/server/broker.ts'
import type { SessionEffect } from '../../../src/server/session/model.ts'
import { toFrame, type Written } from './world.ts'

/** The channels; one more than a link may have. */
export const channels = ['a', 'b', 'c'] as const
export type Channel = (typeof channels)[number]
/** So many may a link have at once, and so many subscribes a minute. */
export const LIMIT = 2

/** What the client knows of a channel: it waits for the answer to `ref`, or has heard everything up to `last`. */
interface View {
  readonly ref: string
  readonly since: Position | null
  readonly last: Position | null
  /** The top was ahead at the last look, and nothing came since. */
  readonly behind: boolean
}

/** Kept from events and effects alone. */
export interface RequestsWorld {
  readonly now: number
  readonly isOver: boolean
  readonly lastId: number
  /** When subscribes were let through. */
  readonly spent: readonly number[]
  /** What was asked and not answered: what it was, by its id. */
  readonly pending: { readonly [id: string]: string }
  /** What the hub was last asked for. */
  readonly wishes: { readonly [C in Channel]?: string | undefined }
  readonly views: { readonly [C in Channel]?: View | undefined }
  readonly tops: { readonly [C in Channel]: Position }
  /** The last publications of each channel, newest last; and how many came while the past was being read. */
  readonly logs: { readonly [C in Channel]: readonly Publication[] }
  readonly early: { readonly [C in Channel]: number }
}

/** A world in the making. */
export type RequestsDraft = { -readonly [K in keyof RequestsWorld]: RequestsWorld[K] }

const top: Position = { epoch: 'e1', offset: 5 }

/** Nothing was asked for. */
export const initialRequests: RequestsWorld = {
  now: 1_000_000,
  isOver: false,
  lastId: 0,
  spent: [],
  pending: {},
  wishes: {},
  views: {},
  tops: { a: top, b: top, c: top },
  logs: { a: [], b: [], c: [] },
  early: { a: 0, b: 0, c: 0 },
}

/** The past of a channel as it is read: now, or before the last publication. */
export function readPast(
  { tops, logs }: RequestsWorld,
  channel: Channel,
  since: Position | null,
  late: boolean,
) {
  const log = late ? logs[channel] : logs[channel].slice(0, -1)
  const missing = logs[channel].at(-1)
  const at = late || !missing ? tops[channel] : { epoch: missing.epoch, offset: missing.prev }
  if (since === null) return { top: at, items: log.slice(-1), complete: true }
  const later = log.filter(({ offset }) => offset > since.offset)
  const reaches = since.offset === at.offset || later[0]?.prev === since.offset
  const complete = since.epoch === at.epoch && since.offset <= at.offset && reaches
  return { top: at, items: complete ? later : [], complete }
}

/** What is wrong with what the session ordered in one step; what it told is noted in the draft. */
export function follow(draft: RequestsDraft, effects: readonly SessionEffect[]): string | null {
  let replay = 0
  for (const effect of effects) {
    if (draft.isOver) return 'does more after its end'
    if (effect.type === 'close') {
      Object.assign(draft, { isOver: true, pending: {}, wishes: {}, views: {} })
      continue
    }
    if (effect.type === 'subscribe') draft.wishes = { ...draft.wishes, [effect.channel]: effect.ref }
    if (effect.type === 'quit') {
      if (draft.wishes[effect.channel as Channel] === undefined) return 'quits what it does not have'
      draft.wishes = { ...draft.wishes, [effect.channel]: undefined }
    }
    if (effect.type !== 'send') continue
    const frame = toFrame(effect.wire)
    if (replay > 0 && frame.type !== 'rt.message') return `${frame.type} came before what is replayed`
    const words = frame.type === 'rt.message' ? hear(draft, frame, replay > 0) : answer(draft, frame)
    if (words !== null) return words
    replay =
      frame.type === 'rt.message' ? Math.max(0, replay - 1) : ((frame.replay as number | undefined) ?? 0)
    if (replay === 0 && frame.type === 'rt.message') continue
  }
  return replay > 0 ? `${replay} messages less than announced` : null
}

/** A message: of a subscription that was answered and not ended, and the next one (G11, G12, G14). */
function hear(draft: RequestsDraft, frame: Written, replayed: boolean): string | null {
  const { channel, ref, epoch, offset } = frame as unknown as Position & { channel: Channel; ref: string }
  const view = draft.views[channel]
  if (view?.ref !== ref || !view.last) return 'a message of what is not subscribed to'
  const prev = (frame.prev as number | undefined) ?? offset - 1
  // Of messages from before, without a position, only the end is known.
  const follows = prev === view.last.offset && epoch === view.last.epoch
  if (!follows && !(replayed && view.since === null)) return `${offset} after ${view.last.offset}`
  draft.views = { ...draft.views, [channel]: { ...view, last: { epoch, offset }, behind: false } }
  return null
}

/** Anything but a message: the answer to exactly one request, or the end of a subscription. */
function answer(draft: RequestsDraft, frame: Written): string | null {
  const { type, id, channel, ref } = frame as unknown as Written & {
    readonly id?: string
    readonly ref?: string
    readonly channel?: Channel
  }
  if (type === 'rt.unsubscribed' && id === undefined && channel !== undefined) {
    const view = draft.views[channel]
    if (!view?.last || view.ref !== ref) return 'ends what is not subscribed to'
    draft.views = { ...draft.views, [channel]: undefined }
    return null
  }
  // A request without a legal id cannot be answered by name.
  if (type === 'rt.go_away') return null
  if (id === undefined) return type === 'rt.error' ? null : `${type} for nobody`
  const asked = draft.pending[id]
  if (asked === undefined) return `${type} answers nothing that was asked`
  draft.pending = Object.fromEntries(Object.entries(draft.pending).filter(([other]) => other !== id))
  if (channel === undefined) return wrongAnswer(asked, type)
  const view = draft.views[channel]
  if (type === 'rt.subscribed') {
    if (asked !== 'rt.subscribe' || view?.ref !== id) return `${asked} is answered ${type}`
    const { epoch, offset, recovered, replay } = frame as unknown as Position & {
      recovered: boolean
      replay: number
    }
    // With nothing to be replayed, recovered says that it was at the top.
    const last = recovered && replay > 0 ? view.since! : { epoch, offset }
    if (
      recovered &&
      (!view.since || (replay === 0 && view.since.offset !== offset) || view.since.epoch !== epoch)
    )
      return 'recovered is said of what is not'
    draft.views = { ...draft.views, [channel]: { ...view, last } }
    return null
  }
  if (type === 'rt.unsubscribed' || (asked === 'rt.subscribe' && view?.ref === id))
    draft.views = { ...draft.views, [channel]: undefined }
  return wrongAnswer(asked, type)
}

/** Which requests may be answered with what; anything may be refused. */
function wrongAnswer(asked: string, type: string): string | null {
  const right =
    asked === 'rt.subscribe' ? 'rt.subscribed' : asked === 'rt.unsubscribe' ? 'rt.unsubscribed' : 'rt.ack'
  return type === right || type === 'rt.error' ? null : `${asked} is answered ${type}`
}
