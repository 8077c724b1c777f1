// What must hold at every step of the connection machine, as pure functions named by the rules they check.
import type { Event, Phase, Slot, State, Tuning } from '../../src/machine/model.ts'
import type { Edge, Invariant } from './edge.ts'
import { paceInvariants } from './invariants-pace.ts'
import { linkInvariants } from './invariants-link.ts'
import { EPOCH, isStale } from './world.ts'

/** Which phase may follow which, and what may make it so. Everything else is a fault (INV-3). */
export const phaseChanges: { readonly [P in Phase]: { readonly [Q in Phase]?: readonly Event['type'][] } } = {
  idle: { connecting: ['connect', 'wanted'], waiting: ['connect', 'wanted'], closed: ['close'] },
  connecting: {
    opening: ['admitted'],
    waiting: ['unprepared', 'diagnosed', 'due', 'loaded', 'reset'],
    failed: ['unprepared', 'diagnosed', 'due'],
    idle: ['disconnect', 'due', 'reset'],
    closed: ['close'],
  },
  opening: {
    handshaking: ['opened'],
    connected: ['opened'],
    waiting: ['closed', 'due', 'reset'],
    failed: ['closed', 'due'],
    connecting: ['reset'],
    idle: ['disconnect', 'due', 'reset'],
    closed: ['close'],
  },
  handshaking: {
    connected: ['ready', 'plain', 'due'],
    waiting: ['closed', 'due', 'flooded', 'reset'],
    failed: ['closed', 'due', 'flooded'],
    connecting: ['reset'],
    idle: ['disconnect', 'due', 'reset'],
    closed: ['close'],
  },
  connected: {
    waiting: ['closed', 'due', 'flooded', 'reset'],
    failed: ['closed', 'due', 'flooded', 'away'],
    connecting: ['reset'],
    idle: ['disconnect', 'due', 'reset'],
    closed: ['close'],
  },
  waiting: {
    connecting: ['due', 'connect', 'retry', 'reset'],
    idle: ['disconnect', 'due', 'reset'],
    closed: ['close'],
  },
  failed: {
    connecting: ['connect', 'reset'],
    waiting: ['connect', 'reset'],
    idle: ['disconnect', 'reset'],
    closed: ['close'],
  },
  closed: {},
}

/** The deadlines a state owes, and those it may have besides (INV-4). */
export function owedSlots(
  state: State,
  tuning: Tuning,
): { readonly must: readonly Slot[]; readonly may: readonly Slot[] } {
  const { held, wanted, greets } = state.memory
  const linger: readonly Slot[] = held || wanted ? [] : ['linger']
  switch (state.phase) {
    case 'idle':
    case 'failed':
    case 'closed':
      return { must: [], may: [] }
    case 'connecting':
      return { must: state.step === 'queued' ? linger : ['deadline', ...linger], may: [] }
    case 'opening':
      return { must: ['deadline', ...linger], may: [] }
    case 'handshaking': {
      const required = tuning.greeting === 'rt' || (tuning.greeting === 'auto' && greets)
      return { must: [required ? 'deadline' : 'ready', ...linger], may: [] }
    }
    case 'connected':
      return {
        must: [
          ...linger,
          ...(tuning.heartbeat ? (['ping'] as const) : []),
          ...(state.level === null ? (['level'] as const) : []),
          ...(state.away ? (['away'] as const) : []),
          ...(state.memory.outage ? (['stable'] as const) : []),
          ...(state.request === null ? [] : (['deadline'] as const)),
        ],
        may: [
          ...(tuning.heartbeat ? (['pong', 'overdue'] as const) : []),
          ...(tuning.hasAuth && !state.away ? (['renew'] as const) : []),
        ],
      }
    case 'waiting':
      return { must: ['retry', ...linger], may: [] }
  }
}

function wrongTimers({ after, context: { tuning } }: Edge): string | null {
  const { must, may } = owedSlots(after, tuning)
  for (const slot of must) if (after.timers[slot] === undefined) return `${after.phase} owes ${slot}`
  for (const slot of Object.keys(after.timers) as Slot[]) {
    const at = after.timers[slot]
    if (at === undefined) continue
    if (!must.includes(slot) && !may.includes(slot)) return `${after.phase} keeps ${slot}`
    if (!Number.isFinite(at)) return `${slot} is due at ${at}`
  }
  return null
}

const kinds = { diagnosing: 'diagnose', preparing: 'prepare', queued: 'queue', loading: null } as const

