// The attempt budget (G4): an exact sliding window over every attempt, whatever asked for it.
import type { Instant, Tuning } from './model.ts'

type Budget = Tuning['reconnect']['budget']

/** When the next attempt is allowed: `now`, or when the attempt that fills the window leaves it. */
export function allowedAt(
  attempts: readonly Instant[],
  now: Instant,
  budget: Budget,
  window: number | null,
): Instant {
  const filling = attempts.at(-(budget.attempts ?? (window === null ? 40 : 120)))
  return filling === undefined ? now : Math.max(now, filling + budget.per)
}

/** The attempts with one more, those that no longer count left out. */
export function spend(attempts: readonly Instant[], now: Instant, budget: Budget): readonly Instant[] {
  return [...attempts.filter((at) => at + budget.per > now), now]
}
