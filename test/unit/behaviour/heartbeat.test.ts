// The heartbeat (G3): when pings leave, when a silent link is left, what the answers say.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/index.ts'
import { codes, connected, rig } from './rig.ts'

describe('pings', () => {
  it('[A2 G3] leave every interval, counted from the last ping, however busy the link is', () => {
    const { clock, server, live, times } = rig()
    server.accepts({ level: 0 })
    const stop = every(clock, () => server.push('feed', { at: clock.now() }), 2_000)
    live.on('message', () => undefined)
    clock.advance(600_000)
    stop()
    expect(times('ping')).toEqual(Array.from({ length: 41 }, (_, n) => n * 15_000))
    expect(live.getSnapshot().latency).not.toBeNull()
  })

  it('[A2 G3 N17] keep a server with an idle limit of 45 s from closing, for 10 minutes of a busy feed', () => {
    const { clock, server, live, errors, statuses } = rig()
    let idleSince = 0
    server.behaves((link) => {
      link.accept()
      const look = (): void => {
        if (clock.monotonic() - idleSince >= 45_000) link.close(4408)
        else link.after(1_000, look)
      }
      link.onFrame((frame) => {
        idleSince = clock.monotonic()
        if (frame.type === 'ping') link.send(JSON.stringify({ type: 'pong', timestamp: frame.timestamp }))
      })
      look()
    })
    every(clock, () => server.push('feed', 1), 2_000)
    live.connect()
    clock.advance(600_000)
    expect(errors).toEqual([])
    expect(statuses).toEqual(['connecting', 'connected'])
  })

  it(`[A2 A9 G3] keep the app's own interval: 30 s, and a timeout of 5 s`, () => {
    const { clock, server, live, times, at, errors } = rig({ heartbeat: { interval: 30_000 } })
    live.connect()
    clock.advance(61_000)
    expect(times('ping')).toEqual([0, 30_000, 60_000])
    server.goesSilent()
    clock.advance(33_999)
    expect(errors).toEqual([])
    clock.advance(1)
    expect(at()).toBe(95_000)
    expect(codes(errors)).toEqual(['heartbeat-timeout'])
  })

  it('[G3] stop with heartbeat: false, and latency stays null', () => {
    const { clock, server, live, sent, statuses } = rig({ heartbeat: false })
    live.connect()
    clock.advance(600_000)
    expect(sent()).toEqual(['client_ready'])
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', latency: null, quality: 'unknown' })
    server.goesSilent()
    clock.advance(600_000)
    expect(statuses).toEqual(['connecting', 'connected'])
  })

  it('[G3] do not leave over a transport that finds dead links by itself', () => {
    const { clock, live, sent } = rig({ network: { capabilities: { ownsHeartbeat: true } } })
    live.connect()
    clock.advance(60_000)
    expect(sent()).toEqual(['client_ready'])
  })
})

