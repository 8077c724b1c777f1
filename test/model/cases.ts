// Named cases for what the explorations do not reach: the driver, time, data, frames. Each runs on its own and throws when it fails.
import assert from 'node:assert/strict'
import { share } from '../../src/diff/share.ts'
import {
  createConnection,
  createGate,
  type Clock,
  type Connection,
  type ConnectionOptions,
} from '../../src/index.ts'
import { createTimeline } from '../../src/lib/timeline.ts'
import { classifyClose, parseReason } from '../../src/protocol/close-codes.ts'
import { rt } from '../../src/protocol/protocol.ts'
import {
  mockServer,
  seededRandom,
  virtualClock,
  type MockServer,
  type VirtualClock,
} from '../../src/testing/index.ts'
import { handoverCases } from './mutants/handover-cases.ts'
import { recoveryCases } from './mutants/recovery-cases.ts'
import { streamCases } from './mutants/stream-cases.ts'
import { tellingCases } from './mutants/telling-cases.ts'
import { wiringCases } from './mutants/wiring-cases.ts'
import { serverCases } from './session/cases.ts'
import { changed, partsOf, sharesAllIt, shuffled, tree } from './trees.ts'

/** By name: what must not fail. */
export const cases: Readonly<Record<string, () => void | Promise<void>>> = {
  ...serverCases,
  ...recoveryCases,
  ...tellingCases,
  ...handoverCases,
  ...streamCases,
  ...wiringCases,

  '[G1 INV-2] (fault B20) what a link says after it was left is not heard'() {
    const { clock, server, live } = connected()
    const heard: unknown[] = []
    live.on('message', ({ data }) => heard.push(data))
    server.closesLate(60_000)
    server.goesSilent()
    clock.advance(30_000)
    server.push('news', 1)
    server.resumesTalking()
    clock.advance(70_000)
    assert.deepEqual(heard, [1])
  },

  '[G1 M5] a link that is left is closed'() {
    const { clock, server, live } = connected()
    server.goesSilent()
    server.hangs()
    clock.advance(21_000)
    assert.notEqual(live.getSnapshot().status, 'connected')
    assert.ok(server.links.length <= 1)
  },

  '[G3 M9] deadlines are met when something arrives, however late the timers are'() {
    const { clock, server } = connected()
    const pings = (): number => server.received.filter(({ type }) => type === 'ping').length
    const before = pings()
    clock.block(16_000)
    server.push('news', 1)
    assert.equal(pings(), before + 1)
  },

  async '[G3 G15] (fault B5) after sleep nothing is live until the link has answered'() {
    const { clock, server, live } = start()
    const queue = live.state('queue')
    server.accepts({ greet: (link) => link.push('queue', 1) })
    queue.subscribe(() => undefined)
    await clock.advanceAsync(1_000)
    assert.equal(queue.getSnapshot().freshness, 'live')
    server.goesSilent()
    clock.sleep(3_600_000)
    server.page.changeNetwork()
    assert.notEqual(queue.getSnapshot().freshness, 'live')
  },

  '[G3] (fault C2) time never goes backwards'() {
    let reading = 1_000
    const clock: Clock = {
      now: () => 0,
      monotonic: () => reading,
      setTimeout: () => 0,
      clearTimeout: () => undefined,
    }
    const timeline = createTimeline(clock)
    reading = 1_100
    assert.equal(timeline.now(), 100)
    reading = 1_050
    assert.equal(timeline.now(), 100)
    reading = 1_060
    assert.equal(timeline.now(), 110)
  },

  '[A7 G13] what is equal keeps its reference, and nothing else does'() {
    const random = seededRandom(7)
    for (let round = 0; round < 3_000; round++) {
      const previous = tree(random, 3)
      const next = random() < 0.3 ? shuffled(previous) : changed(previous, random)
      const copy = structuredClone(next)
      const parts = partsOf(next)
      const result = share(previous, next)
      assert.deepEqual(result, copy)
      assert.deepEqual(next, copy)
      assert.ok(
        partsOf(next).every((part, at) => part === parts[at]),
        'what was given was written to',
      )
      sharesAllIt(previous, result)
    }
  },

  '[G23 M13] a key of the prototype stays a key'() {
    const hostile = (deep: number): unknown =>
      JSON.parse(`{"a":{"__proto__":{"x":[${deep}]},"b":[1]},"c":${deep}}`)
    const result = share(hostile(1), hostile(2))
    assert.equal(JSON.stringify(result), JSON.stringify(hostile(2)))
    assert.equal(({} as { x?: unknown }).x, undefined)
    const bare = share({}, JSON.parse('{"__proto__":{},"d":1}') as object)
    const own = Object.getOwnPropertyDescriptor(bare, '__proto__')?.value as unknown
    assert.notEqual(own, Object.prototype)
  },

  '[G2a] (fault P14) before server_ready only three types are special'() {
    const { decode } = rt('auto')
    const away = JSON.stringify({ type: 'rt.go_away', code: 'deploy' })
    assert.equal(decode(away, 0).kind, 'message')
    assert.equal(decode(away, 1).kind, 'away')
    const ready = JSON.stringify({ type: 'server_ready', v: 1 })
    assert.equal(decode(ready, null).kind, 'ready')
    assert.equal(decode(ready, 0).kind, 'message')
  },

  '[G5 M10] a duration from the wire is clamped to a day, or is none'() {
    const { decode } = rt('auto')
    const min = (value: unknown): unknown => {
      const frame = decode(JSON.stringify({ type: 'rt.go_away', reconnect: { min: value } }), 1)
      return frame.kind === 'away' && frame.min
    }
    assert.deepEqual([1e12, 86_400_000, -5, 'soon', null].map(min), [86_400_000, 86_400_000, 500, 500, 500])
    assert.deepEqual(parseReason('retry_after=999999999999;spread=1'), { min: 86_400_000, spread: 1 })
  },

  '[G6] (fault P11) close codes mean what the protocol says'() {
    const words: Readonly<Record<number, string>> = {
      1000: 'backoff',
      1006: 'backoff',
      1012: 'spread',
      1013: 'long',
      4300: 'fatal',
    }
    const more = {
      4399: 'fatal',
      4400: 'twice',
      4401: 'refresh',
      4403: 'fatal',
      4409: 'fatal',
      4429: 'long',
      65_535: 'backoff',
    }
    for (const [code, kind] of Object.entries({ ...words, ...more }))
      assert.equal(classifyClose(Number(code)), kind, code)
  },

  '[INV-17] (fault P12) a ping is answered, ten times a second at most; a pong never'() {
    const { clock, server } = connected()
    server.forget()
    for (let count = 0; count < 50; count++) server.send('{"type":"ping","timestamp":1}')
    const pongs = (): number => server.received.filter(({ type }) => type === 'pong').length
    assert.equal(pongs(), 10)
    clock.advance(1_000)
    server.send('{"type":"ping","timestamp":2}')
    assert.equal(pongs(), 11)
    for (let count = 0; count < 5; count++) server.send('{"type":"pong","timestamp":1}')
    assert.equal(pongs(), 11)
    assert.equal(server.open, 1)
  },

  '[A3 G10b] two connect at once, the most important first, and each gives its place back'() {
    const clock = virtualClock()
    const server = mockServer(clock)
    server.latency(150)
    const gate = createGate({ concurrent: 2, spacing: 100 })
    const order: string[] = []
    const all = [3, 1, 2, 0].map((priority) => {
      const on = {
        status: ({ status }: { readonly status: string }): void => {
          if (status === 'connected') order.push(`${priority}`)
        },
      }
      return createConnection({
        url: '/ws',
        transport: server.transport,
        runtime: server.runtime,
        gate,
        priority,
        on,
      })
    })
    for (const live of all) live.connect()
    let most = 0
    for (let ms = 0; ms < 3_000; ms += 10) {
      clock.advance(10)
      most = Math.max(most, server.connecting)
    }
    assert.deepEqual(order, ['0', '1', '2', '3'])
    assert.equal(most, 2)
    for (const live of all) live.close()
  },

  async '[G18 B1] a send settles exactly once, and leaves once'() {
    const { clock, server, live } = connected()
    const outcomes: string[] = []
    const take = (outcome: { readonly outcome: string }): void => void outcomes.push(outcome.outcome)
    void live.send('note', 1).then(take)
    void live.send('note', 2).then(take)
    await clock.advanceAsync(1_000)
    assert.deepEqual(outcomes, ['written', 'written'])
    assert.deepEqual(
      server.received.filter(({ type }) => type === 'note').map(({ data }) => data),
      [1, 2],
    )
    live.disconnect()
    void live.send('note', 3).then(take)
    await clock.advanceAsync(1_000)
    assert.deepEqual(outcomes, ['written', 'written', 'failed'])
  },

  async '[A10 G8] close() leaves no timer, no link and nothing to come'() {
    for (const at of [0, 10, 200, 5_000, 40_000]) {
      const { clock, server, live } = start()
      server.latency(50)
      if (at === 40_000) server.refuses()
      let told = 0
      const queue = live.state('queue', { load: () => new Promise(() => undefined) })
      queue.subscribe(() => told++)
      live.connect()
      await clock.advanceAsync(at)
      live.close()
      const before = told
      server.push('queue', 1)
      await clock.advanceAsync(1_000)
      assert.equal(server.open, 0)
      assert.equal(clock.pending, 0)
      assert.equal(told, before)
      assert.equal(live.getSnapshot().status, 'closed')
    }
  },

  async '[G16] changes that arrive during a load are applied onto its answer, in order'() {
    const { clock, server, live } = connected()
    let answer: (list: readonly number[]) => void = () => undefined
    const load = (): Promise<readonly number[]> => new Promise((resolve) => (answer = resolve))
    const onMessage = (list: readonly number[] | undefined, item: unknown): readonly number[] => [
      ...(list ?? []),
      item as number,
    ]
    const list = live.state<readonly number[]>('item', { load, onMessage })
    list.subscribe(() => undefined)
    server.push('item', 2)
    server.push('item', 3)
    answer([1])
    await clock.advanceAsync(0)
    assert.deepEqual(list.getSnapshot().data, [1, 2, 3])
    assert.equal(list.getSnapshot().freshness, 'live')
  },

  async '[A7 G13] the same value again tells nobody; an update is shown until the next confirmed state'() {
    const { clock, server, live } = connected()
    const queue = live.state<{ length: number; first: { id: number } }>('queue')
    let told = 0
    queue.subscribe(() => told++)
    server.push('queue', { length: 1, first: { id: 1 } })
    const { data } = queue.getSnapshot()
    server.push('queue', { first: { id: 1 }, length: 1 })
    assert.equal(told, 1)
    queue.update((all) => ({ ...all, length: 9 }))
    assert.equal(queue.getSnapshot().data?.length, 9)
    server.push('queue', { length: 1, first: { id: 1 } })
    assert.equal(queue.getSnapshot().data?.length, 1)
    assert.equal(queue.getSnapshot().data?.first, data?.first)
    await clock.advanceAsync(0)
  },
}

interface Rig {
  readonly clock: VirtualClock
  readonly server: MockServer
  readonly live: Connection
}

function start(options: Partial<ConnectionOptions> = {}): Rig {
  const clock = virtualClock()
  const server = mockServer(clock, { latency: null })
  const live = createConnection({
    url: '/ws',
    transport: server.transport,
    runtime: server.runtime,
    ...options,
  })
  return { clock, server, live }
}

function connected(): Rig {
  const rig = start()
  rig.live.connect()
  rig.clock.advance(6_000)
  assert.equal(rig.live.getSnapshot().status, 'connected')
  return rig
}
