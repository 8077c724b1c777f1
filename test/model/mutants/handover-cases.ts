// Named cases for the hand-over after rt.go_away and for new credentials on an open link. Each runs on its own and throws when it fails.
import assert from 'node:assert/strict'
import { createConnection, type Connection, type ConnectionOptions } from '../../../src/index.ts'
import {
  mockServer,
  virtualClock,
  type MockLink,
  type MockServer,
  type VirtualClock,
} from '../../../src/testing/index.ts'

interface Stage {
  readonly clock: VirtualClock
  readonly server: MockServer
  readonly live: Connection
}

/** Connected at that level, 50 ms from the server. */
async function connected(
  level: 2 | 3,
  options: Partial<ConnectionOptions> = {},
  prepare: (server: MockServer) => void = (server) => server.accepts({ level }),
): Promise<Stage> {
  const clock = virtualClock()
  const server = mockServer(clock, { latency: 50 })
  prepare(server)
  const runtime = { ...server.runtime, random: () => 0.5 }
  const live = createConnection({ url: '/ws', transport: server.transport, runtime, ...options })
  live.connect()
  await clock.advanceAsync(10_000)
  return { clock, server, live }
}

/** The time to move comes after half a second. */
const told = { reconnect: { min: 500, spread: 0 }, grace: 60_000 }

/** What was delivered of a stream, and what else was told of it. */
function listen(live: Connection, name = 'chat'): unknown[] {
  const log: unknown[] = []
  const chat = live.stream<number>(name)
  chat.on('message', (item) => log.push(item))
  chat.on('gap', () => log.push('gap'))
  chat.subscribe(() => {
    const { freshness } = chat.getSnapshot()
    if (freshness !== 'live' && log.at(-1) !== freshness) log.push(freshness)
  })
  return log
}

/** The next link is one of a server that another hand writes: it greets, answers pings, and this. */
function follows(server: MockServer, hear: (link: MockLink, frame: Record<string, unknown>) => void): void {
  server.behaves((link) => {
    link.accept()
    link.onFrame((frame) => {
      if (frame.type === 'client_ready')
        link.send('{"type":"server_ready","v":1,"caps":["channels","recover","ack"]}')
      if (frame.type === 'ping') link.send(JSON.stringify({ type: 'pong', timestamp: frame.timestamp }))
      hear(link, frame)
    })
  })
}

/** Answers what is subscribed to, and nothing that is published. */
function slowly(server: MockServer): void {
  follows(server, (link, { type, id }) => {
    if (type === 'rt.subscribe') link.send(JSON.stringify({ type: 'rt.subscribed', id, recovered: false }))
  })
}

