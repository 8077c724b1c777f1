// counted(): ws's WebSocket, with a count of what is open and what went through.
import { WebSocket } from 'ws'

/** Sockets on the record. */
export interface Wire {
  readonly WebSocket: new (url: string) => WebSocket
  /** Sockets that are not closed yet. */
  open(): number
  /** Bytes of frames, without their headers. */
  bytes(): { readonly bytesIn: number; readonly bytesOut: number }
}

export function counted(): Wire {
  let open = 0
  let bytesIn = 0
  let bytesOut = 0
  return {
    WebSocket: class extends WebSocket {
      constructor(url: string) {
        super(url)
        open += 1
        this.on('close', () => (open -= 1))
        this.on('message', (data: Buffer) => (bytesIn += data.length))
      }

      override send(data: string): void {
        bytesOut += Buffer.byteLength(data)
        super.send(data)
      }
    },
    open: () => open,
    bytes: () => ({ bytesIn, bytesOut }),
  }
}
