// Seeds that found something once. They are run for ever; what they found stays found.

/** A seed, and what it showed. */
export interface Regression {
  readonly seed: number
  readonly found: string
}

export const regressions: readonly Regression[] = []
