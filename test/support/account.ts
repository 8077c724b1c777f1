// createAccount(): the real world, with an account of the timers armed in it and the listeners to the page.
import { systemRuntime, type PageSignal, type Runtime } from '../../src/index.ts'

export interface Account {
  readonly runtime: Runtime
  timers(): number
  listeners(): number
}

export function createAccount(): Account {
  const { clock, random, page } = systemRuntime
  const armed = new Set<unknown>()
  const listeners = new Set<object>()
  return {
    timers: () => armed.size,
    listeners: () => listeners.size,
    runtime: {
      random,
      clock: {
        ...clock,
        setTimeout(run, delay) {
          const handle = clock.setTimeout(() => {
            armed.delete(handle)
            run()
          }, delay)
          armed.add(handle)
          return handle
        },
        clearTimeout(handle) {
          armed.delete(handle)
          clock.clearTimeout(handle)
        },
      },
      page: {
        ...page,
        listen(onSignal: (signal: PageSignal) => void) {
          const stop = page.listen(onSignal)
          listeners.add(stop)
          return () => {
            listeners.delete(stop)
            stop()
          }
        },
      },
    },
  }
}
