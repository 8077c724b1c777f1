// What must hold between links: floors, budget, circuit, credentials, fatal ends (G4 to G7, G9).
import type { Context } from '../../src/machine/model.ts'
import type { Edge, Invariant } from './edge.ts'
import type { World } from './world.ts'

/** How many opens any window allows. */
function limit({ tuning }: Context, window: number | null): number {
  return tuning.reconnect.budget.attempts ?? (window === null ? 40 : 120)
}

function wrongOpen({ before, effects, was, is, context }: Edge): string | null {
  if (!effects.some(({ type }) => type === 'open')) return null
  const { now, tuning } = context
  const { per } = tuning.reconnect.budget
  const count = is.opens.filter((at) => at > now - per).length
  if (count > limit(context, before.memory.window)) return `${count} opens in ${per} ms`
  if (before.phase !== 'connecting' || before.step !== 'queued') return `opens while ${before.phase}`
  if (is.excused) return null
  const gap = now - (was.opens.at(-1) ?? -Infinity)
  if (gap < tuning.reconnect.minDelay) return `opens ${gap} ms after the last`
  if (now < was.floorAt) return `opens ${was.floorAt - now} ms before the floor`
  return now < was.coolUntil ? `opens ${was.coolUntil - now} ms before the circuit lets it` : null
}

/** How long the rules let a loss wait at least and at most, before floors. */
function bounds({
  before,
  after,
  is,
  context: { now, tuning },
}: Edge): readonly [least: number, most: number] {
  const { maxDelay, delay, circuit } = tuning.reconnect
  const { window } = before.memory
  const { failures, since } = is.outage ?? { failures: 0, since: now }
  const past = now - since
  if (after.phase === 'waiting' && after.suspended && circuit) {
    const least = Math.max(circuit.coolDown, window ?? 0)
    return [least, Math.max(least, circuit.maxCoolDown)]
  }
  if (before.phase === 'connected' && before.local) return [0, 1_000]
  if (window !== null)
    return failures < 1
      ? [0, window]
      : [before.phase === 'connected' ? window / 2 : window, Math.max(window, past < 15_000 ? 0 : 5_000)]
  if (delay) return [0, 86_400_000]
  return [250, Math.max(1_000, Math.min(maxDelay, past / 2))]
}

function wrongWait(edge: Edge): string | null {
  const { event, after, is, context } = edge
  if (is.verdict !== 'waiting' || after.phase !== 'waiting') return null
  const { now, tuning } = context
  const { minDelay, hiddenDelay, budget } = tuning.reconnect
  const wait = (after.timers.retry ?? now) - now
  const [shortest, longest] = bounds(edge)
  const spent = is.opens.at(-limit(context, after.memory.window))
  const floor = Math.max(
    is.floorAt - now,
    minDelay,
    after.memory.hidden ? hiddenDelay : 0,
    spent === undefined ? 0 : spent + budget.per - now,
  )
  if (wait < Math.max(shortest, floor)) return `waits ${wait} ms, not ${Math.max(shortest, floor)}`
  const hinted =
    event.type === 'closed' ||
    event.type === 'diagnosed' ||
    event.type === 'flooded' ||
    is.floorAt > now + minDelay
  return !hinted && wait > Math.max(longest, floor)
    ? `waits ${wait} ms, more than ${Math.max(longest, floor)}`
    : null
}

function wrongCount({ before, event, after, was, is, context: { now, tuning } }: Edge): string | null {
  if (after.phase === 'closed') return null
  if (
    event.type === 'due' &&
    event.slot === 'stable' &&
    now - (was.connectedAt ?? now) < tuning.reconnect.minUptime
  ) {
    return 'the outage ends before minUptime'
  }
  const { outage, refusals, misfits, expired } = after.memory
  if ((outage === null) !== (is.outage === null))
    return `the outage ${outage ? 'goes on' : 'ends'} with ${event.type} in ${before.phase}`
  if (outage && is.outage) {
    for (const key of ['since', 'failures', 'unopened', 'asked', 'trips'] as const) {
      if (outage[key] !== is.outage[key]) return `${key} is ${outage[key]}, not ${is.outage[key]}`
    }
  }
  if (refusals !== is.refusals) return `${refusals} refusals, not ${is.refusals}`
  if (misfits !== is.misfits) return `${misfits} misfits, not ${is.misfits}`
  return expired === is.expired ? null : `credentials are ${expired ? '' : 'not '}taken as expired`
}

function wrongEnd({ before, event, after, was, is, effects }: Edge): string | null {
  if (is.verdict !== null && after.phase !== is.verdict) return `${after.phase}, not ${is.verdict}`
  if (after.phase === 'failed' && before.phase !== 'failed' && is.verdict === null)
    return `failed by ${event.type}`
  const starts = effects.some(
    ({ type }) => type === 'open' || type === 'prepare' || type === 'queue' || type === 'diagnose',
  )
  return starts && was.fatal && event.type !== 'connect' && event.type !== 'reset'
    ? `tries again on ${event.type}`
    : null
}

function wrongAsking({ effects, was, is, context: { tuning } }: Edge): string | null {
  for (const effect of effects) {
    const unopened = is.outage?.unopened ?? 0
    const stuck = tuning.hasDiagnose && unopened > 0 && unopened % 3 === 0
    if (effect.type === 'diagnose' && (!stuck || was.outage?.asked === unopened))
      return `diagnose after ${unopened} attempts that never opened, asked at ${was.outage?.asked}`
    if (effect.type !== 'prepare') continue
    if (stuck && is.outage?.asked !== unopened) return 'diagnose was not asked'
    const reason = is.expired ? 'expired' : 'connect'
    if (effect.reason !== reason) return `auth is asked with ${effect.reason}, not ${reason}`
  }
  return null
}

function wrongCircuit({ after, is, context: { now } }: Edge): string | null {
  if (is.verdict !== 'waiting' || after.phase !== 'waiting') return null
  const open = is.coolUntil > now
  return after.suspended === open
    ? null
    : `the circuit is ${open ? 'not ' : ''}open${wasProbe(is) ? ' after a failed probe' : ''}`
}

function wasProbe({ outage }: World): boolean {
  return (outage?.trips ?? 0) > 1
}

/** The rules between links. */
export const paceInvariants: readonly Invariant[] = [
  { rule: 'INV-5 G4', wrong: wrongOpen },
  { rule: 'INV-13 G9', wrong: wrongCircuit },
  { rule: 'INV-14 G4', wrong: wrongCount },
  { rule: 'INV-27 G6', wrong: wrongEnd },
  { rule: 'INV-28 G4', wrong: wrongWait },
  { rule: 'INV-19 G7', wrong: wrongAsking },
  {
    rule: 'G5',
    wrong({ before, after }) {
      const { window } = after.memory
      if (window === null)
        return before.memory.window === null || after.phase === 'closed' ? null : 'the window is forgotten'
      return window >= 250 && window <= 300_000 ? null : `a window of ${window} ms`
    },
  },
  {
    rule: 'G2 G4',
    wrong: ({ before, event, after }) =>
      event.type === 'closed' &&
      'link' in before &&
      before.link === event.link &&
      'link' in after &&
      after.link === event.link
        ? 'the closed link is kept'
        : null,
  },
]