/** The longest a wait may last from now on, by what is waited for (BB11). */
function longest(state: State, tuning: Tuning): number {
  if (state.phase === 'opening') return tuning.connectTimeout
  if (state.phase === 'handshaking') return tuning.handshakeTimeout
  if (state.phase !== 'connecting' || state.step !== 'loading') return tuning.authTimeout
  // Where time was lost, what is under way gets a little more of it.
  return Math.max(tuning.loadFirst, tuning.heartbeat?.probe ?? 3_000)
}

/** Everything that must hold at every step. */
export const invariants: readonly Invariant[] = [
  { rule: 'INV-1 G1', wrong: ({ is }) => (is.mostLinks > 1 ? 'a second link beside an open one' : null) },
  {
    rule: 'INV-1 G1',
    wrong({ after, is }) {
      const link = 'link' in after ? after.link : null
      return link === is.link ? null : `${after.phase} speaks of link ${link}, open is ${is.link}`
    },
  },
  {
    rule: 'INV-2 G1',
    wrong: ({ before, event, after, effects }) =>
      isStale(before, event) && (after !== before || effects.length > 0) ? 'late news had an effect' : null,
  },
  {
    rule: 'INV-3 G2',
    wrong({ before, event, after }) {
      if (before.phase === after.phase) return null
      return phaseChanges[before.phase][after.phase]?.includes(event.type)
        ? null
        : `${before.phase} to ${after.phase}`
    },
  },
  { rule: 'INV-4 A10', wrong: wrongTimers },
  {
    rule: 'INV-4 A10',
    wrong({ after, is }) {
      const asks = 'request' in after && after.request !== null
      const kind =
        after.phase === 'connecting'
          ? kinds[after.step]
          : after.phase === 'connected'
            ? asks && 'renew'
            : asks && 'queue'
      const id = kind && 'request' in after ? after.request : null
      if (id !== (is.request?.id ?? null)) return `request ${is.request?.id ?? null} is under way, not ${id}`
      return (kind || null) === (is.request?.kind ?? null)
        ? null
        : `${is.request?.kind} is under way, not ${kind}`
    },
  },
  {
    rule: 'INV-4 A5',
    wrong({ after: { phase, memory } }) {
      if (phase === 'idle' && (memory.held || (memory.wanted && !memory.barred)))
        return 'somebody is interested, and it rests'
      return memory.barred && phase !== 'idle' ? 'active after disconnect()' : null
    },
  },
  {
    rule: 'G8',
    wrong({ before, event, after, effects }) {
      if (event.type === 'close' && after.phase !== 'closed') return 'not closed'
      return before.phase === 'closed' && (after !== before || effects.length > 0)
        ? 'alive after close()'
        : null
    },
  },
  { rule: 'INV-19 G7', wrong: ({ is }) => (is.mostRequests > 1 ? 'two requests at once' : null) },
  {
    rule: 'G3 no hot loop',
    wrong: ({ event, after, context }) =>
      event.type === 'due' && (after.timers[event.slot] ?? Infinity) <= context.now
        ? `${event.slot} stays due`
        : null,
  },
  {
    rule: 'BB11',
    wrong({ after, context: { now, tuning } }) {
      const { deadline, ready } = after.timers
      if (deadline !== undefined && deadline - now > longest(after, tuning))
        return `waits ${deadline - now} ms`
      return ready !== undefined && ready - now > 1_000 ? `is silent for ${ready - now} ms` : null
    },
  },
  {
    rule: 'G10a',
    wrong({ before, after, context }) {
      if (before.phase !== 'idle' || after.phase !== 'connecting') return null
      return (after.step === 'loading') === context.loading
        ? null
        : 'the first loads come first, and nothing else does'
    },
  },
  {
    rule: 'A4',
    wrong({ after }) {
      if (after.phase !== 'waiting') return null
      const shown = after.retryAt - EPOCH - (after.timers.retry ?? 0)
      return Math.abs(shown) <= 1 ? null : `retryAt is ${shown} ms beside the retry`
    },
  },
  ...linkInvariants,
  ...paceInvariants,
  {
    rule: 'INV-18',
    wrong({ after, context: { tuning } }) {
      const { attempts, per } = tuning.reconnect.budget
      if (after.memory.attempts.length > (attempts ?? 120))
        return `${after.memory.attempts.length} attempts in ${per} ms`
      return 'pings' in after && after.pings.length > 8 ? `${after.pings.length} pings remembered` : null
    },
  },
]

/** The first rule a step breaks, in words; null when it breaks none. */
export function check(edge: Edge): string | null {
  for (const { rule, wrong } of invariants) {
    const words = wrong(edge)
    if (words !== null) return `${rule}: ${words}`
  }
  return null
}
