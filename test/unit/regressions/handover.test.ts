// What a review of the hand-over, of renewal and of resends found wrong, each as it was found.
import { describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../../src/index.ts'
import type { Frame } from '../../../src/protocol/frames.ts'
import type { MockLink } from '../../../src/testing/index.ts'
import { connected, type Rig, type RigOptions } from '../behaviour/rig.ts'

type Say = (frame: object) => void

/** A server of one's own: it greets with these fields and answers pings; the rest says the test. */
function serving(
  ready: object,
  script: (frame: Frame, say: Say, link: MockLink) => void,
  options: RigOptions = {},
): Rig {
  return connected({ random: 0.5, network: { latency: 50 }, ...options }, (server) =>
    server.behaves((link) => {
      const say: Say = (frame) => link.send(JSON.stringify(frame))
      link.accept()
      link.onFrame((frame) => {
        if (frame.type === 'client_ready') say({ type: 'server_ready', v: 1, ...ready })
        if (frame.type === 'ping') say({ type: 'pong', timestamp: frame.timestamp })
        script(frame, say, link)
      })
    }),
  )
}

const level3 = { caps: ['channels', 'recover'], dedup_window: 120_000 }
const goAway = (r: Rig, more: object = {}): void =>
  r.server.links[0]?.send(
    JSON.stringify({ type: 'rt.go_away', reconnect: { min: 500, spread: 0 }, grace: 5_000, ...more }),
  )
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** A log that keeps `kept` messages, and another channel whose answers take `slow` ms. */
function logging(level: 2 | 3, kept: number): { r: Rig; log: unknown[]; talk(ms: number): number } {
  const refs = new Map<MockLink, string>()
  const items: number[] = []
  const position = (offset: number): object => (level === 3 ? { epoch: 'e', offset } : {})
  const r = serving(
    level === 3 ? level3 : { caps: ['channels'] },
    ({ type, id, channel, since }, say, link) => {
      if (type !== 'rt.subscribe') return
      if (channel === 'slow')
        return void link.after(400, () =>
          say({ type: 'rt.subscribed', id, ...position(0), recovered: since !== undefined }),
        )
      refs.set(link, String(id))
      const missed = items.slice((since as { offset: number } | undefined)?.offset ?? items.length)
      const recovered = level === 3 && since !== undefined && missed.length <= kept
      const replay = recovered ? missed : []
      say({ type: 'rt.subscribed', id, ...position(items.length), recovered, replay: replay.length })
      for (const data of replay) say({ type: 'rt.message', ref: id, data, ...position(data) })
    },
  )
  const log: unknown[] = []
  const chat = r.live.stream('chat')
  chat.on('message', (item) => log.push(item))
  chat.on('gap', () => log.push('gap'))
  r.live.stream('slow').on('message', () => undefined)
  r.clock.advance(1_000)
  return {
    r,
    log,
    talk(ms) {
      for (let at = 0; at < ms; at += 10) {
        const data = items.push(0)
        items[data - 1] = data
        for (const [link, ref] of refs)
          link.send(JSON.stringify({ type: 'rt.message', ref, data, ...position(data) }))
        r.clock.advance(10)
      }
      return items.length
    },
  }
}

describe('a hand-over that waits for another channel', () => {
  it.each([300, 0])('[G12 G14 INV-8] repeats and misses nothing at level 3 where %i are kept', (kept) => {
    const { r, log, talk } = logging(3, kept)
    talk(100)
    goAway(r)
    const said = talk(2_000)
    r.clock.advance(1_000)
    expect(r.server.links.map(({ id }) => id)).toEqual([2])
    expect(log).toEqual(Array.from({ length: said }, (_, index) => index + 1))
  })

  it('[G12 G14] repeats nothing at level 2, and tells of the gap that there may be', () => {
    const { r, log, talk } = logging(2, 0)
    talk(100)
    goAway(r)
    talk(2_000)
    r.clock.advance(1_000)
    const heard = log.filter((entry) => entry !== 'gap')
    expect(new Set(heard).size).toBe(heard.length)
    expect(log.filter((entry) => entry === 'gap')).toHaveLength(1)
  })

  it('[G3] measures the round trip when its answer comes', () => {
    const { r } = logging(3, 300)
    const before = r.snapshot.latency
    goAway(r)
    r.clock.advance(6_000)
    expect(r.opens).toHaveLength(2)
    expect(r.snapshot.latency).toBe(before)
  })

  it('[G15] does not count what a relay repeats as the rest of the answer', () => {
    let links = 0
    const r = serving(level3, ({ type, id }, say) => {
      if (type === 'client_ready') links++
      if (type !== 'rt.subscribe') return
      if (links < 2) return say({ type: 'rt.subscribed', id, epoch: 'e', offset: 0, recovered: false })
      say({ type: 'rt.message', ref: id, epoch: 'e', offset: 9, data: 'too early' })
      say({ type: 'rt.subscribed', id, epoch: 'e', offset: 2, recovered: true, replay: 2 })
      for (let twice = 0; twice < 2; twice++)
        say({ type: 'rt.message', ref: id, epoch: 'e', offset: 1, data: 1 })
    })
    const chat = r.live.stream('chat')
    chat.subscribe(() => undefined)
    r.clock.advance(500)
    goAway(r)
    r.clock.advance(2_000)
    expect(r.server.links.map(({ id }) => id)).toEqual([1, 2])
    r.clock.advance(5_000)
    expect([r.server.links.map(({ id }) => id), chat.getSnapshot().freshness]).toEqual([[2], 'stale'])
  })

  it('[G3 G15 BB12] over a sleep in which both links died calls nothing live after it', async () => {
    let isDead = false
    const r = serving(level3, ({ type, id, since }, say) => {
      if (type === 'rt.subscribe' && !isDead)
        say({ type: 'rt.subscribed', id, epoch: 'e', offset: 0, recovered: since !== undefined })
    })
    const chat = r.live.stream('chat')
    const told: string[] = []
    chat.subscribe(() => told.push(chat.getSnapshot().freshness))
    r.clock.advance(500)
    // Never acknowledged: the hand-over waits for it.
    void chat.publish('hello')
    goAway(r, { grace: 60_000 })
    r.clock.advance(1_500)
    expect(r.server.links).toHaveLength(2)
    isDead = true
    r.server.goesSilent()
    told.length = 0
    r.clock.sleep(3_600_000)
    for (let step = 0; step < 100; step++) {
      r.clock.advance(100)
      await settle()
    }
    expect(told).toEqual(['stale'])
  })

  it('[G18 S4] waits for a request that takes its time', async () => {
    const r = serving({ caps: ['channels'] }, ({ type, id }, say, link) => {
      if (type === 'report') link.after(7_000, () => say({ type: 'rt.ack', id, data: 'done' }))
    })
    const answer = r.live.request('report', 1)
    r.clock.advance(100)
    goAway(r, { grace: 30_000 })
    for (let step = 0; step < 100; step++) {
      r.clock.advance(100)
      await settle()
    }
    expect(await answer).toBe('done')
    expect(r.statuses).not.toContain('reconnecting')
  })
})

describe('a server that sends everybody away', () => {
  it.each([
    [undefined, 5_000],
    [500, 5_000],
    [undefined, 86_400_000],
  ])('[G4 G5 INV-5] again and again (window %j, grace %i) is not followed in a loop', (window, grace) => {
    const r = connected({ random: 0.5, network: { latency: 20 } }, (server) =>
      server.accepts({
        level: 1,
        ...(window === undefined ? {} : { window }),
        greet: (link) =>
          link.send(JSON.stringify({ type: 'rt.go_away', reconnect: { min: 0, spread: 0 }, grace })),
      }),
    )
    r.clock.advance(60_000)
    expect(r.opens.length).toBeLessThan(16)
  })

  it('[G4] and then hangs up on each next link keeps the link that works', () => {
    const r = connected({ random: 0.5, network: { latency: 50 } }, (server) => server.accepts({ level: 3 }))
    r.live.stream('chat').subscribe(() => undefined)
    r.clock.advance(500)
    r.server.goAway({ reconnect: { min: 0, spread: 0 }, grace: 86_400_000 })
    r.server.behaves((link) => {
      link.accept()
      link.onFrame(({ type }) => {
        if (type !== 'client_ready') return
        link.send(JSON.stringify({ type: 'server_ready', v: 1, ...level3 }))
        link.close(1012)
      })
    })
    r.clock.advance(240_000)
    expect([r.opens.length, r.snapshot.status]).toEqual([2, 'connected'])
  })

  it('[G7] and says that credentials run out whenever it gets some does not make auth run in a loop', async () => {
    let asked = 0
    const auth = (): Promise<string> => Promise.resolve(`token ${++asked}`)
    const r = serving(
      {},
      ({ type }, say) => {
        if (type === 'client_ready' || type === 'rt.auth') say({ type: 'rt.notice', auth: { expires_in: 0 } })
      },
      { auth },
    )
    for (let step = 0; step < 3_000; step++) {
      r.clock.advance(10)
      await settle()
    }
    expect(asked).toBeGreaterThan(1)
    expect(asked).toBeLessThan(9)
  })
})

describe('publications that are refused for now', () => {
  const refusing = (times: number): Rig =>
    serving({ ...level3, dedup_window: 86_400_000 }, ({ type, id }, say) => {
      if (type !== 'rt.publish') return
      if (times-- > 0) say({ type: 'rt.error', id, code: 'unavailable', retryable: true })
      else say({ type: 'rt.ack', id, epoch: 'e', offset: 1 })
    })

  it('[G20] leave again in the order of the calls', () => {
    const r = refusing(3)
    for (const word of [1, 2, 3]) void r.live.stream('chat').publish(word)
    r.clock.advance(5_000)
    const left = r.server.received.filter(({ type }) => type === 'rt.publish').map(({ data }) => data)
    expect(left).toEqual([1, 2, 3, 1, 2, 3])
  })

  it('[G18 G19 G21] end when their time is over', async () => {
    const r = refusing(Infinity)
    let outcome: SendOutcome | null = null
    void r.live
      .stream('chat')
      .publish(1, { ttl: 5_000 })
      .then((known) => (outcome = known))
    for (let second = 0; second < 20; second++) {
      r.clock.advance(1_000)
      await settle()
    }
    expect(outcome).toMatchObject({ ok: false, maybeDelivered: true })
  })
})
