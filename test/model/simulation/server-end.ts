// The server's end of a simulated WebSocket, in the shape `ws` gives it.
import type { Thread } from './thread.ts'
import type { World } from './world.ts'

/** As much of a `ws` socket as the server uses. */
export interface ServerSocket {
  readonly OPEN: 1
  readonly readyState: number
  readonly bufferedAmount: number
  send(wire: string | Uint8Array, options?: unknown): void
  ping(data?: unknown, mask?: unknown, left?: () => void): void
  close(code?: number, reason?: string): void
  on(event: string, run: (...args: never[]) => void): void
  once(event: string, run: (...args: never[]) => void): void
}

/** What arrives there. */
export interface ServerEnd {
  readonly socket: ServerSocket
  message(text: string, bytes: number): void
  pong(): void
  /** A close frame, or the news that the link is dead. */
  closed(code: number, reason: string): void
}

/** Where no close comes back, `ws` ends the socket so much later (the server's `closeTimeout`). */
const CLOSE_TIMEOUT = 2_000

/** The way back to the client. */
export interface ToClient {
  buffered(): number
  flushed(run: () => void): void
  text(text: string): void
  ping(): void
  close(code: number, reason: string): void
  died(): void
}

/** The end that the server holds; what it hears, its thread hears. */
export function createServerEnd(
  world: World,
  thread: Thread,
  limit: number,
  to: ToClient,
  served: (direction: 'in' | 'out' | 'close', text: string) => void,
): ServerEnd {
  const listeners = new Map<string, Array<(...args: never[]) => void>>()
  let state: 1 | 2 | 3 = 1

  const emit = (event: string, ...args: unknown[]): void => {
    for (const run of listeners.get(event) ?? []) run(...(args as never[]))
  }
  const end = (code: number, reason: string): void =>
    thread.do(() => {
      if (state === 3) return
      state = 3
      served('close', `heard ${code}`)
      emit('close', code, reason)
    })
  const close = (code = 1005, reason = ''): void => {
    if (state !== 1) return
    state = 2
    served('close', `${code} ${reason}`)
    to.close(code, reason)
    world.after(CLOSE_TIMEOUT, () => {
      if (state === 3) return
      to.died()
      end(1006, '')
    })
  }

  const socket: ServerSocket = {
    OPEN: 1,
    get readyState() {
      return state
    },
    get bufferedAmount() {
      return to.buffered()
    },
    send(wire) {
      if (state !== 1) return
      const text = typeof wire === 'string' ? wire : Buffer.from(wire).toString()
      served('out', text)
      to.text(text)
    },
    ping(_data, _mask, left) {
      if (state !== 1) return
      to.ping()
      if (left) to.flushed(() => thread.do(left))
    },
    close,
    on(event, run) {
      listeners.set(event, [...(listeners.get(event) ?? []), run])
    },
    once: (event, run) => socket.on(event, run),
  }
  return {
    socket,
    message: (text: string, bytes: number): void =>
      thread.do(() => {
        if (state !== 1) return
        served('in', text)
        if (bytes > limit) {
          emit('error', new RangeError('Max payload size exceeded'))
          return close(1009, '')
        }
        emit('message', text, false)
      }),
    pong: (): void =>
      thread.do(() => {
        if (state === 1) emit('pong')
      }),
    closed: end,
  }
}
