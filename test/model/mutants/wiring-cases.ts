// Named cases for how a connection is wired, where no life of the simulation shows it. Each runs on its own and throws when it fails.
import assert from 'node:assert/strict'
import { createConnection, type ConnectionOptions } from '../../../src/index.ts'
import { backoff } from '../../../src/machine/backoff.ts'
import { mockServer, virtualClock } from '../../../src/testing/index.ts'
import type { Transport } from '../../../src/transports/transport.ts'

function start(options: Partial<ConnectionOptions> = {}) {
  const clock = virtualClock()
  const server = mockServer(clock, { latency: null })
  const { transport, runtime } = server
  return { clock, server, live: createConnection({ url: '/ws', transport, runtime, ...options }) }
}

/** By name: what must not fail. */
export const wiringCases: Readonly<Record<string, () => void | Promise<void>>> = {
  async '[A5] what waits for a connection is interest in one, until it waits no more'() {
    const begins: ((live: ReturnType<typeof start>['live']) => void)[] = [
      (live) => void live.ready(),
      (live) => void live.send('note', 1, { ttl: 10_000 }),
      (live) => void live.state('queue', { load: () => 1 }).refresh(),
      (live) => live.state('queue').subscribe(() => undefined)(),
    ]
    for (const begin of begins) {
      const { clock, server, live } = start()
      begin(live)
      await clock.advanceAsync(2_500)
      assert.equal(server.open, 1)
      await clock.advanceAsync(10_000)
      assert.equal(live.getSnapshot().status, 'idle')
      assert.deepEqual([server.open, clock.pending], [0, 0])
    }
  },

  async '[INV-16] (fault R2) a full socket is not written to, and looked at until it has drained'() {
    const { clock, server } = start()
    let waiting = 0
    const transport: Transport = {
      ...server.transport,
      open(context, events) {
        const link = server.transport.open(context, events)
        return {
          send: link.send,
          close: link.close,
          get bufferedBytes() {
            return waiting
          },
        }
      },
    }
    const live = createConnection({ url: '/ws', transport, runtime: server.runtime, sendWatermark: 1_000 })
    live.connect()
    await clock.advanceAsync(6_000)
    waiting = 1_001
    void live.send('note', 1, { ttl: 10_000 })
    const notes = (): number => server.received.filter(({ type }) => type === 'note').length
    await clock.advanceAsync(500)
    assert.equal(notes(), 0)
    waiting = 0
    await clock.advanceAsync(500)
    assert.equal(notes(), 1)
  },

  async '[G8 G7] an address that comes after the end asks for nothing more'() {
    let give: (url: string) => void = () => undefined
    let asked = 0
    const url = (): Promise<string> => new Promise((resolve) => (give = resolve))
    const { clock, live } = start({ url, auth: () => ++asked })
    live.connect()
    await clock.advanceAsync(0)
    live.close()
    give('/ws')
    await clock.advanceAsync(1_000)
    assert.equal(asked, 0)
  },

  async '[G15] (fault B5) what was polled before a long sleep is not fresh after it'() {
    const { clock, server, live } = start({ protocol: 'rt' })
    server.refuses()
    const queue = live.state('queue', { load: () => 1 })
    queue.subscribe(() => undefined)
    await clock.advanceAsync(5_000)
    assert.equal(queue.getSnapshot().freshness, 'polling')
    clock.sleep(3_600_000)
    server.page.resume()
    assert.equal(queue.getSnapshot().freshness, 'stale')
  },

  async '[G10] (fault B1) a hidden page does not poll, and polls once when it is seen again'() {
    const { clock, server, live } = start()
    let loads = 0
    server.refuses()
    live.state('queue', { load: () => ++loads }).subscribe(() => undefined)
    await clock.advanceAsync(5_000)
    server.page.hide()
    const before = loads
    await clock.advanceAsync(120_000)
    assert.equal(loads, before)
    server.page.show()
    await clock.advanceAsync(1)
    assert.equal(loads, before + 1)
  },

  async '[G3 G15] (fault S7) a plain server that answers no ping is doubted when it is silent, and trusted when it speaks'() {
    const { clock, server, live } = start()
    server.accepts({ level: 0, pongs: false })
    const queue = live.state('queue', { pollEvery: false })
    queue.subscribe(() => undefined)
    await clock.advanceAsync(6_000)
    server.push('queue', 1)
    assert.equal(queue.getSnapshot().freshness, 'live')
    await clock.advanceAsync(60_000)
    assert.equal(queue.getSnapshot().freshness, 'stale')
    server.push('other', 1)
    assert.equal(live.getSnapshot().status, 'connected')
    server.push('queue', 1)
    assert.equal(queue.getSnapshot().freshness, 'live')
  },

  async '[G18 G19] what waits leaves in the order of the calls, and not after its time'() {
    const { clock, server, live } = start()
    server.hangs()
    const outcomes: string[] = []
    for (const [data, ttl] of [
      [1, 60_000],
      [2, 2_000],
      [3, 60_000],
    ] as const)
      void live.send('note', data, { ttl }).then((outcome) => outcomes.push(`${data} ${outcome.outcome}`))
    await clock.advanceAsync(2_000)
    assert.deepEqual(outcomes, ['2 failed'])
    server.accepts()
    await clock.advanceAsync(20_000)
    assert.deepEqual(outcomes, ['2 failed', '1 written', '3 written'])
    const notes = server.received.filter(({ type }) => type === 'note')
    assert.deepEqual(
      notes.map(({ data }) => data),
      [1, 3],
    )
  },

  async '[G16 INV-19] (fault P17) the failure of a load that was given up is nobody’s news'() {
    const { clock, live } = start()
    const fails: ((error: Error) => void)[] = []
    const errors: string[] = []
    live.on('error', ({ code }) => errors.push(code))
    const load = (): Promise<number> => new Promise((_resolve, reject) => fails.push(reject))
    live.state('queue', { load, loadTimeout: 5_000 }).subscribe(() => undefined)
    await clock.advanceAsync(8_000)
    const told = errors.length
    assert.ok(told > 0 && fails.length > 1)
    fails[0]?.(new Error('late'))
    await clock.advanceAsync(0)
    assert.equal(errors.length, told)
  },

  async '[G8 A10] close() aborts the load under way'() {
    const { clock, live } = start()
    const signals: AbortSignal[] = []
    const load = ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
      signals.push(signal)
      return new Promise(() => undefined)
    }
    live.state('queue', { load }).subscribe(() => undefined)
    await clock.advanceAsync(100)
    live.close()
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true],
    )
  },

  async '[G13 A7] what load gave belongs to the app: nothing is written into it'() {
    const { clock, live } = start()
    const answers = [1, 2].map((size) => ({ size, owner: { id: 7 } }))
    const owners = answers.map(({ owner }) => owner)
    let loads = 0
    const queue = live.state('queue', { load: () => answers[Math.min(loads++, 1)] })
    queue.subscribe(() => undefined)
    await clock.advanceAsync(100)
    void queue.refresh()
    await clock.advanceAsync(100)
    assert.deepEqual(queue.getSnapshot().data, answers[1])
    assert.ok(answers.every(({ owner }, index) => owner === owners[index]))
  },

  '[G4] (fault S5) who had a connection draws the moment of coming back anew, who had none keeps it'() {
    const wait = (connected: boolean, random: number): number =>
      backoff({ local: false, connected, window: 2_000, failures: 2, outage: 0, random }, 30_000, null)
    assert.equal(wait(false, 0), wait(false, 0.9))
    assert.notEqual(wait(true, 0), wait(true, 0.9))
  },

  async '[G15] (fault B2) a page that runs again shows nothing as live before the link has answered'() {
    const { clock, server, live } = start()
    const queue = live.state('queue')
    queue.subscribe(() => undefined)
    await clock.advanceAsync(2_000)
    server.push('queue', 1)
    assert.equal(queue.getSnapshot().freshness, 'live')
    server.goesSilent()
    server.page.freeze()
    server.page.resume()
    assert.notEqual(queue.getSnapshot().freshness, 'live')
  },
}