describe('a silent link', () => {
  it('[A2 G3 N9] is left after interval + timeout, 20 s after the last ping that was answered', () => {
    const { clock, server, live, errors, opens } = connected()
    server.goesSilent()
    clock.advance(13_999)
    expect(live.getSnapshot().status).toBe('connected')
    clock.advance(1)
    expect(live.getSnapshot().status).toBe('reconnecting')
    expect(codes(errors)).toEqual(['heartbeat-timeout'])
    expect(errors[0]?.message).toMatch(/ping/i)
    clock.advance(1_000)
    expect(opens).toHaveLength(2)
  })

  it.each([1_000, 14_000, 14_999, 15_001, 17_000])(
    '[A2 G3 N9] is left at most 20 s after the last thing heard (%i ms after opening)',
    (silentAt) => {
      const { clock, server, live, at, errors } = rig()
      let heardAt = 0
      live.connect()
      live.on('message', () => (heardAt = at()))
      clock.advance(silentAt)
      server.push('feed', 1)
      clock.advance(0)
      server.goesSilent()
      clock.advance(heardAt + 20_000 - at())
      expect(heardAt).toBe(silentAt)
      expect(codes(errors)).toEqual(['heartbeat-timeout'])
    },
  )

  it('[A2 G3 N9] is left on a plain server too, once that has answered a ping', () => {
    const { clock, server, errors } = connected({}, (s) => s.accepts({ level: 0 }))
    server.goesSilent()
    clock.advance(14_000)
    expect(codes(errors)).toEqual(['heartbeat-timeout'])
  })

  it('[G3 N10] is left when only what the server sends is lost: own sends are no sign of life', async () => {
    const { clock, server, live, errors } = connected()
    server.goesSilent('to-client')
    for (let n = 0; n < 13; n++) {
      void live.send('note', n)
      await clock.advanceAsync(1_000)
    }
    expect(live.getSnapshot().status).toBe('connected')
    await clock.advanceAsync(1_000)
    expect(codes(errors)).toEqual(['heartbeat-timeout'])
    expect(server.received.filter(({ type }) => type === 'note').length).toBe(13)
  })

  it('[A2 G3 N9] shows as quality disconnected as soon as its ping is unanswered for longer than quality.poor', () => {
    const { clock, server, live } = connected()
    server.goesSilent()
    clock.advance(9_000 + 999) // the ping leaves at 15 s
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', quality: 'excellent' })
    clock.advance(2)
    expect(live.getSnapshot()).toMatchObject({ status: 'connected', quality: 'disconnected' })
  })

  it('[G3 N9] has nothing live on it from the moment it is left', () => {
    const { clock, server, live } = rig()
    const queue = live.state('queue')
    const seen: string[] = []
    queue.subscribe(() => seen.push(`${queue.getSnapshot().freshness} ${live.getSnapshot().status}`))
    server.push('queue', 1)
    clock.advance(6_000)
    server.goesSilent()
    server.refuses()
    clock.advance(14_000)
    expect(seen).toEqual(['live connected', 'stale reconnecting'])
  })

  // With one timer a minute the ping leaves at one full minute, and its deadline is met at the next.
  it('[G3 M9] (fault B1) is left at the second full minute in a hidden tab whose timers run once a minute', () => {
    const { server, live, clock, at, errors } = throttled()
    live.connect()
    clock.advance(200_000)
    expect(errors).toEqual([])
    server.goesSilent()
    const from = at()
    while (errors.length === 0 && at() - from < 600_000) clock.advance(1_000)
    expect(codes(errors)).toEqual(['heartbeat-timeout'])
    expect(at() - from).toBeLessThanOrEqual(120_000)
  })

  it('[G3 M9] (fault B1) is not seen where a hidden tab with one timer a minute gets its answers', () => {
    const { live, clock, errors, statuses } = throttled()
    live.connect()
    clock.advance(3_600_000)
    expect(errors).toEqual([])
    expect(statuses).toEqual(['connecting', 'connected'])
  })
})

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

/** Runs every `ms` for as long as the clock is moved. */
function every(clock: Clock, run: () => void, ms: number): () => void {
  let timer: unknown
  const next = (): void => {
    timer = clock.setTimeout(() => {
      run()
      next()
    }, ms)
  }
  next()
  return () => clock.clearTimeout(timer)
}

/** In a hidden tab of the kind Chrome makes after five minutes: our timers run at full minutes only, frames come as ever. */
function throttled(): ReturnType<typeof rig> {
  const base = rig()
  const { clock, page } = base
  const slow: Clock = {
    ...clock,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimeout(run, delay) {
      const due = clock.monotonic() + Math.max(0, delay)
      return clock.setTimeout(
        run,
        page.isVisible() || delay === 0 ? delay : Math.ceil(due / 60_000) * 60_000 - clock.monotonic(),
      )
    },
  }
  const made = rig({ runtime: { clock: slow, random: () => 0.5, page }, transport: base.server.transport })
  page.hide()
  return { ...made, clock, server: base.server, page, at: base.at }
}
