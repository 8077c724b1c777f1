// What two concrete states must have in common to count as one: the abstraction under which the connection is explored.
import type { Slot, State, Tuning } from '../../src/machine/model.ts'
import { slots } from '../../src/machine/state.ts'
import { nextDue, type World } from './world.ts'

/**
 * Which details a run tells apart, beside what every run does: phase, step, deadlines armed and level. All details together would
 * make millions of states that differ in what has nothing to do with each other; each run takes the details that meet.
 */
export interface Lens {
  /** Is the page hidden? */
  readonly page?: boolean
  /** Is anybody interested, or does it linger? */
  readonly linger?: boolean
  /** Who is interested, whether there was a connection before, and what a server advised. */
  readonly interest?: boolean
  /** What is known of the server, doubt, probes, what was heard when, and which deadline comes first. */
  readonly link?: boolean
  /** Failures 0, 1 or many, and the circuit. */
  readonly outage?: boolean
  /** Refusals, misfits, attempts that never opened, stale credentials. */
  readonly refusal?: boolean
  /** Budget, window, floors, the age of the outage. */
  readonly pace?: boolean
}

const few = (count: number, most: number): number => Math.min(count, most)

/** The abstract state, as a text. Instants appear only as relations to now and to each other. */
export function toKey(state: State, world: World, tuning: Tuning, lens: Lens): string {
  const { memory } = state
  const { outage } = memory
  const { now } = world
  let armed = 0
  slots.forEach((slot: Slot, bit) => {
    if (state.timers[slot] !== undefined && (slot !== 'linger' || lens.linger)) armed |= 1 << bit
  })
  const next = nextDue(state)
  let key = `${state.phase}${state.phase === 'connecting' ? state.step : ''} ${armed}${next && next[1] <= now ? '!' : ''}`
  const connected = state.phase === 'connected' ? state : null
  let bits = 0
  const bit = (value: boolean): void => {
    bits = bits * 2 + (value ? 1 : 0)
  }
  bit(lens.page === true && memory.hidden)
  bit(outage === null)
  bit(connected !== null && connected.away !== null)
  key += ` ${bits} ${connected ? (connected.level === null ? '?' : Math.sign(connected.level)) : ''}`
  if (lens.interest) {
    bits = 0
    bit(memory.held)
    bit(memory.wanted)
    bit(memory.barred)
    bit(memory.once)
    bit(memory.advice !== null)
    bit(memory.failure === null)
    key += ` i${bits}`
  }
  if (lens.outage) {
    bits = 0
    bit(state.phase === 'waiting' && state.suspended)
    bit((outage?.trips ?? 0) > 0)
    bits = bits * 3 + few(outage?.failures ?? 0, 2)
    key += ` o${bits}`
  }
  if (lens.link) {
    bits = 0
    bit(memory.greets)
    bit(memory.answers)
    if (connected) {
      bit(connected.doubtedAt !== null)
      bit(connected.local)
      bit(connected.local && memory.hidden)
      bit(connected.overdue)
      bit(world.heardAt >= connected.askedAt)
      bit(connected.doubtedAt !== null && (connected.pings.at(-1)?.sentAt ?? 0) >= connected.doubtedAt)
      bit(now - world.silentSince >= 15_000)
    }
    key += ` l${bits}${next?.[0] ?? ''}`
  }
  if (lens.refusal) {
    bits = 0
    bit(memory.expired)
    bits = bits * 3 + few(memory.refusals, 2)
    bits = bits * 3 + few(memory.misfits, 2)
    bits = bits * 4 + few(outage?.unopened ?? 0, 3)
    bit(outage?.asked === outage?.unopened)
    key += ` r${bits}`
  }
  if (lens.pace) {
    const { budget, circuit } = tuning.reconnect
    bits = 0
    bit(memory.window !== null)
    bit(
      outage !== null &&
        now - outage.since >= (circuit?.after ?? (memory.window === null ? 60_000 : 300_000)),
    )
    bit(world.floorAt > now)
    bit(world.coolUntil > now)
    bit(world.excused && Math.max(world.floorAt, world.coolUntil) > now)
    key += ` p${bits},${memory.attempts.filter((at) => at > now - budget.per).length}`
  }
  return key
}
