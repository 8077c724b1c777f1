// A page in the hands of a test: online, visible, frozen or restored when the test says so.
import type { Page, PageSignal } from '../runtime.ts'

/** A page whose life a test directs. Each method sets what the page answers, then signals once, changed or not. */
export interface MockPage extends Page {
  /** `isOnline()` becomes false; signals `offline`. */
  goOffline(): void
  /** `isOnline()` becomes true; signals `online`. */
  goOnline(): void
  /** `isVisible()` becomes false; signals `hidden`. */
  hide(): void
  /** `isVisible()` becomes true; signals `visible`. */
  show(): void
  /** Signals `frozen`. That no timer runs while frozen is up to the clock: `clock.block(ms)`. */
  freeze(): void
  /** Signals `resumed`. */
  resume(): void
  /** Signals `restored`: back from the back-forward cache. Chromium's own order is `resume()`, `show()`, `restore()`. */
  restore(): void
  /** Signals `network`: another network, without a word on online or offline. */
  changeNetwork(): void
  /** How many listen. */
  readonly listeners: number
}

/** What a mock page is at first. */
export interface MockPageOptions {
  /** What relative urls are resolved against. @default null */
  readonly address?: string | null
  /** @default true */
  readonly online?: boolean
  /** @default true */
  readonly visible?: boolean
}

/**
 * Creates a page for tests.
 *
 * @example
 * const page = mockPage({ address: 'https://app.test/' })
 * page.goOffline()
 * page.goOnline()
 */
export function mockPage(options: MockPageOptions = {}): MockPage {
  const { address = null } = options
  let online = options.online ?? true
  let visible = options.visible ?? true
  // A fresh object per call to listen(): the same function may listen twice.
  const listeners = new Set<{ readonly onSignal: (signal: PageSignal) => void }>()

  const signal = (what: PageSignal): void => {
    for (const listener of [...listeners]) if (listeners.has(listener)) listener.onSignal(what)
  }

  return {
    address: () => address,
    isOnline: () => online,
    isVisible: () => visible,
    listen(onSignal) {
      const listener = { onSignal }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    goOffline() {
      online = false
      signal('offline')
    },
    goOnline() {
      online = true
      signal('online')
    },
    hide() {
      visible = false
      signal('hidden')
    },
    show() {
      visible = true
      signal('visible')
    },
    freeze: () => signal('frozen'),
    resume: () => signal('resumed'),
    restore: () => signal('restored'),
    changeNetwork: () => signal('network'),
    get listeners() {
      return listeners.size
    },
  }
}
