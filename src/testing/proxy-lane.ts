// One direction of a connection through the fault proxy: bytes in order, later, slower, in pieces, up to a limit, or stalled.
import type { Socket } from 'node:net'
import type { WayFaults } from './proxy-faults.ts'

/** What a lane asks of its connection. */
export interface LaneHost {
  /** In force now: asked for each piece. */
  faults(): WayFaults
  /** Milliseconds a piece takes; nothing overtakes. */
  delay(): number
  /** Bytes that may pass in all. */
  readonly limit: number
  /** Runs when as many have passed. */
  onLimit(): void
  /** Bytes came in: what is to pass is put. */
  onBytes(bytes: Buffer): void
  /** The sender has finished. */
  onEnd(): void
  /** Something was handed on. */
  onPass(): void
}

/** Bytes from one socket to another. */
export interface Lane {
  /** Sends these, so many milliseconds later than usual. */
  put(bytes: Buffer, later?: number): void
  /** Sends FIN after everything; what is put afterwards is lost. */
  finish(): void
  /** Nothing passes, nothing is read: the sender's own buffers fill. */
  stall(): void
  /** Everything passes again, and what is under way arrives in one burst. */
  flow(): void
  /** Forgets what is under way and swallows what still comes. */
  end(): void
  /** Bytes handed on. */
  readonly passed: number
}

/** As much waits here; beyond it the sender is not read any more. */
const MOST_WAITING = 1024 * 1024
/** A slow lane carries so many pieces a second, and makes up for a timer that is late by as much. */
const STEPS = 20

/** Connects the reading side of `from` with the writing side of `to`. */
export function createLane(from: Socket, to: Socket, host: LaneHost): Lane {
  /** null is the sender's FIN. */
  let queue: Array<{ readonly at: number; readonly bytes: Buffer | null }> = []
  let waiting = 0
  let passed = 0
  let timer: NodeJS.Timeout | undefined
  /** When the next piece may leave. */
  let freeAt = 0
  let isStalled = host.faults().isStalled
  let isFull = false
  let isFinished = false
  let isOver = false

  /** As much of these bytes as may leave at once; the rest. */
  const forward = (bytes: Buffer): Buffer => {
    const { rate, slice, pause } = host.faults()
    const size = Math.min(bytes.length, slice, Math.max(1, Math.floor(rate / STEPS)), host.limit - passed)
    const now = performance.now()
    freeAt = Math.max(Math.max(freeAt, now - 1_000 / STEPS) + (size / rate) * 1_000, now + pause)
    waiting -= size
    passed += size
    isFull = !to.write(bytes.subarray(0, size))
    host.onPass()
    if (passed >= host.limit) host.onLimit()
    return bytes.subarray(size)
  }

  const pump = (): void => {
    clearTimeout(timer)
    while (!isOver && !isStalled && !isFull) {
      const [first] = queue
      if (first === undefined) break
      const wait = Math.max(first.at, freeAt) - performance.now()
      if (wait > 0) {
        timer = setTimeout(pump, Math.ceil(wait))
        break
      }
      queue.shift()
      if (first.bytes === null) to.end()
      else {
        const rest = forward(first.bytes)
        // `onLimit` may have emptied the queue for good.
        if (rest.length > 0 && !hasEnded()) queue.unshift({ at: first.at, bytes: rest })
      }
    }
    if (!isOver && (isStalled || waiting > MOST_WAITING)) from.pause()
    else from.resume()
  }
  const hasEnded = (): boolean => isOver

  const add = (bytes: Buffer | null, later: number): void => {
    if (isOver || isFinished) return
    isFinished = bytes === null
    // Nothing overtakes: it leaves the queue after what stands before it, however long that takes.
    queue.push({ at: performance.now() + host.delay() + later, bytes })
    waiting += bytes?.length ?? 0
    pump()
  }

  from.on('data', (bytes: Buffer) => {
    if (!isOver) host.onBytes(bytes)
  })
  from.on('end', () => {
    if (!isOver) host.onEnd()
  })
  to.on('drain', () => {
    isFull = false
    pump()
  })
  pump()

  return {
    put: (bytes, later = 0) => add(bytes, later),
    finish: () => add(null, host.faults().slowClose),
    stall() {
      isStalled = true
      pump()
    },
    flow() {
      isStalled = false
      freeAt = 0
      queue = queue.map(({ bytes }) => ({ at: 0, bytes }))
      pump()
    },
    end() {
      isOver = true
      queue = []
      waiting = 0
      pump()
    },
    get passed() {
      return passed
    },
  }
}
