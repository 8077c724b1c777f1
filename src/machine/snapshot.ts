// toSnapshot(): the public words for a state of the machine.
import type { HoldfastError } from '../errors.ts'

/** What the connection is doing. */
export type Status = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'suspended' | 'failed' | 'closed'

/** How good the link is, by its smoothed round trip. */
export type Quality = 'unknown' | 'excellent' | 'good' | 'poor' | 'disconnected'

/** What is known about the connection; a new object whenever something in it changed. */
export interface ConnectionSnapshot {
  readonly status: Status
  /** The attempt in progress or last made, from 1; 0 while connected or idle. */
  readonly attempt: number
  /** When the next attempt starts, in epoch milliseconds; null unless waiting. */
  readonly retryAt: number | null
  /** `open`: no attempt until `retryAt`; `half-open`: the one probe is under way. */
  readonly circuit: 'closed' | 'open' | 'half-open'
  /** The smoothed round trip in milliseconds, rounded; null before the first answer. */
  readonly latency: number | null
  readonly quality: Quality
  /** Why there is no connection; null while there is one. */
  readonly error: HoldfastError | null
}
