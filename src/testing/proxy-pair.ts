// One connection through the fault proxy: the client's socket, the target's, and a lane each way.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { createLane } from './proxy-lane.ts'
import type { Lane } from './proxy-lane.ts'

/** Something that happened at the proxy. */
export interface ProxyEvent {
  /** Epoch milliseconds. */
  readonly at: number
  /** Which connection, counted from 1; null where it is about all. */
  readonly connection: number | null
  readonly what:
    | 'opened'
    | 'hung'
    | 'target-refused'
    | 'limit-reached'
    | 'cut'
    | 'finished'
    | 'closed'
    | 'listening'
    | 'refusing'
    | 'stalled'
    | 'healed'
}

/** One connection through the proxy. */
export interface ProxyConnection {
  readonly id: number
  /** Bytes handed on so far. */
  readonly toTarget: number
  readonly toClient: number
}

/** A connection in the hands of its proxy. */
export interface Pair extends ProxyConnection {
  /** Nothing passes, nobody is told. */
  stall(): void
  /** Ends the stall. A connection that came during it is led on now; a hung one never is. */
  flow(): void
  reset(): void
  finish(): void
  destroy(): void
}

/** What a connection asks of its proxy. */
export interface PairHost {
  readonly target: { readonly host: string; readonly port: number }
  readonly delay: () => number
  /** Bytes the client gets. */
  readonly limit: number
  note(what: ProxyEvent['what'], connection: number): void
  gone(): void
}

/** Takes a paused socket over. */
export function createPair(
  id: number,
  client: Socket,
  start: 'pass' | 'hang' | 'stall',
  host: PairHost,
): Pair {
  let target: Socket | null = null
  let lanes: { readonly toTarget: Lane; readonly toClient: Lane } | null = null
  let open = 1
  let isWaiting = start === 'stall'
  let isStalled = start === 'stall'
  /** Broke during a stall; the other side learns of it afterwards. */
  let isBroken = false

  const endLanes = (): void => {
    lanes?.toTarget.end()
    lanes?.toClient.end()
  }

  const watch = (socket: Socket, other: () => Socket | null): void => {
    // `close` says it all, and tells whether there was one.
    socket.on('error', () => undefined)
    socket.on('close', (hadError) => {
      open -= 1
      // As the kernel would: what broke on one side breaks on the other. A FIN went along the lane.
      if (hadError && isStalled) isBroken = true
      else if (hadError) other()?.resetAndDestroy()
      if (open > 0) return
      endLanes()
      host.note('closed', id)
      host.gone()
    })
  }

  const lead = (): void => {
    const socket = connect({ ...host.target, allowHalfOpen: true })
    target = socket
    open += 1
    const refused = (): void => host.note('target-refused', id)
    socket.once('error', refused)
    socket.once('connect', () => socket.off('error', refused))
    watch(socket, () => client)
    const { delay, limit } = host
    lanes = {
      toTarget: createLane(client, socket, { delay, limit: Infinity, onLimit: () => undefined }),
      toClient: createLane(socket, client, { delay, limit, onLimit: reachLimit }),
    }
  }

  const reachLimit = (): void => {
    host.note('limit-reached', id)
    endLanes()
    client.end()
    target?.destroy()
  }

  watch(client, () => target)
  if (start === 'pass') lead()
  if (start === 'hang') {
    client.on('end', () => client.end())
    // Reading, or the end of the client would never be seen.
    client.resume()
  }

  return {
    id,
    get toTarget() {
      return lanes?.toTarget.passed ?? 0
    },
    get toClient() {
      return lanes?.toClient.passed ?? 0
    },
    stall() {
      isStalled = true
      client.pause()
      lanes?.toTarget.stall()
      lanes?.toClient.stall()
    },
    flow() {
      isStalled = false
      if (isBroken) {
        client.resetAndDestroy()
        target?.resetAndDestroy()
        return
      }
      if (isWaiting) lead()
      isWaiting = false
      client.resume()
      lanes?.toTarget.flow()
      lanes?.toClient.flow()
    },
    reset() {
      host.note('cut', id)
      client.resetAndDestroy()
      target?.resetAndDestroy()
    },
    finish() {
      host.note('finished', id)
      isWaiting = false
      endLanes()
      client.end()
      client.resume()
      target?.end()
    },
    destroy() {
      client.destroy()
      target?.destroy()
    },
  }
}
