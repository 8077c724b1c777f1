// Probes (G3): what may have killed a link without a word is found out within 3 s.
import { describe, expect, it } from 'vitest'
import { codes, connected, rig, type Rig } from './rig.ts'

const signals: ReadonlyArray<readonly [name: string, (r: Rig) => void]> = [
  ['pageshow.persisted', (r) => r.page.restore()],
  ['online', (r) => r.page.goOnline()],
  ['offline', (r) => r.page.goOffline()],
  ['becoming visible', (r) => r.page.show()],
  ['resume', (r) => r.page.resume()],
  ['a network change', (r) => r.page.changeNetwork()],
]

describe('a probe', () => {
  it.each(signals)(
    '[G3 N18] (fault B6) after %s leaves a dead link within 3 s, whatever readyState says',
    (_name, signal) => {
      const r = connected({ random: 0.5 })
      r.server.goesSilent()
      signal(r)
      expect(r.times('ping').at(-1)).toBe(r.at())
      r.clock.advance(2_999)
      expect(r.snapshot.status).toBe('connected')
      r.clock.advance(1)
      expect(codes(r.errors)).toEqual(['heartbeat-timeout'])
      // A local cause: a phase in [0, 1 s], here its middle; 2 s to leave, 6 s to be back is the goal.
      r.clock.advance(500)
      expect(r.opens.at(-1)).toBe(6_000 + 3_000 + 500)
      r.clock.advance(0)
      expect(r.snapshot.status).toBe('connected')
    },
  )

  it.each(signals)('[G3] (fault B8) (fault B11) after %s leaves a good link alone', (_name, signal) => {
    const r = connected()
    const before = r.snapshot
    signal(r)
    r.clock.advance(60_000)
    expect(r.errors).toEqual([])
    expect(r.opens).toHaveLength(1)
    expect(r.snapshot).toBe(before)
  })

  it('[G3] (fault B3) (fault B10) is one, however many signals come at once', () => {
    const { page, sent } = connected()
    page.resume()
    page.show()
    page.restore()
    page.goOnline()
    page.changeNetwork()
    expect(sent('ping')).toHaveLength(2) // one with client_ready, one probe
  })

  it('[A9 G3] takes as long as heartbeat.probe says', () => {
    const { clock, server, page, errors } = connected({ heartbeat: { probe: 700 } })
    server.goesSilent()
    page.show()
    clock.advance(699)
    expect(errors).toEqual([])
    clock.advance(1)
    expect(codes(errors)).toEqual(['heartbeat-timeout'])
  })

  it('[G3] counts the interval to the next ping from itself', () => {
    const { clock, page, times } = connected()
    clock.advance(4_000) // at 10 s
    page.show()
    clock.advance(15_000)
    expect(times('ping')).toEqual([0, 10_000, 25_000])
  })

  it('[G3] after hiding or freezing is not sent: nobody came back', () => {
    const { page, sent } = connected()
    page.hide()
    page.freeze()
    expect(sent('ping')).toHaveLength(1)
  })

  it('[G3] (fault B4) that finds the link dead leaves nothing of the old close to act on', () => {
    const { clock, server, page, opens, statuses } = connected()
    server.closesLate(500)
    server.goesSilent()
    page.restore()
    clock.advance(10_000)
    expect(opens).toHaveLength(2)
    expect(statuses).toEqual(['connecting', 'connected', 'reconnecting', 'connected'])
  })
})

describe('sleep', () => {
  it.each([
    ['the monotonic clock stood still', false],
    ['the monotonic clock went on', true],
  ])(
    '[G3 BB12 BB7] (fault B5) of 8 h ends in a probe: not live until it is answered (%s)',
    (_how, monotonic) => {
      const { clock, server, live, errors, opens } = rig({ network: { latency: 100 } })
      const queue = live.state('queue')
      const seen: string[] = []
      queue.subscribe(() => seen.push(queue.getSnapshot().freshness))
      server.push('queue', 1)
      clock.advance(10_000)
      expect(queue.getSnapshot().freshness).toBe('live')
      clock.sleep(8 * 3_600_000, { monotonic })
      clock.advance(15_000) // the next timer sees the jump
      expect(seen).toEqual(['live', 'stale', 'live'])
      expect(errors).toEqual([])
      expect(opens).toHaveLength(1)
    },
  )

  it('[G3] (fault B5) over a dead link is noticed at the next sign of life of the page, and left 3 s later', () => {
    const { clock, server, page, live, errors } = rig()
    const queue = live.state('queue')
    queue.subscribe(() => undefined)
    server.push('queue', 1)
    clock.advance(10_000)
    server.goesSilent()
    clock.sleep(8 * 3_600_000)
    page.show()
    expect(queue.getSnapshot().freshness).not.toBe('live')
    clock.advance(2_999)
    expect(errors).toEqual([])
    clock.advance(1)
    expect(codes(errors)).toEqual(['heartbeat-timeout'])
  })

  it('[G3] (fault B5) does not let a message from before it prove anything', () => {
    const { clock, server, page, live } = rig()
    const queue = live.state('queue')
    queue.subscribe(() => undefined)
    server.push('queue', 1)
    clock.advance(10_000)
    server.goesSilent('to-client')
    server.push('queue', 2)
    clock.sleep(8 * 3_600_000)
    page.resume()
    server.resumesTalking()
    server.goesSilent('to-server') // what was under way arrives; the probe is never answered
    clock.advance(0)
    expect(queue.getSnapshot()).toMatchObject({ data: 2 })
    expect(queue.getSnapshot().freshness).not.toBe('live')
  })
})
