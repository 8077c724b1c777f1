// Packets that really vanish: clients, a router and a server in network namespaces, over the kernel's own TCP.
import { afterAll, describe, expect, it } from 'vitest'
import { createNetwork, missingForNetworks, type Network } from '../support/fault-network.ts'
import type { Peer, PeerOptions, Report } from '../support/fault-peer.ts'
import { spread, until } from '../support/scene.ts'

type ClientOptions = Omit<PeerOptions & { readonly role: 'client' }, 'role' | 'url'>

const missing = missingForNetworks()
if (missing !== null) {
  if (process.env.CI === 'true' && process.getuid?.() === 0)
    throw new Error(`${missing}; in CI nothing is skipped.`)
  console.warn(`SKIPPED: the tests on network namespaces. ${missing}.`)
}

const heartbeat = { interval: 1_000, timeout: 1_000 }
const last = (peer: Peer, client = 0): Report | undefined => peer.of(client).at(-1)
const isLive = (peer: Peer, client = 0): boolean =>
  last(peer, client)?.status === 'connected' && last(peer, client)?.freshness === 'live'
const only = (reports: readonly Report[], what: Report['what']): readonly Report[] =>
  reports.filter((report) => report.what === what)
const codes = (reports: readonly Report[]): unknown[] => only(reports, 'error').map(({ code }) => code)
/** The moment the link was given up. */
const leaving = (reports: readonly Report[]): Report | undefined =>
  reports.find(({ status }) => status !== 'connected')

