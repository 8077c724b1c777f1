// Streams of chance from one seed: each name has its own, so that one change does not shift the others.
import { seededRandom } from '../../../src/testing/seeded-random.ts'

/** Chance, and what is usually asked of it. */
export interface Chance {
  /** Uniform in [0, 1). */
  (): number
  /** Uniform between two numbers. */
  between(least: number, most: number): number
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number
  /** Between two numbers, each order of magnitude as likely as another. */
  scale(least: number, most: number): number
  /** True so often. */
  odds(probability: number): boolean
  pick<T>(choices: readonly T[]): T
}

/** The stream of that name. */
export function createChance(seed: number, name: string): Chance {
  let mixed = seed ^ 0x9e3779b9
  for (let index = 0; index < name.length; index++)
    mixed = Math.imul(mixed ^ name.charCodeAt(index), 0x01000193)
  const next = seededRandom(mixed)
  const between = (least: number, most: number): number => least + next() * (most - least)
  return Object.assign(() => next(), {
    between,
    whole: (least: number, most: number) => Math.floor(between(least, most + 1)),
    // Doublings, not logarithms: those may differ from one engine to another.
    scale(least: number, most: number) {
      let doublings = 0
      while (least * 2 ** (doublings + 1) <= most) doublings++
      const whole = Math.floor(next() * (doublings + 1))
      const low = least * 2 ** whole
      return Math.round(Math.min(most, low + next() * low))
    },
    odds: (probability: number) => next() < probability,
    pick: <T>(choices: readonly T[]): T => choices[Math.floor(next() * choices.length)]!,
  })
}
