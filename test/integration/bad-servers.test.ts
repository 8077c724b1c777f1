// Servers and paths that are worse than absent, one client and fifty: what becomes of the attempts, and who is back afterwards.
import { describe, expect, it } from 'vitest'
import { exponential, systemRuntime } from '../../src/index.ts'
import { createScene, spread, until, type Client } from '../support/scene.ts'

const isBack = ({ live, queue }: Client): boolean =>
  live.getSnapshot().status === 'connected' && queue.getSnapshot().freshness === 'live'
const statusOf = ({ live }: Client): string => live.getSnapshot().status

/** From one attempt to the next. */
const gapsOf = ({ wires }: Client): number[] =>
  wires.slice(1).map(({ openedAt }, index) => openedAt - (wires[index]?.openedAt ?? 0))

/** The most attempts in any span of that length. */
const mostWithin = ({ wires }: Client, span: number): number =>
  Math.max(
    ...wires.map(
      ({ openedAt: end }) => wires.filter(({ openedAt: at }) => at <= end && at > end - span).length,
    ),
  )

/** One link at a time, and without a server's window no attempt sooner than 250 ms after the last. */
function expectPatience(clients: readonly Client[]): void {
  expect(clients.map((client) => client.overlaps())).toEqual(clients.map(() => 0))
  expect(Math.min(...clients.flatMap(gapsOf))).toBeGreaterThan(245)
}

describe.concurrent('a server that accepts and then closes', () => {
  it('[G4 G9 A14 S5] is tried ever more rarely: being accepted is no success', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'accept-close' })
    const client = scene.client(server.url, { reconnect: { delay: exponential({ base: 50 }) } })
    await until('seven attempts', () => client.wires.length === 7)
    const gaps = gapsOf(client)
    // Half of the doubled wait at least: so each gap is longer than the one before, whatever chance gave.
    gaps.forEach((gap, index) => expect(gap).toBeGreaterThan(25 * 2 ** index - 5))
    expect(client.statuses.map(({ status }) => status)).toEqual(['connecting'])
    for (const { code, context } of client.errors)
      expect([code, context.closeCode]).toEqual(['closed-by-server', 1011])
  })

  it('[G4 A14 S5] is left alone for up to half of the outage, which all that accepting does not end', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'accept-close' })
    const client = scene.client(server.url, { runtime: { ...systemRuntime, random: () => 0.999 } })
    await until('six attempts', () => client.wires.length === 6)
    const first = client.wires[0]?.openedAt ?? 0
    gapsOf(client).forEach((gap, index) => {
      const outage = (client.wires[index]?.openedAt ?? 0) - first
      expect(gap).toBeGreaterThan(0.998 * Math.max(1_000, outage / 2) - 10)
    })
  })

  it('[G4 B3 S5] gets no more than the budget allows from 50 clients, which are all back once it is a good one', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'accept-close' })
    const budget = { attempts: 5, per: 6_000 }
    const clients = scene.clients(50, server.url, { reconnect: { budget, delay: () => 250 } })
    await until('all to have spent it', () => clients.every(({ wires }) => wires.length === budget.attempts))
    const spentAt = performance.now()
    await until('all to wait', () =>
      clients.every(({ live }) => (live.getSnapshot().retryAt ?? 0) - Date.now() > 3_000),
    )
    expect(performance.now() - spentAt).toBeLessThan(1_000)
    const good = await scene.restart(server, { kind: 'level1' })
    await until('all to be back', () => clients.every(isBack))
    for (const client of clients)
      expect(mostWithin(client, budget.per - 50)).toBeLessThanOrEqual(budget.attempts)
    expectPatience(clients)
    expect(clients.every((client) => client.usableAt(good.pid))).toBe(true)
  })
})

describe.concurrent.each([1, 50])('%i clients', (count) => {
  it('[G1 G4 B3 D4 N1] count a refused port as one failure each, and are back within max(1 s, outage / 2) + 500 ms', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'plain' })
    await server.kill('SIGKILL')
    const startedAt = performance.now()
    const clients = scene.clients(count, server.url)
    await until('four refusals', () => clients.every(({ errors }) => errors.length >= 4))
    const next = await scene.restart(server)
    const outage = next.listeningAt - startedAt
    await until('all to be back', () => clients.every(isBack))
    const times = clients.map((client) => (client.usableAt(next.pid) ?? Infinity) - next.listeningAt)
    console.log(`refused for ${Math.round(outage)} ms, ${count} plain: usable after ${spread(times)}`)
    expect(Math.max(...times)).toBeLessThanOrEqual(Math.max(1_000, outage / 2) + 500)
    for (const { errors, wires } of clients) {
      expect(errors.length).toBe(wires.length - 1)
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['connect-failed']))
    }
    expectPatience(clients)
  })

  it('[G1 G4 B3 M5 N3] give a handshake that hangs up in time, close its socket and try again', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    await proxy.hang()
    const clients = scene.clients(count, proxy.url, { connectTimeout: 400 })
    await until('three attempts each', () => clients.every(({ errors }) => errors.length >= 3))
    for (const { errors } of clients)
      expect(errors.every(({ code }) => code === 'connect-timeout')).toBe(true)
    // Those given up are gone at the other end, too: what hangs there is at most one each.
    await until('the ends', () => proxy.connections.length <= count)
    await proxy.pass()
    await until('all to be back', () => clients.every(isBack))
    await until('no more than theirs', () => proxy.connections.length === count)
    for (const client of clients) {
      expect(client.statuses.map(({ status }) => status)).toEqual(['connecting', 'connected'])
      gapsOf(client).forEach((gap) => expect(gap).toBeGreaterThan(400 + 245))
    }
    expectPatience(clients)
  })

  it('[G1 G3 G4 G15 A2 B3 M4 N2 N9] leave a black hole in time, without waiting for its close, and are back when it heals', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const proxy = await scene.proxy(server.url)
    const heartbeat = { interval: 1_000, timeout: 1_000 }
    const clients = scene.clients(count, proxy.url, { heartbeat, connectTimeout: 500 })
    await until('all to be live', () => clients.every(isBack))
    const lostAt = performance.now()
    await proxy.blackHole()
    await until('all to have left', () => clients.every((client) => statusOf(client) === 'reconnecting'))
    const times = clients.map(({ statuses }) => (statuses.at(-1)?.at ?? Infinity) - lostAt)
    console.log(`black hole, heartbeat 1 s / 1 s, ${count}: left after ${spread(times)}`)
    expect(Math.max(...times)).toBeLessThanOrEqual(2_500)
    expect(clients.every(({ statuses }) => statuses.at(-1)?.freshness === 'stale')).toBe(true)
    await until('an attempt in the hole', () =>
      clients.every(({ errors }) => errors.at(-1)?.code === 'connect-timeout'),
    )
    const healedAt = performance.now()
    await proxy.heal()
    await until('all to be back', () => clients.every(isBack))
    console.log(`healed, ${count}: all back after ${Math.round(performance.now() - healedAt)} ms`)
    await until('no more than theirs', () => proxy.connections.length === count)
    for (const client of clients) {
      expect(client.overlaps()).toBe(0)
      expect(client.wires.length).toBeLessThanOrEqual(2 + (performance.now() - lostAt) / 500)
      expect(client.statuses.map(({ status }) => status)).toEqual([
        'connecting',
        'connected',
        'reconnecting',
        'connected',
      ])
    }
  })
})
