// The straight line of the soak test, against figures that others have published, and its word on what is flat.
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/testing/index.ts'
import { fitSlope, isFlat, median, type Point } from '../../soak/slope.ts'

const line = (values: readonly number[]): readonly Point[] => values.map((value, at) => ({ at, value }))

describe('fitSlope', () => {
  it('[A12] gives the slope, the error and the interval that statistics books give for the first quartet of Anscombe', () => {
    const at = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
    const values = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
    const slope = fitSlope(at.map((hours, index) => ({ at: hours, value: values[index]! })))!
    expect(slope.points).toBe(11)
    expect(slope.perHour).toBeCloseTo(0.5001, 4)
    expect(slope.error).toBeCloseTo(0.1179, 4)
    // Student's t for nine degrees of freedom is 2.262.
    expect(slope.low).toBeCloseTo(0.5001 - 2.262 * 0.1179, 3)
    expect(slope.high).toBeCloseTo(0.5001 + 2.262 * 0.1179, 3)
  })

  it('[A12] finds a straight line exactly, and says nothing from fewer than six points', () => {
    expect(fitSlope(line([1, 3, 5, 7, 9, 11]))).toMatchObject({ perHour: 2, error: 0, low: 2, high: 2 })
    expect(fitSlope(line([1, 3, 5, 7, 9]))).toBe(null)
  })

  it('[A12 INV-18] calls noise flat about 39 times in 40, and a leak above the noise never', () => {
    const random = seededRandom(7)
    const noise = (): number => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6)
    const runs = Array.from({ length: 1_000 }, () => Array.from({ length: 20 }, noise))
    const isCalledFlat = (leak: number, values: readonly number[]): boolean =>
      isFlat(fitSlope(line(values.map((value, at) => value + leak * at)))!, 0)
    const flat = runs.filter((values) => isCalledFlat(0, values)).length
    expect(flat).toBeGreaterThan(955)
    expect(flat).toBeLessThan(995)
    expect(runs.filter((values) => isCalledFlat(0.3, values))).toEqual([])
  })
})

describe('isFlat', () => {
  const slope = { perHour: 5, error: 1, points: 20 }

  it('[A12] takes an interval that reaches down to zero, or all of which is below what matters', () => {
    expect(isFlat({ ...slope, low: -1, high: 100 }, 10)).toBe(true)
    expect(isFlat({ ...slope, low: -9, high: -1 }, 10)).toBe(true)
    expect(isFlat({ ...slope, low: 3, high: 9 }, 10)).toBe(true)
    expect(isFlat({ ...slope, low: 3, high: 10 }, 10)).toBe(false)
  })
})

describe('median', () => {
  it('[A12] is the middle value, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([9, 1, 5, 7])).toBe(6)
    expect(median([4])).toBe(4)
  })
})
