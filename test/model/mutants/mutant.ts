// A mutant: a fault planted in the source, to see whether the tests have teeth.
import type { Patch } from '../../support/mutate.ts'

/** One planted fault. */
export interface Mutant extends Patch {
  /** What is wrong with it, in a few words; unique. */
  readonly name: string
  /** The entry of the bug bank: faults that other libraries had, see docs/mutants.md. */
  readonly bug?: string
  /** What must find it: the exploration of a machine, the simulation, or a case by its name. */
  readonly by: string
  /** The run of the exploration that finds it soonest. @default the first */
  readonly in?: string
}
