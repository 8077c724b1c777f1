// Faults that only a real browser has: throttled timers, frozen and reloaded pages, insecure pages, too many sockets.
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { startChromium, type Chromium, type Tab } from '../support/chromium.ts'
import { findChromium } from '../support/machine.ts'
import { until } from '../support/scene.ts'
import { startSite, type Site } from '../support/site.ts'

const path = findChromium()

describe.skipIf(path === null)('a page in Chromium', () => {
  let chromium: Chromium
  let site: Site
  let tab: Tab

  beforeAll(async () => {
    chromium = await startChromium(
      path ?? '',
      '--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/2',
      '--host-resolver-rules=MAP insecure.test 127.0.0.1',
    )
  })
  afterAll(() => chromium.close())
  beforeEach(async () => {
    site = await startSite()
    tab = await chromium.newTab()
    await tab.show()
  })
  afterEach(async () => {
    await tab.close().catch(() => undefined)
    await site.close()
  })

  const live = (count: number): string =>
    `[made.live.getSnapshot().status, made.queue.getSnapshot().freshness, made.queue.getSnapshot().data?.count].join() === 'connected,live,${count}'`
  const open = async (options = '{}', url = site.url): Promise<void> => {
    await tab.open(`${url}/bare`)
    await tab.evaluate(`make(${options})`)
  }
  const diary = (): Promise<Array<readonly [number, string, string, number?]>> => tab.evaluate('made.diary')

  it('[A2 G3 M9] (fault B1) whose timers run once a minute keeps its link and hears every push', async () => {
    await open('{ heartbeat: { interval: 2_000, timeout: 1_000, probe: 500 } }')
    await tab.until(live(0))
    await tab.evaluate(
      'void (globalThis.ticks = []), (function tick() { ticks.push(performance.now()); setTimeout(tick, 250) })()',
    )
    const front = await chromium.newTab()
    await front.show()
    // Asking the page anything would wake it. A page is let alone for some seconds before its timers are held.
    for (let count = 1; count <= 34; count++) {
      site.count = count
      await front.evaluate('new Promise((resolve) => setTimeout(resolve, 500))')
    }
    const ticks = await tab.evaluate<number[]>('ticks')
    const now = await tab.evaluate<number>('performance.now()')
    expect(Math.max(...ticks.map((at, index) => (ticks[index + 1] ?? now) - at))).toBeGreaterThan(4_000)
    const counts = (await diary()).map(([, , , count]) => count ?? 0)
    expect([...new Set(counts)]).toEqual(Array.from({ length: 35 }, (_, count) => count))
    await tab.show()
    await tab.until('document.visibilityState === "visible"')
    site.count = 35
    await tab.until(live(35))
    expect(await tab.evaluate('made.errors')).toEqual([])
    expect((await diary()).filter(([, , freshness]) => freshness === 'stale')).toEqual([])
    expect(site.upgrades).toBe(1)
    await front.close()
  })

  it('[G15 M8] (fault B2) that was frozen goes from stale to the newest state, and shows no other as live on the new link', async () => {
    await open()
    await tab.until(live(0))
    const front = await chromium.newTab()
    await front.show()
    await tab.until('document.visibilityState === "hidden"')
    await tab.evaluate('document.addEventListener("resume", () => made.diary.push([0, "resume", "", 0]))')
    await tab.send('Page.setWebLifecycleState', { state: 'frozen' })
    for (let count = 1; count <= 20; count++) {
      site.count = count
      await front.evaluate('new Promise((resolve) => setTimeout(resolve, 100))')
    }
    await tab.send('Page.setWebLifecycleState', { state: 'active' })
    await tab.show()
    await tab.until(live(20))
    const entries = await diary()
    const after = entries.slice(entries.findIndex(([, what]) => what === 'resume'))
    const stale = after.findIndex(([, , freshness]) => freshness === 'stale')
    const found = after.slice(stale).find(([, , freshness]) => freshness === 'live')
    expect(stale).toBeGreaterThan(0)
    expect(found?.slice(1)).toEqual(['connected', 'live', 20])
    expect(await tab.evaluate('made.errors')).toEqual(['closed-by-server'])
    expect(site.upgrades).toBe(2)
    await front.close()
  })

  it('[G8] (fault B7) that is loaded again starts afresh: nothing was kept, and the old link is gone', async () => {
    await open()
    site.count = 3
    await tab.until(live(3))
    await tab.send('Page.reload')
    await tab.until('typeof make === "function" && typeof made === "undefined"')
    await tab.evaluate('make()')
    const [first] = await diary()
    expect(first?.slice(1)).toEqual(['connecting', 'unknown', null])
    await tab.until(live(3))
    expect(
      await tab.evaluate(
        'indexedDB.databases().then((all) => [all.length, localStorage.length, sessionStorage.length, document.cookie])',
      ),
    ).toEqual([0, 0, 0, ''])
    expect(site.upgrades).toBe(2)
    await until('the end of the old link', () => site.open === 1)
  })

  it('[G18] (fault B13) that is closed while it sends is closed at once: what was written may arrive, in order, and the link is gone', async () => {
    await open()
    await tab.until(live(0))
    await tab.evaluate(`addEventListener('pagehide', () => {
      const began = performance.now()
      let written = 0
      for (let n = 0; n < 500; n++)
        void made.live.send('note', n).then(({ outcome }) => localStorage.setItem(outcome, ++written))
      localStorage.setItem('took', performance.now() - began)
    })`)
    const other = await chromium.newTab()
    await tab.send('Page.close')
    await other.open(`${site.url}/elsewhere`)
    await other.until("localStorage.getItem('took') !== null")
    expect(Number(await other.evaluate("localStorage.getItem('took')"))).toBeLessThan(1_000)
    // What one tab writes reaches the other a little later.
    await other.until("localStorage.getItem('written') === '500'")
    await until('the end of the link', () => site.open === 0)
    expect(site.heard).toEqual(Array.from({ length: site.heard.length }, (_, n) => n))
    await other.evaluate('localStorage.clear()')
    await other.close()
  })

  it('[E1] (fault B17) without a secure context, so without crypto.randomUUID, is live all the same', async () => {
    await open('{}', site.url.replace('127.0.0.1', 'insecure.test'))
    expect(await tab.evaluate('[isSecureContext, typeof crypto.randomUUID]')).toEqual([false, 'undefined'])
    await tab.until(live(0))
    site.count = 1
    await tab.until(live(1))
    expect(tab.complaints).toEqual([])
  })

  it('[G4 M15] (fault B18) in a browser that gives no more sockets counts failures, throws nothing, and is live when there is room', async () => {
    const other = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    try {
      await open('{ connectTimeout: 1_000 }')
      await tab.until(live(0))
      await tab.evaluate('made.live.disconnect()')
      await until('its socket to be free', () => site.open === 0)
      const { port } = other.address() as AddressInfo
      await tab.evaluate(
        `globalThis.many = Array.from({ length: 300 }, () => new WebSocket('ws://127.0.0.1:${port}'))`,
      )
      await tab.until('many.filter(({ readyState }) => readyState === 0).length === 0')
      const opened = await tab.evaluate<number>('many.filter(({ readyState }) => readyState === 1).length')
      expect(opened).toBeLessThan(300)
      const { upgrades } = site
      await tab.evaluate('made.live.connect()')
      await tab.until('made.errors.length >= 2')
      expect(new Set(await tab.evaluate<string[]>('made.errors'))).toEqual(new Set(['connect-failed']))
      expect(site.upgrades).toBe(upgrades)
      expect(await tab.evaluate('many.filter(({ readyState }) => readyState === 1).length')).toBe(opened)
      await tab.evaluate('many.forEach((socket) => socket.close())')
      await tab.until(live(0))
      expect(tab.complaints.filter((text) => text.includes('exception'))).toEqual([])
    } finally {
      other.close()
      for (const socket of other.clients) socket.terminate()
    }
  })
})
