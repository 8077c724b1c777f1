// One direction of a connection through the fault proxy: bytes in order, later, up to a limit, or stalled.
import type { Socket } from 'node:net'

/** What happens to bytes on their way. Asked for each piece, so that it may change meanwhile. */
export interface LaneRules {
  /** Milliseconds a piece takes; nothing overtakes. */
  readonly delay: () => number
  /** Bytes that may pass in all. */
  readonly limit: number
  /** Runs when as many have passed. */
  readonly onLimit: () => void
}

/** Bytes from one socket to another. */
export interface Lane {
  /** Nothing passes, nothing is read: the sender's own buffers fill. */
  stall(): void
  /** Everything passes again, what stalled in one burst. */
  flow(): void
  /** Forgets what is under way and swallows what still comes. */
  end(): void
  /** Bytes handed on. */
  readonly passed: number
}

/** As much waits here; beyond it the sender is not read any more. */
const MOST_WAITING = 1024 * 1024

/** Connects the reading side of `from` with the writing side of `to`. */
export function createLane(from: Socket, to: Socket, rules: LaneRules): Lane {
  /** null is the sender's FIN. */
  let queue: Array<{ readonly at: number; readonly bytes: Buffer | null }> = []
  let waiting = 0
  let passed = 0
  let timer: NodeJS.Timeout | undefined
  let isStalled = false
  let isFull = false
  let isOver = false

  const forward = (bytes: Buffer): void => {
    waiting -= bytes.length
    const room = rules.limit - passed
    const piece = bytes.length < room ? bytes : bytes.subarray(0, room)
    passed += piece.length
    isFull = !to.write(piece)
    if (passed >= rules.limit) rules.onLimit()
  }

  const pump = (): void => {
    clearTimeout(timer)
    while (!isOver && !isStalled && !isFull) {
      const [first] = queue
      if (first === undefined) break
      const wait = first.at - performance.now()
      if (wait > 0) {
        timer = setTimeout(pump, Math.ceil(wait))
        break
      }
      queue.shift()
      if (first.bytes === null) to.end()
      else forward(first.bytes)
    }
    if (!isOver && (isStalled || waiting > MOST_WAITING)) from.pause()
    else from.resume()
  }

  const put = (bytes: Buffer | null): void => {
    if (isOver) return
    // Nothing overtakes: it leaves the queue after what stands before it, however long that takes.
    queue.push({ at: performance.now() + rules.delay(), bytes })
    waiting += bytes?.length ?? 0
    pump()
  }

  from.on('data', (bytes: Buffer) => put(bytes))
  from.on('end', () => put(null))
  to.on('drain', () => {
    isFull = false
    pump()
  })
  pump()

  return {
    stall() {
      isStalled = true
      pump()
    },
    flow() {
      isStalled = false
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
