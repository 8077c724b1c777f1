// Scenarios that found something once, shrunk to what it took. They are run for ever; what they found stays mended.
import type { Scenario } from './plan.ts'

/** What was found, and how: the scenario itself, because a seed means another one as soon as the drawing changes. */
export interface Regression {
  readonly found: string
  readonly scenario: Scenario
}

export const regressions: readonly Regression[] = []
