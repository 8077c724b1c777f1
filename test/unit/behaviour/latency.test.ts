// What the answers to pings say (A2, G3): latency, quality, and what it means when none come.
import { describe, expect, it } from 'vitest'
import { connected, rig, every } from './rig.ts'

describe('a server that does not answer pings', () => {
  it('[G3 S7] is kept while it pushes: quality disconnected where it had answered before', () => {
    const { clock, server, live, errors } = connected({}, (s) => s.accepts({ level: 0 }))
    expect(live.getSnapshot().quality).toBe('excellent')
    server.ignoresPings()
    every(clock, () => server.push('feed', 1), 2_000)
    clock.advance(300_000)
    expect(errors).toEqual([])
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', quality: 'disconnected' })
  })

  it('[G3 N11] is kept where only what we say is lost: what it pushes is a sign of life, and the quality says the rest', () => {
    const { clock, server, live, errors } = connected()
    server.goesSilent('to-server')
    every(clock, () => server.push('feed', 1), 2_000)
    clock.advance(120_000)
    expect(errors).toEqual([])
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', quality: 'disconnected' })
  })

  it('[G3 S7] has quality unknown on a link that never had a pong, even if an earlier link had', () => {
    const { clock, server, live } = connected({}, (s) => s.accepts({ level: 0 }))
    server.ignoresPings()
    every(clock, () => server.push('feed', 1), 2_000)
    server.closeAll(1006)
    clock.advance(300_000)
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', quality: 'unknown', latency: null })
  })

  it('[G3] is not left for silence where it never answered one, but nothing is live for longer than the bound', () => {
    const { clock, server, live, errors, at } = rig()
    server.accepts({ level: 0, pongs: false })
    const queue = live.state('queue')
    queue.subscribe(() => undefined)
    server.push('queue', 1)
    clock.advance(0)
    expect(queue.getSnapshot().freshness).toBe('live')
    while (queue.getSnapshot().freshness === 'live' && at() < 600_000) clock.advance(100)
    expect(at()).toBeLessThanOrEqual(20_000)
    clock.advance(600_000)
    expect(errors).toEqual([])
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', quality: 'unknown' })
    server.push('queue', 2)
    clock.advance(0)
    expect(queue.getSnapshot()).toMatchObject({ freshness: 'live', data: 2 })
  })
})

describe('latency and quality', () => {
  it.each([
    [0, 'excellent'],
    [49, 'excellent'],
    [50, 'good'],
    [149, 'good'],
    [150, 'poor'],
    [400, 'poor'],
  ] as const)('[A2] %i ms each way is %s', (oneWay, quality) => {
    const { live } = connected({ network: { latency: oneWay } })
    expect(live.getSnapshot().quality).toBe(quality)
    expect(Math.abs((live.getSnapshot().latency ?? NaN) - 2 * oneWay)).toBeLessThanOrEqual(10)
  })

  it('[A2 A9] takes its thresholds from the options', () => {
    const quality = { excellent: 20, good: 40, poor: 60 }
    const of = (oneWay: number): string =>
      connected({ quality, network: { latency: oneWay } }).live.getSnapshot().quality
    expect([5, 10, 19, 20, 25].map(of)).toEqual(['excellent', 'good', 'good', 'poor', 'poor'])
    const { clock, server, live } = connected({ quality })
    server.goesSilent()
    clock.advance(9_061)
    expect(live.getSnapshot().quality).toBe('disconnected')
  })

  it('[A2] is disconnected without a connection, unknown before the first pong of each link', () => {
    const { clock, server, live } = rig({ network: { latency: 100 } })
    expect(live.getSnapshot()).toMatchObject({ quality: 'disconnected', latency: null })
    live.connect()
    clock.advance(401) // open at 200, server_ready and pong at 400
    expect(live.getSnapshot()).toMatchObject({ quality: 'good', latency: 200 })
    server.refuses()
    server.closeAll(1006)
    clock.advance(100)
    expect(live.getSnapshot()).toMatchObject({ quality: 'disconnected', latency: null })
    server.accepts({ pongs: false })
    while (live.getSnapshot().status !== 'connected') clock.advance(10)
    clock.advance(3_000)
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', quality: 'unknown', latency: null })
  })

  it('[A2] (fault C6) takes no sample from a pong to a ping it never sent', () => {
    const { clock, server, live } = rig()
    server.accepts({ level: 0, pongs: false })
    live.connect()
    clock.advance(0)
    const timestamp = server.received.find(({ type }) => type === 'ping')?.timestamp as number
    for (const wrong of [
      timestamp + 1,
      timestamp - 1,
      -1,
      String(timestamp),
      null,
      { at: timestamp },
      8.64e15,
      undefined,
    ]) {
      server.send(JSON.stringify({ type: 'pong', timestamp: wrong }))
    }
    clock.advance(500)
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', latency: null, quality: 'unknown' })
    server.send(JSON.stringify({ type: 'pong', timestamp }))
    clock.advance(0)
    expect(live.getSnapshot()).toMatchObject({ latency: 500, quality: 'poor' })
  })

  it('[A2 N12] (fault C7) counts a pong that comes late at its true round trip, never below it', () => {
    const { clock, server, live } = connected({ heartbeat: { interval: 15_000, timeout: 15_000 } })
    server.goesSilent()
    clock.advance(9_000 + 12_000)
    server.resumesTalking() // the answer to the ping of 15 s, 12 s late
    clock.advance(0)
    // 0 before; an eighth of the way to 12 000.
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', latency: 1_500, quality: 'poor' })
  })

  it('[A2 N13] does not leave a slow link whose round trip is below the timeout', () => {
    const { clock, server, live, errors } = rig()
    server.latency(500, 1_500)
    live.connect()
    clock.advance(600_000)
    expect(errors).toEqual([])
    expect(live.getSnapshot()).toMatchObject({
      status: 'connected',
      quality: expect.stringMatching(/poor|disconnected/) as string,
    })
  })

  it('[A2 G3] lets an unanswered ping count for its own age only', () => {
    const { clock, server, live, page, at } = connected({ network: { latency: 400 } })
    const seen: string[] = []
    live.subscribe(() => seen.push(live.getSnapshot().quality))
    clock.advance(15_800 - at() + 400) // the link opened at 800, so a ping left at 15 800
    page.show() // a probe, 400 ms after it: each is answered after 800 ms
    clock.advance(3_000)
    expect(seen).toEqual([])
    expect(live.getSnapshot().quality).toBe('poor')
    expect(server.received.filter(({ type }) => type === 'ping')).toHaveLength(3)
  })

  it('[A2 G3] is no longer disconnected when what is still unanswered left a moment ago', () => {
    const { clock, live, page } = connected({ network: { latency: 600 } }) // each ping is answered after 1.2 s
    const seen: string[] = []
    live.subscribe(() => seen.push(live.getSnapshot().quality))
    clock.advance(16_200 - 6_000 + 900) // the link opened at 1 200, so a ping left at 16 200
    page.show()
    clock.advance(5_000)
    expect(seen).toEqual(['disconnected', 'poor', 'disconnected', 'poor'])
  })

  it('[G2 A2] does not tell of a latency that changes by less than it shows', () => {
    const { clock, server, live } = connected({ network: { latency: 30 } })
    let told = 0
    live.subscribe(() => (told += 1))
    server.latency(31)
    clock.advance(120_000)
    expect(told).toBeLessThanOrEqual(1)
  })
})
