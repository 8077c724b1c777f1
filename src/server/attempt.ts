// Runs what the app gave us so that it can hurt nobody: a throw and a silence both end in an answer, and in the log.
import type { ResolvedServerOptions } from './options.ts'

/** Resolves with what `run` gives, or with `otherwise` when it throws or takes longer than `handshakeTimeout`. */
export type Attempt = <T>(what: string, run: () => T | Promise<T>, otherwise: T) => Promise<T>

/** Makes the attempts of a server, and the reports of what failed in them. Clients are never told. */
export function createAttempt({ runtime, handshakeTimeout, logger }: ResolvedServerOptions): {
  readonly attempt: Attempt
  report(message: string, context: unknown, level?: 'warn' | 'error'): void
} {
  const { clock } = runtime
  const report = (message: string, context: unknown, level: 'warn' | 'error' = 'error'): void => {
    try {
      logger?.[level]?.(message, context)
    } catch {
      // A logger that throws must not take a link along.
    }
  }
  const attempt: Attempt = async (what, run, otherwise) => {
    let timer: unknown
    const late = new Promise<never>((_, reject) => {
      const fail = (): void => reject(new Error(`No answer within ${handshakeTimeout} ms`))
      timer = clock.setTimeout(fail, handshakeTimeout)
    })
    try {
      return await Promise.race([run(), late])
    } catch (error) {
      report(`${what} failed.`, error)
      return otherwise
    } finally {
      clock.clearTimeout(timer)
    }
  }
  return { attempt, report }
}
