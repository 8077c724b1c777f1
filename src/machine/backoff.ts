// How long to wait before the next attempt (G4), and exponential(), the source's own way as a value.

/** A plea to stay away for at least `min`, spread over `spread`. */
export interface Hint {
  readonly min: number
  readonly spread: number
}

/** What the wait depends on; instants do not appear in it. */
export interface Loss {
  /** The loss was ours: offline, frozen, asleep. */
  readonly local: boolean
  /** There was a connection: whoever else lost it comes back too. */
  readonly connected: boolean
  readonly window: number | null
  /** Failed attempts in a row, this one included. */
  readonly failures: number
  /** How long there has been no connection. */
  readonly outage: number
  readonly random: number
}

/** The least and the most of a window, in milliseconds. */
export const windowBounds = [250, 300_000] as const

/**
 * The wait by cause. Local: a phase in one second. Window known: a random phase first, then the window as a fixed period,
 * lengthened while the outage lasts, so that a herd stays spread; once connected all are together again, and draw a phase anew, in the
 * later half of the window (a server that closes what it accepts must not be hammered). Else uniform in [250 ms, half the outage], at least up to
 * 1 s, at most `maxDelay`: full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter") over the outage instead of
 * over the count of attempts.
 */
export function backoff(
  { local, connected, window, failures, outage, random }: Loss,
  maxDelay: number,
  delay: ((attempt: number, outage: number, random: number) => number) | null,
): number {
  if (local) return random * 1_000
  if (window !== null) {
    if (failures < 1) return random * window
    return lengthen(window, outage) * (connected ? 1 - random / 2 : 1)
  }
  if (delay) return ask(() => delay(Math.max(1, failures), outage, random)) ?? maxDelay
  const least = Math.min(250, maxDelay)
  return least + random * (Math.min(maxDelay, Math.max(1_000, outage / 2)) - least)
}

/** What the app's own function says, if that is a wait. A throw must not stop the machine in the middle of a step. */
function ask(delay: () => unknown): number | null {
  try {
    const own = delay()
    return typeof own === 'number' && own >= 0 && own <= 86_400_000 ? own : null
  } catch {
    return null
  }
}

/** A window at least 1 s after 15 s of outage, 2 s after 30 s, 5 s after 60 s. */
export function lengthen(window: number, outage: number): number {
  return Math.max(window, outage >= 60_000 ? 5_000 : outage >= 30_000 ? 2_000 : outage >= 15_000 ? 1_000 : 0)
}

/**
 * Doubling waits for the `reconnect.delay` option: `base`, twice that, ... up to `max`, each shortened by up to a half at random.
 * @param options `base` and `max` in milliseconds. @default base 1_000, max 30_000
 * @throws TypeError naming the option
 */
export function exponential(
  options: { readonly base?: number; readonly max?: number } = {},
): (attempt: number, outage: number, random: number) => number {
  const { base = 1_000, max = 30_000 } = options
  for (const [name, value] of Object.entries<unknown>({ base, max })) {
    if (typeof value !== 'number' || !(value > 0 && value <= 86_400_000))
      throw new TypeError(`${name} must be above 0 and at most 86400000, not ${String(value)}`)
  }
  return (attempt, _outage, random) => Math.min(max, base * 2 ** (attempt - 1)) * (1 - random / 2)
}
