// Walks through every reachable abstract state of the connection machine, with every event in each, and checks every step.
import type { Context, Event, State, Tuning } from '../../src/machine/model.ts'
import { initialState } from '../../src/machine/state.ts'
import { table } from '../../src/machine/table.ts'
import { transition } from '../../src/machine/transition.ts'
import { atLevel } from '../support/greeting.ts'
import { toKey } from './abstraction.ts'
import { moves, staleEvents, type Move } from './alphabet.ts'
import type { Edge } from './edge.ts'
import { check } from './invariants.ts'
import { runs, type Run } from './tunings.ts'
import { EPOCH, initialWorld, nextDue, perceive, perform, type World } from './world.ts'

/** A concrete state that stands for its abstract one, and how it was reached. */
export interface Node {
  readonly state: State
  readonly world: World
  readonly from: Node | null
  readonly via: Move | null
}

/** A step that broke a rule, with the events that lead to it. */
export interface Broken {
  readonly run: string
  readonly words: string
  readonly path: readonly string[]
}

/** What was found. */
export interface Exploration {
  readonly states: number
  readonly edges: number
  /** The entries of the table that were used, as `phase event`. */
  readonly hits: ReadonlySet<string>
  readonly broken: readonly Broken[]
}

/** How to go about it. */
export interface ExploreOptions {
  /** Ends with the first this many faults. @default 1 */
  readonly most?: number
  readonly onEdge?: (edge: Edge) => void
  readonly runs?: readonly Run[]
}

/** A good server and a good network bring any interested state back within this many steps. */
const PATIENCE = 60

/** One step of machine and world. */
export function step({ state: before, world: was }: Node, move: Move, tuning: Tuning): Edge {
  const { event, now, random, loading } = move
  const draft = perceive(was, before, event, now)
  const context: Context = { now, wall: EPOCH + now, random, heardAt: draft.heardAt, loading, tuning }
  const [after, effects] = transition(before, event, context)
  const is = perform(draft, before, event, after, effects, context)
  return { before, was, event, context, after, effects, is }
}

/** Explores every run. */
export function explore(options: ExploreOptions = {}): Exploration {
  const { most = 1, onEdge } = options
  const hits = new Set<string>()
  const broken: Broken[] = []
  let states = 0
  let edges = 0

  const walk = ({ name, tuning, lens }: Run): void => {
    const known = new Set<string>()
    const queue: Node[] = []
    const visit = (state: State, world: World, from: Node | null, via: Move | null): void => {
      const key = toKey(state, world, tuning, lens)
      if (known.has(key)) return
      known.add(key)
      queue.push({ state, world, from, via })
    }
    const report = (node: Node, words: string, last: string): void => {
      broken.push({ run: name, words, path: [...pathOf(node), last] })
    }
    let isEndured = false
    visit(initialState, initialWorld, null, null)
    for (let index = 0; index < queue.length && broken.length < most; index++) {
      const node = queue[index] as Node
      const { state, world } = node
      states++
      for (const move of moves(state, world)) {
        edges++
        const edge = step(node, move, tuning)
        if (table[state.phase][move.event.type]) hits.add(`${state.phase} ${move.event.type}`)
        const words = check(edge)
        if (words !== null) report(node, words, toWords(move))
        onEdge?.(edge)
        if (edge.after !== state || edge.is.now !== world.now) visit(edge.after, edge.is, node, move)
      }
      for (const event of staleEvents(state, world)) {
        edges++
        const [after, effects] = transition(state, event, contextOf(node, tuning))
        if (after !== state || effects.length > 0)
          report(node, 'INV-2 G1: late news had an effect', event.type)
      }
      const late = justBefore(node)
      if (late !== null) visit(state, { ...world, now: late }, node, null)
      const stuck = starve(node, tuning)
      if (stuck !== null) report(node, stuck, 'a good server')
      if (isEndured || state.phase !== 'connected' || state.level !== 0) continue
      isEndured = true
      const words = endure(node, tuning)
      if (words !== null) report(node, words, 'a long silence')
    }
  }

  for (const run of options.runs ?? runs) if (broken.length < most) walk(run)
  return { states, edges, hits, broken }
}

