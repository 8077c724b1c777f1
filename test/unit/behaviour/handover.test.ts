// rt.go_away with time to spare (G1, S4): the next link is opened and its subscriptions answered while this one still delivers.
import { describe, expect, it } from 'vitest'
import type { MessageFacts } from '../../../src/index.ts'
import { connected, type Rig, type RigOptions } from './rig.ts'

/** A connection at level 3 with a stream that is live, over a network of 50 ms each way. */
function streaming(options: RigOptions = {}): Rig & { readonly log: unknown[] } {
  const r = connected({ network: { latency: 50 }, random: 0.5, ...options }, (server) =>
    server.accepts({ level: 3 }),
  )
  const log: unknown[] = []
  const chat = r.live.stream<number>('chat')
  chat.on('message', (item, { offset }: MessageFacts) => log.push([item, offset]))
  chat.on('gap', () => log.push('gap'))
  chat.on('recovered', () => log.push('recovered'))
  chat.subscribe(() => {
    const { freshness } = chat.getSnapshot()
    if (log.at(-1) !== freshness) log.push(freshness)
  })
  r.clock.advance(200)
  log.length = 0
  r.statuses.length = 0
  return { ...r, log }
}

const told = { reconnect: { min: 500, spread: 0 }, grace: 5_000 }

/** Steps through so many milliseconds, with one message of the chat in each tenth one. */
function talk(r: Rig, ms: number, from: number): number {
  let next = from
  for (let at = 0; at < ms; at += 10) {
    r.server.push('chat', next++)
    r.clock.advance(10)
  }
  return next
}

