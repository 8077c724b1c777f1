// One direction of a mock link: keeps the order, takes its time, can stall.
import type { Clock } from '../runtime.ts'

/** What travels one way. */
export interface Pipe {
  /** Sends something off; `run` is its arrival. */
  put(bytes: number, run: () => void): void
  /** Holds everything back, what is under way included. */
  stall(): void
  /** Lets everything held back arrive, in one burst, as after a stall of the network. */
  flow(): void
  /** Everything that is not stalled arrives now. */
  flush(): void
  /** Forgets everything under way. */
  end(): void
  /** Bytes under way. */
  readonly bytes: number
}

/** A pipe whose contents take `delay()` milliseconds each and never overtake; null: they arrive within the call. */
export function createPipe(clock: Clock, delay: () => number | null): Pipe {
  let underway: Array<{ readonly at: number; readonly bytes: number; readonly run: () => void }> = []
  let bytes = 0
  let timer: unknown = null
  let stalled = false

  const take = (until: number): boolean => {
    const first = underway[0]
    if (stalled || first === undefined || first.at > until) return false
    underway.shift()
    bytes -= first.bytes
    first.run()
    return true
  }

  const arm = (): void => {
    clock.clearTimeout(timer)
    timer = null
    const first = underway[0]
    if (stalled || first === undefined) return
    timer = clock.setTimeout(
      () => {
        timer = null
        try {
          while (take(clock.monotonic()));
        } finally {
          arm()
        }
      },
      Math.max(0, first.at - clock.monotonic()),
    )
  }

  return {
    put(size, run) {
      const wait = delay()
      if (wait === null && !stalled && underway.length === 0) {
        run()
        return
      }
      // Nothing overtakes: it leaves the queue after what stands before it, however long that takes.
      const at = clock.monotonic() + (wait ?? 0)
      underway.push({ at, bytes: size, run })
      bytes += size
      if (timer === null) arm()
    },
    stall() {
      stalled = true
      arm()
    },
    flow() {
      stalled = false
      const now = clock.monotonic()
      underway = underway.map((item) => (item.at < now ? { ...item, at: now } : item))
      arm()
    },
    flush() {
      while (take(Infinity));
      arm()
    },
    end() {
      underway = []
      bytes = 0
      arm()
    },
    get bytes() {
      return bytes
    },
  }
}
