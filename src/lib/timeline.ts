// The one place that decides what time has passed, and alarms on it.
import type { Clock } from '../runtime.ts'

/** A clock that jumps ahead, or a timer that comes late, by more than this means sleep, freeze or a blocked thread. */
const JUMP = 2_000

/** Time as it was lived: only forward, without sleep. */
export interface Timeline {
  /** Milliseconds since it was made: the sum of what the monotonic clock went forward. */
  now(): number
  /** True once after each jump of the wall clock ahead of the monotonic one: the machine slept. A jump back is ignored. */
  slept(): boolean
}

/** A timeline that begins now. */
export function createTimeline(clock: Clock): Timeline {
  let monotonic = clock.monotonic()
  let now = 0
  let ahead = clock.now()
  const advance = (): number => {
    const reading = clock.monotonic()
    now += Math.max(0, reading - monotonic)
    monotonic = reading
    return now
  }
  return {
    now: advance,
    slept() {
      const before = ahead
      ahead = clock.now() - advance()
      return ahead - before > JUMP
    },
  }
}

/** One timer, set to the earliest of what is due. */
export interface Alarm {
  /** Rings at that instant of the timeline, once; undefined: not at all. Replaces what was set. */
  set(at: number | undefined): void
  /** What it is set to. */
  readonly at: number | undefined
  /** True once where it should have rung so long ago that deadlines mean nothing: something else of that moment came first. */
  isLate(): boolean
}

/** An alarm. `ring` is told whether it comes so late that deadlines mean nothing. */
export function createAlarm(clock: Clock, timeline: Timeline, ring: (late: boolean) => void): Alarm {
  let timer: unknown
  let due: number | undefined
  let noticed: number | undefined
  const arm = (at: number): void => {
    timer = clock.setTimeout(
      () => {
        timer = undefined
        const now = timeline.now()
        if (now < at) return arm(at) // timers may come early (C4)
        due = undefined
        ring(now - at > JUMP)
      },
      Math.max(0, Math.ceil(at - timeline.now())),
    )
  }
  return {
    set(at) {
      if (at === due) return
      if (timer !== undefined) clock.clearTimeout(timer)
      timer = undefined
      due = at
      if (at !== undefined) arm(at)
    },
    get at() {
      return due
    },
    isLate() {
      const late = due !== undefined && due !== noticed && timeline.now() - due > JUMP
      if (late) noticed = due
      return late
    },
  }
}

/** The earliest deadline, and of those at the same instant the one whose slot comes first; null where none is armed. */
export function earliest<S extends string>(
  timers: { readonly [K in S]?: number | undefined },
  slots: readonly S[],
): readonly [S, number] | null {
  let first: readonly [S, number] | null = null
  for (const slot of slots) {
    const at: number | undefined = timers[slot]
    if (at !== undefined && (!first || at < first[1])) first = [slot, at]
  }
  return first
}
