// Walks through every way in which one link may follow another after rt.go_away, with every event at every step, and checks each.
import type { Connected, Context, Event, Slot, State, Tuning } from '../../src/machine/model.ts'
import { initialState, slots } from '../../src/machine/state.ts'
import { transition } from '../../src/machine/transition.ts'
import { atLevel } from '../support/greeting.ts'
import { answers, calls, dues, linkEvents, LOST, signals } from './alphabet.ts'
import type { Broken } from './explore.ts'
import { heirOf, judge, type Edge } from './handover/rules.ts'
import { follow, heardAt, nothing, type Beside } from './handover/world.ts'
import { base } from './tunings.ts'
import { EPOCH, nextDue } from './world.ts'

/** Which details a walk tells apart, beside what every walk does: phase, step and level of both links, what is armed, time and budget. */
export interface HandoverLens {
  /** Who is interested, or does it linger? */
  readonly interest?: boolean
  /** Is the page hidden? */
  readonly page?: boolean
  /** Heartbeat and doubt. */
  readonly link?: boolean
  /** What was refused. */
  readonly refusal?: boolean
}

/** One walk: how the connection is configured, and what it has been through. */
export interface HandoverRun {
  readonly name: string
  readonly tuning: Tuning
  readonly lens: HandoverLens
  readonly level: 0 | 1 | 3
  /** The link before is stable by now. */
  readonly isStable?: boolean
  readonly isHidden?: boolean
  /** What the server says that goes away. */
  readonly told?: { readonly min: number; readonly spread: number; readonly grace: number }
}

interface Node {
  readonly state: State
  readonly world: Beside
  readonly from: Node | null
  readonly via: string
}

interface Move {
  readonly event: Event
  readonly now: number
  readonly random: number
}

const heartbeats: readonly Slot[] = ['ping', 'pong', 'overdue']
const { reconnect } = base
const spare = { min: 500, spread: 1_000, grace: 30_000 }
const roomy: Tuning = { ...base, reconnect: { ...reconnect, budget: { attempts: null, per: 300_000 } } }
const auth: Tuning = { ...roomy, hasAuth: true }
const slow: Tuning = {
  ...auth,
  hasDiagnose: true,
  greeting: 'rt',
  reconnect: { ...reconnect, minDelay: 7_000 },
}
const lone: Tuning = { ...roomy, greeting: 'plain', heartbeat: null }
const poor: Tuning = { ...base, reconnect: { ...reconnect, budget: { attempts: 1, per: 300_000 } } }
const brief = { min: 500, spread: 1_000, grace: 2_000 }

/** Every walk. */
export const handovers: readonly HandoverRun[] = [
  { name: 'interest', tuning: roomy, lens: { interest: true, page: true }, level: 3, isStable: true },
  { name: 'the life of a link', tuning: roomy, lens: { link: true }, level: 3 },
  { name: 'little time', tuning: roomy, lens: { page: true }, level: 3, told: brief },
  { name: 'no time', tuning: roomy, lens: {}, level: 3, told: { min: 2_000, spread: 0, grace: 1_000 } },
  { name: 'level 1', tuning: roomy, lens: { interest: true, page: true }, level: 1, isStable: true },
  { name: 'a plain server', tuning: lone, lens: { interest: true }, level: 0 },
  { name: 'credentials', tuning: auth, lens: { refusal: true }, level: 3, isStable: true },
  { name: 'diagnose', tuning: slow, lens: { refusal: true }, level: 3, isStable: true },
  { name: 'a floor above the time to move', tuning: slow, lens: { page: true }, level: 3 },
  { name: 'a budget of one', tuning: poor, lens: { page: true }, level: 3 },
  { name: 'a budget of two', tuning: base, lens: { page: true, interest: true }, level: 3, isStable: true },
  { name: 'a page that is hidden', tuning: auth, lens: { page: true, link: true }, level: 3, isHidden: true },
]

/** A good server and a good network bring any interested state back within this many steps. */
const PATIENCE = 60

/** Walks through every hand-over. */
export function exploreHandover({
  runs = handovers,
  most = 1,
}: { readonly runs?: readonly HandoverRun[]; readonly most?: number } = {}): {
  readonly states: number
  readonly edges: number
  readonly broken: readonly Broken[]
} {
  const broken: Broken[] = []
  let states = 0
  let edges = 0
  for (const run of runs) {
    const { tuning } = run
    const known = new Set<string>()
    const queue: Node[] = []
    const visit = (node: Node): void => {
      const key = toKey(node, run.lens)
      if (known.size === known.add(key).size) return
      queue.push(node)
    }
    visit(begin(run))
    for (let index = 0; index < queue.length && broken.length < most; index++) {
      const node = queue[index] as Node
      const report = (words: string | null, last: string): void => {
        if (words !== null) broken.push({ run: run.name, words, path: [...pathOf(node), last] })
      }
      states++
      report(starve(node, tuning), 'a good server')
      if (!isGoing(node.state)) continue
      report(outlive(node, tuning), 'a good link, and no other')
      for (const move of moves(node)) {
        edges++
        const [next, edge] = step(node, move, tuning)
        report(judge(edge), next.via)
        if (edge.after !== edge.before || move.now > node.world.now) visit(next)
      }
      const next = nextDue(node.state)
      // As late as something can happen without a deadline being met.
      if (next && next[1] - 1 > node.world.now)
        visit({ ...node, world: { ...node.world, now: next[1] - 1 }, from: node, via: 'time passes' })
    }
  }
  return { states, edges, broken }
}

