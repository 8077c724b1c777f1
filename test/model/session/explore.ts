// Walks through every reachable abstract state of a server session, with everything that may happen in each, and checks every step.
import { openSession } from '../../../src/server/session/handshake.ts'
import type { SessionContext, SessionSettings, SessionState } from '../../../src/server/session/model.ts'
import { stepSession } from '../../../src/server/session/step.ts'
import type { Broken } from '../explore.ts'
import type { SessionEdge } from './edge.ts'
import { checkSession } from './invariants.ts'
import { moves, onTime, type Move } from './moves.ts'
import {
  initialWorld,
  left,
  messagesLeft,
  nextDue,
  perceive,
  perform,
  START,
  users,
  wallOf,
  type Setup,
  type World,
} from './world.ts'

const settings: SessionSettings = {
  heartbeat: { interval: 15_000, timeout: 5_000 },
  handshakeTimeout: 10_000,
  maxPayload: 65_536,
  limits: {
    bufferedBytes: 1_000,
    connectionsPerUser: 2,
    messagesPerMinute: 600,
    subscriptions: 2,
    subscriptionsPerMinute: 10,
  },
}
const spent: SessionSettings = { ...settings, limits: { ...settings.limits, messagesPerMinute: 12 } }

/** The ways to look at a session. All details together would make states that differ in what has nothing to do with each other. */
export const setups: readonly Setup[] = [
  { name: 'opening', settings, lens: { opening: true } },
  { name: 'beats and windows', settings, lens: { beats: true } },
  { name: 'ends', settings, lens: { ends: true } },
  { name: 'too many messages', settings: spent, lens: { messages: true } },
  { name: 'too many pings', settings, lens: { pongs: true } },
]

interface Node {
  readonly state: SessionState
  readonly world: World
  readonly from: Node | null
  readonly via: string
}

/** What was found. */
export interface SessionExploration {
  readonly states: number
  readonly edges: number
  readonly broken: readonly Broken[]
}

/** How to go about it. */
export interface ExploreSessionOptions {
  /** Ends with the first this many faults. @default 1 */
  readonly most?: number
  readonly setups?: readonly Setup[]
}

/** Silence ends a link within this many timers; a good client stays for longer. */
const PATIENCE = 16

function toContext(world: World, setup: Setup): SessionContext {
  const { now, heardAt, window } = world
  return { settings: setup.settings, ack: 'stored', id: 's_1', now, wall: wallOf(world), heardAt, window }
}

/** One step of session and world. */
function step({ state: before, world: was }: Node, move: Move, setup: Setup): SessionEdge {
  const draft = perceive(was, move)
  const context = toContext(draft, setup)
  const [after, effects] = move.event ? stepSession(before, move.event, context) : [before, []]
  const is = perform(draft, was, move, effects, setup.settings)
  return { setup, before, was, move, context, after, effects, is }
}

/** A new link, as the server accepts it. */
function accept(setup: Setup, originAllowed: boolean): Node {
  const context = {
    settings: setup.settings,
    ack: 'stored',
    id: 's_1',
    now: START,
    wall: 0,
    heardAt: START,
    window: 500,
  }
  const opening = openSession(context, originAllowed)
  return { state: opening[0], world: initialWorld(opening), from: null, via: '' }
}

/** Explores every setup. */
export function exploreSession(options: ExploreSessionOptions = {}): SessionExploration {
  const { most = 1 } = options
  const broken: Broken[] = []
  let states = 0
  let edges = 0
  const walk = (setup: Setup): void => {
    const known = new Set<string>()
    const queue: Node[] = []
    const visit = (state: SessionState, world: World, from: Node | null, via: string): void => {
      const key = toKey(state, world, setup)
      if (known.has(key)) return
      known.add(key)
      queue.push({ state, world, from, via })
    }
    const report = (node: Node, words: string, last: string): void =>
      void broken.push({ run: setup.name, words, path: [...pathOf(node), last] })
    for (const allowed of [false, true]) {
      const node = accept(setup, allowed)
      const words = wrongStart(node, allowed)
      if (words !== null) report(node, words, 'accepted')
      visit(node.state, node.world, null, '')
    }
    for (let index = 0; index < queue.length && broken.length < most; index++) {
      const node = queue[index] as Node
      states++
      for (const move of moves(node.world, setup)) {
        edges++
        const edge = step(node, move, setup)
        const words = checkSession(edge)
        if (words !== null) report(node, words, move.name)
        visit(edge.after, edge.is, node, move.name)
      }
      // What is left of a rate changes nothing about who stays.
      if (setup.lens.messages || setup.lens.pongs) continue
      const kept = abandon(node, setup) ?? cherish(node, setup)
      if (kept !== null) report(node, kept, 'time')
    }
  }
  for (const setup of options.setups ?? setups) if (broken.length < most) walk(setup)
  return { states, edges, broken }
}

