// webSocket(): the default transport, over the platform's WebSocket or one that is passed in.
import { HoldfastError } from '../errors.ts'
import type { Transport } from './transport.ts'

/** As much of the WebSocket interface as is used; the browser's, Node's and `ws`'s fit. */
export interface WebSocketLike {
  readonly bufferedAmount?: number
  binaryType?: string
  onopen: ((event: never) => unknown) | null
  onmessage: ((event: never) => unknown) | null
  onerror: ((event: never) => unknown) | null
  onclose: ((event: never) => unknown) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

/** Options of {@link webSocket}. */
export interface WebSocketOptions {
  /** The class to use, for Node 20 (`ws`) and for tests. Looked up at the first attempt. @default globalThis.WebSocket */
  readonly WebSocket?: (new (url: string) => unknown) | undefined
}

/**
 * Text over a WebSocket. No subprotocol is asked for: plain servers would refuse it.
 * @throws HoldfastError `no-websocket`, from `open`, where there is no WebSocket
 */
export function webSocket(options: WebSocketOptions = {}): Transport {
  return {
    name: 'websocket',
    capabilities: { ownsHeartbeat: false, ownsRecovery: false, closeCodes: true },
    open({ url }, events) {
      const WebSocket =
        options.WebSocket ?? (globalThis as { WebSocket?: new (url: string) => unknown }).WebSocket
      if (!WebSocket) {
        throw new HoldfastError(
          'no-websocket',
          'There is no WebSocket here; pass one: transport: webSocket({ WebSocket }). Not retrying.',
        )
      }
      const socket = new WebSocket(url) as WebSocketLike
      let open = false
      let over = false
      const end = (): void => {
        over = true
        // A late `error` without a handler would crash a Node process.
        socket.onopen = socket.onmessage = socket.onclose = null
        socket.onerror = () => undefined
      }
      socket.onopen = () => {
        open = true
        events.opened()
      }
      socket.onmessage = (event: { readonly data: unknown }) => {
        if (typeof event.data === 'string') events.message(event.data)
      }
      socket.onerror = () => {
        if (open || over) return
        // Node 20 and 22 tell of a refused port by this alone.
        end()
        events.closed({ code: 1006, reason: '', wasClean: false })
      }
      socket.onclose = (event: {
        readonly code?: number
        readonly reason?: string
        readonly wasClean?: boolean
      }) => {
        if (over) return
        end()
        events.closed({
          code: event.code ?? 1005,
          reason: event.reason ?? '',
          wasClean: event.wasClean === true,
        })
      }
      return {
        send(text) {
          if (open && !over) socket.send(text)
        },
        get bufferedBytes() {
          return socket.bufferedAmount ?? 0
        },
        close(code = 1000, reason = '') {
          if (over) return
          // Not waiting for `close`: on a dead path it comes a minute later (M4), and a socket that is still connecting must
          // be closed too, or the next one queues behind it (M5).
          end()
          try {
            socket.close(code === 1000 || (code >= 3000 && code <= 4999) ? code : 1000, toReason(reason))
          } catch {
            // A socket that cannot even be closed is not heard any more either.
          }
        },
      }
    },
  }
}

/** A close reason holds at most 123 bytes of UTF-8; ours are ASCII, anything else is dropped. */
function toReason(reason: string): string {
  return reason.replace(/[^\x20-\x7e]/g, '').slice(0, 123)
}
