// The ports of a recorded client: transport, runtime and the app's own functions, each with an ear on it.
import type { Runtime, Transport } from '../../../src/index.ts'
import type { Happening, Leftovers } from './entry.ts'

/** Adds to the record of a client. */
export type Write = (happening: Happening) => void

/** What is counted of a client's hold on the world. */
export type Counts = { -readonly [K in keyof Leftovers]: Leftovers[K] }

/** Runs something that must not throw; what it throws is recorded and goes on. */
export function guard<T>(write: Write, where: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    write({ kind: 'threw', where, text: String(error) })
    throw error
  }
}

/** The transport, with all text of the links that are held on record. `number`: how the machine calls the link it opens. */
export function recordTransport(
  transport: Transport,
  write: Write,
  counts: Counts,
  number: () => number | undefined = () => undefined,
): Transport {
  return {
    ...transport,
    open(context, events) {
      const opened = number()
      const which = opened === undefined ? {} : { link: opened }
      let isOpen = false
      let isHeld = true
      counts.links++
      const end = (): void => {
        if (isHeld) counts.links--
        isHeld = false
      }
      try {
        const link = transport.open(context, {
          opened(info) {
            isOpen = true
            guard(write, 'opened', () => events.opened(info))
          },
          message(text) {
            if (isHeld) write({ kind: 'inbound', text, ...which })
            guard(write, 'message', () => events.message(text))
          },
          closed(info) {
            end()
            guard(write, 'closed', () => events.closed(info))
          },
        })
        return {
          send(text) {
            link.send(text)
            if (isOpen && isHeld) write({ kind: 'outbound', text, buffered: link.bufferedBytes, ...which })
          },
          get bufferedBytes() {
            return link.bufferedBytes
          },
          close(code, reason, options) {
            end()
            link.close(code, reason, options)
          },
        }
      } catch (error) {
        end()
        throw error
      }
    },
  }
}

/** The runtime, with timers and page listeners counted and the page's signals on record. */
export function recordRuntime(runtime: Runtime, write: Write, counts: Counts): Runtime {
  const { clock, page } = runtime
  const pending = new Set<unknown>()
  const forget = (handle: unknown): void => {
    if (pending.delete(handle)) counts.timers--
  }
  return {
    random: runtime.random,
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimeout(run, delay) {
        const handle = clock.setTimeout(() => {
          forget(handle)
          guard(write, 'timer', run)
        }, delay)
        pending.add(handle)
        counts.timers++
        return handle
      },
      clearTimeout(handle) {
        forget(handle)
        clock.clearTimeout(handle)
      },
    },
    page: {
      address: () => page.address(),
      isOnline: () => page.isOnline(),
      isVisible: () => page.isVisible(),
      listen(onSignal) {
        counts.listeners++
        let isListening = true
        const stop = page.listen((signal) => {
          write({ kind: 'page', signal })
          guard(write, 'page', () => onSignal(signal))
        })
        return () => {
          if (isListening) counts.listeners--
          isListening = false
          stop()
        }
      },
    },
  }
}

/** A function of the app's that is asked and answers later; what is aborted counts as answered. */
export function recordAsking<A extends ReadonlyArray<{ readonly signal: AbortSignal }>, R>(
  what: 'load' | 'auth' | 'url' | 'diagnose',
  key: string,
  call: (...context: A) => R,
  write: Write,
  counts: Counts,
): (...context: A) => R {
  return (...context) => {
    const signal = context[0]?.signal
    let isUnderWay = true
    const done = (): void => {
      if (!isUnderWay) return
      isUnderWay = false
      counts.requests--
      signal?.removeEventListener('abort', done)
      write({ kind: 'answered', what, key })
    }
    write({ kind: 'asked', what, key })
    counts.requests++
    signal?.addEventListener('abort', done)
    try {
      const answer = call(...context)
      // Told before whoever waits for the answer.
      Promise.resolve(answer).then(done, done)
      return answer
    } catch (error) {
      done()
      throw error
    }
  }
}
