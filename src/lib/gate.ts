// A gate that lets few connections open at once, the most important first.
import type { Clock } from '../runtime.ts'
import { checkNumber } from './check.ts'

/** Shared by connections that must not all open at once (behaviour G10b). */
export interface Gate {
  /** Queues for a place. `enter` is called once when there is one; the result gives the place, or the queueing, up. Idempotent. */
  queue(request: { readonly priority: number; readonly clock: Clock; readonly enter: () => void }): () => void
}

interface Ticket {
  readonly priority: number
  readonly enter: () => void
}

/**
 * A gate for the `gate` option of several connections: lower priorities first, at most `concurrent` opening at once,
 * `spacing` milliseconds apart. What asks within one turn is put in order before the first enters.
 * @throws TypeError naming the option
 */
export function createGate(options: { readonly concurrent?: number; readonly spacing?: number } = {}): Gate {
  const { concurrent = 2, spacing = 100 } = options
  checkNumber('concurrent', concurrent, 1, Infinity)
  checkNumber('spacing', spacing, 0, 86_400_000)
  const waiting: Ticket[] = []
  const inside = new Set<Ticket>()
  let timer: unknown
  let nextAt = -Infinity

  const admit = (clock: Clock): void => {
    if (timer !== undefined || waiting.length === 0 || inside.size >= concurrent) return
    timer = clock.setTimeout(
      () => {
        timer = undefined
        const ticket = waiting.shift()
        if (!ticket) return
        inside.add(ticket)
        nextAt = clock.monotonic() + spacing
        admit(clock)
        ticket.enter()
      },
      Math.max(0, nextAt - clock.monotonic()),
    )
  }
  return {
    queue({ priority, clock, enter }) {
      const ticket: Ticket = { priority, enter }
      const at = waiting.findIndex((other) => other.priority > priority)
      waiting.splice(at < 0 ? waiting.length : at, 0, ticket)
      admit(clock)
      return () => {
        inside.delete(ticket)
        const index = waiting.indexOf(ticket)
        if (index >= 0) waiting.splice(index, 1)
        if (waiting.length === 0 && timer !== undefined) {
          clock.clearTimeout(timer)
          timer = undefined
        }
        admit(clock)
      }
    },
  }
}
