// The page of a client: hidden with late timers, frozen, in the back-forward cache, asleep, blocked, offline.
import type { Page, PageSignal } from '../../../src/runtime.ts'
import type { Thread } from './thread.ts'
import type { World } from './world.ts'

/** Ways in which nothing runs for a while. */
export type Pause = 'sleep' | 'sleep with running clock' | 'block' | 'freeze' | 'cache'

/** A page in the hands of the simulator. */
export interface SimPage extends Page {
  /** How many listen. */
  readonly listeners: number
  setOnline(online: boolean): void
  setVisible(visible: boolean): void
  /** Tells something that changes nothing. */
  signal(signal: PageSignal): void
  /** Nothing runs for so long; false where nothing runs already. `order`: what comes first afterwards, a number in [0, 1). */
  pause(kind: Pause, ms: number, order: number): boolean
  /** Ends a pause before its time. */
  wake(): void
}

/** What the rest of the client's machine does when its page is put away and comes back. */
export interface PageHost {
  paused(kind: Pause): void
  resumed(kind: Pause, ms: number): void
}

/** Chromium rounds the timers of a hidden page up to a second, and after five minutes to a minute (M9). */
const SECOND = 1_000
const MINUTE = 60_000
const INTENSIVE_AFTER = 300_000

/** A page that is visible and online. */
export function createPage(world: World, thread: Thread, host: PageHost): SimPage {
  const listeners = new Set<{ readonly onSignal: (signal: PageSignal) => void }>()
  let online = true
  let visible = true
  let hiddenAt = 0
  let pause: { readonly kind: Pause; readonly since: number; readonly order: number } | null = null

  /** Each signal is a task of its own, as in a browser. */
  const signal = (what: PageSignal, apply: () => void = () => undefined): void =>
    thread.do(() => {
      apply()
      for (const listener of [...listeners]) if (listeners.has(listener)) listener.onSignal(what)
    })

  const throttle = (): void => {
    const isIntensive = world.now - hiddenAt >= INTENSIVE_AFTER
    thread.throttle(visible ? 1 : isIntensive ? MINUTE : SECOND)
  }

  const wake = (): void => {
    if (!pause) return
    const { kind, since, order } = pause
    const ms = world.now - since
    pause = null
    const stood = kind === 'sleep' ? ms : 0
    // Chromium's order (M7): the page first, then what its sockets have to say, then timers.
    if (kind === 'freeze' || kind === 'cache') {
      thread.resume(stood, false)
      signal('resumed')
      if (kind === 'cache') {
        signal('visible', () => void (visible = true))
        throttle()
        signal('restored')
      }
    } else {
      thread.resume(stood, order < 0.5)
      if (kind !== 'block' && visible && order * 10 - Math.floor(order * 10) < 0.5) signal('visible')
    }
    host.resumed(kind, ms)
  }

  return {
    address: () => 'https://app.test/',
    isOnline: () => online,
    isVisible: () => visible,
    listen(onSignal) {
      const listener = { onSignal }
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    get listeners() {
      return listeners.size
    },
    signal,
    setOnline(next) {
      if (next === online) return
      online = next
      signal(next ? 'online' : 'offline')
    },
    setVisible(next) {
      if (next === visible || pause?.kind === 'freeze' || pause?.kind === 'cache') return
      visible = next
      hiddenAt = world.now
      throttle()
      signal(next ? 'visible' : 'hidden')
      if (!next) world.after(INTENSIVE_AFTER, throttle)
    },
    pause(kind, ms, order) {
      if (pause) return false
      if (kind === 'freeze' || kind === 'cache') {
        if (visible) {
          visible = false
          hiddenAt = world.now
          throttle()
          signal('hidden')
        }
        signal('frozen')
      }
      pause = { kind, since: world.now, order }
      thread.halt()
      host.paused(kind)
      const mine = pause
      world.after(ms, () => {
        if (pause === mine) wake()
      })
      return true
    },
    wake,
  }
}
