// A clock that stands still until a test moves it, and then stops at every deadline on the way.
import type { Clock } from '../runtime.ts'

/** A clock in the hands of a test. Its timers run in the order (deadline, armed first), each at its own deadline. */
export interface VirtualClock extends Clock {
  /**
   * Lets `ms` pass: every timer due on the way runs at its own deadline, those armed meanwhile included.
   * What a timer throws is thrown here, the clock standing at that deadline.
   */
  advance(ms: number): void
  /** Like `advance`, but lets promises settle before, between and after the timers. */
  advanceAsync(ms: number): Promise<void>
  /** Someone sets the wall clock: `now()` jumps by `ms`, also backwards. Nothing else moves. */
  jumpWall(ms: number): void
  /**
   * The machine sleeps for `ms`: the wall clock goes on; the monotonic one stands, as on Linux and macOS, or with
   * `{ monotonic: true }` goes on, as on Windows. No timer runs; those overdue run late, with the next `advance`, so
   * that a test decides what the woken page sees first. Timers follow the monotonic clock.
   */
  sleep(ms: number, options?: { readonly monotonic?: boolean }): void
  /** The thread is blocked for `ms`, or the page frozen: both clocks go on, overdue timers run late, with the next `advance`. */
  block(ms: number): void
  /** How many timers are armed. */
  readonly pending: number
  /** The wall time of the next deadline, in the past for an overdue one; null with no timer armed. */
  readonly nextAt: number | null
}

interface Timer {
  readonly deadline: number
  readonly sequence: number
  readonly run: () => void
}

/** What a real `setTimeout` bears; beyond it, it fires at once (Chromium and Node alike). */
const LONGEST_DELAY = 2 ** 31 - 1

/** As many timers at one instant are no burst but a loop that would never end. */
const MOST_AT_ONE_INSTANT = 100_000

/** Promise chains of this length settle between two timers of `advanceAsync`. */
const TURNS = 50

/** The instant a clock starts at unless told otherwise: 2026-01-01T00:00:00Z. */
const NEW_YEAR = 1_767_225_600_000

/**
 * Creates a clock that moves only when told to.
 *
 * Delays that a real `setTimeout` cannot bear (negative, NaN, 2^31 and more) become 1 ms here too, so that a test
 * sees the hot loop that a page would.
 *
 * @param start - The wall time it starts at, epoch milliseconds. The monotonic clock starts at 5 000.
 * @example
 * const clock = virtualClock()
 * clock.setTimeout(() => console.log(clock.now()), 250)
 * clock.advance(1000)
 */
export function virtualClock(start: number = NEW_YEAR): VirtualClock {
  let monotonic = 5_000
  // Kept apart from the wall time, so that a jump of the one never moves the other.
  let wallAhead = start - monotonic
  let armed = 0
  let advancing = false
  /** The latest deadline first, so that the next timer is taken off the end. */
  const timers: Timer[] = []

  const indexOf = (deadline: number, sequence: number): number => {
    let low = 0
    let high = timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const timer = timers[middle] as Timer
      const isLater = timer.deadline === deadline ? timer.sequence > sequence : timer.deadline > deadline
      if (isLater) low = middle + 1
      else high = middle
    }
    return low
  }

  const takeDue = (until: number): Timer | undefined => {
    const next = timers.at(-1)
    if (next === undefined || next.deadline > until) return undefined
    monotonic = Math.max(monotonic, next.deadline)
    return timers.pop()
  }

  /** Counts the timers of one instant, to end a loop that re-arms without delay. */
  const watchForLoop = (): (() => void) => {
    let instant = monotonic
    let ran = 0
    return () => {
      ran = monotonic === instant ? ran + 1 : 1
      instant = monotonic
      if (ran > MOST_AT_ONE_INSTANT)
        throw new Error('Timers keep arming timers without delay; time cannot go on.')
    }
  }

  const begin = (ms: number): number => {
    checkDuration(ms)
    if (advancing)
      throw new Error('The clock is advancing already: await advanceAsync(), and do not advance in a timer.')
    advancing = true
    return monotonic + ms
  }

  return {
    now: () => wallAhead + monotonic,
    monotonic: () => monotonic,
    setTimeout(run, delay) {
      const wait = delay >= 0 && delay <= LONGEST_DELAY ? delay : 1
      armed += 1
      const timer: Timer = { deadline: monotonic + wait, sequence: armed, run }
      timers.splice(indexOf(timer.deadline, timer.sequence), 0, timer)
      return timer
    },
    clearTimeout(handle) {
      const timer = handle as Timer | undefined
      if (typeof timer?.sequence !== 'number') return
      const index = indexOf(timer.deadline, timer.sequence)
      if (timers[index] === timer) timers.splice(index, 1)
    },
    advance(ms) {
      const until = begin(ms)
      const guard = watchForLoop()
      try {
        for (let timer = takeDue(until); timer !== undefined; timer = takeDue(until)) {
          guard()
          timer.run()
        }
        // A timer may have blocked beyond the target.
        monotonic = Math.max(monotonic, until)
      } finally {
        advancing = false
      }
    },
    async advanceAsync(ms) {
      const until = begin(ms)
      const guard = watchForLoop()
      try {
        await settle()
        for (let timer = takeDue(until); timer !== undefined; timer = takeDue(until)) {
          guard()
          timer.run()
          await settle()
        }
        monotonic = Math.max(monotonic, until)
      } finally {
        advancing = false
      }
    },
    jumpWall(ms) {
      wallAhead += ms
    },
    sleep(ms, options) {
      checkDuration(ms)
      if (options?.monotonic) monotonic += ms
      else wallAhead += ms
    },
    block(ms) {
      checkDuration(ms)
      monotonic += ms
    },
    get pending() {
      return timers.length
    },
    get nextAt() {
      const next = timers.at(-1)
      return next === undefined ? null : wallAhead + next.deadline
    },
  }
}

function checkDuration(ms: number): void {
  if (!(ms >= 0 && ms < Infinity))
    throw new TypeError(`A clock moves by milliseconds from 0 on, not by ${ms}.`)
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve()
}