/** Is this a link that is going, or the first step after? What comes later is explored elsewhere. */
function isGoing(state: State): state is Connected {
  return state.phase === 'connected' && state.away !== null
}

function step(from: Node, { event, now, random }: Move, tuning: Tuning): readonly [Node, Edge] {
  const { state, world } = from
  const was = { ...world, now }
  const context: Context = {
    now,
    wall: EPOCH + now,
    random,
    heardAt: heardAt(was, state, event),
    loading: false,
    tuning,
  }
  const [after, effects] = transition(state, event, context)
  const is = follow(was, event, after, effects, context)
  const via = `${now - nothing.now} ms: ${JSON.stringify(event)} (${random})`
  return [
    { state: after, world: is, from, via },
    { before: state, was, event, context, after, effects, is },
  ]
}

/** A connection whose server has just said that it goes away. */
function begin({ tuning, level, isStable, isHidden, told = spare }: HandoverRun): Node {
  let node: Node = { state: initialState, world: nothing, from: null, via: '' }
  const bring = (event: Event, after: number = 0): void => {
    node = step(node, { event, now: node.world.now + after, random: 0.5 }, tuning)[0]
  }
  if (isHidden) bring({ type: 'page', signal: 'hidden' })
  bring({ type: 'wanted' })
  while (node.state.phase !== 'connected') {
    const event = kindly(node.state, node.world, level || 1)
    if (level === 0 && event?.type === 'ready') bring({ type: 'plain', link: event.link }, 100)
    else if (event) bring(event, 100)
    else break
  }
  const { state } = node
  if (state.phase !== 'connected') throw new Error(`begins ${state.phase}`)
  const sent = state.pings.at(-1)
  if (sent) bring({ type: 'pong', link: state.link, timestamp: sent.timestamp }, 50)
  if (isStable) bring({ type: 'due', slot: 'stable' }, 8_000)
  bring({ type: 'away', link: state.link, reason: 'deploy', final: false, ...told }, 10)
  return { ...node, from: null }
}

/** Does chance matter to what this event does? */
const chancy: readonly Event['type'][] = ['due', 'closed', 'page', 'woke', 'diagnosed']

/** Everything that may happen next. */
function moves({ state, world }: Node): readonly Move[] {
  const { now } = world
  const found: Move[] = []
  const add = (event: Event, at: number = now): void => {
    for (const random of chancy.includes(event.type) ? [0, 0.999] : [0.5])
      found.push({ event, now: at, random })
  }
  for (const event of calls(state)) add(event)
  for (const signal of signals) add({ type: 'page', signal })
  add({ type: 'woke', slept: false }, now + LOST)
  add({ type: 'woke', slept: true })
  for (const [slot, at] of dues(state, world)) add({ type: 'due', slot }, at)
  for (const one of [state, heirOf(state)]) {
    if (!one || !('link' in one)) continue
    const { link } = one
    const isOpen = world.links.get(link)?.isOpen ?? false
    // What comes on an heir that is connected waits until it takes over.
    const isHeld = one !== state && one.phase === 'connected'
    for (const event of linkEvents(link, one, { isOpen })) if (!isHeld || event.type === 'closed') add(event)
    add({ type: 'joined', link })
  }
  for (const [id, kind] of world.requests) for (const event of answers(id, kind)) add(event)
  // Links and requests that are no longer, or not yet.
  const gone = { type: 'closed', class: 'backoff', failure: { code: 'connect-failed' }, min: null } as const
  for (const id of [0, 1, 2, 3, world.lastId + 1]) {
    if (world.links.has(id) || world.requests.has(id)) continue
    add({ ...gone, link: id, spread: null })
    for (const type of ['opened', 'joined', 'plain'] as const) add({ type, link: id })
    add({ type: 'ready', link: id, ...atLevel(3), window: null, heartbeat: null })
    for (const kind of ['diagnose', 'prepare', 'queue']) for (const event of answers(id, kind)) add(event)
  }
  return found
}

