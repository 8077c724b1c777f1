// The heartbeat (G3): when pings leave, and when a silent link is left.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/index.ts'
import { codes, connected, rig, every } from './rig.ts'

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
