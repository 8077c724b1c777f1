// The checkers of the simulator over what a page in a real Chromium lives through.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Entry } from '../model/trace/entry.ts'
import { startChromium, type Chromium, type Tab } from '../support/chromium.ts'
import { findChromium } from '../support/machine.ts'
import { expectClean } from '../support/recorded-scene.ts'
import { startSite, type Site } from '../support/site.ts'

const path = findChromium()

/** Two clocks of one machine agree this well. */
const SKEW = 50

describe.skipIf(path === null)('every invariant holds in a page in Chromium', () => {
  let chromium: Chromium
  let site: Site
  let tab: Tab
  /** What the server takes for the truth, with the moment from which it may be seen, and from which it is. */
  let truths: Entry[]

  beforeAll(async () => {
    chromium = await startChromium(path ?? '')
  })
  afterAll(() => chromium.close())
  beforeEach(async () => {
    truths = []
    site = await startSite()
    tab = await chromium.newTab()
    await tab.show()
    change(0)
    await tab.open(`${site.url}/trace`)
    await tab.until(live(0))
  })
  afterEach(async () => {
    await tab.close()
    await site.close()
  })

  const tell = (count: number, later: number): void => {
    const at = performance.timeOrigin + performance.now() + later
    const value = { count }
    truths.push({ kind: 'truth', channel: 'queue', value, soon: later < 0, at, felt: at, client: '' })
  }
  const change = (count: number): void => {
    tell(count, -SKEW)
    site.count = count
    tell(count, SKEW)
  }
  const live = (count: number): string =>
    `(([status, { freshness, data }]) => status === 'connected' && freshness === 'live' && data.count === ${count})(JSON.parse(shows()))`
  const offline = (isOffline: boolean): Promise<unknown> =>
    tab.send('Network.emulateNetworkConditions', {
      offline: isOffline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    })
  /** Opens another tab in front of it. */
  const hide = async (): Promise<Tab> => {
    const front = await chromium.newTab()
    await front.show()
    await tab.until('document.visibilityState === "hidden"')
    return front
  }
  /** Fetches the trace, and holds every checker to it. */
  const judge = async (): Promise<readonly Entry[]> => {
    const told = JSON.parse(await tab.evaluate<string>('finish()')) as Entry[]
    const trace = [...truths, ...told].sort((a, b) => a.at - b.at)
    expectClean(trace)
    return trace
  }
  const signals = (trace: readonly Entry[]): string[] =>
    trace.flatMap((entry) => (entry.kind === 'page' ? [entry.signal] : []))

  it('[INV-11 INV-12 INV-30] that goes offline and comes back (fault N12)', async () => {
    await offline(true)
    await tab.until(
      '!JSON.parse(shows())[0].includes("connected") && JSON.parse(shows())[1].freshness !== "live"',
    )
    change(1)
    await offline(false)
    await tab.until(live(1))
    expect(signals(await judge())).toEqual(expect.arrayContaining(['offline', 'online']))
  })

  it('[INV-11 INV-12 INV-17] that is hidden while the server pushes (fault B1)', async () => {
    const front = await hide()
    for (const count of [1, 2, 3]) {
      change(count)
      await tab.until(live(count))
    }
    await tab.show()
    await tab.until('document.visibilityState === "visible"')
    change(4)
    await tab.until(live(4))
    expect(signals(await judge())).toEqual(expect.arrayContaining(['hidden', 'visible']))
    await front.close()
  })

  it('[INV-2 INV-12 INV-30] that is frozen while the server pushes (fault B2)', async () => {
    const front = await hide()
    await tab.send('Page.setWebLifecycleState', { state: 'frozen' })
    for (let count = 1; count <= 20; count++) change(count)
    await tab.send('Page.setWebLifecycleState', { state: 'active' })
    await tab.show()
    await tab.until(live(20))
    expect(signals(await judge())).toEqual(expect.arrayContaining(['frozen', 'resumed']))
    await front.close()
  })

  it('[INV-1 INV-2 INV-30] that goes into the back-forward cache and returns (fault B3)', async () => {
    await tab.open(`${site.url}/elsewhere`)
    change(7)
    const { entries } = (await tab.send('Page.getNavigationHistory')) as {
      entries: Array<{ id: number; url: string }>
    }
    const back = entries.find(({ url }) => url === `${site.url}/trace`)
    await tab.send('Page.navigateToHistoryEntry', { entryId: back?.id })
    await tab.until(`typeof shows === 'function' && ${live(7)}`)
    expect(signals(await judge())).toContain('restored')
  })
})
