// The ports to the world: clock, chance and page. Tests pass their own; everything else takes systemRuntime.

/** Time. Two sources, because neither alone survives a laptop's sleep (behaviour G3). */
export interface Clock {
  /** Epoch milliseconds, for people and for frames. */
  now(): number
  /** Milliseconds that only go forward, for measuring. May stand still while the machine sleeps. */
  monotonic(): number
  /** Calls `run` once, `delay` milliseconds from now or later. Returns a handle for `clearTimeout`. */
  setTimeout(run: () => void, delay: number): unknown
  /** Forgets a timeout. Unknown handles are ignored. */
  clearTimeout(handle: unknown): void
}

/**
 * What a page tells: `restored` is `pageshow` with `persisted` (back from the back-forward cache),
 * `network` a change of the network connection without a word on online or offline.
 */
export type PageSignal =
  | 'online'
  | 'offline'
  | 'visible'
  | 'hidden'
  | 'restored'
  | 'frozen'
  | 'resumed'
  | 'network'

/** The page the connection lives in. Outside a browser: always online, always visible, no address. */
export interface Page {
  /** What relative urls are resolved against; null where there is no page. */
  address(): string | null
  isOnline(): boolean
  isVisible(): boolean
  /** Starts to report signals. Returns an idempotent stop. */
  listen(onSignal: (signal: PageSignal) => void): () => void
}

/** Everything the library takes from its surroundings. */
export interface Runtime {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly page: Page
}
