// The server's advice for one loss (G4, G5): hints with a close, rt.go_away.
import { describe, expect, it } from 'vitest'
import { connected, type Rig } from './rig.ts'
import { wait } from './pace.ts'

describe('hints with a close', () => {
  it.each([
    ['retry_after=5000', 5_000, 7_500],
    ['retry_after=5000;spread=0', 5_000, 5_000],
    ['spread=10000;retry_after=5000', 5_000, 15_000],
    ['spread=10000', 0, 10_000],
    ['restart;retry_after=5000', 5_000, 7_500],
  ])('[G4 G5 N5] "%s" sets a floor of %d and ends at %d', (reason, least, most) => {
    for (const random of [0, 0.999_999]) {
      const r = connected({ random })
      const waited = wait(r, (s) => s.closeAll(1012, reason))
      const local = random === 0 ? 250 : 1_000
      expect(waited).toBeCloseTo(Math.max(local, random === 0 ? least : most), -1)
    }
  })

  it.each([
    'retry_after=-1',
    'retry_after=NaN',
    'retry_after="5"',
    'retry_after=1e9',
    'xretry_after=9000',
    'retry_after=',
    '',
  ])('[G5 M10] "%s" is ignored', (reason) => {
    const r = connected({ random: 0 })
    expect(wait(r, (s) => s.closeAll(1012, reason))).toBe(250)
  })

  it('[G5 M10] is clamped to a day', () => {
    const r = connected({ random: 0 })
    expect(wait(r, (s) => s.closeAll(1012, 'retry_after=999999999999'))).toBe(86_400_000)
  })

  it('[G5] only lengthens: a window stays the floor of its pace', () => {
    const r = connected({ random: 0.5 }, (s) => s.accepts({ window: 20_000 }))
    expect(wait(r, (s) => s.closeAll(1012, 'retry_after=100;spread=100'))).toBe(10_000)
  })

  it('[G4 G5] binds page signals, and not connect() or retry()', () => {
    const r = connected({ random: 0 })
    r.server.closeAll(1013, 'retry_after=60000')
    r.clock.advance(10_000)
    r.page.goOnline()
    r.page.show()
    r.clock.advance(40_000)
    expect(r.opens).toHaveLength(1)
    r.live.retry()
    r.clock.advance(0)
    expect(r.opens).toHaveLength(2)
  })
})

describe('rt.go_away', () => {
  const away = (r: Rig, frame: object): void => {
    r.server.send(JSON.stringify({ type: 'rt.go_away', code: 'deploy', ...frame }))
    r.clock.advance(0)
  }

  it('[G4 S4] moves within min and spread, without being closed by the server', () => {
    for (const random of [0, 0.5, 0.999_999]) {
      const r = connected({ random })
      away(r, { reconnect: { min: 1_000, spread: 10_000 }, grace: 60_000 })
      const from = r.at()
      expect(r.snapshot.status).toBe('connected')
      r.clock.advance(1_000 + random * 10_000 + 1_100)
      expect(r.opens).toHaveLength(2)
      expect(r.opens[1]! - from).toBeGreaterThanOrEqual(1_000 + Math.floor(random * 10_000))
      expect(r.server.open).toBe(1)
    }
  })

  it('[G4 S4] uses the old link until then, but for new sends', async () => {
    const r = connected({ random: 0.999_999 })
    const heard: unknown[] = []
    r.live.on('message', ({ data }) => heard.push(data))
    away(r, { reconnect: { min: 2_000, spread: 1_000 }, grace: 30_000 })
    r.server.push('news', 1)
    const outcome = r.live.send('note', 1)
    const later = r.live.send('note', 2, { ttl: 10_000 })
    await r.clock.advanceAsync(100)
    expect(heard).toEqual([1])
    expect(await outcome).toMatchObject({ ok: false, maybeDelivered: false })
    expect(r.sent('note')).toEqual([])
    await r.clock.advanceAsync(6_000)
    expect(await later).toEqual({ ok: true, outcome: 'written' })
    expect(r.server.received.filter(({ type }) => type === 'note')).toEqual([{ type: 'note', data: 2 }])
  })

  it('[G4 S4] whose grace ends first gives the link up then, and comes back in its time', () => {
    const r = connected({ random: 0.5 })
    away(r, { reconnect: { min: 4_000, spread: 4_000 }, grace: 2_000 })
    const from = r.at()
    r.clock.advance(2_000)
    expect(r.snapshot.status).toBe('reconnecting')
    r.clock.advance(10_000)
    expect(r.opens[1]! - from).toBe(6_000)
  })

  it('[G4 S4] is no failure: nothing is counted, whatever code the server closes with', () => {
    for (const code of [1012, 1000, 1006]) {
      const r = connected({ random: 0.5 })
      away(r, { reconnect: { min: 500, spread: 0 }, grace: 5_000 })
      r.server.closeAll(code)
      r.clock.advance(0)
      expect(r.snapshot).toMatchObject({ status: 'reconnecting', attempt: 0 })
      r.clock.advance(1_000)
      expect(r.snapshot.status).toBe('connected')
    }
  })

  it('[G5 S21] takes nonsense for its defaults, and clamps to a day', () => {
    for (const frame of [
      { reconnect: { min: -1, spread: 'x' }, grace: null },
      { reconnect: null },
      { reconnect: 'later', code: 5 },
      {},
    ]) {
      const r = connected({ random: 0.5 })
      away(r, frame)
      r.clock.advance(3_000)
      expect(r.opens).toHaveLength(2)
    }
    const r = connected({ random: 0.5 })
    away(r, { reconnect: { min: 1e15, spread: 0 }, grace: 0 })
    r.clock.advance(86_400_000 - 1_000)
    expect(r.opens).toHaveLength(1)
    r.clock.advance(2_000)
    expect(r.opens).toHaveLength(2)
  })

  it('[G6 S4] with reconnect: false is fatal', () => {
    const r = connected()
    away(r, { reconnect: false, code: 'gone_for_good' })
    expect(r.snapshot.status).toBe('failed')
    expect(r.snapshot.error?.context.reason).toBe('gone_for_good')
    r.clock.advance(3_600_000)
    expect(r.opens).toHaveLength(1)
    expect(r.clock.pending).toBe(0)
  })

  it('[G4 S4] a second one changes nothing', () => {
    const r = connected({ random: 0 })
    away(r, { reconnect: { min: 3_000, spread: 0 }, grace: 60_000 })
    const from = r.at()
    away(r, { reconnect: { min: 50_000, spread: 0 }, grace: 60_000 })
    r.clock.advance(4_000)
    expect(r.opens[1]! - from).toBeLessThanOrEqual(3_300)
  })

  it('[B3 S3] spreads 1 000 clients evenly: the busiest twentieth of the spread gets at most 3 times its share', () => {
    const slots = new Map<number, number>()
    for (let seed = 0; seed < 1_000; seed++) {
      const r = connected({ network: { seed } })
      away(r, { reconnect: { min: 500, spread: 10_000 }, grace: 60_000 })
      const from = r.at()
      r.clock.advance(12_000)
      const at = r.opens[1]! - from
      expect(at).toBeGreaterThanOrEqual(500)
      expect(at).toBeLessThanOrEqual(11_500)
      slots.set(Math.floor((at - 500) / 500), (slots.get(Math.floor((at - 500) / 500)) ?? 0) + 1)
      r.live.close()
    }
    expect(Math.max(...slots.values())).toBeLessThanOrEqual(150)
  })
})
