// Runs what the app and the broker do so that it can hurt nobody: a throw and a silence both end in an answer, and in the log.
import type { Clock } from '../runtime.ts'
import type { ResolvedServerOptions } from './options.ts'

/** So long a request waits for any one of those whom it needs: its client gives up after 10 s. */
export const PATIENCE = 4_000

/** Resolves with what `run` gives, or with `otherwise` when it throws or takes longer than `limit`, by default `handshakeTimeout`. */
export type Attempt = <T>(what: string, run: () => T | Promise<T>, otherwise: T, limit?: number) => Promise<T>

/** Rejects when it takes longer than `limit` milliseconds. */
export async function within<T>(clock: Clock, limit: number, run: () => T | Promise<T>): Promise<T> {
  let timer: unknown
  const late = new Promise<never>((_, reject) => {
    timer = clock.setTimeout(() => reject(new Error(`No answer within ${limit} ms`)), limit)
  })
  try {
    return await Promise.race([run(), late])
  } finally {
    clock.clearTimeout(timer)
  }
}

/** Makes the attempts of a server, and the reports of what failed in them. Clients are never told. */
export function createAttempt({ runtime, handshakeTimeout, logger }: ResolvedServerOptions): {
  readonly attempt: Attempt
  report(message: string, context: unknown, level?: 'warn' | 'error'): void
} {
  const report = (message: string, context: unknown, level: 'warn' | 'error' = 'error'): void => {
    try {
      logger?.[level]?.(message, context)
    } catch {
      // A logger that throws must not take a link along.
    }
  }
  const attempt: Attempt = async (what, run, otherwise, limit = handshakeTimeout) => {
    try {
      return await within(runtime.clock, limit, run)
    } catch (error) {
      report(`${what} failed.`, error)
      return otherwise
    }
  }
  return { attempt, report }
}
