// One step of a session with the world beside it, and what it means to check one.
import type {
  SessionContext,
  SessionEffect,
  SessionEvent,
  SessionState,
} from '../../../src/server/session/model.ts'
import type { Move } from './moves.ts'
import type { Setup, World } from './world.ts'

/** One step: what was, what happened, what came of it. */
export interface SessionEdge {
  readonly setup: Setup
  readonly before: SessionState
  readonly was: World
  readonly move: Move
  readonly context: SessionContext
  readonly after: SessionState
  readonly effects: readonly SessionEffect[]
  readonly is: World
}

/** A rule, and what is wrong with a step: a few words, or null. */
export interface Rule {
  readonly rule: string
  readonly wrong: (edge: SessionEdge) => string | null
}

/** What happened, if it is of this type. */
export function heard<T extends SessionEvent['type']>(
  { move }: SessionEdge,
  type: T,
): (SessionEvent & { readonly type: T }) | null {
  return move.event?.type === type ? (move.event as SessionEvent & { readonly type: T }) : null
}

/** What was ordered, of one type. */
export function ordered<T extends SessionEffect['type']>(
  { effects }: SessionEdge,
  type: T,
): readonly Extract<SessionEffect, { readonly type: T }>[] {
  return effects.filter(
    (effect): effect is Extract<SessionEffect, { readonly type: T }> => effect.type === type,
  )
}

/** The code a link was closed with; null where it was not. */
export function closeCode(edge: SessionEdge): number | null {
  return ordered(edge, 'close')[0]?.code ?? null
}
