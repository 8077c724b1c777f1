// The channels of the soak test: one of each way to be fed, and what the server holds to be true of them.

/** One line of the log. */
export interface Line {
  readonly id: string
  readonly text: string
}

/** Everything a server knows. `process` tells its lives apart. */
export interface Truth {
  /** Pushed whole, never loaded. */
  readonly clock: { readonly process: number; readonly tick: number }
  /** Pushed whole, loaded first and while the push is away. */
  readonly queue: { readonly process: number; readonly waiting: readonly string[] }
  /** Pushed line by line onto what was loaded. */
  readonly log: readonly Line[]
  /** Loaded at every signal. */
  readonly orders: { readonly process: number; readonly total: number }
}

export type FeedName = keyof Truth

export const feedNames: readonly FeedName[] = ['clock', 'queue', 'log', 'orders']

/** How many lines the log keeps. */
export const LINES = 20

/** Applies a line to the log; idempotent, as change functions must be. */
export function addLine(log: readonly Line[], line: Line): readonly Line[] {
  return log.some(({ id }) => id === line.id) ? log : [...log, line].slice(-LINES)
}
