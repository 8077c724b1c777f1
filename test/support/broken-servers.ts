// Servers with one planted fault each: the real one behind a relay that changes what passes through it.
import type { IncomingHttpHeaders } from 'node:http'
import { WebSocket } from 'ws'
import type { Frame } from '../../src/protocol/frames.ts'

/** One link through the relay. */
export interface Wire {
  toClient(frame: object | string): void
  toServer(frame: object): void
  /** Ends the client's side with this code; null: without one. */
  close(code: number | null): void
}

/** What a fault does on one link. True: the frame has been dealt with and is not passed on. */
export interface Meddler {
  client?(frame: Frame): boolean
  server?(frame: Frame): boolean
  /** The real server closes: the code that the client sees; `never` keeps the link open. */
  closing?(code: number): number | null | 'never'
}

/** A fault, and the cases that find it. */
export interface Fault {
  readonly name: string
  readonly fails: readonly string[]
  /** A status to refuse an upgrade with, or null. */
  refuse?(headers: IncomingHttpHeaders): number | null
  /** Called once per server; what it returns, once per link. */
  plant?(): (wire: Wire) => Meddler
}

const known = /^(client_ready|ping|pong|rt\.(auth|subscribe|unsubscribe|publish))$/
const onEach = (make: (wire: Wire) => Meddler) => () => make

