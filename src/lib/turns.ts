// A queue of turns: what is asked for during a turn happens after it, never inside it.

/** Runs tasks one after another. */
export interface Turns {
  /** Runs the task now, or after those already under way. */
  run(task: () => void): void
  /** Forgets what waits, runs this task and what it asks for, then nothing any more. */
  finish(task: () => void): void
}

/** An empty queue. A task that throws does not stop the others; what it threw reaches the caller of the outermost `run`. */
export function createTurns(): Turns {
  let queue: Array<() => void> = []
  let running = false
  let finishing = false
  let finished = false

  const drain = (): void => {
    if (running) return
    running = true
    try {
      // The queue grows while it is walked, and may be replaced.
      for (let task = queue.shift(); task; task = queue.shift()) task()
    } finally {
      running = false
      if (queue.length > 0) drain()
      else finished = finishing
    }
  }
  return {
    run(task) {
      if (finished) return
      queue.push(task)
      drain()
    },
    finish(task) {
      if (finishing) return
      finishing = true
      queue = [task]
      drain()
    },
  }
}
