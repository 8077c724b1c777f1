// What became of a message. Types only.
import type { HoldfastError } from '../errors.ts'

/** What became of a send or a publication. `maybeDelivered` is true whenever the bytes may have left. */
export type SendOutcome =
  /** The server has it: it got there, it outlives its process, it outlives a power cut. `duplicate`: it had it before. */
  | {
      readonly ok: true
      readonly outcome: 'acked'
      readonly level: 'received' | 'stored' | 'durable'
      readonly offset?: number
      readonly duplicate?: boolean
    }
  /** It left; on this server no more is known. */
  | { readonly ok: true; readonly outcome: 'written' }
  | {
      readonly ok: false
      readonly outcome: 'failed'
      readonly error: HoldfastError
      readonly maybeDelivered: boolean
    }
