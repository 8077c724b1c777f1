// What the rules count (G4 to G7, G9), and how by them a loss must end: kept beside the machine, never read off its state.
import type { Event, State, Tuning } from '../../src/machine/model.ts'
import type { Draft } from './world.ts'

const never = -Infinity

/** Every count begins anew. */
export function settle(draft: Draft): void {
  draft.outage = null
  draft.refusals = draft.misfits = 0
  draft.coolUntil = never
}

const losses: readonly Event['type'][] = ['closed', 'unprepared', 'diagnosed', 'flooded', 'away', 'due']

/** Counts a loss, and says by the rules (G4 to G7, G9) how it must end. */
export function lose(
  draft: Draft,
  before: State,
  event: Event,
  after: State,
  now: number,
  random: number,
  tuning: Tuning,
): void {
  const { phase } = before
  // An attempt that is put off before it began is no loss, and neither is `reset()`.
  if (!losses.includes(event.type) || (phase === 'connecting' && before.step === 'loading')) return
  if (phase !== 'connecting' && phase !== 'opening' && phase !== 'handshaking' && phase !== 'connected')
    return
  const departs = draft.moveAt !== null
  const verdict = event.type === 'diagnosed' ? event.verdict : null
  const outage = draft.outage
  if (outage === null) draft.outage = { since: now, failures: 0, unopened: 0, asked: 0, trips: 0 }
  else if (!departs && typeof verdict !== 'number') {
    const unopened = phase === 'opening' ? outage.unopened + 1 : phase === 'connecting' ? outage.unopened : 0
    const asked = unopened === 0 ? 0 : outage.asked
    draft.outage = { ...outage, failures: outage.failures + 1, unopened, asked }
    if (unopened === 3 && phase === 'opening' && tuning.hasAuth && !tuning.hasDiagnose) draft.expired = true
  }
  const kind = event.type === 'closed' ? event.class : event.type === 'flooded' ? 'long' : 'backoff'
  const refused = kind === 'refresh' || (kind === 'policy' && tuning.hasAuth)
  const misfit = kind === 'twice' || (kind === 'policy' && !tuning.hasAuth)
  if (refused) draft.refusals++
  if (refused) draft.expired = true
  draft.misfits = misfit ? draft.misfits + 1 : 0
  const fatal =
    kind === 'fatal' ||
    verdict === 'fatal' ||
    (event.type === 'unprepared' && event.fatal) ||
    (event.type === 'away' && event.final) ||
    (refused && (!tuning.hasAuth || draft.refusals > 1)) ||
    draft.misfits > 1 ||
    (draft.outage?.failures ?? 0) >= tuning.reconnect.maxAttempts
  draft.verdict = fatal ? 'failed' : 'waiting'
  const hinted = event.type === 'closed' && event.min !== null ? event.min + random * (event.spread ?? 0) : 0
  const asked = Math.max(
    hinted,
    departs ? (draft.moveAt ?? now) - now : 0,
    typeof verdict === 'number' ? verdict : 0,
  )
  draft.floorAt = now + Math.max(asked, kind === 'long' ? 10_000 : 0)
  draft.coolUntil = never
  draft.excused = false
  const { circuit } = tuning.reconnect
  if (fatal || circuit === null || draft.outage === null) return
  const { since, failures, trips } = draft.outage
  if (
    failures >= circuit.failures &&
    now - since >= (circuit.after ?? (after.memory.window === null ? 60_000 : 300_000))
  ) {
    draft.coolUntil = now + circuit.coolDown
    draft.outage = { ...draft.outage, trips: trips + 1 }
  }
}