/** By name: what must not fail. */
export const handoverCases: Readonly<Record<string, () => void | Promise<void>>> = {
  async '[G1 G11 G12 G14] a server that goes away is left without a gap or a repeat'() {
    const { clock, server, live } = await connected(3)
    const log = listen(live)
    await clock.advanceAsync(500)
    server.goAway(told)
    const said: number[] = []
    for (let at = 0; at < 1_500; at += 10) {
      said.push(at)
      server.push('chat', at)
      await clock.advanceAsync(10)
    }
    await clock.advanceAsync(1_000)
    assert.equal(server.links.length, 1)
    assert.deepEqual(log, said)
  },

  async '[G1 INV-1] what is to follow delivers nothing before it does, and then all of it'() {
    const { clock, server, live } = await connected(3)
    listen(live)
    await clock.advanceAsync(500)
    const heard: unknown[] = []
    live.on('message', ({ data }) => heard.push(`${server.links.length} ${String(data)}`))
    follows(server, (link, { type, id }) => {
      if (type !== 'rt.subscribe') return
      link.send('{"type":"note","data":"early"}')
      clock.setTimeout(() => {
        link.send(JSON.stringify({ type: 'rt.subscribed', id, epoch: 'e1', offset: 0, recovered: true }))
        link.send('{"type":"note","data":"late"}')
      }, 500)
    })
    server.goAway(told)
    await clock.advanceAsync(1_000)
    assert.deepEqual(heard, [])
    await clock.advanceAsync(1_000)
    assert.deepEqual(heard, ['1 early', '1 late'])
  },

  async '[G23] what comes on a link that is to follow is not kept without bounds'() {
    const { clock, server, live } = await connected(3, { maxMessageBytes: 1_000 })
    listen(live)
    await clock.advanceAsync(500)
    const heard: unknown[] = []
    live.on('message', ({ type }) => heard.push(type))
    follows(server, (link, { type }) => {
      if (type !== 'rt.subscribe') return
      for (let count = 0; count < 20; count++)
        link.send(JSON.stringify({ type: 'flood', data: 'x'.repeat(100) }))
    })
    server.goAway(told)
    await clock.advanceAsync(1_000)
    assert.equal(heard.length, 20)
  },

  async '[S4 G18] the link before is kept as long as it owes an answer'() {
    const { clock, server, live } = await connected(2, {}, slowly)
    listen(live)
    await clock.advanceAsync(500)
    const [old] = server.links
    const outcomes: string[] = []
    void live
      .stream('chat')
      .publish(1)
      .then(({ outcome }) => outcomes.push(outcome))
    await clock.advanceAsync(60)
    server.goAway(told)
    await clock.advanceAsync(2_000)
    assert.equal(server.links.length, 2)
    const publish = server.received.find(({ type }) => type === 'rt.publish')
    old?.send(JSON.stringify({ type: 'rt.ack', id: publish?.id }))
    await clock.advanceAsync(200)
    assert.deepEqual(outcomes, ['acked'])
    assert.equal(server.links.length, 1)
  },

  async '[G3 G15] a channel that the next link did not answer for is not live'() {
    const { clock, server, live } = await connected(3)
    const chat = live.stream('chat')
    chat.subscribe(() => undefined)
    await clock.advanceAsync(500)
    follows(server, () => undefined)
    server.goAway(told)
    await clock.advanceAsync(12_000)
    assert.equal(server.links.length, 1)
    assert.equal(chat.getSnapshot().freshness, 'stale')
  },

  async '[G14 G20] what nobody wants any more is not subscribed to on the link that follows'() {
    const { clock, server, live } = await connected(3, { linger: 0 })
    const leave = live.stream('gone').on('message', () => undefined)
    await clock.advanceAsync(500)
    const asked: unknown[] = []
    follows(server, (link, { type, id, channel }) => {
      if (type === 'rt.unsubscribe') asked.push(channel)
      if (type === 'rt.subscribe')
        clock.setTimeout(
          () =>
            link.send(JSON.stringify({ type: 'rt.subscribed', id, epoch: 'e1', offset: 0, recovered: true })),
          500,
        )
    })
    server.goAway(told)
    await clock.advanceAsync(900)
    assert.equal(server.links.length, 2)
    leave()
    await clock.advanceAsync(3_000)
    assert.equal(server.links.length, 1)
    assert.deepEqual(asked, ['gone'])
  },

  async '[G7] credentials that take their time are asked for once, however often the server says that they run out'() {
    let asked = 0
    const auth = (): unknown => (++asked === 1 ? 'good' : new Promise(() => undefined))
    const { clock, server } = await connected(3, { auth, authTimeout: 60_000 })
    for (let count = 0; count < 5; count++) {
      server.send('{"type":"rt.notice","auth":{"expires_in":1000}}')
      await clock.advanceAsync(11_000)
    }
    assert.equal(asked, 2)
  },

  async '[G7] new credentials are sent on the open link, once, and not at the moment the server says so'() {
    const reasons: string[] = []
    const auth = ({ reason }: { readonly reason: string }) => ({ token: `t${reasons.push(reason)}` })
    const { clock, server } = await connected(3, { auth })
    const before = server.received.filter(({ type }) => type === 'rt.auth').length
    assert.equal(before, 0)
    for (let count = 0; count < 3; count++) server.send('{"type":"rt.notice","auth":{"expires_in":40000}}')
    await clock.advanceAsync(9_000)
    assert.deepEqual(reasons, ['connect'])
    await clock.advanceAsync(2_000)
    assert.deepEqual(reasons, ['connect', 'expired'])
    const sent = server.received.filter(({ type }) => type === 'rt.auth')
    assert.deepEqual(
      sent.map(({ auth }) => auth),
      [{ token: 't2' }],
    )
  },
}
