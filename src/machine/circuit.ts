// The circuit breaker (G9): when to stop trying for a while, and for how long.
import type { Tuning } from './model.ts'

/** True when enough attempts in a row have failed over a long enough outage. */
export function isTripped(
  circuit: Tuning['reconnect']['circuit'],
  failures: number,
  outage: number,
  window: number | null,
): boolean {
  if (!circuit) return false
  return failures >= circuit.failures && outage >= (circuit.after ?? (window === null ? 60_000 : 300_000))
}

/** The pause before the probe: doubled with every trip, scattered by 20 %, then clamped; never shorter than the window. */
export function coolDown(
  circuit: NonNullable<Tuning['reconnect']['circuit']>,
  trips: number,
  window: number | null,
  random: number,
): number {
  const scattered = circuit.coolDown * 2 ** Math.min(trips, 20) * (0.8 + 0.4 * random)
  return Math.max(window ?? 0, circuit.coolDown, Math.min(circuit.maxCoolDown, scattered))
}
