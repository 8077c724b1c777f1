// toSnapshot(): the public words for a state of the machine.
import type { HoldfastError } from '../errors.ts'
import { toQuality, toShown, type Quality } from './latency.ts'
import type { State } from './model.ts'

/** What the connection is doing. */
export type Status = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'suspended' | 'failed' | 'closed'

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

/** The public words for a state. `error` is the HoldfastError made of the state's failure. */
export function toSnapshot(
  state: State,
  error: HoldfastError | null,
  bounds: { readonly excellent: number; readonly good: number },
): ConnectionSnapshot {
  const { outage, failure } = state.memory
  const connected = state.phase === 'connected' ? state : null
  const trying = state.phase === 'connecting' || state.phase === 'opening' || state.phase === 'handshaking'
  const waiting = state.phase === 'waiting' ? state : null
  const failures = outage?.failures ?? 0
  return {
    status: toStatus(state),
    attempt: trying ? failures + 1 : waiting || state.phase === 'failed' ? failures : 0,
    retryAt: waiting ? waiting.retryAt : null,
    circuit: waiting?.suspended
      ? 'open'
      : (trying || connected) && outage && outage.trips > 0
        ? 'half-open'
        : 'closed',
    latency: connected?.latency == null ? null : toShown(connected.latency),
    quality:
      !connected || (connected.overdue && connected.latency !== null)
        ? 'disconnected'
        : toQuality(connected.latency, bounds),
    error: failure && error,
  }
}

function toStatus(state: State): Status {
  const { phase, memory } = state
  if (phase === 'idle' || phase === 'connected' || phase === 'failed' || phase === 'closed') return phase
  if (phase === 'waiting' && state.suspended) return 'suspended'
  return memory.once || (memory.outage?.trips ?? 0) > 0 ? 'reconnecting' : 'connecting'
}

/** True when two snapshots say the same. */
export function isSame(a: ConnectionSnapshot, b: ConnectionSnapshot): boolean {
  return (Object.keys(a) as Array<keyof ConnectionSnapshot>).every((key) => Object.is(a[key], b[key]))
}
