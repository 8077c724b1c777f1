// What pages live through, in a real Chromium: first load, offline, hidden, frozen, back-forward cache, a blocked thread.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startChromium, type Chromium, type Tab } from '../support/chromium.ts'
import { findChromium } from '../support/machine.ts'
import { startSite, type Site } from '../support/site.ts'

const path = findChromium()

describe.skipIf(path === null)('a page in Chromium', () => {
  let chromium: Chromium
  let site: Site
  let tab: Tab

  beforeAll(async () => {
    chromium = await startChromium(path ?? '')
  })
  afterAll(() => chromium.close())
  beforeEach(async () => {
    site = await startSite()
    tab = await chromium.newTab()
    await tab.show()
  })
  afterEach(async () => {
    await tab.close()
    await site.close()
  })

  const live = (count: number): string =>
    `JSON.stringify([state().status, state().freshness, state().count]) === '["connected","live",${count}]'`
  const seen = async (what: string): Promise<number> =>
    tab.evaluate(`diary.filter(([name]) => name === '${what}').length`)
  const until = async (condition: () => boolean, what: string): Promise<void> => {
    const deadline = performance.now() + 15_000
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`not within 15 s: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  it('[A6 G10a] gets its first data by HTTP and the rest by one socket, with one request and one notification', async () => {
    await tab.open(site.url)
    await tab.until(live(0))
    expect([site.upgrades, site.loads]).toEqual([1, 1])
    expect(await tab.evaluate('state().notifications')).toBe(1)
    expect(
      await tab.evaluate(
        'diary.findIndex(([name]) => name === "polling") < diary.findIndex(([, now]) => now === "connected")',
      ),
    ).toBe(true)
    site.count = 1
    await tab.until(live(1))
    expect(await tab.evaluate('state().notifications')).toBe(2)
    expect(tab.complaints).toEqual([])
  })

  it('[G3 N12] leaves a link that stalls offline, waits without polling, and is live again when online', async () => {
    await tab.open(site.url)
    await tab.until(live(0))
    await tab.send('Network.emulateNetworkConditions', {
      offline: true,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    })
    await tab.until('state().status !== "connected" && state().freshness !== "live"')
    const { loads } = site
    site.count = 2
    await tab.until(
      'diary.filter(([name, code]) => name === "error" && code === "connect-failed").length >= 2',
    )
    expect(site.loads).toBe(loads)
    await tab.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    })
    await tab.until(live(2))
    expect(site.upgrades).toBe(2)
    await until(() => site.open === 1, 'the server keeps one link')
  })

  it('[A2 G3 M9] keeps its link while hidden, hears every push, and opens no other when it is shown again (fault B1)', async () => {
    await tab.open(site.url)
    await tab.until(live(0))
    const front = await chromium.newTab()
    await front.show()
    await tab.until('document.visibilityState === "hidden"')
    for (const count of [1, 2, 3]) {
      site.count = count
      await tab.until(live(count))
    }
    await tab.show()
    await tab.until('document.visibilityState === "visible"')
    await tab.until('live.getSnapshot().latency !== null')
    await tab.until(live(3))
    expect(site.upgrades).toBe(1)
    expect(await seen('error')).toBe(0)
    await front.close()
  })

  it('[G15 M8] knows after a freeze that it may have missed something, and shows the newest state with one reconnect (fault B2)', async () => {
    await tab.open(site.url)
    await tab.until(live(0))
    const front = await chromium.newTab()
    await front.show()
    await tab.until('document.visibilityState === "hidden"')
    await tab.send('Page.setWebLifecycleState', { state: 'frozen' })
    const sent = Array.from({ length: 40 }, (_, index) => index + 1)
    for (const count of sent) {
      site.count = count
      await front.evaluate('new Promise((resolve) => setTimeout(resolve, 100))')
    }
    await tab.send('Page.setWebLifecycleState', { state: 'active' })
    await tab.show()
    await tab.until(live(40))
    expect(await seen('freeze')).toBe(1)
    expect(site.upgrades).toBeLessThanOrEqual(2)
    await until(() => site.open === 1, 'the server keeps one link')
    await front.close()
  })

  it('[G1 M7] comes back from the back-forward cache with one new link and the newest state (fault B3)', async () => {
    await tab.open(site.url)
    await tab.until(live(0))
    await tab.open(`${site.url}/elsewhere`)
    // Sent to a page in the cache, which never hears it.
    site.count = 7
    const { entries } = (await tab.send('Page.getNavigationHistory')) as {
      entries: Array<{ id: number; url: string }>
    }
    const back = entries.find(({ url }) => url === `${site.url}/`)
    await tab.send('Page.navigateToHistoryEntry', { entryId: back?.id })
    await tab.until(`typeof state === 'function' && ${live(7)}`)
    expect(await tab.evaluate('diary.some(([name, persisted]) => name === "pageshow" && persisted)')).toBe(
      true,
    )
    expect(site.upgrades).toBe(2)
    await until(() => site.open === 1, 'the server keeps one link')
  })

  it('[G3] survives a main thread that is blocked for 20 s without leaving its link (fault B12) (fault C3)', async () => {
    await tab.open(site.url)
    await tab.until(live(0))
    await tab.evaluate(
      '(() => { const end = performance.now() + 20_000; while (performance.now() < end); })()',
    )
    site.count = 9
    await tab.until(live(9))
    await tab.until('live.getSnapshot().quality !== "disconnected"')
    expect(site.upgrades).toBe(1)
    expect(await seen('error')).toBe(0)
  })

  it('[A5] opens one socket under StrictMode, and none more when everything is unmounted and mounted again (fault B14)', async () => {
    await tab.open(`${site.url}/strict`)
    const text = 'document.getElementById("queue")?.textContent'
    await tab.until(`${text} === 'connected live 0'`)
    await tab.evaluate('show(false)')
    await tab.until(`${text} === undefined`)
    await tab.evaluate('show(true)')
    site.count = 4
    await tab.until(`${text} === 'connected live 4'`)
    expect(site.upgrades).toBe(1)
    expect(tab.complaints).toEqual([])
  })
})

describe.skipIf(path === null)('a page with a content security policy', () => {
  it('[E1 G6] needs nothing a strict policy forbids; a page that may not connect goes on polling (fault B16)', async () => {
    const chromium = await startChromium(path ?? '')
    try {
      const strict = await startSite({
        csp: "default-src 'self'; script-src 'self'; connect-src 'self' ws:; require-trusted-types-for 'script'",
      })
      const tab = await chromium.newTab()
      await tab.open(strict.url)
      await tab.until('state().freshness === "live"')
      expect(tab.complaints).toEqual([])
      await strict.close()

      const walled = await startSite({ csp: "default-src 'self'; script-src 'self'; connect-src http:" })
      const other = await chromium.newTab()
      await other.open(walled.url)
      await other.until('state().freshness === "polling"')
      expect(walled.upgrades).toBe(0)
      await walled.close()
    } finally {
      await chromium.close()
    }
  })
})
