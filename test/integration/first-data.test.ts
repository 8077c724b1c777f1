// The main job on real HTTP and a real socket: loaded first, then pushed, and polled while the socket is away.
import { describe, expect, it } from 'vitest'
import { createConnection, webSocket } from '../../src/index.ts'
import { createScene, recorded, until, type Queue, type Wire } from '../support/scene.ts'

describe.concurrent('a queue that is loaded, pushed and polled', () => {
  it('[A6 A7 G10a G15] takes one request, one socket and one notification for its first data, within a second', async (context) => {
    const scene = createScene(context)
    const server = await scene.server()
    const wires: Wire[] = []
    const requests: number[] = []
    const answers: number[] = []
    const startedAt = performance.now()
    let isStable = false
    const live = createConnection({
      url: server.url,
      transport: webSocket({ WebSocket: recorded(wires) }),
      reconnect: { minUptime: 600 },
      on: {
        trace: ({ event }) => (isStable ||= (event as { slot?: string } | undefined)?.slot === 'stable'),
      },
    })
    scene.onEnd(() => live.close())
    const queue = live.state<Queue>('queue', {
      async load({ signal }) {
        requests.push(performance.now())
        const answer = await fetch(`${server.httpUrl}/api/queue`, { signal })
        const data: unknown = await answer.json()
        answers.push(performance.now())
        return data
      },
    })
    const seen: Array<{ readonly freshness: string; readonly data: Queue | undefined; readonly at: number }> =
      []
    queue.subscribe(() => {
      const { freshness, data } = queue.getSnapshot()
      seen.push({ freshness, data, at: performance.now() })
    })
    await until('the socket to have held for longer than the grace of a load', () => isStable)
    expect(seen[0]?.at).toBeLessThan(startedAt + 1_000)
    expect(new Set(seen.map(({ data }) => data)).size).toBe(1)
    expect(seen.map(({ freshness }) => freshness)).toEqual(['polling', 'live'])
    expect(queue.getSnapshot().data).toEqual({ count: 0, process: server.pid })
    expect([requests.length, wires.length]).toEqual([1, 1])
    expect(wires[0]?.openedAt).toBeGreaterThanOrEqual(answers[0] ?? Infinity)
  })

  it('[G10 B1 B4 A6] is polled while the socket is refused, and pushed without a poll once there is one', async (context) => {
    const scene = createScene(context)
    const http = await scene.server({ every: 100 })
    const absent = await scene.server({ every: 100 })
    await absent.kill('SIGKILL')
    const requests: number[] = []
    const client = scene.client(absent.url)
    const queue = client.live.state<Queue>('polled', {
      message: 'queue',
      pollEvery: 1_000,
      async load({ signal }) {
        requests.push(performance.now())
        return (await fetch(`${http.httpUrl}/api/queue`, { signal })).json() as Promise<unknown>
      },
    })
    const values = new Set<number>()
    queue.subscribe(() => values.add(queue.getSnapshot().data?.count ?? -1))
    await until('a poll', () => values.size >= 2)
    expect(queue.getSnapshot()).toMatchObject({
      freshness: 'polling',
      source: 'poll',
      data: { process: http.pid },
    })
    expect(client.live.getSnapshot().status).toBe('connecting')
    const server = await scene.restart(absent)
    await until('pushes', () => queue.getSnapshot().data?.process === server.pid && values.size >= 5)
    const before = requests.length
    await until('as many pushes as there would be in two polls', () => values.size >= 25)
    expect(requests.length).toBe(before)
    expect(queue.getSnapshot()).toMatchObject({ freshness: 'live', source: 'push' })
  })
})
