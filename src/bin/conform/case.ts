// What a case of the conformance kit is, and the two ways in which it ends early: a failure, or nothing to try.
import type { Bench } from './bench.ts'

/** The levels of the protocol; each one includes those below. */
export type Level = 0 | 1 | 2 | 3

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
  readonly run: (bench: Bench) => Promise<void>
}

/** The server does not keep the rule. */
export class Failure extends Error {}

/** There is nothing to try here. */
export class Skip extends Error {}

/** Throws a Failure that says what was seen, unless all is well. */
export function must(isRight: boolean, seen: string): asserts isRight {
  if (!isRight) throw new Failure(seen)
}
