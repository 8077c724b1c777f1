// A thread in the simulated world: one page, or one server process, with clocks and timers of its own, that can come to a halt.
import type { Clock } from '../../../src/runtime.ts'
import type { Plan, World } from './world.ts'

/** What runs, and when. */
export interface Thread {
  readonly clock: Clock
  /** Armed timers. */
  readonly timers: number
  readonly isHalted: boolean
  /** Runs now, or after the halt; never after the end. */
  do(task: () => void): void
  /** Nothing runs any more, until `resume`. */
  halt(): void
  /**
   * What came meanwhile and the timers that are overdue run, one after the other. `wallOnly`: so much of the halt was a sleep in
   * which the monotonic clock stood.
   */
  resume(wallOnly: number, timersFirst: boolean): void
  /** Someone sets the wall clock. */
  jumpWall(ms: number): void
  /** Timers come only at multiples of so many milliseconds; 1 is as they should. */
  throttle(grain: number): void
  /** The process is gone: no timer, no task. */
  end(): void
}

interface Timer {
  /** By the monotonic clock. */
  readonly due: number
  readonly run: () => void
  plan: Plan | null
}

/** What a real `setTimeout` bears; beyond it, it fires at once. */
const LONGEST = 2 ** 31 - 1
/** The instant every wall clock starts at: 2026-01-01T00:00:00Z. */
export const NEW_YEAR = 1_767_225_600_000

/** A thread that runs. `guard` runs each task, and tells what it throws. */
export function createThread(world: World, guard: (task: () => void) => void): Thread {
  const timers = new Set<Timer>()
  let backlog: Array<() => void> = []
  let isHalted = false
  let isOver = false
  let slept = 0
  let wallAhead = NEW_YEAR
  let grain = 1

  const monotonic = (): number => world.now - slept + 5_000

  const plan = (timer: Timer): void => {
    const wait = Math.max(0, timer.due - monotonic())
    const late = grain > 1 ? (grain - ((world.now + wait) % grain)) % grain : 0
    timer.plan = world.after(wait + late, () => {
      timers.delete(timer)
      guard(timer.run)
    })
  }
  const unplan = (timer: Timer): void => {
    if (timer.plan) timer.plan.run = null
    timer.plan = null
  }
  const replan = (): void => {
    for (const timer of timers) unplan(timer)
    for (const timer of [...timers].sort((a, b) => a.due - b.due)) plan(timer)
  }

  const thread: Thread = {
    clock: {
      // As Date.now() does: whole milliseconds.
      now: () => Math.floor(wallAhead + world.now),
      monotonic,
      setTimeout(run, delay) {
        const timer: Timer = {
          due: monotonic() + (delay >= 0 && delay <= LONGEST ? delay : 1),
          run,
          plan: null,
        }
        if (isOver) return timer
        timers.add(timer)
        if (!isHalted) plan(timer)
        return timer
      },
      clearTimeout(handle) {
        const timer = handle as Timer | undefined
        if (timer === undefined || !timers.delete(timer)) return
        unplan(timer)
      },
    },
    get timers() {
      return timers.size
    },
    get isHalted() {
      return isHalted
    },
    do(task) {
      if (isOver) return
      if (isHalted) backlog.push(task)
      else guard(task)
    },
    halt() {
      isHalted = true
      for (const timer of timers) unplan(timer)
    },
    resume(wallOnly, timersFirst) {
      if (!isHalted || isOver) return
      isHalted = false
      slept += wallOnly
      const tasks = backlog
      backlog = []
      if (timersFirst) replan()
      for (const task of tasks) world.after(0, () => thread.do(task))
      if (!timersFirst) replan()
    },
    jumpWall(ms) {
      wallAhead += ms
    },
    throttle(next) {
      if (next === grain) return
      grain = next
      if (!isHalted) replan()
    },
    end() {
      isOver = true
      backlog = []
      for (const timer of timers) unplan(timer)
      timers.clear()
    },
  }
  return thread
}
