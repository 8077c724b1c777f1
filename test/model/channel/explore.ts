// Walks through every reachable abstract state of the channel machine, closed with a server, a line and loads, and checks every step.
import type { Channel, ChannelContext } from '../../../src/channels/model.ts'
import { toFreshness } from '../../../src/channels/freshness.ts'
import { channelSlots, channelStep, initialChannel } from '../../../src/channels/table.ts'
import { checkChannel, type ChannelEdge } from './invariants.ts'
import { answer, answersTo, deliver, heed, moves, nextDue, type Move } from './moves.ts'
import { copy, includes, initialWorld, isLive, perform, type Draft, type Setup, type World } from './world.ts'
import type { Broken } from '../explore.ts'

const usual: Omit<Setup, 'name'> = {
  mode: 'replace',
  canLoad: true,
  interval: 10_000,
  hasInitial: false,
  versioned: false,
  greets: false,
  recovers: false,
  lags: false,
  lens: 'order',
}

/** The ways to set up a channel that differ in what may happen. */
export const setups: readonly Setup[] = [
  { ...usual, name: 'replace, greeted', greets: true },
  { ...usual, name: 'replace', lens: 'time' },
  { ...usual, name: 'replace with versions, replicas lag', versioned: true, lags: true },
  { ...usual, name: 'replace without load', greets: true, canLoad: false },
  { ...usual, name: 'replace, initial, no polling', hasInitial: true, interval: null, lens: 'time' },
  { ...usual, name: 'change', mode: 'change' },
  { ...usual, name: 'change, no polling', mode: 'change', interval: null, lens: 'time' },
  { ...usual, name: 'reload', mode: 'reload' },
  { ...usual, name: 'replace, recovered or greeted', recovers: true, greets: true },
  { ...usual, name: 'change, recovered', recovers: true, mode: 'change' },
  { ...usual, name: 'reload, recovered', recovers: true, mode: 'reload' },
]

interface Node {
  readonly channel: Channel
  readonly world: World
  readonly from: Node | null
  readonly via: string
}

/** What was found. */
export interface ChannelExploration {
  readonly states: number
  readonly edges: number
  readonly broken: readonly Broken[]
}

/** How to go about it. */
export interface ExploreChannelOptions {
  /** Ends with the first this many faults. @default 1 */
  readonly most?: number
  readonly onEdge?: (edge: ChannelEdge) => void
  readonly setups?: readonly Setup[]
}

/** A good server brings any subscribed channel to `live` within this many steps. */
const PATIENCE = 40

/** One step of channel and world. */
function step({ channel: before, world: was }: Node, move: Move, setup: Setup): ChannelEdge {
  const draft: Draft = Object.assign(copy(was), move.world)
  draft.now = move.now
  const context: ChannelContext = {
    now: move.now,
    random: move.random,
    mode: setup.mode,
    canLoad: setup.canLoad,
    hasInitial: setup.hasInitial,
    versioned: setup.versioned,
    loadTimeout: 10_000,
    interval: setup.interval,
    spread: 1_000,
    linger: 5_000,
    surroundings: { up: draft.up, doubted: draft.doubted, away: draft.away },
    grace: 3_000,
  }
  const { event } = move
  const [after, effects] = event ? channelStep(before, event, context) : [before, []]
  const is = event ? perform(draft, event, effects, move.message, setup) : draft
  return { setup, before, was, event, context, after, effects, is }
}

/** Explores every setup. */
export function exploreChannel(options: ExploreChannelOptions = {}): ChannelExploration {
  const { most = 1, onEdge } = options
  const broken: Broken[] = []
  let states = 0
  let edges = 0
  const walk = (setup: Setup): void => {
    const known = new Set<string>()
    const queue: Node[] = []
    const visit = (channel: Channel, world: World, from: Node | null, via: string): void => {
      const key = toKey(channel, world, setup)
      if (known.has(key)) return
      known.add(key)
      queue.push({ channel, world, from, via })
    }
    const report = (node: Node, words: string, last: string): void =>
      void broken.push({ run: setup.name, words, path: [...pathOf(node), last] })
    visit({ ...initialChannel, hasData: setup.hasInitial }, initialWorld(setup), null, '')
    for (let index = 0; index < queue.length && broken.length < most; index++) {
      const node = queue[index] as Node
      states++
      for (const move of moves(node.channel, node.world, setup)) {
        edges++
        const edge = step(node, move, setup)
        const words = checkChannel(edge)
        if (words !== null) report(node, words, move.name)
        onEdge?.(edge)
        visit(edge.after, edge.is, node, move.name)
      }
      for (const type of ['loaded', 'failed'] as const) {
        edges++
        const late = { type, request: node.channel.lastRequest - (node.channel.load ? 1 : 0), older: false }
        const [after, effects] = channelStep(
          node.channel,
          late,
          step(node, { ...still, now: node.world.now }, setup).context,
        )
        if (after !== node.channel || effects.length > 0)
          report(node, 'INV-19 G16: a late answer had an effect', type)
      }
      const stuck = starve(node, setup)
      if (stuck !== null) report(node, stuck, 'a good server')
    }
  }
  for (const setup of options.setups ?? setups) if (broken.length < most) walk(setup)
  return { states, edges, broken }
}

