// One step of the connection machine with the world beside it, and what it means to check one.
import type { Context, Effect, Event, State } from '../../src/machine/model.ts'
import type { World } from './world.ts'

/** One step: what was, what happened, what came of it. `was` and `is` are the world beside the machine. */
export interface Edge {
  readonly before: State
  readonly was: World
  readonly event: Event
  readonly context: Context
  readonly after: State
  readonly effects: readonly Effect[]
  readonly is: World
}

/** A rule, and what is wrong with a step: a few words, or null. */
export interface Invariant {
  readonly rule: string
  readonly wrong: (edge: Edge) => string | null
}
