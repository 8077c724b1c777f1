// createScript(): which faults come when, repeatable by a seed. No clock and no server here: only the plan.
import { seededRandom } from '../../src/testing/index.ts'

/**
 * Ways to hurt, with how long each lasts in seconds. `kill` and `drain` end the process; a new one comes after that time. Where attempts
 * fail at once they are short, or the attempt budget (G4) would be spent, and recovery would have to wait for minutes.
 */
const kinds = {
  kill: [0.5, 5],
  drain: [0.5, 5],
  stop: [6, 30],
  'black-hole': [5, 30],
  refuse: [2, 10],
  hang: [2, 12],
  cut: [0, 0],
  finish: [0, 0],
  'cut-after': [3, 6],
  pause: [1, 2],
  latency: [5, 15],
} as const satisfies Record<string, readonly [least: number, most: number]>

export type FaultKind = keyof typeof kinds

/** What no link may break at. */
export const harmless: ReadonlySet<FaultKind> = new Set(['pause', 'latency'])

/** The process that is never ended, so that its memory can be watched, and the one that is. */
export type SiteName = 'steady' | 'mortal'

/** One thing to break. Durations are milliseconds. */
export interface Fault {
  readonly kind: FaultKind
  readonly sites: readonly SiteName[]
  readonly lasts: number
  /** From the fault before it. */
  readonly rest: number
}

/** Some faults, then a time in which nothing is broken. */
export interface Stretch {
  readonly faults: readonly Fault[]
  readonly calm: number
}

/** Every few stretches the calm is a long one. */
const LONG = 5

/**
 * An endless script: each call gives the next stretch. Every kind of fault comes before one comes again.
 * `pace` below 1 shortens everything, for short runs.
 */
export function createScript(seed: number, pace: number): () => Stretch {
  const random = seededRandom(seed)
  let deck: FaultKind[] = []
  let count = 0
  const between = ([least, most]: readonly [least: number, most: number]): number =>
    Math.round(1_000 * pace * (least + random() * (most - least)))

  const draw = (): Fault => {
    if (deck.length === 0) deck = Object.keys(kinds) as FaultKind[]
    const [kind = 'cut'] = deck.splice(Math.floor(random() * deck.length), 1)
    const ends = kind === 'kill' || kind === 'drain'
    const chance = random()
    const both: readonly SiteName[] = ['steady', 'mortal']
    const sites = ends
      ? both.slice(1)
      : chance < 0.5
        ? both
        : chance < 0.75
          ? both.slice(0, 1)
          : both.slice(1)
    return { kind, sites, lasts: between(kinds[kind]), rest: between([2, 8]) }
  }

  return () => {
    count += 1
    const faults = Array.from({ length: 2 + Math.floor(random() * 3) }, draw)
    return { faults, calm: between([45, 75]) * (count % LONG === 0 ? 4 : 1) }
  }
}