export const faults: readonly Fault[] = [
  {
    name: 'answers pings without their timestamp',
    fails: ['0.timestamp'],
    plant: onEach((wire) => ({
      server: ({ type }) => type === 'pong' && (wire.toClient({ type }), true),
    })),
  },
  {
    name: 'answers pongs',
    fails: ['0.pong-silent'],
    plant: onEach((wire) => ({
      client: ({ type, timestamp }) => type === 'pong' && (wire.toClient({ type, timestamp }), true),
    })),
  },
  {
    name: 'closes on app messages that it does not know',
    fails: ['0.unknown-types', '1.oversize', '1.at-limit', '1.rate', '2.request'],
    plant: onEach((wire) => ({
      client: ({ type }) => !known.test(type) && !type.startsWith('rt.') && (wire.close(4400), true),
    })),
  },
  {
    name: 'sends an array',
    fails: ['0.frames'],
    plant: onEach((wire) => ({
      server: ({ type }) => type === 'pong' && (wire.toClient('[{"type":"late"}]'), false),
    })),
  },
  {
    name: 'sends server_ready after the pong',
    fails: ['1.first'],
    plant: onEach((wire) => {
      let ready: Frame | null = null
      return {
        server(frame) {
          if (frame.type === 'server_ready') ready = frame
          if (frame.type !== 'pong' || !ready) return frame.type === 'server_ready'
          wire.toClient(frame)
          wire.toClient(ready)
          ready = null
          return true
        },
      }
    }),
  },
  {
    name: 'advises a heartbeat in seconds',
    fails: ['1.heartbeat'],
    plant: onEach((wire) => ({
      server(frame) {
        if (frame.type !== 'server_ready') return false
        wire.toClient({ ...frame, heartbeat: { interval: 15, timeout: 5 } })
        return true
      },
    })),
  },
  {
    name: 'cuts where it should close with 4401',
    fails: ['1.bad-auth', '1.before-hello', '1.renew-bad', '1.bad-hello'],
    plant: onEach(() => ({ closing: (code) => (code === 4401 ? null : code) })),
  },
  {
    name: 'crashes where it should close with 4400',
    fails: ['1.malformed', '1.bad-hello'],
    plant: onEach(() => ({ closing: (code) => (code === 4400 ? 1011 : code) })),
  },
  {
    name: 'never ends who never says client_ready',
    fails: ['1.handshake-timeout'],
    plant: onEach(() => ({ closing: (code) => (code === 4408 ? 'never' : code) })),
  },
  {
    name: 'refuses the upgrade of foreign pages with 403',
    fails: ['1.origin'],
    refuse: ({ origin }) => (origin === undefined ? null : 403),
  },
  {
    name: 'closes on control frames that it does not know',
    fails: ['1.unknown-control'],
    plant: onEach((wire) => ({
      client: ({ type }) => type.startsWith('rt.') && !known.test(type) && (wire.close(4400), true),
    })),
  },
  {
    name: 'acknowledges twice',
    fails: ['2.one-answer'],
    plant: onEach((wire) => ({
      server: (frame) => frame.type === 'rt.ack' && (wire.toClient(frame), false),
    })),
  },
  {
    name: 'goes on sending after an unsubscribe',
    fails: ['2.unsubscribe'],
    plant: onEach((wire) => ({
      client({ type, id, channel }) {
        if (type !== 'rt.unsubscribe') return false
        wire.toClient({ type: 'rt.unsubscribed', id, channel })
        return true
      },
    })),
  },
  {
    name: 'keeps the ref of the first subscribe for ever',
    fails: ['2.second-subscribe'],
    plant: onEach((wire) => {
      const refs = new Map<unknown, unknown>()
      return {
        server(frame) {
          const { type, id, channel } = frame
          if (type === 'rt.subscribed' && !refs.has(channel)) refs.set(channel, id)
          if (type !== 'rt.message') return false
          wire.toClient({ ...frame, ref: refs.get(channel) })
          return true
        },
      }
    }),
  },
  {
    name: 'tells what is forbidden from what is unknown',
    fails: ['2.forbidden'],
    plant: onEach((wire) => {
      const asked = new Map<unknown, unknown>()
      return {
        client({ id, channel }) {
          asked.set(id, channel)
          return false
        },
        server(frame) {
          const isForbidden = frame.type === 'rt.error' && frame.code === 'forbidden'
          if (!isForbidden || asked.get(frame.id) === 'secret') return false
          wire.toClient({ ...frame, code: 'not_found' })
          return true
        },
      }
    }),
  },
  {
    name: 'acknowledges without a position',
    fails: ['3.ack'],
    plant: onEach((wire) => ({
      server({ type, id }) {
        if (type !== 'rt.ack') return false
        wire.toClient({ type, id })
        return true
      },
    })),
  },
  {
    name: 'uses an offset twice',
    fails: ['3.contiguous', '3.ack', '3.empty', '3.behind', '3.before-live'],
    plant: onEach((wire) => {
      let count = 0
      return {
        server(frame) {
          if (frame.type !== 'rt.message' || ++count % 2 === 1) return false
          wire.toClient({ ...frame, offset: Number(frame.offset) - 1 })
          return true
        },
      }
    }),
  },
  {
    name: 'gives a position only once there is a message',
    fails: ['3.empty'],
    plant: onEach((wire) => ({
      server({ epoch: _epoch, offset, ...frame }) {
        if (frame.type !== 'rt.subscribed' || offset !== 0) return false
        wire.toClient(frame)
        return true
      },
    })),
  },
  {
    name: 'publishes again what it has published',
    fails: ['3.duplicate'],
    plant: () => {
      let count = 0
      return (wire) => {
        const given = new Map<unknown, unknown>()
        return {
          client(frame) {
            if (frame.type !== 'rt.publish') return false
            const id = `again-${++count}`
            given.set(id, frame.id)
            wire.toServer({ ...frame, id })
            return true
          },
          server(frame) {
            if (!given.has(frame.id)) return false
            wire.toClient({ ...frame, id: given.get(frame.id) })
            return true
          },
        }
      }
    },
  },
  {
    name: 'mixes up the ids of two clients',
    fails: ['3.scoped'],
    plant: () => {
      const acks = new Map<unknown, Frame>()
      return (wire) => {
        const mine = new Set<unknown>()
        return {
          client({ type, id }) {
            const ack = acks.get(id)
            if (type !== 'rt.publish' || ack === undefined || ack.retried === true) return false
            if (mine.has(id)) return false
            wire.toClient({ ...ack, duplicate: true })
            return true
          },
          server(frame) {
            if (frame.type !== 'rt.ack') return false
            acks.set(frame.id, frame)
            mine.add(frame.id)
            return false
          },
        }
      }
    },
  },
  {
    name: 'replays one message too few, and says so',
    fails: ['3.empty', '3.behind', '3.before-live'],
    plant: onEach((wire) => {
      let drop = 0
      return {
        server(frame) {
          if (frame.type === 'rt.subscribed' && Number(frame.replay) > 0) {
            drop = 1
            wire.toClient({ ...frame, replay: Number(frame.replay) - 1 })
            return true
          }
          return frame.type === 'rt.message' && drop-- > 0
        },
      }
    }),
  },
  {
    name: 'sends a live message inside the replay',
    fails: ['3.before-live'],
    plant: onEach((wire) => {
      let left = 0
      let held: Frame | null = null
      const release = (): void => {
        if (held) wire.toClient(held)
        held = null
      }
      return {
        server(frame) {
          if (frame.type === 'rt.subscribed') left = Number(frame.replay)
          if (frame.type !== 'rt.message') return false
          left -= 1
          if (left === 0) {
            // The last of the replay waits for the first live message, or a moment.
            held = frame
            setTimeout(release, 50)
            return true
          }
          wire.toClient(frame)
          release()
          return true
        },
      }
    }),
  },
  {
    name: 'recovers whatever the epoch is',
    fails: ['3.other-epoch', '3.hostile-since'],
    plant: () => {
      let epoch: unknown
      return (wire) => ({
        client(frame) {
          const since = frame.since as { epoch?: unknown; offset?: unknown } | null | undefined
          if (frame.type !== 'rt.subscribe' || typeof since?.epoch !== 'string') return false
          wire.toServer({ ...frame, since: { epoch, offset: since.offset } })
          return true
        },
        server(frame) {
          if (frame.type === 'rt.subscribed') ({ epoch } = frame)
          return false
        },
      })
    },
  },
  {
    name: 'takes a position beyond the top for the top',
    fails: ['3.beyond-top'],
    plant: onEach((wire) => {
      const beyond = new Set<unknown>()
      return {
        client({ type, id, since }) {
          const { offset } = Object(since) as { offset?: unknown }
          if (type === 'rt.subscribe' && Number.isSafeInteger(offset) && Number(offset) >= 1_000)
            beyond.add(id)
          return false
        },
        server(frame) {
          if (frame.type !== 'rt.subscribed' || !beyond.has(frame.id)) return false
          wire.toClient({ ...frame, recovered: true })
          return true
        },
      }
    }),
  },
]

