// What a mock server does with an attempt: accept it in one of many ways, refuse it, or leave it hanging.
import type { Frame } from '../protocol/frames.ts'
import type { MockChannels } from './mock-channels.ts'
import type { MockLink } from './mock-link.ts'

/** What a server does with an attempt, once it arrives. Doing nothing is leaving it hanging. */
export type Behaviour = (link: MockLink) => void

/** How a server accepts. */
export interface AcceptOptions {
  /**
   * 1: answers `client_ready` with `server_ready`, and nothing before that. 0: a plain server, answers pings only. 2: channels are
   * subscribed to, and publications answered. 3: what was missed is replayed. @default 1
   */
  readonly level?: 0 | 1 | 2 | 3
  /** True: opens and answers nothing at all; what the test pushes still goes out. @default false */
  readonly silent?: boolean
  /** False: pings stay unanswered. @default true */
  readonly pongs?: boolean
  /** Milliseconds from `client_ready` to `server_ready`. @default 0 */
  readonly readyAfter?: number
  /** `reconnect.window` of `server_ready`. */
  readonly window?: number
  /** `heartbeat` of `server_ready`. */
  readonly heartbeat?: { readonly interval: number; readonly timeout: number }
  /** `session.id` of `server_ready`. */
  readonly session?: string
  /** Anything else `server_ready` carries; it also overrides what stands above, so any nonsense can be sent. */
  readonly extra?: Readonly<Record<string, unknown>>
  /** Asked about each `client_ready`; a number closes the link with that code. For tests of tokens. */
  readonly check?: (hello: Frame) => number | undefined
  /** Runs when the handshake of a link is done: the place to push the first state. */
  readonly greet?: (link: MockLink) => void
  /** False: `server.push()` does not wait for `client_ready`, for clients that send none. @default true */
  readonly waits?: boolean
}

/** Opens and talks as `options` say. `answersPings` is asked at each ping. */
export function accepting(
  options: AcceptOptions,
  answersPings: () => boolean,
  channels: MockChannels,
): Behaviour {
  const { level = 1, silent = false, pongs = true, readyAfter = 0, check, greet, waits = true } = options
  return (link) => {
    let isReady = level === 0
    let hello: Frame | null = null
    const early: Frame[] = []

    const pong = (ping: Frame): void => {
      if (pongs && answersPings()) link.send(JSON.stringify({ type: 'pong', timestamp: ping.timestamp }))
    }
    const finish = (): void => {
      if (level > 0) link.send(JSON.stringify(toServerReady(options)))
      isReady = true
      if (level > 1) channels.add(link, level as 2 | 3)
      greet?.(link)
      link.release()
      for (const ping of early.splice(0)) pong(ping)
    }

    if (waits) link.hold()
    link.accept()
    link.onFrame((frame) => {
      if (frame.type === 'client_ready' && hello === null) {
        hello = frame
        const code = check?.(frame)
        if (code !== undefined) link.close(code)
        else if (silent) link.release()
        else if (readyAfter > 0) link.after(readyAfter, finish)
        else finish()
      } else if (frame.type === 'ping' && !silent) {
        if (isReady) pong(frame)
        else early.push(frame)
      }
    })
  }
}

/** Without a code the attempt never opens; with one it opens and is closed at once. */
export function refusing(code: number | undefined): Behaviour {
  return (link) => {
    if (code !== undefined) link.accept()
    link.close(code ?? 1006)
  }
}

const caps = [[], [], ['channels', 'ack', 'batch'], ['channels', 'ack', 'recover', 'batch']] as const

function toServerReady({
  level = 1,
  session,
  heartbeat,
  window,
  extra,
}: AcceptOptions): Readonly<Record<string, unknown>> {
  return {
    type: 'server_ready',
    v: 1,
    ...(level > 1 ? { caps: caps[level], ack: 'received', dedup_window: 120_000 } : {}),
    ...(session === undefined ? {} : { session: { id: session } }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
    ...(window === undefined ? {} : { reconnect: { window } }),
    ...extra,
  }
}
