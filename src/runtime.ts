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
  'online' | 'offline' | 'visible' | 'hidden' | 'restored' | 'frozen' | 'resumed' | 'network'

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

/** The page there is, if any. Nothing is looked at before it is asked for, so importing is safe anywhere. */
const systemPage: Page = {
  address: () => (hasPage() ? document.baseURI : null),
  isOnline: () => !hasPage() || (navigator as { readonly onLine?: boolean }).onLine !== false,
  isVisible: () => !hasPage() || document.visibilityState !== 'hidden',
  listen(onSignal) {
    if (!hasPage()) return () => undefined
    const { connection } = navigator as { readonly connection?: EventTarget }
    const listening: Array<[EventTarget | undefined, string, (event: Event) => void]> = [
      [window, 'online', () => onSignal('online')],
      [window, 'offline', () => onSignal('offline')],
      [document, 'visibilitychange', () => onSignal(systemPage.isVisible() ? 'visible' : 'hidden')],
      [window, 'pageshow', (event) => (event as PageTransitionEvent).persisted && onSignal('restored')],
      [document, 'freeze', () => onSignal('frozen')],
      [document, 'resume', () => onSignal('resumed')],
      [connection, 'change', () => onSignal('network')],
    ]
    for (const [target, type, run] of listening) target?.addEventListener(type, run)
    return () => {
      for (const [target, type, run] of listening) target?.removeEventListener(type, run)
    }
  },
}

function hasPage(): boolean {
  return typeof document === 'object'
}

/** The real world: the system's clocks and timers (which never keep a Node process alive), Math.random, the page. */
export const systemRuntime: Runtime = {
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimeout(run, delay) {
      const handle: unknown = setTimeout(run, delay)
      ;(handle as { unref?: () => void }).unref?.()
      return handle
    },
    clearTimeout: (handle) => clearTimeout(handle as never),
  },
  random: () => Math.random(),
  page: systemPage,
}
