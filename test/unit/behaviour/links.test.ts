// One live link and legal states (G1, G2), whatever happens and whoever asks.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Status } from '../../../src/index.ts'
import { codes, connected, rig, type Rig } from './rig.ts'

/** What may follow what: the published table. */
const following: { readonly [S in Status]: readonly Status[] } = {
  idle: ['connecting', 'reconnecting', 'closed'],
  connecting: ['connected', 'suspended', 'failed', 'idle', 'closed'],
  connected: ['reconnecting', 'connecting', 'suspended', 'failed', 'idle', 'closed'],
  reconnecting: ['connected', 'connecting', 'suspended', 'failed', 'idle', 'closed'],
  suspended: ['reconnecting', 'connecting', 'failed', 'idle', 'closed'],
  failed: ['connecting', 'idle', 'closed'],
  closed: [],
}

describe('the link', () => {
  it('[G1 S2 M4] ignores what a link says after it was left, and its late close', () => {
    const { clock, server, live, opens, statuses } = connected()
    const heard: unknown[] = []
    live.on('message', ({ data }) => heard.push(data))
    server.closesLate(60_000)
    server.goesSilent()
    clock.advance(30_000) // the silence is found, and a new link opens
    expect(live.getSnapshot().status).toBe('connected')
    const before = [...statuses]
    server.push('news', 'both links carry this')
    server.resumesTalking() // everything the old link owed arrives at once
    clock.advance(70_000) // and its close
    expect(heard).toEqual(['both links carry this'])
    expect(statuses).toEqual(before)
    expect(opens).toHaveLength(2)
    expect(server.open).toBe(1)
  })

  it('[G1 A5 N1] takes error and close of one attempt as one failure', () => {
    const { clock, server, live, errors, opens } = rig({ random: 0.5 })
    server.refuses()
    live.connect()
    clock.advance(0)
    expect(opens).toHaveLength(1)
    expect(codes(errors)).toEqual(['connect-failed'])
    expect(live.getSnapshot().attempt).toBe(1)
  })

  it('[G1] (fault B10) makes one attempt of online, visible and a timer at the same moment', () => {
    const { clock, server, page, live, opens } = rig({ random: 0 })
    server.refuses()
    live.connect()
    clock.advance(249) // the next attempt is due 250 ms after the first
    page.hide()
    page.goOffline()
    page.goOnline()
    page.show()
    page.restore()
    page.resume()
    page.changeNetwork()
    clock.advance(1)
    expect(opens).toHaveLength(2)
    expect(server.links.length).toBeLessThanOrEqual(1)
  })

  it('[G1 M5 N2 N3] closes a link that hangs before it opens the next', () => {
    const { clock, server, live, opens } = rig({ random: 0.5 })
    server.hangs()
    live.connect()
    clock.advance(60_000)
    expect(opens.length).toBeGreaterThan(3)
    expect(server.links.length).toBeLessThanOrEqual(1)
  })
})

describe('the states', () => {
  it('[G2] tells each change once, in order, when getSnapshot() already says the same', () => {
    const seen: string[] = []
    const { clock, server, live } = rig({
      on: {
        status({ status, previous, snapshot }) {
          seen.push(`${previous} > ${status}`)
          expect(snapshot.status).toBe(status)
        },
      },
    })
    const told: Status[] = []
    live.subscribe(() => told.push(live.getSnapshot().status))
    live.connect()
    clock.advance(10_000)
    server.closeAll(1006)
    clock.advance(10_000)
    live.disconnect()
    live.close()
    expect(seen).toEqual([
      'idle > connecting',
      'connecting > connected',
      'connected > reconnecting',
      'reconnecting > connected',
      'connected > idle',
      'idle > closed',
    ])
    expect([...new Set(told)]).toEqual(['connecting', 'connected', 'reconnecting', 'idle', 'closed'])
  })

  it('[G2] gives the same snapshot object until something in it changed', () => {
    const { clock, live } = connected()
    const before = live.getSnapshot()
    let told = 0
    live.subscribe(() => (told += 1))
    clock.advance(60_000) // four pings, answered at once: the same latency each time
    expect(live.getSnapshot()).toBe(before)
    expect(told).toBe(0)
    expect(live.getInitialSnapshot()).toMatchObject({
      status: 'idle',
      latency: null,
      quality: 'disconnected',
    })
    expect(live.getInitialSnapshot()).toBe(live.getInitialSnapshot())
  })

  it('[G2] is connecting until the first success, then reconnecting', () => {
    const { clock, server, live, statuses } = rig()
    server.refuses()
    live.connect()
    clock.advance(20_000)
    expect(statuses).toEqual(['connecting'])
    server.accepts()
    clock.advance(20_000)
    server.refuses()
    server.closeAll(1006)
    clock.advance(20_000)
    expect(statuses).toEqual(['connecting', 'connected', 'reconnecting'])
  })

  it('[G1 G2 G8 P15] holds one link at most and moves along the table under any sequence of calls and faults', () => {
    const step = fc.oneof(
      fc.constantFrom<(r: Rig) => void>(
        (r) => r.live.connect(),
        (r) => r.live.retry(),
        (r) => r.live.disconnect(),
        (r) => r.live.reset(),
        (r) => void r.live.ready().catch(() => undefined),
        (r) => void r.live.send('note', 1, { ttl: 3_000 }),
        (r) => r.live.subscribe(() => r.live.connect()),
        (r) => r.live.state('a').subscribe(() => undefined),
        (r) => r.page.hide(),
        (r) => r.page.show(),
        (r) => r.page.goOffline(),
        (r) => r.page.goOnline(),
        (r) => r.page.freeze(),
        (r) => r.page.resume(),
        (r) => r.page.restore(),
        (r) => r.server.accepts(),
        (r) => r.server.accepts({ level: 0 }),
        (r) => r.server.accepts({ window: 500 }),
        (r) => r.server.refuses(),
        (r) => r.server.refuses(1008),
        (r) => r.server.hangs(),
        (r) => r.server.opensSilently(),
        (r) => r.server.goesSilent(),
        (r) => r.server.resumesTalking(),
        (r) => r.server.closeAll(1012),
        (r) => r.server.closeAll(4403),
        (r) => r.server.goAway({ grace: 2_000 }),
        (r) => r.server.send('garbage'),
        (r) => r.clock.sleep(3_600_000),
        (r) => r.clock.block(30_000),
      ),
      fc.integer({ min: 0, max: 40_000 }).map((ms) => (r: Rig) => r.clock.advance(ms)),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), (steps, seed) => {
        const r = rig({ network: { seed } })
        const links = (): number => r.server.open + r.server.connecting
        for (const run of steps) {
          run(r)
          expect(links()).toBeLessThanOrEqual(1)
        }
        r.live.close()
        expect(links()).toBe(0)
        expect(r.clock.pending).toBe(0)
        expect(r.page.listeners).toBe(0)
        let status: Status = 'idle'
        for (const next of r.statuses) {
          expect(following[status], `${status} > ${next}`).toContain(next)
          status = next
        }
        expect(status).toBe('closed')
      }),
      { numRuns: 300, seed: 20_260_101 },
    )
  })
})
