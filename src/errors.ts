// What went wrong, in one class: a code to switch on, a message to read, the context to look at.

/** Every code a {@link HoldfastError} can carry. */
export type ErrorCode =
  | 'connect-failed'
  | 'connect-timeout'
  | 'handshake-timeout'
  | 'heartbeat-timeout'
  | 'closed-by-server'
  | 'unauthorized'
  | 'forbidden'
  | 'protocol-error'
  | 'message-too-large'
  | 'invalid-message'
  | 'invalid-data'
  | 'load-failed'
  | 'load-timeout'
  | 'auth-failed'
  | 'queue-full'
  | 'expired'
  | 'budget-spent'
  | 'request-timeout'
  | 'rejected'
  | 'listener-failed'
  | 'no-websocket'
  | 'blocked'
  | 'aborted'
  | 'not-connected'
  | 'closed'

/** Where and when an error happened. Every string in it has passed the redactor (G24). */
export interface ErrorContext {
  /** Epoch milliseconds. */
  readonly at?: number
  /** The server's address without query, user or fragment. */
  readonly url?: string
  /** The connection's status when it happened. */
  readonly status?: string
  /** The attempt it happened in; 0 while connected. */
  readonly attempt?: number
  /** The channel it concerns. */
  readonly channel?: string
  /** The frame that caused it, cut to 256 characters. */
  readonly frame?: string
  /** How many frames this connection could not use so far, this one included: only one a second is told of. */
  readonly dropped?: number
  /** The WebSocket close code, where the server gave one. */
  readonly closeCode?: number
  /** The close reason, cut to 256 characters. */
  readonly reason?: string
}

const brand = Symbol.for('holdfast.error')

/** The one error of this library. The message says what happened and what happens next. */
export class HoldfastError extends Error {
  override readonly name: string = 'HoldfastError'
  /** What happened, for programs. */
  readonly code: ErrorCode
  /** Where and when, for people. */
  readonly context: ErrorContext

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.context = context
    Object.defineProperty(this, brand, { value: true })
  }
}

/** True for a HoldfastError of this or of another copy of the package. */
export function isHoldfastError(value: unknown): value is HoldfastError {
  return typeof value === 'object' && value !== null && brand in value
}
