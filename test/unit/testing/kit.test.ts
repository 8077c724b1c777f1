// The test kit as a user of the library meets it: a connection, a server and a clock.
import { describe, expect, it } from 'vitest'
import { createConnection } from '../../../src/index.ts'
import { mockServer, virtualClock } from '../../../src/testing/index.ts'

describe('the test kit', () => {
  it('[E4 E1] plays a script from top to bottom: data, a drop, a reconnect', () => {
    const clock = virtualClock()
    const server = mockServer(clock)
    const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
    const statuses: string[] = []
    live.on('status', ({ status }) => statuses.push(status))
    const queue = live.state<{ length: number }>('queue')
    queue.subscribe(() => undefined)
    server.accepts()
    server.push('queue', { length: 3 })
    server.dropsAfter(3000)
    clock.advance(2000)
    expect([live.getSnapshot().status, queue.getSnapshot().data]).toEqual(['connected', { length: 3 }])
    expect([queue.getSnapshot().freshness, server.links[0]?.url]).toEqual(['live', 'wss://app.test/ws'])
    clock.advance(18_000)
    expect(server.attempts).toBeGreaterThan(2)
    expect(statuses).toContain('reconnecting')
    live.close()
    expect([clock.pending, server.open, server.connecting, server.page.listeners]).toEqual([0, 0, 0, 0])
  })

  it('[E4] plays the same script the same way for a seed', () => {
    const play = (seed: number): string[] => {
      const clock = virtualClock()
      const server = mockServer(clock, { seed, latency: 20 })
      const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
      const seen: string[] = []
      live.on('status', ({ status, snapshot }) => seen.push(`${clock.now()} ${status} ${snapshot.retryAt}`))
      live.connect()
      server.refuses()
      clock.advance(30_000)
      server.accepts({ window: 500 })
      clock.advance(30_000)
      server.closeAll(1012)
      clock.advance(30_000)
      live.close()
      return seen
    }
    expect(play(1)).toEqual(play(1))
    expect(play(1)).not.toEqual(play(2))
  })
})