describe('a server that goes away', () => {
  it('[G1 G11 G12 G14 INV-1] is left without a gap, a repeat or a moment in which nothing is live, at level 3', () => {
    const r = streaming()
    let next = talk(r, 100, 1)
    r.server.goAway(told)
    next = talk(r, 1_500, next)
    r.clock.advance(1_000)
    expect(r.opens).toHaveLength(2)
    expect(r.server.open).toBe(1)
    expect(r.statuses).toEqual([])
    const messages = r.log.filter((entry) => Array.isArray(entry))
    expect(messages).toEqual(Array.from({ length: next - 1 }, (_, index) => [index + 1, index + 1]))
    expect(r.log.filter((entry) => !Array.isArray(entry) && entry !== 'live')).toEqual([])
    expect(r.errors).toEqual([])
  })

  it('[G15 G16 INV-8] is left without a hole in a state that is made of changes', async () => {
    const r = streaming()
    let truth = 0
    const sum = r.live.state<number>('chat', {
      load: () => truth,
      pollEvery: false,
      onMessage: (now, change) => (now ?? 0) + (change as number),
    })
    sum.subscribe(() => undefined)
    const talkOn = async (ms: number): Promise<void> => {
      for (let at = 0; at < ms; at += 10) {
        r.server.push('chat', 1)
        truth++
        await r.clock.advanceAsync(10)
      }
    }
    await r.clock.advanceAsync(1_000)
    await talkOn(100)
    r.server.goAway(told)
    await talkOn(300)
    // What is said from here on comes by the next link first.
    r.server.goesSilent('to-client')
    await talkOn(1_200)
    await r.clock.advanceAsync(1_000)
    expect(r.statuses).toEqual([])
    expect(sum.getSnapshot()).toMatchObject({ freshness: 'live', data: truth })
  })

  it('[G12 INV-8] that ends before its follower has answered is followed without a repeat', () => {
    for (let grace = 600; grace <= 1_200; grace += 10) {
      const r = streaming()
      let next = talk(r, 100, 1)
      r.server.goAway({ ...told, grace })
      next = talk(r, 2_500, next)
      r.clock.advance(1_000)
      const messages = r.log.flatMap((entry) => (Array.isArray(entry) ? [entry[1] as number] : []))
      expect(messages, `grace ${grace}`).toEqual(Array.from({ length: next - 1 }, (_, index) => index + 1))
    }
  })

  it('[G1 INV-1] keeps the link that delivers until the next one has answered every subscribe', () => {
    const r = streaming()
    r.server.goAway(told)
    r.clock.advance(50 + 500)
    // Open: 100 ms. client_ready and server_ready: 100. Subscribe and answer: 100.
    r.clock.advance(100 + 100 + 99)
    expect(r.server.links.map(({ id }) => id)).toEqual([1, 2])
    expect(r.sent().slice(-3)).toEqual(['client_ready', 'ping', 'rt.subscribe'])
    r.clock.advance(60)
    expect(r.server.links.map(({ id }) => id)).toEqual([2])
    expect(r.snapshot).toMatchObject({ status: 'connected', attempt: 0, error: null })
  })

  it('[G18 G20 S4] publishes nothing more, awaits what is not acknowledged, and publishes the rest on the next link', async () => {
    const r = streaming()
    const chat = r.live.stream('chat')
    const before = chat.publish('before')
    r.server.goAway(told)
    r.clock.advance(60)
    const after = chat.publish('after')
    r.clock.advance(400)
    expect(await before).toMatchObject({ ok: true, outcome: 'acked' })
    expect(r.sent('rt.publish')).toHaveLength(1)
    r.clock.advance(2_000)
    expect(await after).toMatchObject({ ok: true, outcome: 'acked' })
    expect(r.log.filter((entry) => Array.isArray(entry))).toEqual([
      ['before', 1],
      ['after', 2],
    ])
  })

  it('[G14] (fault N24) whose follower knows nothing of before leaves an honest gap', () => {
    const r = streaming()
    r.server.behaves((link) => {
      link.accept()
      link.onFrame(({ type, id }) => {
        if (type === 'client_ready') link.send('{"type":"server_ready","v":1,"caps":["channels","recover"]}')
        if (type !== 'rt.subscribe') return
        // As where each node keeps its own history.
        link.send(JSON.stringify({ type: 'rt.subscribed', id, epoch: 'other', offset: 9, recovered: false }))
        link.send(JSON.stringify({ type: 'rt.message', ref: id, epoch: 'other', offset: 10, data: 'new' }))
      })
    })
    r.server.goAway(told)
    r.clock.advance(3_000)
    expect(r.log.filter((entry) => entry !== 'live')).toEqual(['gap', ['new', 10]])
    expect(r.statuses).toEqual([])
  })

  it('[G4 S4] that cannot be followed is used to its end, and then left as ever', () => {
    const r = streaming()
    r.server.goAway(told)
    r.server.refuses()
    r.clock.advance(4_000)
    expect(r.statuses).toEqual([])
    expect(r.errors).toEqual([])
    r.server.push('chat', 1)
    r.clock.advance(100)
    expect(r.log).toContainEqual([1, 1])
    r.server.accepts({ level: 3 })
    r.clock.advance(10_000)
    expect(r.statuses).toEqual(['reconnecting', 'connected'])
    expect(r.log.slice(-2)).toEqual(['live', 'recovered'])
  })

  it('[G4] that ends before its follower is there leaves the follower to go on', () => {
    const r = streaming()
    r.server.goAway({ ...told, grace: 600 })
    r.clock.advance(50 + 500 + 20)
    expect(r.opens).toHaveLength(2)
    r.clock.advance(130)
    expect(r.statuses).toEqual(['reconnecting'])
    r.clock.advance(3_000)
    expect(r.statuses).toEqual(['reconnecting', 'connected'])
    expect(r.opens).toHaveLength(2)
  })

  it('[G4] is left first where nobody looks, and followed later', () => {
    const r = streaming()
    r.page.hide()
    r.server.goAway(told)
    r.clock.advance(50 + 500 + 1)
    expect(r.statuses).toEqual(['reconnecting'])
    expect(r.opens).toHaveLength(1)
  })

  it('[G4] is left first where the budget of attempts is spent', () => {
    const r = streaming({ reconnect: { budget: { attempts: 1, per: 300_000 } } })
    r.server.goAway(told)
    r.clock.advance(50 + 500 + 1)
    expect(r.statuses).toEqual(['reconnecting'])
    expect(r.opens).toHaveLength(1)
  })

  it('[G8] is followed by nobody after close(), disconnect() or reset()', () => {
    for (const end of ['close', 'disconnect'] as const) {
      const r = streaming()
      r.server.goAway(told)
      r.clock.advance(50 + 500 + 150)
      expect(r.server.links).toHaveLength(2)
      r.live[end]()
      r.clock.advance(1_000)
      expect(r.server.links).toEqual([])
    }
    const r = streaming()
    r.server.goAway(told)
    r.clock.advance(50 + 500 + 150)
    r.live.reset()
    r.clock.advance(5_000)
    expect(r.server.open).toBe(1)
    expect(r.opens).toHaveLength(3)
  })

  it('[G14 G20] is followed with the channels that came and went meanwhile', () => {
    const r = streaming()
    const gone = r.live.stream('gone').on('message', () => undefined)
    r.clock.advance(200)
    r.server.goAway(told)
    r.clock.advance(50 + 500 + 210)
    const heard: unknown[] = []
    gone()
    r.live.stream('new').on('message', (item) => heard.push(item))
    r.clock.advance(10_000)
    r.server.push('new', 'hello')
    r.server.push('chat', 1)
    r.clock.advance(200)
    expect(heard).toEqual(['hello'])
    expect(r.log).toContainEqual([1, 1])
    expect(r.server.received.filter(({ type }) => type === 'rt.unsubscribe').length).toBeGreaterThan(0)
  })

  it('[G15] hands a state over that stays live, and is loaded no second time', () => {
    let loads = 0
    const r = connected({ network: { latency: 50 }, random: 0.5 }, (server) => server.accepts({ level: 3 }))
    const queue = r.live.state('queue', { load: () => Promise.resolve(++loads), pollEvery: false })
    const freshness: string[] = []
    queue.subscribe(() => freshness.push(queue.getSnapshot().freshness))
    r.clock.advance(1_000)
    r.server.push('queue', 7)
    r.clock.advance(1_000)
    freshness.length = 0
    const before = loads
    r.server.goAway(told)
    r.clock.advance(4_000)
    expect(r.opens).toHaveLength(2)
    expect(freshness).toEqual([])
    expect(queue.getSnapshot()).toMatchObject({ data: 7, freshness: 'live' })
    expect(loads).toBe(before)
  })

  it('[G1] hands over at once at level 1, where the server pushes by itself', () => {
    const r = connected({ network: { latency: 50 }, random: 0.5 })
    const queue = r.live.state('queue')
    queue.subscribe(() => undefined)
    r.server.accepts({ greet: (link) => link.push('queue', 8) })
    r.statuses.length = 0
    r.server.goAway(told)
    r.clock.advance(2_000)
    expect(r.server.links.map(({ id }) => id)).toEqual([2])
    expect(r.statuses).toEqual([])
    expect(queue.getSnapshot()).toMatchObject({ data: 8, freshness: 'live' })
  })

  it('[G23] does not keep what its follower sends without bounds', () => {
    const r = streaming({ maxMessageBytes: 1_000 })
    r.server.behaves((link) => {
      link.accept()
      link.onFrame(({ type }) => {
        if (type !== 'client_ready') return
        link.send('{"type":"server_ready","v":1,"caps":["channels","recover"]}')
        for (let count = 0; count < 20; count++) link.push('flood', 'x'.repeat(100))
      })
    })
    const floods: unknown[] = []
    r.live.on('message', ({ type }) => floods.push(type))
    r.server.goAway(told)
    r.clock.advance(50 + 500 + 250)
    expect(r.server.links.map(({ id }) => id)).toEqual([2])
    expect(floods.filter((type) => type === 'flood')).toHaveLength(20)
  })

  it('[G3 G15] whose follower does not answer a subscribe is left after 10 s, and the channel waits for its answer', () => {
    const r = streaming()
    r.server.behaves((link) => {
      link.accept()
      link.onFrame(({ type, timestamp }) => {
        if (type === 'client_ready') link.send('{"type":"server_ready","v":1,"caps":["channels","recover"]}')
        if (type === 'ping') link.send(JSON.stringify({ type: 'pong', timestamp }))
      })
    })
    r.server.goAway({ reconnect: { min: 500, spread: 0 }, grace: 60_000 })
    r.clock.advance(50 + 500 + 200 + 10_000)
    expect(r.server.links.map(({ id }) => id)).toEqual([2])
    expect(r.log.at(-1)).toBe('stale')
    expect(r.statuses).toEqual([])
  })
})