describe.skipIf(missing !== null).concurrent('a network that', () => {
  const networks: Network[] = []
  afterAll(() => Promise.all(networks.map((network) => network.end())))

  const lay = (): Network => {
    const network = createNetwork()
    networks.push(network)
    return network
  }
  const connect = (network: Network, options: ClientOptions = {}, url = network.url): Promise<Peer> =>
    network.spawn('client', { role: 'client', url, ...options })
  /** A client that is live, before anything goes wrong. */
  const settle = async (
    options: ClientOptions = {},
    every = 0,
  ): Promise<readonly [network: Network, peer: Peer]> => {
    const network = lay()
    await network.spawn('server', { role: 'server', every })
    const peer = await connect(network, options)
    const all = Array.from({ length: options.count ?? 1 }, (_, client) => client)
    await until('live data', () => all.every((client) => isLive(peer, client)))
    return [network, peer]
  }

  it.each([
    ['refuses the port', () => undefined, undefined],
    ['says that there is no such host', (network: Network) => network.reject(), undefined],
    [
      'is not there, so that no name is known,',
      (network: Network) => network.unplug(),
      'ws://nowhere.example/ws',
    ],
  ])(
    '[G1 G4 G9 G10] (fault N1) %s is one failure an attempt, opens the circuit, and leaves polls',
    async (_how, prepare, url) => {
      const network = lay()
      prepare(network)
      const circuit = { failures: 4, after: 1_000, coolDown: 60_000 }
      const client = await connect(network, { connection: { reconnect: { circuit } }, loads: true }, url)
      await until('the circuit', () => last(client)?.status === 'suspended')
      await until('polls', () => last(client)?.freshness === 'polling')
      const reports = client.of(0)
      expect(new Set(codes(reports))).toEqual(new Set(['connect-failed']))
      expect(codes(reports)).toHaveLength(only(reports, 'open').length)
      expect(codes(reports).length).toBeGreaterThanOrEqual(4)
      expect(codes(reports).length).toBeLessThan(12)
    },
  )

  it('[G1 G4] (fault N2) swallows every SYN: given up in time, one socket at a time, and back when it heals', async () => {
    const network = lay()
    await network.spawn('server', { role: 'server' })
    network.drop('to-server')
    const client = await connect(network, { connection: { connectTimeout: 500 } })
    let most = 0
    await until('three attempts', () => {
      most = Math.max(most, network.sockets('syn-sent'))
      return codes(client.of(0)).length >= 3
    })
    expect(most).toBe(1)
    expect(new Set(codes(client.of(0)))).toEqual(new Set(['connect-timeout']))
    const times = only(client.of(0), 'open').map(({ at }) => at)
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    // The timeout, and at least 250 ms of waiting; the times are noted a moment late.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500 + 250 - 50)
    network.heal()
    await until('live data', () => isLive(client))
    expect(network.sockets('established')).toBe(1)
    expect(network.sockets('syn-sent')).toBe(0)
  })

  it.each([
    ['in both directions (fault N9)', ['to-server', 'to-client']],
    ['from the server (fault N10)', ['to-client']],
  ] as const)(
    '[G3 G15] loses everything %s is left in time, the quality before that, and nothing is live meanwhile',
    async (_what, paths) => {
      const [network, client] = await settle({ connection: { heartbeat, quality: { poor: 200 } } })
      await until('a latency', () => last(client)?.latency != null)
      network.drop(...paths)
      const lostAt = Date.now()
      // Own sends are no sign of life.
      client.tell({ send: 100, times: 3 })
      await until('the link to be left', () => leaving(client.of(0, lostAt)) !== undefined)
      const reports = client.of(0, lostAt)
      const left = leaving(reports)
      console.log(
        `packets dropped (${paths.join(', ')}), 1 s / 1 s: left after ${(left?.at ?? 0) - lostAt} ms`,
      )
      expect((left?.at ?? 0) - lostAt).toBeLessThanOrEqual(2_500)
      expect(codes(reports)[0]).toBe('heartbeat-timeout')
      const doubt = reports.find(
        ({ quality, status }) => status === 'connected' && quality === 'disconnected',
      )
      expect(doubt?.at).toBeLessThan(left?.at ?? 0)
      expect(left).toMatchObject({ status: 'reconnecting', quality: 'disconnected' })
      expect(reports.filter(({ at, freshness }) => at > (left?.at ?? 0) && freshness === 'live')).toEqual([])
      network.heal()
      await until('live data', () => isLive(client))
      await until('no other socket', () => network.sockets('established') === 1)
    },
  )

  it('[G3] (fault N11) loses what the client says: the kernel of the server, which hears no ACK, soon falls silent, and the link is left', async () => {
    const [network, client] = await settle({ connection: { heartbeat, quality: { poor: 200 } } }, 20)
    network.drop('to-server')
    const lostAt = Date.now()
    await until('the link to be left', () => leaving(client.of(0, lostAt)) !== undefined)
    const reports = client.of(0, lostAt)
    const pushed = only(reports, 'message').filter(({ at }) => at > lostAt + 100)
    console.log(`no ACK: ${pushed.length} more pushes, left after ${(leaving(reports)?.at ?? 0) - lostAt} ms`)
    expect(pushed.length).toBeGreaterThan(0)
    expect(codes(reports)).toEqual(['heartbeat-timeout'])
    expect((leaving(reports)?.at ?? 0) - lostAt).toBeLessThanOrEqual(5_000)
    network.heal()
    await until('live data', () => isLive(client))
  })

  it('[G3 G11] (fault N12) stalls for less than the bound: the burst is in order and whole, and the link is the same', async () => {
    const [network, client] = await settle(
      { connection: { heartbeat: { interval: 5_000, timeout: 5_000 } } },
      20,
    )
    await until('pushes', () => only(client.of(0), 'message').length > 5)
    network.drop('to-server', 'to-client')
    const before = only(client.of(0), 'message').length
    const stalledAt = Date.now()
    await until('a stall of a second', () => Date.now() - stalledAt > 1_000)
    expect(only(client.of(0, stalledAt + 300), 'message')).toEqual([])
    network.heal()
    await until('the burst', () => only(client.of(0), 'message').length > before + 60)
    const counts = only(client.of(0), 'message').map(({ count }) => count ?? 0)
    expect(counts).toEqual(counts.map((_, index) => (counts[0] ?? 0) + index))
    expect(only(client.of(0), 'open')).toHaveLength(1)
    expect(codes(client.of(0))).toEqual([])
  })

  it('[G3 G21] (fault N14) carries 2 kB/s: what waits in the socket is bounded, what does not fit is refused, and pings that wait behind it cost nothing but the quality', async () => {
    const slowly = { heartbeat: { interval: 2_000, timeout: 2_000 }, quality: { poor: 300 } }
    const [network, client] = await settle({ connection: slowly }, 250)
    await until('a latency', () => last(client)?.latency != null)
    network.limit('16kbit')
    const slowAt = Date.now()
    client.tell({ send: 4_000, times: 1_000 })
    await until('all outcomes', () => only(client.of(0), 'sent').length === 1_000)
    const sent = only(client.of(0), 'sent')
    expect(new Set(sent.map(({ code }) => code))).toEqual(new Set([null, 'queue-full']))
    expect(Math.max(...sent.map(({ count }) => count ?? 0))).toBeLessThanOrEqual(262_144 + 4_100)
    await until('pings to wait', () => last(client)?.quality === 'disconnected')
    await until('pushes over the slow line', () => only(client.of(0, slowAt), 'message').length > 24)
    network.limit('100mbit')
    await until('a latency as before', () => isLive(client) && last(client)?.quality !== 'disconnected')
    expect(only(client.of(0), 'open')).toHaveLength(1)
    expect(codes(client.of(0))).toEqual([])
  })

  it('[G3 G4] (fault N18) becomes another: the dead path is left within 4 s of the news, and all are live again in a median of 6 s', async () => {
    const count = 11
    const [network, client] = await settle({ count })
    network.move()
    const movedAt = Date.now()
    client.tell({ signal: 'changeNetwork' })
    const all = Array.from({ length: count }, (_, index) => index)
    await until('all to have left', () => all.every((index) => leaving(client.of(index, movedAt))))
    const left = all.map((index) => (leaving(client.of(index, movedAt))?.at ?? Infinity) - movedAt)
    await until('all to be live', () => all.every((index) => isLive(client, index)))
    const back = all.map((index) => {
      const reports = client.of(index, movedAt + (left[index] ?? 0))
      return (reports.find(({ freshness }) => freshness === 'live')?.at ?? Infinity) - movedAt
    })
    console.log(`another network: left after ${spread(left)}; live after ${spread(back)}`)
    expect(Math.max(...left)).toBeLessThanOrEqual(4_000)
    expect(back.sort((a, b) => a - b)[Math.floor(count / 2)]).toBeLessThanOrEqual(6_000)
    for (const index of all) {
      expect(only(client.of(index), 'open')).toHaveLength(2)
      expect(codes(client.of(index))).toEqual(['heartbeat-timeout'])
    }
  })
})
