// The waits between attempts, measured.
import type { MockServer } from '../../../src/testing/index.ts'
import type { Rig } from './rig.ts'

/** The times between the attempts of the next `ms`, from the first of them on. */
export function waits(r: Rig, ms: number): number[] {
  const from = r.opens.length
  r.clock.advance(ms)
  const times = r.opens.slice(from)
  return times.slice(1).map((at, n) => at - times[n]!)
}

/** How long it takes from a close to the next attempt. */
export function wait(r: Rig, close: (server: MockServer) => void, most = 90_000_000): number {
  const before = r.opens.length
  const from = r.at()
  close(r.server)
  r.clock.advance(0)
  const { retryAt } = r.snapshot
  if (retryAt !== null) r.clock.advance(Math.min(most, retryAt - r.clock.now() + 1))
  return r.opens.length > before ? r.opens.at(-1)! - from : Infinity
}