/** With a good server and nothing going wrong, whoever is interested gets connected and stays so (liveness). */
function starve(from: Node, tuning: Tuning): string | null {
  const { phase, memory } = from.state
  if (
    phase === 'failed' ||
    phase === 'closed' ||
    (phase === 'idle' && (memory.barred || !memory.held)) ||
    !(memory.held || memory.wanted)
  )
    return null
  let node = from
  for (let count = 0; count < PATIENCE; count++) {
    const { state, world } = node
    if (
      state.phase === 'connected' &&
      state.level !== null &&
      state.doubtedAt === null &&
      state.memory.outage === null
    )
      return null
    const event = kindly(state, world)
    const due = nextDue(state)
    if (!event && !due) return `liveness: nothing is due in ${state.phase}`
    const move: Move = event
      ? { event, now: world.now, random: 0.5, loading: false }
      : {
          event: { type: 'due', slot: due![0] },
          now: Math.max(world.now, due![1]),
          random: 0.5,
          loading: false,
        }
    const edge = step(node, move, tuning)
    node = { state: edge.after, world: edge.is, from: node, via: move }
  }
  return `liveness: not connected after ${PATIENCE} kind steps, but ${node.state.phase}`
}

/** A plain server that answers no ping is kept, and nothing grows with the time that takes (INV-18). */
function endure(from: Node, tuning: Tuning): string | null {
  let node = from
  for (let count = 0; count < PATIENCE; count++) {
    const due = nextDue(node.state)
    if (!due) return null
    const move: Move = { event: { type: 'due', slot: due[0] }, now: due[1], random: 0.5, loading: false }
    const edge = step(node, move, tuning)
    const words = check(edge)
    if (words !== null) return words
    node = { state: edge.after, world: edge.is, from: node, via: move }
  }
  return null
}

/** What a good server, app or gate says next; null when it is time's turn. */
function kindly(state: State, { request, isOpen }: World): Event | null {
  switch (state.phase) {
    case 'connecting':
      if (request?.kind === 'diagnose') return { type: 'diagnosed', request: request.id, verdict: 'retry' }
      if (request?.kind === 'prepare') return { type: 'prepared', request: request.id }
      if (request?.kind === 'queue') return { type: 'admitted', request: request.id }
      return { type: 'loaded' }
    case 'opening':
      return isOpen ? null : { type: 'opened', link: state.link }
    case 'handshaking':
      return { type: 'ready', link: state.link, ...atLevel(1), window: null, heartbeat: null }
    case 'connected': {
      if (state.level === null)
        return { type: 'ready', link: state.link, ...atLevel(1), window: null, heartbeat: null }
      const sent = state.pings.at(-1)
      return sent ? { type: 'pong', link: state.link, timestamp: sent.timestamp } : null
    }
    case 'idle':
    case 'waiting':
    case 'failed':
    case 'closed':
      return null
  }
}

/** As late as something can happen without a deadline being met; ten minutes on where there is none. */
function justBefore({ state, world }: Node): number | null {
  const next = nextDue(state)
  if (!next) return null
  return next[1] - 1 > world.now ? next[1] - 1 : null
}

function contextOf({ world }: Node, tuning: Tuning): Context {
  return {
    now: world.now,
    wall: EPOCH + world.now,
    random: 0.5,
    heardAt: world.heardAt,
    loading: false,
    tuning,
  }
}

function toWords({ event, now, random }: Move): string {
  const { type, ...rest } = event
  const detail = Object.entries(rest).filter(
    ([key]) => key !== 'failure' && key !== 'link' && key !== 'request',
  )
  return `${now - initialWorld.now} ms: ${type}${detail.map(([key, value]) => ` ${key}=${JSON.stringify(value)}`).join('')} (${random})`
}

function pathOf(node: Node): string[] {
  const path: string[] = []
  for (let at: Node | null = node; at.from; at = at.from)
    path.unshift(`${at.via ? toWords(at.via) : 'time passes'} -> ${at.state.phase}`)
  return path
}