/** A page of a wrong origin is told so, and nothing of it is read; any other has a deadline to say who it is. */
function wrongStart({ state, world }: Node, allowed: boolean): string | null {
  if (!allowed)
    return state.phase === 'closed' && world.life === 'over' ? null : 'B7: a wrong origin comes in'
  return state.phase === 'waiting' && world.timers.handshake === START + settings.handshakeTimeout
    ? null
    : 'R6: a link without a deadline'
}

/** Who says nothing more is gone soon, whatever it was doing (C1). */
function abandon(from: Node, setup: Setup): string | null {
  const bound = from.world.now + 4 * settings.heartbeat.interval + settings.handshakeTimeout
  let node = from
  for (let count = 0; count < PATIENCE && node.world.life !== 'over'; count++) {
    const due = nextDue(node.world)
    if (!due) return `liveness: nothing is due, and it is ${node.state.phase}`
    const edge = step(node, onTime(...due, Math.max(node.world.now, due[1])), setup)
    const words = checkSession(edge)
    if (words !== null) return words
    node = { state: edge.after, world: edge.is, from: node, via: 'silence' }
  }
  if (node.world.life === 'over')
    return node.world.now <= bound ? null : `liveness: a ghost stays until ${node.world.now}`
  return 'liveness: silence does not end it'
}

/** Who is heard between all beats, reads what it is sent and has done no wrong stays (C1, A12). */
function cherish(from: Node, setup: Setup): string | null {
  const { life, leaving, user } = from.world
  if (life !== 'open' || leaving || user?.expiresAt !== undefined) return null
  let node = from
  for (let count = 0; count < PATIENCE; count++) {
    const { now, marks } = node.world
    const hear: Move = { name: 'hears', now, event: null, world: { heardAt: now } }
    const due = nextDue(node.world)!
    const events: Move[] = [
      hear,
      ...(marks > 0 ? [{ name: 'flushed', now, event: { type: 'flushed' }, world: {} } as const] : []),
    ]
    for (const move of events) {
      const edge = step(node, move, setup)
      const words = checkSession(edge)
      if (words !== null) return words
      node = { state: edge.after, world: edge.is, from: node, via: move.name }
    }
    if (marks > 0) continue
    const edge = step(node, onTime(...due, Math.max(now, due[1])), setup)
    const words = checkSession(edge)
    if (words !== null) return words
    node = { state: edge.after, world: edge.is, from: node, via: 'beat' }
    if (node.world.life !== 'open') return `liveness: a good client is ${node.state.phase}`
  }
  return null
}

/**
 * The abstract state, as a text: what the session remembers, and what the world does, so that no mistake hides behind the other's.
 * Instants appear only as relations to now and to each other.
 */
function toKey(state: SessionState, world: World, setup: Setup): string {
  const { now, life, level, user, heardAt, beatAt } = world
  const { lens } = setup
  const open = state.phase === 'open' ? state : null
  const beats = `${world.silent}${open?.missed ?? ''}${heardAt >= beatAt ? '+' : '-'}${heardAt >= (open?.beatAt ?? 0)}`
  const parts: unknown[] = [state.phase, life, level]
  if (lens.opening) {
    parts.push('pong' in state ? state.pong : '', world.held?.timestamp, user?.id)
    parts.push('revoked' in state ? toSet(state.revoked) : '', toSet(world.revoked))
  }
  if (lens.beats) parts.push(beats, open?.window, world.told, world.window)
  if (lens.ends) {
    const next = nextDue(world)
    const armed = Object.entries(world.timers).flatMap(([slot, at]) => (at === undefined ? [] : slot))
    parts.push(beats, armed.sort().join(), next?.[0], next !== null && next[1] <= now)
    parts.push(user?.id, wallOf(world) >= users.bob.expiresAt, world.marks, open?.congested, open?.leaving)
  }
  // Halves are told apart, because part of a token is none.
  if (lens.messages && 'rate' in state)
    parts.push(Math.floor(2 * state.rate.tokens), state.rate.refused, world.refusals)
  if (lens.messages) parts.push(Math.floor(2 * messagesLeft(world, setup.settings) + 1e-6))
  if (lens.pongs)
    parts.push(Math.floor(left(world.pongs, 10, 1_000, now)), Math.floor(open?.pongs.tokens ?? 0))
  return parts.join(' ')
}

function toSet(names: readonly string[]): string {
  return [...new Set(names)].sort().join()
}

function pathOf(node: Node): string[] {
  const path: string[] = []
  for (let at: Node | null = node; at.from; at = at.from) path.unshift(`${at.via} -> ${at.state.phase}`)
  return path
}
