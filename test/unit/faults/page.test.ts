// Pages that say too much or too little: offline that is none, online that is none, many signals, many tabs, no storage.
import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { createConnection } from '../../../src/index.ts'
import { mockServer, virtualClock } from '../../../src/testing/index.ts'
import { filesBelow, root } from '../../support/source-files.ts'
import { connected, every, refused } from '../behaviour/rig.ts'

it('[G3 G15 BB15] (fault B8) offline over a link that works costs one probe, and nothing else', () => {
  const r = connected({ network: { latency: 50 } })
  const queue = r.live.state('queue')
  const seen: string[] = []
  queue.subscribe(() => seen.push(queue.getSnapshot().freshness))
  r.server.push('queue', 1)
  r.clock.advance(1_000)
  const pings = r.sent('ping').length
  r.page.goOffline()
  expect(r.sent('ping')).toHaveLength(pings + 1)
  r.clock.advance(12_000)
  r.server.push('queue', 2)
  r.clock.advance(100)
  expect(queue.getSnapshot()).toMatchObject({ data: 2, freshness: 'live' })
  expect(new Set(seen)).toEqual(new Set(['live']))
  expect(r.statuses).toEqual(['connecting', 'connected'])
  expect(r.opens).toHaveLength(1)
})

it('[G4 B3 INV-5] (fault B9) online without a network, every 100 ms for an hour: attempts stay within the budget', () => {
  const r = refused()
  r.live.connect()
  const stop = every(r.clock, () => r.page.goOnline(), 100)
  r.clock.advance(3_600_000)
  stop()
  const most = Math.max(
    ...r.opens.map((from) => r.opens.filter((at) => at >= from && at < from + 300_000).length),
  )
  expect(most).toBeLessThanOrEqual(40)
  expect(r.opens.length).toBeGreaterThan(12)
})

it('[G3] (fault B11) another network is one probe, also when it is told of five times at once', () => {
  const r = connected()
  const pings = r.sent('ping').length
  for (let times = 0; times < 5; times++) r.page.changeNetwork()
  expect(r.sent('ping')).toHaveLength(pings + 1)
  r.clock.advance(3_000)
  expect(r.errors).toEqual([])
  expect(r.opens).toHaveLength(1)
})

it('[G4 B3] (fault B19) tabs above the limit of a user are refused with 4429 and come back rarely, not in a loop', () => {
  const tabs = Array.from({ length: 20 }, (_, seed) => connected({ network: { seed } }))
  for (const tab of tabs) {
    tab.server.refuses(4429)
    tab.server.goesSilent()
    tab.clock.sleep(3_600_000)
    tab.page.show()
    tab.clock.advance(600_000)
    expect(tab.opens.length).toBeGreaterThan(2)
    expect(tab.opens.length).toBeLessThanOrEqual(25)
    expect(tab.errors.at(-1)).toMatchObject({ code: 'closed-by-server', context: { closeCode: 4429 } })
    expect(tab.snapshot.status).not.toBe('failed')
  }
  const probes = tabs.map((tab) => tab.opens[1])
  expect(new Set(probes).size).toBeGreaterThan(15)
})

it('[G18 G19 G8] (fault B13) what a page sends while it is closed is written or refused at once: nothing waits', async () => {
  const r = connected()
  r.page.hide()
  const bye = r.live.send('bye', 1)
  r.live.close()
  const late = r.live.send('bye', 2)
  expect(await bye).toEqual({ ok: true, outcome: 'written' })
  expect(await late).toMatchObject({ ok: false, maybeDelivered: false })
  expect(r.server.received.filter(({ type }) => type === 'bye')).toHaveLength(1)
  expect(r.clock.pending + r.page.listeners).toBe(0)
})

it('[E1] (fault R11) storage that throws is never touched', async () => {
  const touched: string[] = []
  const stores = ['localStorage', 'sessionStorage', 'indexedDB', 'caches', 'cookieStore']
  const before = stores.map((name) => Object.getOwnPropertyDescriptor(globalThis, name))
  for (const name of stores) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        touched.push(name)
        throw new DOMException('The operation is insecure.', 'SecurityError')
      },
    })
  }
  try {
    const clock = virtualClock()
    const server = mockServer(clock)
    const { transport, runtime } = server
    const live = createConnection({ url: '/ws', transport, runtime, auth: () => 'token' })
    const queue = live.state('queue', { load: () => 3 })
    queue.subscribe(() => undefined)
    await clock.advanceAsync(1_000)
    server.push('queue', 2)
    server.closeAll(1006)
    await clock.advanceAsync(10_000)
    expect(queue.getSnapshot()).toMatchObject({ data: 3, freshness: 'live' })
    live.reset()
    live.close()
  } finally {
    stores.forEach((name, index) => {
      Reflect.deleteProperty(globalThis, name)
      const kept = before[index]
      if (kept) Object.defineProperty(globalThis, name, kept)
    })
  }
  expect(touched).toEqual([])
  const named = filesBelow('src').filter((path) =>
    /\b(?:local|session)Storage\b|\bindexedDB\b/.test(readFileSync(root + path, 'utf8')),
  )
  expect(named).toEqual([])
})

it('[G23 E1] (fault B17) without crypto, as on an insecure page, ids are made all the same, and differ', () => {
  vi.stubGlobal('crypto', undefined)
  try {
    const [one, two] = [1, 2].map((seed) => connected({ network: { seed } }))
    const ids = [one, two].map(
      (r) => (r!.server.received.find(({ type }) => type === 'client_ready') as unknown as Hello).client.id,
    )
    expect(ids[0]).toMatch(/^c_\w+$/)
    expect(ids[0]).not.toBe(ids[1])
  } finally {
    vi.unstubAllGlobals()
  }
})

interface Hello {
  readonly client: { readonly id: string }
}