/** What a good server, app or gate says next; null when it is time's turn. */
function kindly(state: State, { requests, links }: Beside, level: 1 | 3 = 3): Event | null {
  const request = 'request' in state ? state.request : null
  const kind = request === null ? undefined : requests.get(request)
  if (request !== null && kind === 'diagnose') return { type: 'diagnosed', request, verdict: 'retry' }
  if (request !== null && (kind === 'prepare' || kind === 'renew')) return { type: 'prepared', request }
  if (request !== null && kind === 'queue' && state.phase === 'connecting')
    return { type: 'admitted', request }
  if (!('link' in state)) return null
  const { link } = state
  const ready: Event = { type: 'ready', link, ...atLevel(level), window: null, heartbeat: null }
  if (state.phase === 'opening') return links.get(link)?.isOpen ? null : { type: 'opened', link }
  if (state.phase === 'handshaking') return ready
  if (state.level === null) return ready
  const sent = state.pings.at(-1)
  if (sent) return { type: 'pong', link, timestamp: sent.timestamp }
  if (!state.heir) return null
  return state.heir.phase === 'connected'
    ? { type: 'joined', link: state.heir.link }
    : kindly(state.heir, { requests, links } as Beside, level)
}

function passing({ state, world }: Node, event: Event | null): Move | null {
  if (event) return { event, now: world.now, random: 0.5 }
  const due = nextDue(state)
  return due && { event: { type: 'due', slot: due[0] }, now: Math.max(world.now, due[1]), random: 0.5 }
}

/** With a good server and nothing going wrong, whoever is interested has one link that stays (liveness). */
function starve(from: Node, tuning: Tuning): string | null {
  const { phase, memory } = from.state
  if (phase === 'failed' || phase === 'closed' || memory.barred || !(memory.held || memory.wanted))
    return null
  let node = from
  for (let count = 0; count < PATIENCE; count++) {
    const { state, world } = node
    if (state.phase === 'connected' && !state.away && !state.heir && !state.memory.outage && !state.doubtedAt)
      return null
    const move = passing(node, kindly(state, world))
    if (!move) return `liveness: nothing is due in ${state.phase}`
    const [next, edge] = step(node, move, tuning)
    const words = judge(edge)
    if (words !== null) return `${words} (${next.via})`
    node = next
  }
  return `liveness: not connected after ${PATIENCE} kind steps, but ${node.state.phase}`
}

/** Where no other link comes about, the one there is is used to its end, and is over then. */
function outlive(from: Node, tuning: Tuning): string | null {
  let node = from
  const { heir } = from.state as Connected
  // What is connected by now can take over.
  if (heir?.phase === 'connected' || !(from.state.memory.held || from.state.memory.wanted)) return null
  for (let count = 0; count < PATIENCE; count++) {
    const { state, world } = node
    if (state.phase !== 'connected') return null
    if (!isGoing(state)) return 'liveness: handed over to a link that never opened'
    const own = kindly({ ...state, heir: null }, world)
    const opening = state.heir && state.heir.phase === 'connecting' ? kindly(state.heir, world) : null
    const move = passing(node, own ?? opening)
    if (!move) return `liveness: nothing is due in ${state.phase}`
    const [next, edge] = step(node, move, tuning)
    const words = judge(edge)
    if (words !== null) return `${words} (${next.via})`
    node = next
  }
  return `liveness: still ${node.state.phase} after ${PATIENCE} steps`
}

/** The abstract state, as a text: instants appear only as relations to now and to each other. */
function toKey({ state, world }: Node, lens: HandoverLens): string {
  const { now, links, opens } = world
  const connected = state.phase === 'connected' ? state : null
  const heir = heirOf(state)
  const { memory } = state
  const isTold = (slot: Slot): boolean =>
    slot === 'linger' ? lens.interest === true : lens.link === true || !heartbeats.includes(slot)
  const armed = (one: State): number =>
    slots.reduce(
      (sum, slot, bit) => sum + (one.timers[slot] === undefined || !isTold(slot) ? 0 : 1 << bit),
      0,
    )
  const next = nextDue(state)
  const heirLink = heir && 'link' in heir ? links.get(heir.link) : undefined
  const flags = (...bits: readonly unknown[]): string => bits.map((bit) => (bit ? 1 : 0)).join('')
  return [
    state.phase,
    state.phase === 'connecting' ? state.step : '',
    armed(state),
    next && `${isTold(next[0]) ? next[0] : ''}${next[1] <= now ? '!' : ''}`,
    connected?.level,
    flags(
      memory.outage,
      connected?.request,
      connected?.away && now >= connected.away.moveAt,
      heirLink?.isOpen,
    ),
    heir && `${heir.phase}${heir.phase === 'connecting' ? heir.step : ''}${armed(heir)}`,
    heir?.phase === 'connected' && heir.level,
    Math.min(3, opens.length),
    lens.interest && flags(memory.held, memory.wanted),
    lens.page && flags(memory.hidden),
    lens.refusal && `${flags(memory.expired)}${Math.min(2, memory.refusals)}${Math.min(2, memory.misfits)}`,
    lens.link &&
      flags(
        connected?.doubtedAt,
        connected?.local,
        connected && (links.get(connected.link)?.heardAt ?? 0) >= connected.askedAt,
      ),
  ].join(' ')
}

function pathOf(node: Node): string[] {
  const path: string[] = []
  for (let at: Node | null = node; at; at = at.from) path.unshift(`${at.via} -> ${at.state.phase}`)
  return path
}
