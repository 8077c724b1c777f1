// Everything that may happen to a channel and around it: the app, the server, the line, the loads, the page, time.
import { toFreshness } from '../../../src/channels/freshness.ts'
import { channelSlots } from '../../../src/channels/table.ts'
import type { Channel, ChannelEvent, Slot } from '../../../src/channels/model.ts'
import { NEVER, type Answer, type Draft, type Message, type Setup, type World } from './world.ts'

/** One thing that may happen: to the world, and as an event, if the channel hears of it. */
export interface Move {
  readonly name: string
  readonly now: number
  readonly random: number
  readonly event: ChannelEvent | null
  /** What was pushed. */
  readonly message: Message | null
  /** What changes in the world before the channel hears of it. */
  readonly world: Partial<Draft>
}

/** Most messages on their way at once; where an answer may be on its way, too, one is enough beside it. */
const LINE = 2
/** Time that is lost to sleep. */
const LOST = 40_000

/** The deadline that comes first, as the owner meets them. */
export function nextDue(channel: Channel): readonly [Slot, number] | null {
  let first: readonly [Slot, number] | null = null
  for (const slot of channelSlots) {
    const at = channel.timers[slot]
    if (at !== undefined && (first === null || at < first[1])) first = [slot, at]
  }
  return first
}

/** The newest version that is surely not still on its way. */
function arrived({ line, version }: World): number {
  return line[0] ? line[0].version - 1 : version
}

/** What the server sends of a change, or when a link is there. */
function messageOf({ mode }: Setup, version: number): Message {
  return { kind: mode === 'replace' ? 'whole' : mode === 'change' ? 'change' : 'signal', version }
}

/** What comes next on the line, as the channel hears of it. */
export function deliver(world: World, setup: Setup, spoiled: boolean): Omit<Move, 'now' | 'random'> {
  const [message, ...line] = world.line as [Message, ...Message[]]
  const { version } = message
  const position = setup.recovers ? Math.max(world.position, version) : world.position
  const changed = { line, least: Math.max(world.least, version), position }
  return hear(message, world, changed, setup, spoiled, false)
}

function hear(
  message: Message,
  { data, seen }: World,
  world: Partial<Draft>,
  setup: Setup,
  spoiled: boolean,
  replayed: boolean,
): Omit<Move, 'now' | 'random'> {
  const { kind, version } = message
  const again = replayed ? ' again' : ''
  if (spoiled) return { name: `spoils ${version}${again}`, event: { type: 'spoiled' }, message, world }
  if (kind === 'signal')
    return { name: `signals ${version}${again}`, event: { type: 'signalled' }, message, world }
  // `version` decides before the machine is asked.
  const older = setup.versioned && data !== null && version < data.upTo
  const event: ChannelEvent | null = older ? null : { type: 'pushed', whole: kind === 'whole', replayed }
  if (!replayed) world = { ...world, seen: Math.max(seen, version) }
  return { name: `pushes ${version}${again}`, event, message, world }
}

/** How a server that keeps what was said may answer: as the first time, with what was missed, or that it does not know. */
export function answersTo({ position, version }: World, setup: Setup): readonly Answer[] {
  const since = (after: number): Message[] =>
    Array.from({ length: version - after }, (_, index) => messageOf(setup, after + 1 + index))
  const answer = (recovered: boolean, messages: readonly Message[]): Answer => {
    return { recovered, messages, top: version, begun: false }
  }
  if (position === NEVER)
    return [answer(false, []), ...(version > 0 ? [answer(false, since(version - 1))] : [])]
  return [
    ...(version - position > (setup.mode === 'change' ? LINE : 1) ? [] : [answer(true, since(position))]),
    answer(false, []),
  ]
}

/** What comes next of an answer: what it replays, then the word that the link is there, and the state where that is sent. */
export function heed(
  world: World & { readonly answer: Answer },
  setup: Setup,
  spoiled: boolean,
): Omit<Move, 'now' | 'random'> {
  const { answer, line } = world
  const [message, ...messages] = answer.messages
  if (message)
    return hear(message, world, { answer: { ...answer, messages, begun: true } }, setup, spoiled, true)
  const { recovered, top } = answer
  const state: readonly Message[] = setup.greets && !recovered ? [{ kind: 'whole', version: top }] : []
  return {
    name: recovered ? 'up, recovered' : 'up, not recovered',
    event: { type: 'up', recovered },
    message: null,
    world: { answer: null, up: true, least: top, position: top, line: [...state, ...line] },
  }
}

