// A server that is killed and comes back, again and again: how soon its clients have live data.
import { describe, expect, it } from 'vitest'
import { createScene, spread, until, type Client } from '../support/scene.ts'

const windowOf = ({ wires }: Client): number => {
  const ready = wires.flatMap(({ frames }) => frames).find(({ type }) => type === 'server_ready')
  return (ready as unknown as { reconnect: { window: number } }).reconnect.window
}

describe('a server that is killed and started again', () => {
  it('[D4 G1 G4 A14 C1a] has its client back within window + 400 ms of listening, 20 times (fault S1)', async (context) => {
    const scene = createScene(context)
    let server = await scene.server()
    const client = scene.client(server.url, { reconnect: { minUptime: 100 } })
    const times: number[] = []
    const gaps: number[] = []
    for (let round = 0; round < 20; round++) {
      await until(
        'the outage to be over',
        () => client.usableAt(server.pid) !== undefined && client.isStable(),
      )
      await server.kill('SIGKILL')
      await until('the loss', () => client.live.getSnapshot().status !== 'connected')
      const before = client.wires.length
      // Every fifth outage lasts some attempts longer.
      if (round % 5 === 4) await until('two refusals', () => client.wires.length >= before + 2)
      server = await scene.restart(server)
      await until('live data', () => client.usableAt(server.pid) !== undefined)
      times.push((client.usableAt(server.pid) ?? Infinity) - server.listeningAt)
      const opens = client.wires.slice(before).map(({ openedAt }) => openedAt)
      gaps.push(...opens.slice(1).map((at, index) => at - (opens[index] ?? 0)))
    }
    console.log(`kill -9 and restart, one client: usable after ${spread(times)}`)
    expect(windowOf(client)).toBe(500)
    expect(Math.max(...times)).toBeLessThanOrEqual(windowOf(client) + 400)
    // After the random phase of the first, an attempt each window: what keeps a herd apart.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(499)
    expect(gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]).toBeLessThan(600)
    expect(client.overlaps()).toBe(0)
    expect(client.wires.length).toBeLessThanOrEqual(120)
  })

  it('[D4 G4 B3] has 50 clients back within window + 400 ms of listening, each by few attempts (fault S1)', async (context) => {
    const scene = createScene(context)
    let server = await scene.server()
    const clients = scene.clients(50, server.url, { reconnect: { minUptime: 100 } })
    const times: number[] = []
    for (let round = 0; round < 3; round++) {
      await until('all to be stable', () =>
        clients.every((client) => client.usableAt(server.pid) && client.isStable()),
      )
      const before = clients.map(({ wires }) => wires.length)
      const killedAt = performance.now()
      server = await scene.restart(server)
      await until('all to have live data', () => clients.every((client) => client.usableAt(server.pid)))
      const attempts = clients.map(({ wires }, index) => wires.length - (before[index] ?? 0))
      const outage = server.listeningAt - killedAt
      // One at a random phase in the window, then one each window.
      expect(Math.max(...attempts)).toBeLessThanOrEqual(3 + Math.ceil(outage / 500))
      times.push(...clients.map((client) => (client.usableAt(server.pid) ?? Infinity) - server.listeningAt))
    }
    console.log(`kill -9 and restart, 50 clients: usable after ${spread(times)}`)
    expect(Math.max(...times)).toBeLessThanOrEqual(900)
    expect(clients.map((client) => client.overlaps())).toEqual(clients.map(() => 0))
  })
})
