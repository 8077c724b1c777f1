// One mock link: the client's end is a Link of the transport, the server's end is what behaviours are written with.
import { parseFrame, toFrame } from '../protocol/frames.ts'
import type { Frame } from '../protocol/frames.ts'
import type { Clock } from '../runtime.ts'
import type { CloseInfo, Link, TransportEvents } from '../transports/transport.ts'
import { byteLength, toCloseInfo, toFarewell } from './close-info.ts'
import type { Farewell } from './close-info.ts'
import { createPipe } from './pipe.ts'

/** The server's end of one attempt, from its arrival on. After the end of the link every method does nothing. */
export interface MockLink {
  /** 1 for the first attempt, never reused. */
  readonly id: number
  readonly url: string
  /** As the client sees it. */
  readonly status: 'connecting' | 'open' | 'closed'
  /** Lets the link open. `recovered` is for transports with recovery of their own. */
  accept(info?: { readonly recovered?: boolean }): void
  /** Ends the link without a close frame: 1006, not clean. An attempt that was not accepted never opens. */
  drop(): void
  /** Ends the link with a close frame. Before `accept()` there is none to send: that is `drop()`. */
  close(code?: number, reason?: string): void
  /** Sends text as it is. */
  send(text: string): void
  /** Sends `{ type, data }`. */
  push(type: string, data?: unknown): void
  /** Holds back what `server.push()` sends, until `release()`: `accepts()` does so until the handshake is done. */
  hold(): void
  release(): void
  /** Calls back for each text that arrives. */
  onText(run: (text: string) => void): void
  /** Calls back for each text that is a frame. */
  onFrame(run: (frame: Frame) => void): void
  /** Calls back once the client has closed the link; not when the server did. */
  onClosed(run: (farewell: Farewell) => void): void
  /** Calls back after `ms`, unless the link has ended by then. Returns a cancel. */
  after(ms: number, run: () => void): () => void
}

/** What the mock server has in hand beyond what it shows to behaviours. */
export interface MockLinkControl {
  readonly link: MockLink
  /** What the client holds. */
  readonly client: Link
  /** Starts the attempt. */
  start(): void
  pushLater(type: string, data: unknown): void
  stall(direction: Direction): void
  flow(): void
}

/** Which way a link is silent. */
export type Direction = 'both' | 'to-client' | 'to-server'

/** What a link asks of its server. */
export interface MockLinkHost {
  readonly clock: Clock
  /** Milliseconds one way; null: within the call. */
  readonly delay: () => number | null
  /** How long a closed link goes on reporting; null: it is silent at once. */
  readonly lateness: () => number | null
  arrived(link: MockLink): void
  accepted(link: MockLink): void
  text(text: string): void
  closedByClient(farewell: Farewell): void
  ended(): void
}

/** Both ends of a link. */
export function createMockLink(
  host: MockLinkHost,
  id: number,
  url: string,
  events: TransportEvents,
): MockLinkControl {
  const { clock } = host
  const toServer = createPipe(clock, host.delay)
  const toClient = createPipe(clock, host.delay)
  const timers = new Set<unknown>()
  const onText: Array<(text: string) => void> = []
  const onFrame: Array<(frame: Frame) => void> = []
  const onClosed: Array<(farewell: Farewell) => void> = []
  let held: Array<() => void> | null = null
  // Each end learns of the end in its own time.
  let status: MockLink['status'] = 'connecting'
  let isDetaching = false
  let serverEnd: 'waiting' | 'open' | 'over' = 'waiting'
  let isSilentToServer = false

  const endServer = (): void => {
    serverEnd = 'over'
    held = null
    for (const timer of timers) clock.clearTimeout(timer)
    timers.clear()
  }

  /** Nothing may be left armed: a test counts the timers of the client. */
  const endAll = (): void => {
    status = 'closed'
    endServer()
    toServer.end()
    toClient.end()
    host.ended()
  }

  const endByServer = (info: CloseInfo): void => {
    if (serverEnd === 'over') return
    endServer()
    report(0, () => {
      endAll()
      events.closed(info)
    })
  }

  /** Nothing is reported of a link that has ended, also by what its last frames set off. */
  const report = (bytes: number, run: () => void): void => {
    toClient.put(bytes, () => {
      if (status !== 'closed') run()
    })
  }

  const arrive = (text: string): void => {
    if (serverEnd !== 'open') return
    host.text(text)
    for (const run of onText) run(text)
    for (const frame of parseFrames(text)) for (const run of [...onFrame]) run(frame)
  }

  const link: MockLink = {
    id,
    url,
    get status() {
      return isDetaching ? 'closed' : status
    },
    accept(info) {
      if (serverEnd !== 'waiting') return
      serverEnd = 'open'
      report(0, () => {
        status = 'open'
        events.opened(info)
      })
      host.accepted(link)
    },
    drop: () => endByServer(toCloseInfo(1006)),
    close: (code, reason) => endByServer(toCloseInfo(serverEnd === 'open' ? code : 1006, reason)),
    send(text) {
      if (serverEnd === 'open') report(byteLength(text), () => events.message(text))
    },
    push: (type, data) => link.send(JSON.stringify({ type, data })),
    hold() {
      held ??= []
    },
    release() {
      const pushes = held ?? []
      held = null
      for (const push of pushes) push()
    },
    onText: (run) => void onText.push(run),
    onFrame: (run) => void onFrame.push(run),
    onClosed: (run) => void onClosed.push(run),
    after(ms, run) {
      if (serverEnd === 'over') return () => undefined
      const timer = clock.setTimeout(() => {
        timers.delete(timer)
        run()
      }, ms)
      timers.add(timer)
      return () => {
        timers.delete(timer)
        clock.clearTimeout(timer)
      }
    },
  }

  const client: Link = {
    send(text) {
      if (status === 'open' && !isDetaching) toServer.put(byteLength(text), () => arrive(text))
    },
    get bufferedBytes() {
      return toServer.bytes
    },
    close(code, reason) {
      if (status === 'closed' || isDetaching) return
      const wasOpen = status === 'open'
      const lateness = wasOpen ? host.lateness() : null
      if (lateness !== null) {
        isDetaching = true
        link.after(lateness, () => {
          endAll()
          events.closed(toCloseInfo(1006))
        })
        return
      }
      status = 'closed'
      // The client hears nothing of it any more, so what is under way may as well arrive now: no timer stays behind.
      if (wasOpen) toServer.flush()
      const isHeard = serverEnd === 'open' && !isSilentToServer
      endAll()
      if (!isHeard) return
      const farewell = wasOpen ? toFarewell(code, reason) : { code: 1006, reason: '' }
      host.closedByClient(farewell)
      for (const run of onClosed) run(farewell)
    },
  }

  return {
    link,
    client,
    start: () => toServer.put(0, () => host.arrived(link)),
    pushLater(type, data) {
      if (held === null) link.push(type, data)
      else held.push(() => link.push(type, data))
    },
    stall(direction) {
      if (direction !== 'to-client') {
        isSilentToServer = true
        toServer.stall()
      }
      if (direction !== 'to-server') toClient.stall()
    },
    flow() {
      isSilentToServer = false
      toServer.flow()
      toClient.flow()
    },
  }
}

/** The frames of a text: several where it is an array of them. */
export function parseFrames(text: string): readonly Frame[] {
  const all = text.startsWith('[')
    ? (JSON.parse(text) as readonly unknown[]).map(toFrame)
    : [parseFrame(text)]
  return all.filter((frame) => typeof frame === 'object')
}