/** The answer of the load under way. */
export function answer({ load, data }: World, { versioned }: Setup): ChannelEvent {
  const older = versioned && data !== null && (load!.read ?? 0) < data.upTo
  return { type: 'loaded', request: load!.request, older }
}

/** Everything that may happen next. */
export function moves(channel: Channel, world: World, setup: Setup): readonly Move[] {
  const found: Move[] = []
  const { now, version, up, doubted, away, line, load, subscribed, answer: given } = world
  const { active } = channel
  const hears = (move: Omit<Move, 'now' | 'random'>): void => {
    for (const random of move.event?.type === 'pushed' || move.event?.type === 'up' ? [0.5] : [0, 0.999])
      found.push({ ...move, event: active ? move.event : null, now, random })
  }
  const spoils = setup.mode === 'reload' ? [false] : [false, true]
  if (given) {
    const next = { ...world, answer: given }
    for (const spoiled of given.messages.length > 0 ? spoils : [false]) hears(heed(next, setup, spoiled))
    if (given.begun) return found
  }
  const add = (
    name: string,
    event: ChannelEvent | null,
    changed: Partial<Draft> = {},
    at = now,
    random = 0.5,
  ): void => void found.push({ name, event, message: null, world: changed, now: at, random })
  /** What only active channels are told. */
  const tell = (type: 'down' | 'doubted' | 'trusted' | 'away' | 'back', changed: Partial<Draft>): void =>
    add(type, active ? { type } : null, changed)

  if (!subscribed)
    add(
      'subscribed',
      { type: 'subscribed' },
      { subscribed: true, ...(active ? {} : { least: arrived(world) }) },
    )
  else add('unsubscribed', { type: 'unsubscribed' }, { subscribed: false })
  if (active) add('refresh', { type: 'refresh' })
  if (active) add('reset', { type: 'reset' }, { line: [], answer: null })

  if (up) {
    if (line.length < (setup.recovers ? 1 : LINE))
      add('changes', null, { version: version + 1, line: [...line, messageOf(setup, version + 1)] })
    const held = toFreshness({ ...channel, doubted: false }) === 'live'
    tell('down', { up: false, doubted: false, line: [], held })
    if (doubted) tell('trusted', { doubted: false })
    else tell('doubted', { doubted: true })
  } else if (given) {
    if (line.length < (setup.recovers ? 1 : LINE))
      add('changes', null, { version: version + 1, line: [...line, messageOf(setup, version + 1)] })
    add('lost', null, { answer: null, line: [] })
  } else {
    add('changes', null, { version: version + 1 })
    const greeting: readonly Message[] = setup.greets ? [{ kind: 'whole', version }] : []
    const event: ChannelEvent | null = active ? { type: 'up', recovered: null } : null
    if (!setup.recovers) add('up', event, { up: true, line: greeting, least: version })
    else if (active) for (const one of answersTo(world, setup)) add('answers', null, { answer: one })
  }
  if (up && line.length > 0) for (const spoiled of spoils) hears(deliver(world, setup, spoiled))
  tell(away ? 'back' : 'away', { away: !away })
  if (active) {
    add('woke', { type: 'woke', slept: false }, {}, now + LOST)
    add('slept', { type: 'woke', slept: true })
  }
  if (load) {
    if (load.read === null) {
      add('reads', null, { load: { ...load, read: version } })
      if (setup.lags) add('reads late', null, { load: { ...load, read: version - 1 } })
    } else add('answers', answer(world, setup))
    for (const random of [0, 0.999]) add('fails', { type: 'failed', request: load.request }, {}, now, random)
  }
  const next = nextDue(channel)
  if (next)
    for (const random of [0, 0.999])
      add(`due ${next[0]}`, { type: 'due', slot: next[0] }, {}, Math.max(now, next[1]), random)
  return found
}
