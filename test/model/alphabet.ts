// Everything that may happen to a connection in a given state: each event, at each time that matters, with each chance that matters.
import type { Event, Failure, Slot, State } from '../../src/machine/model.ts'
import type { CloseClass } from '../../src/protocol/close-codes.ts'
import { atLevel } from '../support/greeting.ts'
import { isStale, nextDue, type World } from './world.ts'

/** One thing that may happen. */
export interface Move {
  readonly event: Event
  readonly now: number
  readonly random: number
  readonly loading: boolean
}

/** What a page may say. */
export const signals = [
  'online',
  'offline',
  'visible',
  'hidden',
  'restored',
  'frozen',
  'resumed',
  'network',
] as const
const classes: readonly CloseClass[] = [
  'fatal',
  'refresh',
  'backoff',
  'long',
  'spread',
  'message',
  'twice',
  'policy',
]
/** With the hints a server may give: none, an hour, nothing but a spread, less than any floor. */
const hints: readonly (readonly [number | null, number | null])[] = [
  [3_600_000, null],
  [null, 20_000],
  [0, 0],
]
const requests = ['diagnose', 'prepare', 'queue'] as const
const verdicts = ['retry', 'refresh', 'fatal', 0, 600_000] as const
const chances = [0, 0.999] as const
/** What a server may advise in `server_ready`: nothing, too little, too much. */
const greetings: readonly (readonly [number | null, { interval: number; timeout: number } | null])[] = [
  [null, null],
  [500, null],
  [1, { interval: 5_000, timeout: 1_000 }],
  [400_000, { interval: 60_000, timeout: 20_000 }],
]
/** A timer that comes this late is late, but not so late that time was lost. */
const LATE = 1_500
/** Time that is lost to sleep or a blocked thread. */
export const LOST = 40_000

/** The deadline that is met next: in time, and late. */
export function dues(state: State, { now }: Pick<World, 'now'>): readonly (readonly [Slot, number])[] {
  const next = nextDue(state)
  if (!next) return []
  const [slot, at] = next
  return at > now
    ? [
        [slot, at],
        [slot, at + LATE],
      ]
    : [[slot, now]]
}

/** Events of a link. `link` may be any: with an old one, nothing may come of them. */
export function linkEvents(link: number, state: State, world: Pick<World, 'isOpen'>): Event[] {
  // Each failure is one of its own: one that is remembered is not reported again.
  const failure: Failure = { code: 'closed-by-server', closeCode: 1006 }
  const events: Event[] = classes.map((kind) => ({
    type: 'closed',
    link,
    failure,
    class: kind,
    min: null,
    spread: null,
  }))
  for (const [min, spread] of hints)
    events.push({ type: 'closed', link, failure, class: 'backoff', min, spread })
  events.push({ type: 'closed', link, failure, class: 'long', min: 30_000, spread: 0 })
  if (!('link' in state) || state.link !== link || !world.isOpen) {
    if (state.phase === 'opening' || !('link' in state) || state.link !== link)
      events.push({ type: 'opened', link })
    if ('link' in state && state.link === link) return events
  }
  const connected = state.phase === 'connected' ? state : null
  const level = connected?.level ?? null
  // After the first frame or a long silence, `server_ready` is the app's own word (protocol 1.3).
  if (level !== 0) {
    for (const [window, heartbeat] of greetings)
      events.push({ type: 'ready', link, ...atLevel(1), window, heartbeat })
    events.push({ type: 'ready', link, ...atLevel(3), window: null, heartbeat: null })
  }
  if (level === null) events.push({ type: 'plain', link })
  const sent = connected?.pings ?? []
  for (const timestamp of new Set([sent.at(-1)?.timestamp, sent[0]?.timestamp, null])) {
    if (timestamp !== undefined) events.push({ type: 'pong', link, timestamp })
  }
  // Without time to spare: the next link beside this one has a walk of its own (handover.ts).
  const going = { type: 'away', link, reason: 'deploy', grace: 500, final: false } as const
  events.push(
    { type: 'heard', link },
    { ...going, min: 500, spread: 1_000 },
    { ...going, min: 20_000, spread: 10_000 },
    { ...going, min: 0, spread: 0, final: true },
    { type: 'advice', link, window: null, expiresIn: null },
    { type: 'advice', link, window: 500, expiresIn: null },
    { type: 'advice', link, window: null, expiresIn: 20_000 },
    { type: 'flooded', link },
  )
  return events
}

/** Answers to what was asked. The driver gives each request only the kind of answer it asked for. */
export function answers(request: number, kind: string): Event[] {
  const credentials: Failure = { code: 'auth-failed' }
  switch (kind) {
    case 'diagnose':
      return verdicts.map((verdict) => ({
        type: 'diagnosed',
        request,
        verdict,
      }))
    case 'renew':
      return [
        { type: 'prepared', request },
        { type: 'unprepared', request, failure: credentials, fatal: false },
      ]
    case 'prepare':
      return [
        { type: 'prepared', request },
        { type: 'unprepared', request, failure: credentials, fatal: false },
        { type: 'unprepared', request, failure: credentials, fatal: true },
      ]
    default:
      return [{ type: 'admitted', request }]
  }
}

/** Calls of the app, in the way they reach the machine: interest is told when it begins and when it ends. */
export function calls({ memory: { wanted } }: State): Event[] {
  return (
    [wanted ? 'unwanted' : 'wanted', 'connect', 'disconnect', 'retry', 'reset', 'close', 'loaded'] as const
  ).map((type) => ({ type }))
}

/** News of links and requests that are no longer, or never were. */
export function staleEvents(state: State, world: World): readonly Event[] {
  const id = 'link' in state ? state.link - 2 : 0
  const types = new Set<string>()
  return [...linkEvents(id, state, world), ...requests.flatMap((kind) => answers(id, kind))].filter(
    (event) => isStale(state, event) && types.size < types.add(event.type).size,
  )
}

/** Does chance matter to what this event does? */
function isChancy(event: Event, state: State): boolean {
  switch (event.type) {
    case 'page':
    case 'woke':
      return state.phase === 'waiting'
    case 'closed':
      return event.class === 'backoff'
    case 'due':
      return event.slot === 'deadline' || event.slot === 'pong'
    case 'away':
      return true
    case 'advice':
      return event.expiresIn !== null
    default:
      return false
  }
}

/** Everything that may happen next. */
export function moves(state: State, world: World): readonly Move[] {
  const { now } = world
  const found: Move[] = []
  const add = (event: Event, at: number = now, loading = false): void => {
    for (const random of isChancy(event, state) ? chances : [0.5])
      found.push({ event, now: at, random, loading })
  }
  for (const event of calls(state)) {
    add(event)
    if (event.type === 'connect' || event.type === 'wanted' || event.type === 'reset') add(event, now, true)
  }
  for (const signal of signals) add({ type: 'page', signal })
  add({ type: 'woke', slept: false }, now + LOST)
  add({ type: 'woke', slept: true })
  for (const [slot, at] of dues(state, world)) add({ type: 'due', slot }, at)
  if ('link' in state && world.link !== null)
    for (const event of linkEvents(state.link, state, world)) add(event)
  if (world.request && (state.phase === 'connecting' || world.request.kind === 'renew')) {
    for (const event of answers(world.request.id, world.request.kind)) add(event)
  }
  return found
}
