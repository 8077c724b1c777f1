// One connection through the fault proxy: the client's socket, the target's, and a lane each way.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { ProxyConnection, ProxyEvent } from './proxy-api.ts'
import { createConversation } from './proxy-conversation.ts'
import { waysOf, type Ends, type Faults, type Way } from './proxy-faults.ts'
import { createLane, type Lane } from './proxy-lane.ts'
import type { OneWay, Rules } from './proxy-rules.ts'

/** A connection in the hands of its proxy. */
export interface Pair extends ProxyConnection {
  /** Nothing passes on this way, nobody is told. */
  stall(way: Way): void
  /** Ends the stall. A connection that came during it is led on now; a hung one never is. */
  flow(): void
  reset(): void
  finish(): void
  /** The ends to come were changed: counts from now. */
  schedule(kind: keyof Ends): void
  /** There is a new rule. */
  arm(): void
  destroy(): void
}

/** What a connection asks of its proxy. */
export interface PairHost {
  readonly target: { readonly host: string; readonly port: number }
  readonly faults: Faults
  readonly rules: Rules
  random(): number
  note(what: ProxyEvent['what'], connection: number, type?: string | null): void
  gone(): void
}

/** A reset overtakes what lies unread at the receiver: as long as that gets to read it. */
const READING = 25

/** Takes a paused socket over. */
export function createPair(
  id: number,
  client: Socket,
  start: 'pass' | 'hang' | 'stall',
  host: PairHost,
): Pair {
  const { faults } = host
  /** Those at the start: a later limit is not for this connection. */
  const { ways } = faults
  const timers = new Map<keyof Ends | 'limit', NodeJS.Timeout>()
  let target: Socket | null = null
  let lanes: Readonly<Record<OneWay, Lane>> | null = null
  let open = 1
  let isWaiting = start === 'stall'
  const stalled = new Set<OneWay>(waysOf('both').filter((way) => ways[way].isStalled))
  /** Broke during a stall; the other side learns of it afterwards. */
  let isBroken = false

  const endLanes = (): void => {
    conversation.end()
    lanes?.toTarget.end()
    lanes?.toClient.end()
  }

  const watch = (socket: Socket, way: OneWay, other: () => Socket | null): void => {
    socket.setNoDelay()
    // `close` says it all, and tells whether there was one.
    socket.on('error', () => undefined)
    socket.on('close', (hadError) => {
      open -= 1
      // As the kernel would: what broke on one side breaks on the other. A FIN went along the lane.
      if (hadError && stalled.has(way)) isBroken = true
      else if (hadError) other()?.resetAndDestroy()
      if (open > 0) return
      endLanes()
      for (const timer of timers.values()) clearTimeout(timer)
      host.note('closed', id)
      host.gone()
    })
  }

  const conversation = createConversation({
    id,
    rules: host.rules,
    put: (way, bytes, later) => lanes?.[way].put(bytes, later),
    leave() {
      lanes?.toTarget.end()
      target?.destroy()
      lanes?.toClient.finish()
    },
    note: (what, type) => host.note(what, id, type),
  })

  const laneOn = (way: OneWay, from: Socket, to: Socket): Lane =>
    createLane(from, to, {
      faults: () => faults.ways[way],
      delay: () => faults.ways[way].latency + host.random() * faults.ways[way].jitter,
      limit: ways[way].limit,
      onLimit: () => reachLimit(way, from, to),
      onBytes: (bytes) => conversation.read(way, bytes),
      onEnd() {
        conversation.flush(way)
        lanes?.[way].finish()
      },
      onPass: () => timers.get('idle')?.refresh(),
    })

  const lead = (): void => {
    const socket = connect({ ...host.target, allowHalfOpen: true })
    target = socket
    open += 1
    const refused = (): void => host.note('target-refused', id)
    socket.once('error', refused)
    socket.once('connect', () => socket.off('error', refused))
    watch(socket, 'toClient', () => client)
    lanes = { toTarget: laneOn('toTarget', client, socket), toClient: laneOn('toClient', socket, client) }
  }

  const reachLimit = (way: OneWay, from: Socket, to: Socket): void => {
    host.note('limit-reached', id)
    endLanes()
    if (ways[way].ending === 'reset') {
      timers.set('limit', setTimeout(reset, READING))
      return
    }
    to.end()
    from.destroy()
  }

  const reset = (): void => {
    host.note('cut', id)
    breakOff(client)
    if (target) breakOff(target)
  }

  const finish = (): void => {
    host.note('finished', id)
    isWaiting = false
    endLanes()
    client.end()
    client.resume()
    target?.end()
  }

  const expire: Readonly<Record<keyof Ends, () => void>> = {
    reset,
    idle() {
      host.note('idle', id)
      reset()
    },
    timeout() {
      host.note('timed-out', id)
      finish()
    },
  }

  const schedule = (kind: keyof Ends): void => {
    clearTimeout(timers.get(kind))
    timers.delete(kind)
    const ms = faults.ends[kind]
    if (ms !== null) timers.set(kind, setTimeout(expire[kind], ms))
  }

  watch(client, 'toTarget', () => target)
  if (start === 'pass') lead()
  if (start === 'hang') {
    client.on('end', () => client.end())
    // Reading, or the end of the client would never be seen.
    client.resume()
  }
  for (const kind of ['reset', 'timeout', 'idle'] as const) schedule(kind)

  return {
    id,
    get toTarget() {
      return lanes?.toTarget.passed ?? 0
    },
    get toClient() {
      return lanes?.toClient.passed ?? 0
    },
    stall(way) {
      for (const each of waysOf(way)) {
        stalled.add(each)
        lanes?.[each].stall()
      }
      if (stalled.size === 2) client.pause()
    },
    flow() {
      stalled.clear()
      if (isBroken) {
        breakOff(client)
        if (target) breakOff(target)
        return
      }
      if (isWaiting) lead()
      isWaiting = false
      client.resume()
      lanes?.toTarget.flow()
      lanes?.toClient.flow()
    },
    reset,
    finish,
    schedule,
    arm: conversation.arm,
    destroy() {
      client.destroy()
      target?.destroy()
    },
  }
}

/** By RST. While a FIN is being sent a socket cannot be reset: Node would report it and then never close. */
function breakOff(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy()
  else socket.resetAndDestroy()
}
