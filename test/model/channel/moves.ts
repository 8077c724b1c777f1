// Everything that may happen to a channel and around it: the app, the server, the line, the loads, the page, time.
import { channelSlots } from '../../../src/channels/table.ts'
import type { Channel, ChannelEvent, Slot } from '../../../src/channels/model.ts'
import type { Draft, Message, Setup, World } from './world.ts'

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

/** Most messages on their way at once. */
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
export function deliver(
  { line, data, least, seen }: World,
  setup: Setup,
  spoiled: boolean,
): Omit<Move, 'now' | 'random'> {
  const message = line[0]!
  const { kind, version } = message
  const world: Partial<Draft> = { line: line.slice(1), least: Math.max(least, version) }
  if (spoiled) return { name: `spoils ${version}`, event: { type: 'spoiled' }, message, world }
  if (kind === 'signal') return { name: `signals ${version}`, event: { type: 'signalled' }, message, world }
  world.seen = Math.max(seen, version)
  // `version` decides before the machine is asked.
  const older = setup.versioned && data !== null && version < data.upTo
  const event: ChannelEvent | null = older ? null : { type: 'pushed', whole: kind === 'whole' }
  return { name: `pushes ${version}`, event, message, world }
}

/** The answer of the load under way. */
export function answer({ load, data }: World, { versioned }: Setup): ChannelEvent {
  const older = versioned && data !== null && (load!.read ?? 0) < data.upTo
  return { type: 'loaded', request: load!.request, older }
}

/** Everything that may happen next. */
export function moves(channel: Channel, world: World, setup: Setup): readonly Move[] {
  const found: Move[] = []
  const { now, version, up, doubted, away, line, load, subscribed } = world
  const { active } = channel
  const add = (
    name: string,
    event: ChannelEvent | null,
    changed: Partial<Draft> = {},
    at = now,
    random = 0.5,
  ): void => void found.push({ name, event, message: null, world: changed, now: at, random })
  /** What only active channels are told. */
  const tell = (
    type: 'up' | 'down' | 'doubted' | 'trusted' | 'away' | 'back',
    changed: Partial<Draft>,
  ): void => add(type, active ? { type } : null, changed)

  if (!subscribed)
    add(
      'subscribed',
      { type: 'subscribed' },
      { subscribed: true, ...(active ? {} : { least: arrived(world) }) },
    )
  else add('unsubscribed', { type: 'unsubscribed' }, { subscribed: false })
  if (active) add('refresh', { type: 'refresh' })
  if (active) add('reset', { type: 'reset' }, { line: [] })

  if (up) {
    if (line.length < LINE)
      add('changes', null, { version: version + 1, line: [...line, messageOf(setup, version + 1)] })
    tell('down', { up: false, doubted: false, line: [] })
    if (doubted) tell('trusted', { doubted: false })
    else tell('doubted', { doubted: true })
  } else {
    add('changes', null, { version: version + 1 })
    const greeting: readonly Message[] = setup.greets ? [{ kind: 'whole', version }] : []
    tell('up', { up: true, line: greeting, least: version })
  }
  if (line.length > 0) {
    for (const spoiled of setup.mode === 'reload' ? [false] : [false, true]) {
      const move = deliver(world, setup, spoiled)
      for (const random of move.event?.type === 'pushed' ? [0.5] : [0, 0.999]) {
        found.push({ ...move, event: active ? move.event : null, now, random })
      }
    }
  }
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
