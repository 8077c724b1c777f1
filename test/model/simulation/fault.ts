// What a kind of fault is, and what most of them use.
import type { Move } from './plan.ts'
import type { Client, Scene } from './scene.ts'

/** A kind of fault. */
export interface Fault {
  /** Ids of the catalogue. */
  readonly ids: string
  /** The least and the most it lasts, where it lasts. */
  readonly lasts?: readonly [least: number, most: number]
  /** Befalls one client; else the server. */
  readonly isLocal?: true
  /** Only the real server can. */
  readonly needsLevel1?: true
  readonly needsAuth?: true
  /** Does it, and says what. null: it could not be done. */
  run(scene: Scene, client: Client, move: Move): string | null
}

/** Kinds, by name. */
export type Faults = Readonly<Record<string, Fault>>

/** One of them, by a number in [0, 1). */
export const pick = <T>(choices: readonly T[], value: number): T =>
  choices[Math.floor(value * choices.length)]!

/** For people. */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

/** Undoes something later; healing has perhaps undone it before. */
export const later = (scene: Scene, ms: number, undo: () => void): void => void scene.world.after(ms, undo)