/** Connects a client's socket to the real server, with the fault between them. */
export function relay(
  client: WebSocket,
  url: string,
  headers: IncomingHttpHeaders,
  make: (wire: Wire) => Meddler,
): void {
  const { origin } = headers
  const server = new WebSocket(url, origin === undefined ? {} : { origin })
  const early: Array<() => void> = []
  const toServer = (data: string | Buffer, binary = false): void => {
    if (server.readyState === WebSocket.CONNECTING) early.push(() => toServer(data, binary))
    else if (server.readyState === WebSocket.OPEN) server.send(data, { binary })
  }
  const close = (code: number | null): void => {
    if (code === null) client.terminate()
    else client.close(code)
    server.terminate()
  }
  const wire: Wire = {
    toClient: (frame) => client.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    toServer: (frame) => toServer(JSON.stringify(frame)),
    close,
  }
  const meddler = make(wire)
  const read = (data: Buffer, isBinary: boolean): Frame | null => {
    try {
      const frame: unknown = isBinary ? null : JSON.parse(data.toString())
      const isFrame =
        typeof frame === 'object' && frame !== null && 'type' in frame && typeof frame.type === 'string'
      return isFrame ? (frame as Frame) : null
    } catch {
      return null
    }
  }
  server.on('open', () => {
    for (const run of early) run()
  })
  client.on('message', (data: Buffer, isBinary) => {
    const frame = read(data, isBinary)
    if (!(frame && meddler.client?.(frame))) toServer(isBinary ? data : data.toString(), isBinary)
  })
  server.on('message', (data: Buffer, isBinary) => {
    const frame = read(data, isBinary)
    if (!(frame && meddler.server?.(frame))) client.send(data, { binary: isBinary })
  })
  for (const socket of [client, server]) socket.on('error', () => undefined)
  client.on('close', () => server.terminate())
  server.on('close', (code) => {
    const seen = meddler.closing ? meddler.closing(code) : code
    if (seen !== 'never') close(seen === 1006 ? null : seen)
  })
}
