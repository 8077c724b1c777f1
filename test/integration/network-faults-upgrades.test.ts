// Upgrades that something on the way answers, strips or breaks: refusals, captive portals, old relays, bad certificates.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { webSocket, type Diagnosis } from '../../src/index.ts'
import type { FaultProxy, ProxyAnswer } from '../../src/testing/proxy.ts'
import { createScene, recorded, until, type Client, type Queue } from '../support/scene.ts'

const httpOf = (proxy: FaultProxy): string => `http://127.0.0.1:${proxy.port}/api/queue`
const isLive = ({ queue }: Client): boolean => queue.getSnapshot().freshness === 'live'
const wasConnected = ({ statuses }: Client): boolean => statuses.some(({ status }) => status === 'connected')
const gapsOf = ({ wires }: Client): number[] =>
  wires.slice(1).map(({ openedAt }, index) => openedAt - (wires[index]?.openedAt ?? 0))

/** As an app would ask: what does an ordinary request say, which may show its status? */
async function diagnose(proxy: FaultProxy): Promise<Diagnosis> {
  const { status, headers } = await fetch(httpOf(proxy))
  const after = headers.get('retry-after')
  if (status === 401) return 'refresh'
  if (status === 403) return 'fatal'
  if (after === null) return 'retry'
  return { after: /^\d+$/.test(after) ? Number(after) * 1_000 : Date.parse(after) - Date.now() }
}

