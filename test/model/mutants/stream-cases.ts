// Named cases for streams at levels 2 and 3: what is asked for, what is told, how it ends. Each runs on its own and throws when it fails.
import assert from 'node:assert/strict'
import { createConnection, type Connection } from '../../../src/index.ts'
import { createAttempt } from '../../../src/server/attempt.ts'
import { createHub } from '../../../src/server/hub.ts'
import type { Link } from '../../../src/server/link.ts'
import { memoryBroker } from '../../../src/server/memory-broker.ts'
import { resolveServerOptions } from '../../../src/server/options.ts'
import { mockServer, virtualClock, type MockServer, type VirtualClock } from '../../../src/testing/index.ts'

async function connected(
  level: 2 | 3,
): Promise<{ readonly clock: VirtualClock; readonly server: MockServer; readonly live: Connection }> {
  const clock = virtualClock()
  const server = mockServer(clock, { latency: null })
  server.accepts({ level })
  const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
  live.connect()
  await clock.advanceAsync(10_000)
  return { clock, server, live }
}

const subscribes = (server: MockServer) => server.received.filter(({ type }) => type === 'rt.subscribe')

/** By name: what must not fail. */
export const streamCases: Readonly<Record<string, () => void | Promise<void>>> = {
  async '[G12 G14] what was before is asked for once, and what was missed from then on'() {
    for (const [level, since] of [
      [2, undefined],
      [3, { epoch: 'e1', offset: 1 }],
    ] as const) {
      const { clock, server, live } = await connected(level)
      live.stream('chat', { history: 5 }).on('message', () => undefined)
      await clock.advanceAsync(100)
      server.push('chat', 1)
      await clock.advanceAsync(100)
      server.closeAll(1012)
      await clock.advanceAsync(10_000)
      const [first, second] = subscribes(server)
      assert.deepEqual([first?.params, first?.since], [{ history: 5 }, undefined])
      assert.deepEqual([second?.params, second?.since], [undefined, since])
    }
  },

  async '[G14] after reset() nothing is continued'() {
    const { clock, server, live } = await connected(3)
    const items: unknown[] = []
    live.stream('chat').on('message', (item) => items.push(item))
    await clock.advanceAsync(100)
    server.push('chat', 'of the user before')
    await clock.advanceAsync(100)
    live.reset()
    await clock.advanceAsync(10_000)
    assert.equal(subscribes(server).at(-1)?.since, undefined)
    assert.equal(items.length, 1)
  },

  async '[G14] a gap is told, and shown'() {
    const { clock, server, live } = await connected(3)
    const chat = live.stream('chat')
    const gaps: unknown[] = []
    chat.on('gap', ({ since }) => gaps.push(since))
    chat.subscribe(() => undefined)
    await clock.advanceAsync(100)
    server.push('chat', 1)
    await clock.advanceAsync(100)
    server.closeAll(1012)
    server.restarts()
    await clock.advanceAsync(10_000)
    assert.deepEqual(gaps, [1])
    assert.deepEqual(chat.getSnapshot().gap, { since: 1, reason: 'not-recovered' })
  },

  async '[G8 B1] who iterates over a stream is told that it has ended'() {
    const { clock, server, live } = await connected(3)
    const got: unknown[] = []
    const reading = (async () => {
      for await (const item of live.stream('chat')) got.push(item)
      got.push('end')
    })()
    await clock.advanceAsync(100)
    server.push('chat', 1)
    await clock.advanceAsync(100)
    live.close()
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    assert.deepEqual(got, [1, 'end'])
    await reading
  },

  async '[G18 G20] who publishes hears it: what was asked for before leaves before'() {
    const { clock, server, live } = await connected(3)
    const heard: unknown[] = []
    live.stream('chat').on('message', (item) => heard.push(item))
    void live.stream('chat').publish('mine')
    await clock.advanceAsync(100)
    const types = server.received.map(({ type }) => type).filter((type) => type.startsWith('rt.'))
    assert.deepEqual(types, ['rt.subscribe', 'rt.publish'])
    assert.deepEqual(heard, ['mine'])
  },

  async '[C1a G14] the state that comes with an answer is no older than its position'() {
    const clock = virtualClock()
    const options = resolveServerOptions({ runtime: { clock, random: () => 0.5 } })
    const broker = memoryBroker({ clock, random: () => 0.5 })
    const offsets: unknown[] = []
    const user = { id: 'ann' }
    const link: Link = {
      id: 'l1',
      stats: () => assert.fail('nobody asks'),
      flushed: () => Promise.resolve(),
      dispatch: (event) => event.type === 'joined' && offsets.push(event.past.top.offset),
    }
    const hub = createHub({
      options,
      broker,
      ...createAttempt(options),
      mayRead: () => true,
      userOf: () => user,
      // The state is read, and then something is published.
      stateOf: () => broker.publish('a', '"news"').then(() => '"before"'),
    })
    hub.subscribe(link, { type: 'subscribe', channel: 'a', ref: 's1', since: null, limit: 0, user })
    await clock.advanceAsync(100)
    assert.deepEqual(offsets, [0])
    hub.close()
  },
}
