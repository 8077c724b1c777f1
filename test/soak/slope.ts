// fitSlope(): how fast something grows over time, and how sure that is.

/** A measured value. `at` is in hours. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** A straight line through points, per hour. */
export interface Slope {
  readonly perHour: number
  /** The standard error of `perHour`. */
  readonly error: number
  /** The 95 % interval of `perHour`. */
  readonly low: number
  readonly high: number
  readonly points: number
}

/** Fewer points say nothing about their scatter. */
const LEAST = 6

/** The least-squares line; null where there are too few points. The points should not hang together: one per quiet stretch. */
export function fitSlope(points: readonly Point[]): Slope | null {
  const count = points.length
  if (count < LEAST) return null
  const meanAt = sum(points.map(({ at }) => at)) / count
  const meanValue = sum(points.map(({ value }) => value)) / count
  const spread = sum(points.map(({ at }) => (at - meanAt) ** 2))
  const perHour = sum(points.map(({ at, value }) => (at - meanAt) * (value - meanValue))) / spread
  const rest = sum(points.map(({ at, value }) => (value - meanValue - perHour * (at - meanAt)) ** 2))
  const error = Math.sqrt(rest / (count - 2) / spread)
  const margin = studentT(count - 2) * error
  return { perHour, error, low: perHour - margin, high: perHour + margin, points: count }
}

/** Flat within noise: the interval reaches down to zero, or all of it is below what would matter. */
export function isFlat({ low, high }: Slope, bound: number): boolean {
  return low <= 0 || high < bound
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.floor(half)] ?? NaN) + (sorted[Math.ceil(half) - 1] ?? NaN)) / 2
}

/** The 97.5 % point of Student's t, by the Cornish-Fisher expansion; off by less than 0.01 from four degrees of freedom on. */
function studentT(freedom: number): number {
  const z = 1.959964
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