/** A certificate of its own for 127.0.0.1, made now. */
function createCertificate(
  folder: string,
  name: string,
  days: number,
): { readonly key: Buffer; readonly cert: Buffer } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${name} -addext subjectAltName=IP:127.0.0.1 -days ${days}`
  execFileSync('openssl', [...words.split(' '), '-keyout', key, '-out', cert], { stdio: 'pipe' })
  return { key: readFileSync(key), cert: readFileSync(cert) }
}

describe.concurrent('the upgrade', () => {
  it('[G7 A14] (fault N4) answered with 401 leads to one refresh of the credentials after the third, and to no hot loop', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ tokens: true })
    const proxy = await scene.proxy(server.url)
    const refusal = proxy.rule({ do: { answer: { status: 401 } } })
    const reasons: string[] = []
    const client = scene.client(proxy.url, {
      auth({ reason }) {
        reasons.push(reason)
        return { token: 'user-1' }
      },
    })
    await until('five attempts', () => client.errors.length === 5)
    expect(reasons.slice(0, 5)).toEqual(['connect', 'connect', 'connect', 'expired', 'connect'])
    expect(Math.min(...gapsOf(client))).toBeGreaterThan(245)
    expect(new Set(client.errors.map(({ code }) => code))).toEqual(new Set(['connect-failed']))
    refusal()
    await until('live data', () => isLive(client))
    expect(client.overlaps()).toBe(0)
  })

  it('[G7] (fault N4) answered with 401 or 403 is what diagnose makes of it: new credentials, or the end', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ tokens: true })
    const proxy = await scene.proxy(server.url)
    const refusal = proxy.rule({ requests: 'all', do: { answer: { status: 401 } } })
    const reasons: string[] = []
    const client = scene.client(proxy.url, {
      reconnect: { delay: () => 250 },
      diagnose: () => diagnose(proxy),
      auth({ reason }) {
        reasons.push(reason)
        // What is refused is the old token; the new one is let in.
        if (reason === 'expired') refusal()
        return { token: 'user-1' }
      },
    })
    await until('live data', () => isLive(client))
    expect(reasons).toEqual(['connect', 'connect', 'connect', 'expired'])
    expect(client.wires.length).toBe(4)

    proxy.rule({ requests: 'all', do: { answer: { status: 403 } } })
    proxy.cut()
    await until('the end', () => client.live.getSnapshot().status === 'failed')
    // Three more that did not open; the fourth is not tried.
    expect(client.wires.length).toBe(7)
    expect(client.live.getSnapshot().retryAt).toBe(null)
  })

  it.for<readonly [string, () => ProxyAnswer]>([
    ['429 and seconds', () => ({ status: 429, headers: { 'retry-after': '2' } })],
    [
      '503 and a date',
      () => ({ status: 503, headers: { 'retry-after': new Date(Date.now() + 4_000).toUTCString() } }),
    ],
  ])(
    '[G4 G5] (fault N5) answered with %s is tried again when that is over, and spread',
    async ([, answer], context) => {
      const scene = createScene(context)
      const server = await scene.server()
      const proxy = await scene.proxy(server.url)
      const refuse = (): (() => void) => proxy.rule({ requests: 'all', do: { answer: answer() } })
      let pass = refuse()
      let isRefusing = true
      const said: Array<{ readonly at: number; readonly after: number }> = []
      const clients = Array.from({ length: 12 }, (_, index) =>
        scene.client(proxy.url, {
          reconnect: { delay: () => 100 },
          async diagnose() {
            // A date is one from now.
            pass()
            if (isRefusing) pass = refuse()
            const found = await diagnose(proxy)
            said[index] ??= { at: performance.now(), after: (found as { readonly after: number }).after }
            return found
          },
        }),
      )
      await until('the advice to each', () => said.filter(Boolean).length === clients.length)
      // What is advised is waited for before the socket is tried again.
      expect(clients.map(({ wires }) => wires.length)).toEqual(clients.map(() => 3))
      isRefusing = false
      pass()
      await until('the next attempt of each', () => clients.every(({ wires }) => wires.length >= 4))
      const waits = clients.map(
        ({ wires }, index) => (wires[3]?.openedAt ?? 0) - (said[index]?.at ?? Infinity),
      )
      waits.forEach((wait, index) =>
        expect(wait).toBeGreaterThanOrEqual((said[index]?.after ?? Infinity) - 5),
      )
      // A tenth of it is the spread: no two herds of twelve draw the same.
      const extra = waits.map((wait, index) => wait - (said[index]?.after ?? 0))
      expect(Math.max(...extra) - Math.min(...extra)).toBeGreaterThan(20)
      await until('all to be live', () => clients.every(isLive))
    },
  )

  it('[G5] (fault N5) answered with a Retry-After beyond all reason waits a day, not for ever and not for nothing', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    proxy.rule({
      requests: 'all',
      do: { answer: { status: 503, headers: { 'retry-after': '999999999999' } } },
    })
    const client = scene.client(proxy.url, {
      reconnect: { delay: () => 100 },
      diagnose: () => diagnose(proxy),
    })
    const wait = (): number => (client.live.getSnapshot().retryAt ?? 0) - Date.now()
    await until('the long wait', () => wait() > 60_000)
    expect(client.wires.length).toBe(3)
    expect(wait()).toBeLessThanOrEqual(86_400_000 * 1.1)
    expect(wait()).toBeGreaterThan(86_400_000 - 10_000)
  })
  const portals = {
    'a page': { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Sign in</h1>' },
    'a redirect': { status: 302, headers: { location: '/portal' } },
    'JSON of its own': {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"login":"needed"}',
    },
  }
  it.for(Object.entries(portals))(
    '[G10 G15] (fault N6) answered by a captive portal with %s is a failure, and its polls are none',
    async ([, answer], context) => {
      const scene = createScene(context)
      const server = await scene.server()
      const proxy = await scene.proxy(server.url)
      proxy.rule({ requests: 'all', do: { answer } })
      const client = scene.client(proxy.url, { reconnect: { delay: () => 300 } })
      let loads = 0
      const seen: string[] = []
      const queue = client.live.state<Queue>('loaded', {
        message: 'queue',
        pollEvery: 1_000,
        schema: {
          '~standard': {
            version: 1,
            vendor: 'test',
            validate: (value) =>
              typeof (value as Queue).count === 'number'
                ? { value: value as Queue }
                : { issues: [{ message: 'no queue' }] },
          },
        },
        async load({ signal }) {
          loads += 1
          return (await fetch(httpOf(proxy), { signal })).json() as Promise<unknown>
        },
      })
      queue.subscribe(() => seen.push(queue.getSnapshot().freshness))
      await until(
        'attempts and loads',
        () => client.errors.filter(({ code }) => code === 'connect-failed').length >= 3 && loads >= 2,
      )
      expect(wasConnected(client)).toBe(false)
      expect(queue.getSnapshot()).toMatchObject({ freshness: 'unknown', data: undefined })
      expect(seen).not.toContain('polling')
      await proxy.heal()
      await until('live data', () => queue.getSnapshot().freshness === 'live')
      expect(client.overlaps()).toBe(0)
    },
  )
  it('[G9 G10] (fault N21) stripped by a relay is polled around within 8 s, tried rarely, and forgotten when it heals', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    proxy.rule({ do: 'stripUpgrade' })
    let loads = 0
    const client = scene.client(proxy.url, {
      reconnect: {
        delay: () => 100,
        minUptime: 500,
        circuit: { failures: 4, after: 300, coolDown: 700, maxCoolDown: 1_400 },
      },
    })
    const queue = client.live.state<Queue>('loaded', {
      message: 'queue',
      pollEvery: 1_000,
      async load({ signal }) {
        loads += 1
        return (await fetch(httpOf(proxy), { signal })).json() as Promise<unknown>
      },
    })
    const startedAt = performance.now()
    queue.subscribe(() => undefined)
    await until('polled data', () => queue.getSnapshot().freshness === 'polling' && loads >= 2)
    expect(performance.now() - startedAt).toBeLessThan(8_000)
    await until(
      'the circuit to open, and two probes',
      () => client.statuses.filter(({ status }) => status === 'suspended').length >= 3,
    )
    // The circuit opened with the fourth; from then on each attempt is a probe after its cool-down, less a fifth.
    for (const gap of gapsOf(client).slice(3)) expect(gap).toBeGreaterThan(0.8 * 700 - 10)
    expect(wasConnected(client)).toBe(false)
    expect(queue.getSnapshot().freshness).toBe('polling')
    await proxy.heal()
    await until('live data', () => queue.getSnapshot().freshness === 'live' && client.isStable())
    const before = loads
    await fetch(`${server.httpUrl}/api/queue`, { method: 'POST', body: '{"count":1}' })
    await until('a push', () => queue.getSnapshot().data?.count === 1)
    expect([queue.getSnapshot().source, loads]).toEqual(['push', before])
  })

  it('[G2a G10] (fault N21) passed by a relay that holds back all frames is given up in time, and polled around', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    proxy.rule({ way: 'toClient', do: { delay: 3_600_000 } })
    const client = scene.client(proxy.url, {
      protocol: 'rt',
      handshakeTimeout: 400,
      reconnect: { delay: () => 200 },
    })
    const queue = client.live.state<Queue>('loaded', {
      message: 'queue',
      pollEvery: 1_000,
      load: async ({ signal }) => (await fetch(httpOf(proxy), { signal })).json() as Promise<unknown>,
    })
    queue.subscribe(() => undefined)
    await until(
      'polled data and two attempts',
      () => queue.getSnapshot().freshness === 'polling' && client.errors.length >= 2,
    )
    expect(new Set(client.errors.map(({ code }) => code))).toEqual(new Set(['handshake-timeout']))
    expect(wasConnected(client)).toBe(false)
    await proxy.heal()
    await until('live data', () => queue.getSnapshot().freshness === 'live')
  })
  it('[G4 A14] (fault N20) that meets a bad certificate is a failure with a code, tried ever more rarely, and over when the certificate is good', async (context) => {
    const scene = createScene(context)
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'))
    scene.onEnd(() => rmSync(folder, { recursive: true }))
    const bad = createCertificate(folder, 'bad', 1)
    const good = createCertificate(folder, 'good', 1)
    const https = createServer(bad)
    let opened = 0
    const server = new WebSocketServer({ server: https })
    server.on('connection', (socket) => {
      opened += 1
      socket.send(JSON.stringify({ type: 'queue', data: { count: 1, process: 7 } }))
    })
    https.listen(0, '127.0.0.1')
    await once(https, 'listening')
    scene.onEnd(() => https.close())
    scene.onEnd(() => server.clients.forEach((socket) => socket.terminate()))
    const proxy = await scene.proxy(`wss://127.0.0.1:${(https.address() as AddressInfo).port}/`)
    // Rules read no TLS, and leave it alone.
    proxy.rule({ do: 'suppress' })
    const wires: Client['wires'][number][] = []
    const client = scene.client(proxy.url, {
      transport: webSocket({ WebSocket: recorded(wires, undefined, { ca: good.cert }) }),
      reconnect: { delay: (attempt) => 100 * 2 ** attempt },
    })
    await until('four refusals', () => client.errors.length === 4)
    for (const { code, context: facts } of client.errors)
      expect([code, facts.closeCode]).toEqual(['connect-failed', 1006])
    expect([opened, client.statuses.map(({ status }) => status)]).toEqual([0, ['connecting']])
    const gaps = wires.slice(1).map(({ openedAt }, index) => openedAt - (wires[index]?.openedAt ?? 0))
    gaps.forEach((gap, index) => expect(gap).toBeGreaterThanOrEqual(100 * 2 ** (index + 1) - 5))
    https.setSecureContext(good)
    await until('live data', () => isLive(client))
    expect(opened).toBe(1)
    expect(client.queue.getSnapshot().data).toEqual({ count: 1, process: 7 })
  })
})
