// systemRuntime: the real clocks, and the page where there is one.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemRuntime, type PageSignal } from '../../src/index.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the clock', () => {
  it("[A10] is the system's: epoch time, a monotonic one, timers that can be cleared", async () => {
    const { clock, random } = systemRuntime
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000)
    expect(clock.monotonic()).toBeLessThanOrEqual(clock.monotonic())
    expect(random()).toBeLessThan(1)
    const ran: string[] = []
    await new Promise<void>((resolve) => {
      const cleared = clock.setTimeout(() => ran.push('cleared'), 0)
      clock.setTimeout(() => {
        ran.push('ran')
        resolve()
      }, 1)
      clock.clearTimeout(cleared)
    })
    expect(ran).toEqual(['ran'])
  })

  it('[A10] keeps no Node process alive (fault B15)', () => {
    const handle = systemRuntime.clock.setTimeout(() => undefined, 60_000) as NodeJS.Timeout
    expect(handle.hasRef()).toBe(false)
    systemRuntime.clock.clearTimeout(handle)
  })
})

describe('the page', () => {
  it('[G3] outside a browser is always online and visible, has no address and tells nothing (fault B15)', () => {
    const { page } = systemRuntime
    expect([page.address(), page.isOnline(), page.isVisible()]).toEqual([null, true, true])
    const stop = page.listen(() => undefined)
    stop()
    stop()
  })

  it('[G3] in a browser tells of online, visibility, freezing, the back-forward cache and the network, until it is stopped', () => {
    const document = Object.assign(new EventTarget(), {
      baseURI: 'https://app.test/dir/',
      visibilityState: 'visible',
    })
    const window = new EventTarget()
    const connection = new EventTarget()
    const navigator = { onLine: true as boolean | undefined, connection }
    vi.stubGlobal('document', document)
    vi.stubGlobal('window', window)
    vi.stubGlobal('navigator', navigator)
    const { page } = systemRuntime
    expect([page.address(), page.isOnline(), page.isVisible()]).toEqual(['https://app.test/dir/', true, true])
    navigator.onLine = false
    expect(page.isOnline()).toBe(false)
    navigator.onLine = undefined // not told: taken for online
    expect(page.isOnline()).toBe(true)
    const heard: PageSignal[] = []
    const stop = page.listen((signal) => heard.push(signal))
    const happen = (): void => {
      window.dispatchEvent(new Event('offline'))
      window.dispatchEvent(new Event('online'))
      document.visibilityState = 'hidden'
      document.dispatchEvent(new Event('visibilitychange'))
      document.visibilityState = 'visible'
      document.dispatchEvent(new Event('visibilitychange'))
      document.dispatchEvent(new Event('freeze'))
      document.dispatchEvent(new Event('resume'))
      window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }))
      window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
      connection.dispatchEvent(new Event('change'))
    }
    happen()
    expect(heard).toEqual([
      'offline',
      'online',
      'hidden',
      'visible',
      'frozen',
      'resumed',
      'restored',
      'network',
    ])
    stop()
    stop()
    happen()
    expect(heard).toHaveLength(8)
  })

  it('[G3] does without a network information interface (fault B11)', () => {
    vi.stubGlobal(
      'document',
      Object.assign(new EventTarget(), { baseURI: 'https://app.test/', visibilityState: 'visible' }),
    )
    vi.stubGlobal('window', new EventTarget())
    vi.stubGlobal('navigator', {})
    expect(() => systemRuntime.page.listen(() => undefined)()).not.toThrow()
  })
})
