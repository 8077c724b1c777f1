// What a network does to each way of a connection, as numbers that may change at any time.
import type { OneWay } from './proxy-rules.ts'

/** One way through the proxy, or both. */
export type Way = OneWay | 'both'

/** What happens to bytes on one way. */
export interface WayFaults {
  /** Milliseconds everything takes, and as much more at most, by chance. */
  readonly latency: number
  readonly jitter: number
  /** Bytes per second. */
  readonly rate: number
  /** Bytes per piece, and milliseconds between two. */
  readonly slice: number
  readonly pause: number
  /** Milliseconds a FIN takes longer. */
  readonly slowClose: number
  /** Nothing passes. */
  readonly isStalled: boolean
  /** Bytes that may pass on a connection that is made now, and how it ends then. */
  readonly limit: number
  readonly ending: 'finish' | 'reset'
}

/** What happens to connections as a whole: after how many milliseconds. */
export interface Ends {
  /** Open: RST. */
  readonly reset: number | null
  /** Open: FIN. */
  readonly timeout: number | null
  /** Nothing passed: RST. */
  readonly idle: number | null
}

/** All faults there are now. */
export interface Faults {
  readonly ways: Readonly<Record<OneWay, WayFaults>>
  readonly ends: Ends
  set(way: Way, change: Partial<WayFaults>): void
  setEnds(change: Partial<Ends>): void
  clear(): void
}

const calm: WayFaults = {
  latency: 0,
  jitter: 0,
  rate: Infinity,
  slice: Infinity,
  pause: 0,
  slowClose: 0,
  isStalled: false,
  limit: Infinity,
  ending: 'finish',
}
const endless: Ends = { reset: null, timeout: null, idle: null }

/** No faults. */
export function createFaults(): Faults {
  let ways: Record<OneWay, WayFaults> = { toTarget: calm, toClient: calm }
  let ends = endless
  return {
    get ways() {
      return ways
    },
    get ends() {
      return ends
    },
    set(way, change) {
      for (const each of waysOf(way)) ways = { ...ways, [each]: { ...ways[each], ...change } }
    },
    setEnds(change) {
      ends = { ...ends, ...change }
    },
    clear() {
      ways = { toTarget: calm, toClient: calm }
      ends = endless
    },
  }
}

/** The ways a fault is on. */
export function waysOf(way: Way): readonly OneWay[] {
  return way === 'both' ? ['toTarget', 'toClient'] : [way]
}
