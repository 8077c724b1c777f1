// What a case of the conformance kit is.
import type { Bench } from './bench.ts'
import type { Level } from './settings.ts'

/** One thing that a server must do, and how to see whether it does. */
export interface Case {
  /** `<level>.<name>`. */
  readonly id: string
  readonly level: Level
  /** What holds, in a sentence. */
  readonly rule: string
  /** What the kit does to find out. */
  readonly how: string
  /** What to look at in a server that fails. */
  readonly fix: string
  /** The case that must have passed before this one says anything. */
  readonly after?: string
  /** The option without which there is nothing to try. */
  readonly needs?: 'badAuth' | 'channel' | 'forbiddenChannel'
  /** `first`: it only waits, and does so while the others run. `last`: it looks back on what the others saw. */
  readonly when?: 'first' | 'last'
  /** Returns when the rule holds; throws Failure or Skip. */
  readonly run: (bench: Bench) => Promise<unknown>
}
