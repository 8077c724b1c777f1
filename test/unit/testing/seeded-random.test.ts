// Seeded chance: repeatable, spread evenly, and the published generator.
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/testing/index.ts'

const take = (seed: number, count: number): number[] => Array.from({ length: count }, seededRandom(seed))

describe('seededRandom', () => {
  it('[E4] gives the numbers of mulberry32', () => {
    // From the generator as published, seed 42.
    expect(take(42, 4).map((number) => number * 2 ** 32)).toEqual([
      2581720956, 1925393290, 3661312704, 2876485805,
    ])
  })

  it('[E4] repeats itself for a seed and differs between seeds', () => {
    expect(take(7, 50)).toEqual(take(7, 50))
    expect(take(7, 50)).not.toEqual(take(8, 50))
    expect(take(-1, 5)).toEqual(take(2 ** 32 - 1, 5))
  })

  it('[E4] fills [0, 1) evenly', () => {
    const numbers = take(3, 100_000)
    const tenths = Array.from({ length: 10 }, () => 0)
    for (const number of numbers) tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1
    expect(tenths).toHaveLength(10)
    for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500)
  })
})
