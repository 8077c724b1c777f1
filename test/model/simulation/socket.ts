// One WebSocket of the simulated world, both ends: as a browser shows it, and as `ws` shows it to the server.
import type { WebSocketLike } from '../../../src/transports/websocket.ts'
import type { Path, Pipe } from './path.ts'
import { createServerEnd, type ServerEnd, type ServerSocket, type ToClient } from './server-end.ts'
import type { Thread } from './thread.ts'
import type { World } from './world.ts'

/** An upgrade request on the server's side. */
export interface Upgrade {
  readonly client: string
  /** Unique in the world. */
  readonly link: string
  accept(thread: Thread, limit: number): ServerSocket
  refuse(): void
  /** The machine or the network behind it dies: both ends hear of it, if the path lets them; or nobody does. */
  die(told: boolean): void
}

/** What happens on a link, for the record. */
export interface SocketHost {
  readonly world: World
  readonly path: Path
  /** The client's. */
  readonly thread: Thread
  arrive(upgrade: Upgrade): void
  inbound(text: string): void
  outbound(text: string, buffered: number): void
  /** Both ends are done with it, as far as the client knows. */
  released(): void
  /** It has left CONNECTING. */
  settled(): void
  /** Text reached or left the server's end. */
  served(link: string, direction: 'in' | 'out' | 'close', text: string): void
}

/** A socket as the network sees it. */
export interface Wire {
  readonly browser: WebSocketLike
  /** Its turn has come: browsers connect to one host at a time (M5). */
  start(): void
  readonly isStarted: boolean
  readonly isConnecting: boolean
  /** The browser gave it up on behalf of a frozen or cached page, which has not been told. */
  readonly isLost: boolean
  /** Both ends hear of it, if the path lets them. */
  reset(): void
  /** Nobody hears of it. */
  silence(): void
  /** The page is frozen: what arrives is lost (M8). */
  deafen(): void
  /** The browser gives it up: the server hears 1001, the page nothing yet (M7, M8). */
  lose(): void
  /** The page is told of that. */
  mourn(): void
  /** There is no network: the attempt fails at once. */
  refuse(): void
  /** From now on each frame to the client comes twice (N22). */
  repeat: boolean
  /** The next message of the stream does not come through (N23). */
  swallows: boolean
}

/** The overhead of a frame, and of an upgrade. */
const HEAD = 6
const UPGRADE = 400
/** A socket on its way to the server. */
export function createSocket(host: SocketHost, client: string, link: string): Wire {
  const { world, path, thread } = host
  const up = path.pipe('up')
  const down = path.pipe('down')
  const { cut } = path
  let left = cut?.bytes ?? Infinity
  path.cut = null
  let state: 'connecting' | 'open' | 'over' = 'connecting'
  let server: ServerEnd | null = null
  let isRefused = false
  let isDeaf = false
  let isStarted = false
  let isLost = false
  let isSilenced = false

  /** Everything on the wire counts towards the cut; what is cut in two never arrives. */
  const carry = (pipe: Pipe, bytes: number, arrive: () => void): void => {
    left -= bytes
    if (left >= 0) return pipe.send(bytes, arrive)
    left = Infinity
    if (cut?.told) wire.reset()
    else wire.silence()
  }

  const release = (): void => {
    if (state === 'over') return
    state = 'over'
    host.released()
  }

  /** The network ends the link for the page. */
  const fail = (code: number, reason: string, wasClean: boolean): void =>
    thread.do(() => {
      if (state === 'over') return
      const wasConnecting = state === 'connecting'
      release()
      if (wasConnecting || code === 1006) browser.onerror?.({} as never)
      browser.onclose?.({ code, reason, wasClean } as never)
    })

  const browser: WebSocketLike & { onopen: ((event: never) => unknown) | null } = {
    get bufferedAmount() {
      return up.buffered
    },
    onopen: null,
    onmessage: null,
    onerror: null,
    onclose: null,
    send(text) {
      if (state !== 'open') return
      const bytes = byteLength(text) + HEAD
      carry(up, bytes, () => server?.message(text, bytes))
      host.outbound(text, up.buffered)
    },
    close(code = 1000, reason = '') {
      if (state === 'over') return
      const wasOpen = state === 'open'
      release()
      if (wasOpen) carry(up, HEAD, () => server?.closed(code, reason))
      else if (server) up.send(0, () => server?.closed(1006, ''))
    },
  }

  const toClient: ToClient = {
    buffered: () => down.buffered,
    flushed: (run: () => void) => down.flushed(run),
    text(text: string) {
      const arrive = (): void => {
        if (isDeaf) return
        thread.do(() => {
          if (state !== 'open') return
          host.inbound(text)
          browser.onmessage?.({ data: text } as never)
        })
      }
      const bytes = byteLength(text) + HEAD
      if (wire.swallows && text.startsWith('{"type":"rt.message","channel":"talk"')) {
        wire.swallows = false
        return
      }
      carry(down, bytes, arrive)
      if (wire.repeat) carry(down, bytes, arrive)
    },
    // The browser answers by itself, whatever its page does.
    ping: () => carry(down, HEAD, () => carry(up, HEAD, () => server?.pong())),
    close: (code: number, reason: string) =>
      carry(down, HEAD, () => {
        carry(up, HEAD, () => server?.closed(code, reason))
        if (!isDeaf) fail(code, reason, code !== 1006)
      }),
    died: () => down.send(0, () => fail(1006, '', false)),
  }

  const upgrade: Upgrade = {
    client,
    link,
    accept(serverThread, limit) {
      server = createServerEnd(world, serverThread, limit, toClient, (direction, text) =>
        host.served(link, direction, text),
      )
      carry(down, UPGRADE, () =>
        thread.do(() => {
          if (state !== 'connecting') return
          state = 'open'
          host.settled()
          browser.onopen?.({} as never)
        }),
      )
      return server.socket
    },
    refuse() {
      if (isRefused) return
      isRefused = true
      down.send(UPGRADE, () => fail(1006, '', false))
    },
    die: (told) => (told ? wire.reset() : wire.silence()),
  }

  const wire: Wire = {
    browser,
    repeat: false,
    swallows: false,
    get isStarted() {
      return isStarted
    },
    get isConnecting() {
      return state === 'connecting'
    },
    get isLost() {
      return isLost
    },
    start() {
      if (isStarted) return
      isStarted = true
      world.after(path.handshake, () => {
        carry(up, UPGRADE, () => {
          if (state === 'connecting') host.arrive(upgrade)
        })
      })
    },
    reset() {
      // A path that was dead and works again knows the link no more, and says so.
      if (isSilenced) {
        fail(1006, '', false)
        return
      }
      up.send(0, () => server?.closed(1006, ''))
      toClient.died()
    },
    silence() {
      isSilenced = true
      up.kill()
      down.kill()
    },
    deafen() {
      isDeaf = true
    },
    lose() {
      isDeaf = isLost = true
      up.send(0, () => server?.closed(1001, ''))
    },
    mourn: () => fail(1006, '', false),
    refuse() {
      isStarted = true
      world.after(1, () => fail(1006, '', false))
    },
  }
  return wire
}

function byteLength(text: string): number {
  return Buffer.byteLength(text)
}
