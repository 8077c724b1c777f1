// Connections that are cut: within a message, after any byte, when idle, again and again.
import { describe, expect, it } from 'vitest'
import { createProxy, type FaultProxy, type ProxyOptions } from '../../src/testing/proxy.ts'
import type { SendOutcome } from '../../src/index.ts'
import { createAccount } from '../support/account.ts'
import { levelOne } from '../support/level-one.ts'
import { createScene, until, type Client, type Scene } from '../support/scene.ts'

const isLive = ({ queue }: Client): boolean => queue.getSnapshot().freshness === 'live'
const statusOf = ({ live }: Client): string => live.getSnapshot().status

async function proxyIn(scene: Scene, options: ProxyOptions): Promise<FaultProxy> {
  const proxy = await createProxy(options)
  scene.onEnd(() => proxy.close())
  return proxy
}

describe.concurrent('a connection', () => {
  it.for([
    ['(fault N7)', 'RST', 'reset'],
    ['(fault N8)', 'FIN', 'finish'],
  ] as const)(
    '[G1 G14 G15] %s that ends with %s within a message delivers nothing of it, and what it had is stale until it is proven',
    async ([, , ending], context) => {
      const scene = createScene(context)
      const server = await scene.server({ start: 7 })
      const proxy = await scene.proxy(server.url)
      const large = { type: 'queue', data: { count: 99, process: 0, more: 'x'.repeat(20_000) } }
      proxy.rule({ way: 'toClient', type: 'queue', times: 1, do: { inject: large } })
      proxy.cutAfter(8_000, 'toClient', ending)
      const client = scene.client(proxy.url, { protocol: levelOne })
      const heard: unknown[] = []
      client.live.on('message', ({ data }) => heard.push(data))
      await until('the loss', () => statusOf(client) === 'reconnecting')
      expect(proxy.events.map(({ what }) => what)).toContain('limit-reached')
      expect(client.statuses.at(-1)?.freshness).toBe('stale')
      expect(client.errors.map(({ context: facts }) => facts.closeCode)).toEqual([1006])
      proxy.cutAfter(null)
      await until('live data', () => isLive(client))
      const whole = { count: 7, process: server.pid }
      expect(heard).toEqual([whole, whole])
      expect(client.wires.map(({ frames }) => frames.filter(({ type }) => type === 'queue').length)).toEqual([
        1, 1,
      ])
      expect([client.overlaps(), client.queue.getSnapshot().data]).toEqual([0, whole])
    },
  )

  it('[G2 G18 G23] (fault N16) whose own bytes end after any number of them is made anew, and each send settles once, truthfully', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ start: 7 })
    let openings = 0
    const proxy = await proxyIn(scene, {
      target: server.url,
      onEvent: ({ what }) => (openings += what === 'opened' ? 1 : 0),
    })
    const whole = scene.client(proxy.url)
    await until('a whole one', () => isLive(whole))
    // The upgrade, client_ready and the first ping, and then nearly all of what is sent.
    const bytes = (proxy.connections[0]?.toTarget ?? 0) + 30
    expect(bytes).toBeGreaterThan(400)
    const clients: Client[] = []
    const outcomes: SendOutcome[][] = []
    for (let cut = 0; cut < bytes; cut += 5) {
      proxy.cutAfter(cut, 'toTarget', cut % 10 === 0 ? 'finish' : 'reset')
      const client = scene.client(proxy.url, { reconnect: { minUptime: 100 } })
      const settled: SendOutcome[] = []
      void client.live.send('note', { cut }, { ttl: 600_000 }).then((outcome) => settled.push(outcome))
      clients.push(client)
      outcomes.push(settled)
      // The limit holds for the connections made meanwhile.
      await until(
        'its connection',
        () => openings === clients.reduce((sum, { wires }) => sum + wires.length, 1),
      )
    }
    proxy.cutAfter(null)
    await until('all to be live', () =>
      clients.every((client) => client.usableAt(server.pid) && client.isStable()),
    )
    // Nothing was lost before it was written, so nothing failed; and what was written is not sent again.
    expect(outcomes).toEqual(clients.map(() => [{ ok: true, outcome: 'written' }]))
    expect(clients.map((client) => client.overlaps())).toEqual(clients.map(() => 0))
    expect(clients.every(({ wires }) => wires.length >= 2)).toBe(true)
    for (const { errors, queue } of clients) {
      expect(errors.every(({ context: facts }) => [1006, undefined].includes(facts.closeCode))).toBe(true)
      expect(queue.getSnapshot().data).toEqual({ count: 7, process: server.pid })
    }
  })

  it('[G3] (fault N17) that a middlebox cuts when it is idle is kept by a shorter heartbeat, and else made anew', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const [kept, lost] = [await scene.proxy(server.url), await scene.proxy(server.url)]
    for (const proxy of [kept, lost]) proxy.resetIdle(900)
    const beating = scene.client(kept.url, { heartbeat: { interval: 300, timeout: 300 } })
    const silent = scene.client(lost.url, { heartbeat: { interval: 60_000, timeout: 20_000 } })
    await until('two cuts, and the third link', () => silent.wires.length === 3 && isLive(silent))
    expect(lost.events.filter(({ what }) => what === 'idle')).toHaveLength(2)
    expect(silent.errors.map(({ context: facts }) => facts.closeCode)).toEqual([1006, 1006])
    expect(silent.statuses.map(({ status }) => status)).toEqual([
      'connecting',
      'connected',
      'reconnecting',
      'connected',
      'reconnecting',
      'connected',
    ])
    expect(silent.overlaps()).toBe(0)
    expect([beating.wires.length, beating.errors, kept.events.map(({ what }) => what)]).toEqual([
      1,
      [],
      ['listening', 'opened'],
    ])
  })

  it('[G4 G9] (fault N19) that flaps stays within its budget, tells two changes a flap, and leaks nothing', async (context) => {
    const scene = createScene(context)
    const server = await scene.server({ kind: 'plain' })
    const proxy = await scene.proxy(server.url)
    const account = createAccount()
    const budget = { attempts: 8, per: 2_000 }
    const client = scene.client(proxy.url, {
      runtime: account.runtime,
      reconnect: { budget, delay: () => 20, circuit: false },
    })
    let changes = 0
    client.live.subscribe(() => (changes += 1))
    await until('live data', () => isLive(client))
    const flaps = 12
    const timers: number[] = []
    for (let flap = 0; flap < flaps; flap += 1) {
      const tried = client.errors.length
      proxy.refuse()
      proxy.cut()
      await until('the loss and a refusal', () => client.errors.length >= tried + 2)
      await proxy.pass()
      await until('the next link', () => isLive(client))
      timers.push(account.timers())
    }
    expect(client.statuses.map(({ status }) => status)).toEqual([
      'connecting',
      'connected',
      ...Array.from({ length: flaps }, () => ['reconnecting', 'connected']).flat(),
    ])
    const at = client.wires.map(({ openedAt }) => openedAt)
    const most = Math.max(
      ...at.map((end) => at.filter((each) => each <= end && each > end - budget.per + 20).length),
    )
    expect(most).toBe(budget.attempts)
    expect(client.overlaps()).toBe(0)
    // As many timers after the last flap as after the first.
    expect(timers.at(-1)).toBe(timers[0])
    expect(account.listeners()).toBe(1)
    await until('one connection', () => proxy.connections.length === 1)
    client.live.close()
    expect([account.timers(), account.listeners()]).toEqual([0, 0])
    // What a subscriber hears is bounded, too: status, latency, the next attempt, a few per attempt.
    expect(changes).toBeLessThan(client.wires.length * 6)
  })
})
