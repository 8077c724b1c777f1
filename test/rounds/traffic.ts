// What is said during the rounds, where, and how much of it is kept.
import type { History } from '../../src/server/index.ts'

/** A message of a numbered channel, which is also what its load gives: how far this history has come. */
export interface Place {
  /** Whose history it is. */
  readonly process: number
  readonly n: number
}

/** A message that a client published: whose it is, and which of his. */
export interface Note {
  readonly client: number
  readonly key: number
}

/** Numbered channels: what is missed on the wide ones is always kept, what is missed on the narrow one hardly ever. */
export const numbered: readonly string[] = ['wide:1', 'wide:2', 'narrow']
/** Here clients publish, and hear one another. */
export const NOTES = 'notes'

/** How much is kept, by the first part of the name; of the others the default, 300. */
export const histories: Readonly<Record<string, History>> = { narrow: { size: 4, ttl: 300_000 } }

/** How many messages of a channel are kept. */
export function toKept(channel: string): number {
  return histories[channel]?.size ?? 300
}
