// What is told about a connection: events, errors with context, log lines, traces; all of it redacted (G24).
import type { ConnectionEvents, Logger } from './api.ts'
import { explain } from './explain.ts'
import { HoldfastError, type ErrorCode, type ErrorContext } from './errors.ts'
import { createEmitter, type Emitter } from './lib/emitter.ts'
import { createRedactor } from './lib/redactor.ts'
import { toMessage, toText } from './lib/thrown.ts'
import type { Turns } from './lib/turns.ts'
import type { State } from './machine/model.ts'
import type { ConnectionSnapshot } from './machine/snapshot.ts'

/** What the reporter looks at to say where and when. */
export interface Scene {
  readonly state: State
  readonly snapshot: ConnectionSnapshot
  readonly address: string
  readonly wall: number
  readonly now: number
}

/** Tells those who listen. */
export interface Reporter {
  readonly events: Emitter<{ [E in keyof ConnectionEvents]: ConnectionEvents[E] }>
  /** What must not be shown from now on. */
  learn(secret: unknown): void
  toError(code: ErrorCode, context?: ErrorContext, cause?: unknown): HoldfastError
  /** Tells of an error, after the turn. */
  report(error: HoldfastError): void
  /** A function of the app threw. */
  complain(cause: unknown, channel?: string): void
  log(level: keyof Logger, message: string, context: object): void
  trace(machine: string, entry: object): void
}

/** A reporter; `scene` is looked at when something is told. */
export function createReporter(logger: Logger | undefined, turns: Turns, scene: () => Scene): Reporter {
  const redactor = createRedactor()
  const clean = (text: string): string => toPrintable(redactor.clean(text).slice(0, 256))
  const cleanAll = (context: object): ErrorContext =>
    Object.fromEntries(
      Object.entries(context).map(([key, value]) => [key, typeof value === 'string' ? clean(value) : value]),
    )

  const events: Reporter['events'] = createEmitter((cause, event) => {
    // A listener to errors that throws is not told of itself.
    if (event === 'error') toPage(cause)
    else complain(cause)
  })

  const toError: Reporter['toError'] = (code, context = {}, cause) => {
    const { state, snapshot, address, wall } = scene()
    const { status, attempt } = snapshot
    const detail = context.reason ?? toMessage(cause)
    return new HoldfastError(
      code,
      clean(explain(code, detail, state, wall)),
      cleanAll({ at: wall, url: address, status, attempt, ...context }),
      cause,
    )
  }

  const log: Reporter['log'] = (level, message, context) => {
    try {
      logger?.[level]?.(`holdfast: ${message}`, cleanAll(context))
    } catch {
      // A logger that throws has nobody left to be told.
    }
  }

  const report = (error: HoldfastError): void => {
    log('warn', error.message, error.context)
    turns.run(() => {
      if (events.count('error') > 0) events.emit('error', error)
      else if (error.code === 'listener-failed') toPage(error)
    })
  }

  const complain: Reporter['complain'] = (cause, channel) =>
    report(
      toError(
        'listener-failed',
        { reason: toText(cause), ...(channel === undefined ? {} : { channel }) },
        cause,
      ),
    )

  return {
    events,
    learn: redactor.learn,
    toError,
    report,
    complain,
    log,
    trace(machine, entry) {
      if (events.count('trace') === 0) return
      try {
        const text = JSON.stringify(entry, (key, value: unknown) => {
          if (key === 'cause') return undefined
          return typeof value === 'string' ? redactor.clean(value) : value
        })
        events.emit('trace', { at: scene().now, machine, ...(JSON.parse(text) as object) })
      } catch {
        // What cannot be written is not traced; nothing else may depend on a trace.
      }
    },
  }
}

/** A fault of the app's own that nobody listens for reaches the page's own handler, where there is one. */
function toPage(error: unknown): void {
  ;(globalThis as { reportError?: (error: unknown) => void }).reportError?.(error)
}

/** Control characters of the other side would move the cursor of whoever reads a log. */
function toPrintable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
