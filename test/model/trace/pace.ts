// How often and how soon a client opens links: budget, floors, circuit, fatal ends, hints (INV-5, INV-13, INV-14, INV-27, INV-28).
import type { Checker, ClientFacts, Shown } from './entry.ts'
import { fatalMeansStop } from './fatal.ts'
import { hintsOnlyRaise } from './hints.ts'
import { BLUR, eachClient, watchHeld } from './watch.ts'

/** The app asked for an attempt, or for a fresh start. */
const asking: readonly unknown[] = ['connect', 'retry', 'reset']

const budget = eachClient(
  'INV-5',
  'No more links are opened in any five minutes than the budget allows, and none sooner after the last than `minDelay`, unless the app asks.',
  ({ complain }) => {
    const held = watchHeld()
    let facts: ClientFacts | null = null
    let opens: number[] = []
    let isExcused = true
    let hasWindow = false
    return (entry) => {
      held.see(entry)
      if (entry.kind === 'made') facts = entry.facts
      if (!('machine' in entry) || entry.machine !== 'connection' || !facts) return
      if (entry.kind === 'event') {
        const { type, window } = entry.event
        if (asking.includes(type)) isExcused = true
        else if (type === 'closed' && !held.isStale) isExcused = false
        if ((type === 'ready' || type === 'advice') && window !== null && !held.isStale) hasWindow = true
        return
      }
      const { type } = entry.effect
      if (type === 'drop' && !asking.includes(held.event?.type)) isExcused = false
      if (type !== 'open') return
      const at = held.eventAt
      const { budget, minDelay } = facts
      const last = opens.at(-1)
      if (!isExcused && last !== undefined && at - last < minDelay - BLUR)
        complain(`A link is opened ${at - last} ms after the last; minDelay is ${minDelay}.`, entry)
      opens = [...opens.filter((open) => open > at - budget.per + BLUR), at]
      const most = hasWindow ? budget.windowed : budget.attempts
      if (opens.length > most)
        complain(`${opens.length} links are opened in ${budget.per} ms; the budget is ${most}.`, entry)
      isExcused = false
    }
  },
)

const oneProbe = eachClient(
  'INV-13',
  'After the circuit was open one attempt at a time is made, until one holds for `minUptime`, is given up, or opens the circuit again.',
  ({ complain }) => {
    const held = watchHeld()
    let isHalfOpen = false
    let hasWindow = false
    let probes = 0
    return (entry) => {
      const isFollowing = held.link !== null
      held.see(entry)
      if (entry.kind === 'status') {
        if (entry.status === 'suspended') isHalfOpen = true
        if (entry.status === 'suspended' || entry.status === 'idle') probes = 0
        if (entry.status === 'failed' || entry.status === 'closed') isHalfOpen = false
      } else if (entry.kind === 'event' && entry.machine === 'connection') {
        const { type, slot, window } = entry.event
        if (type === 'reset' || (type === 'due' && slot === 'stable')) isHalfOpen = false
        // A server that tells its window asks for more outage before the circuit opens (G9).
        if ((type === 'ready' || type === 'advice') && window !== null && !held.isStale) {
          if (!hasWindow) isHalfOpen = false
          hasWindow = true
        }
      } else if (entry.kind === 'effect' && entry.machine === 'connection' && entry.effect.type === 'open') {
        if (isHalfOpen && !isFollowing && ++probes > 1)
          complain(`Attempt ${probes} of a circuit that is half open.`, entry)
      }
    }
  },
)

/** How many attempts have failed in a row, by what is shown; null while that cannot be told. */
function failuresIn({ status, attempt, retryAt }: Shown): number | null {
  if (status === 'idle' || status === 'connected' || status === 'closed') return null
  return status === 'failed' || retryAt !== null ? attempt : attempt - 1
}

const countHolds = eachClient(
  'INV-14',
  'The count of attempts begins anew only after `minUptime` of being connected, or when the app starts anew; it never exceeds `maxAttempts`.',
  ({ complain }) => {
    const held = watchHeld()
    let facts: ClientFacts | null = null
    let count = 0
    let connectedAt: number | null = null
    let isForgiven = false
    let isFailed = false
    return (entry) => {
      held.see(entry)
      if (entry.kind === 'made') facts = entry.facts
      else if (entry.kind === 'event' && entry.machine === 'connection') {
        const { type, slot } = entry.event
        if (type === 'reset' || (isFailed && (type === 'connect' || type === 'disconnect'))) isForgiven = true
        if (type !== 'due' || slot !== 'stable' || !facts) return
        const uptime = connectedAt === null ? 0 : entry.felt - connectedAt
        if (uptime < facts.minUptime - BLUR)
          complain(`The outage is over after ${uptime} ms of uptime, not ${facts.minUptime}.`, entry)
        else isForgiven = true
      } else if (entry.kind === 'status') {
        connectedAt = entry.status === 'connected' ? held.eventAt : null
        isFailed = entry.status === 'failed'
      } else if (entry.kind === 'snapshot' && facts) {
        const failures = failuresIn(entry.snapshot)
        if (failures === null) return
        if (failures < count && !isForgiven)
          complain(`${failures} failed attempts follow ${count}, and no link held in between.`, entry)
        if (entry.snapshot.attempt > facts.maxAttempts)
          complain(`Attempt ${entry.snapshot.attempt}; maxAttempts is ${facts.maxAttempts}.`, entry)
        count = failures
        isForgiven = false
      }
    }
  },
)

/** The rules of pace. */
export const pace: readonly Checker[] = [budget, oneProbe, countHolds, fatalMeansStop, hintsOnlyRaise]
