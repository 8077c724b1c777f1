// The way between one client and the server: how long it takes, what it holds back; and the pipes that run along it.
import type { Chance } from './random.ts'
import type { World } from './world.ts'

/** To the server, or to the client. */
export type Direction = 'up' | 'down'

/** What the network between a client and the server does at the moment. Nothing is lost: TCP stalls or dies. */
export interface Path {
  /** Milliseconds one way, and how much it varies. */
  latency: number
  jitter: number
  /** Bytes per millisecond; Infinity where that does not matter. */
  rate: number
  /** How much longer an upgrade takes. */
  handshake: number
  /** Of the next link: the bytes after which it is cut, and whether anybody is told. */
  cut: { readonly bytes: number; readonly told: boolean } | null
  /** WebSockets do not get through, HTTP does (N21). */
  isStripped: boolean
  readonly stalled: Readonly<Record<Direction, boolean>>
  stall(direction: Direction): void
  /** What was held back comes in one burst. */
  flow(direction: Direction): void
  /** One way, from now. */
  delay(): number
  pipe(direction: Direction): Pipe
}

/** What travels one way over one link, in order. */
export interface Pipe {
  send(bytes: number, arrive: () => void): void
  /** Bytes that have not left. */
  readonly buffered: number
  /** Calls back once nothing waits any more. */
  flushed(run: () => void): void
  /** Nothing arrives any more, and nobody is told. */
  kill(): void
}

/** Bytes that the kernel takes although the network does not. */
const KERNEL = 16_384

/** A good path. */
export function createPath(world: World, chance: Chance, latency: number, jitter: number): Path {
  const stalled = { up: false, down: false }
  const waiting = new Set<{ readonly direction: Direction; readonly drain: () => void }>()

  const path: Path = {
    latency,
    jitter,
    rate: Infinity,
    handshake: 0,
    cut: null,
    isStripped: false,
    stalled,
    stall(direction) {
      stalled[direction] = true
    },
    flow(direction) {
      if (!stalled[direction]) return
      stalled[direction] = false
      for (const pipe of [...waiting]) if (pipe.direction === direction) pipe.drain()
    },
    delay: () => path.latency + path.jitter * chance() * chance(),
    pipe(direction) {
      /** What has arrived but for the stall. */
      let held: Array<() => void> = []
      let onFlushed: Array<() => void> = []
      let underway = 0
      let lastAt = 0
      let freeAt = 0
      let isDead = false

      const tell = (): void => {
        const runs = onFlushed
        onFlushed = []
        for (const run of runs) run()
      }
      const drain = (): void => {
        waiting.delete(self)
        const burst = held
        held = []
        for (const arrive of burst) arrive()
        tell()
      }
      const self = { direction, drain }
      const hold = (arrive: () => void): void => {
        held.push(arrive)
        waiting.add(self)
      }

      return {
        send(bytes, arrive) {
          if (isDead) return
          underway += bytes
          freeAt = Math.max(freeAt, world.now) + bytes / path.rate
          lastAt = Math.max(lastAt, freeAt + path.delay())
          const land = (): void => {
            underway -= bytes
            if (!isDead) arrive()
          }
          world.after(lastAt - world.now, () => {
            if (isDead) return
            if (stalled[direction] || held.length > 0) hold(land)
            else land()
          })
        },
        get buffered() {
          if (isDead || stalled[direction]) return Math.max(0, underway - KERNEL)
          return freeAt > world.now ? Math.round((freeAt - world.now) * path.rate) : 0
        },
        flushed(run) {
          if (isDead) return
          if (stalled[direction]) {
            onFlushed.push(run)
            waiting.add(self)
          } else world.after(freeAt - world.now, run)
        },
        kill() {
          isDead = true
          held = []
          waiting.delete(self)
        },
      }
    },
  }
  return path
}