const still: Move = { name: '', event: null, message: null, world: {}, now: 0, random: 0.5 }

/** With a good server a subscribed channel becomes live and shows what the server has (liveness, G16). */
function starve(from: Node, setup: Setup): string | null {
  if (!from.world.subscribed || !from.channel.active) return null
  // Whoever was connected before the subscription began, and cannot load, waits for the next push.
  if (!setup.canLoad && from.world.up && from.world.line.length === 0) return null
  let node = from
  for (let count = 0; count < PATIENCE; count++) {
    const { channel, world } = node
    const settled = world.line.length === 0 && world.load === null
    if (settled && isLive(channel) && (setup.lags || includes(world.data, world.version))) return null
    const move = kindly(channel, world, setup)
    if (!move)
      return `liveness: nothing is due, and it is ${toFreshness(channel)} with ${JSON.stringify(world.data)} of ${world.version}`
    const edge = step(node, move, setup)
    node = { channel: edge.after, world: edge.is, from: node, via: move.name }
  }
  return `liveness: not live after ${PATIENCE} kind steps, but ${toFreshness(node.channel)}`
}

/** What a good world does next. */
function kindly(channel: Channel, world: World, setup: Setup): Move | null {
  const { now, up, doubted, away, line, load, version } = world
  const move = (rest: Partial<Move>): Move => ({ ...still, now, ...rest })
  if (!up && world.answer) return move(heed({ ...world, answer: world.answer }, setup, false))
  if (!up && setup.recovers) return move({ world: { answer: answersTo(world, setup)[0]! } })
  if (!up) {
    const greeting = setup.greets ? [{ kind: 'whole', version } as const] : []
    return move({
      event: { type: 'up', recovered: null },
      world: { up: true, line: greeting, least: version },
    })
  }
  if (doubted) return move({ event: { type: 'trusted' }, world: { doubted: false } })
  if (away) return move({ event: { type: 'back' }, world: { away: false } })
  if (line.length > 0) return move(deliver(world, setup, false))
  if (load && load.read === null) return move({ world: { load: { ...load, read: version } } })
  if (load) return move({ event: answer(world, setup) })
  const next = nextDue(channel)
  return next && move({ event: { type: 'due', slot: next[0] }, now: Math.max(now, next[1]) })
}

/** Everything further behind than this counts as the same. */
const near = (version: number, now: number): number => Math.max(-2, version - now)

/**
 * The abstract state. Versions count from the server's, instants only by their order. Every run tells apart what the channel
 * says of itself; `order` what is on its way and what is in the data, `time` which deadlines are armed and what they depend on.
 */
function toKey(channel: Channel, world: World, setup: Setup): string {
  let bits = 0
  const bit = (value: boolean): void => {
    bits = bits * 2 + (value ? 1 : 0)
  }
  const { lens } = setup
  const { load } = channel
  const { version, data, line, kept, least, seen } = world
  bit(channel.active)
  bit(world.subscribed)
  bit(world.up)
  bit(world.doubted)
  bit(channel.proven)
  bit(channel.kept)
  bit(world.loadedSince)
  bit(world.held)
  bit(channel.hasData)
  bit(load !== null)
  bit(load?.proves ?? false)
  bit(world.load?.owed ?? false)
  bit(world.load?.read != null)
  bit(load !== null && channel.pushes > load.pushes)
  bit(channel.timers.load !== undefined)
  let key = `${bits}`
  if (lens === 'time') {
    bits = 0
    bit(world.away)
    bit(channel.fresh)
    bit(channel.missed)
    bit(channel.failures > 0)
    bit(line.length > 0)
    for (const slot of channelSlots) bit(channel.timers[slot] !== undefined)
    const next = nextDue(channel)
    return `${key} ${bits}${next?.[0] ?? ''}${next && next[1] <= world.now ? '!' : ''}`
  }
  key += ` ${data ? near(data.upTo, version) : ''} ${near(least, version)} ${near(world.load?.read ?? version, version)}`
  key += ` ${Math.sign(seen - (data?.upTo ?? least))}`
  for (const other of new Set(data?.beyond.map((one) => near(one, version)))) key += `+${other}`
  for (const other of new Set(kept.map((one) => near(one, version)))) key += `k${other}`
  if (world.answer) {
    const { begun, recovered, messages, top } = world.answer
    key += ` a${begun ? 1 : 0}${recovered ? 1 : 0}${messages.length}${near(top, version)}`
  }
  if (setup.recovers) key += ` @${Math.max(-3, world.position - version)}`
  for (const message of line) key += `${message.kind[0] ?? ''}${near(message.version, version)}`
  return key
}

function pathOf(node: Node): string[] {
  const path: string[] = []
  for (let at: Node | null = node; at.from; at = at.from)
    path.unshift(`${at.via} -> ${toFreshness(at.channel)}`)
  return path
}
