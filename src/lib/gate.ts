// A gate that lets few connections open at once, the most important first.
import type { Clock } from '../runtime.ts'

/** Shared by connections that must not all open at once (behaviour G10b). */
export interface Gate {
  /** Queues for a place. `enter` is called once when there is one; the result gives the place back, or the queueing up. Idempotent. */
  queue(request: { readonly priority: number; readonly clock: Clock; readonly enter: () => void }): () => void
}
