// The server's standing advice (G4, G5): clamped, and ignored where it is nonsense.
import { describe, expect, it } from 'vitest'
import { connected, rig } from './rig.ts'
import { wait } from './pace.ts'

describe('the reconnect window', () => {
  it.each([
    [1, 250],
    [0, 250],
    [249, 250],
    [250, 250],
    [500, 500],
    [300_000, 300_000],
    [300_001, 300_000],
    [1e12, 300_000],
    [86_400_000, 300_000],
  ])('[G5 S21 M10] of %d counts as %d', (window, counts) => {
    const r = connected({ random: 0.5 }, (s) => s.accepts({ window }))
    expect(wait(r, (s) => s.closeAll(1006))).toBeCloseTo(counts / 2, -1)
  })

  it.each([
    ['NaN', 'null'],
    ['negative', '-1'],
    ['a string', '"500"'],
    ['infinite', '1e999'],
    ['an object', '{}'],
    ['true', 'true'],
  ])('[G5 S21] that is %s is ignored: as without a window', (_what, json) => {
    const r = connected({ random: 0.5 }, (s) =>
      s.behaves((link) => {
        link.accept()
        link.onFrame(({ type, timestamp }) => {
          if (type === 'client_ready')
            link.send(`{"type":"server_ready","v":1,"reconnect":{"window":${json}}}`)
          if (type === 'ping') link.send(JSON.stringify({ type: 'pong', timestamp }))
        })
      }),
    )
    expect(wait(r, (s) => s.closeAll(1006))).toBe(625) // the middle of [250, 1 000]
  })

  it('[G4 G5] may be changed by rt.notice, and by nonsense in it is not', () => {
    const r = connected({ random: 0.5 }, (s) => s.accepts({ window: 500 }))
    r.server.send('{"type":"rt.notice","reconnect":{"window":8000}}')
    r.server.send('{"type":"rt.notice","reconnect":{"window":-5}}')
    r.server.send('{"type":"rt.notice","reconnect":"soon"}')
    r.server.send('{"type":"rt.notice"}')
    r.clock.advance(0)
    expect(wait(r, (s) => s.closeAll(1006))).toBe(4_000)
  })
})

describe('heartbeat advice', () => {
  it.each([
    [{ interval: 10_000, timeout: 2_000 }, 10_000, 2_000],
    [{ interval: 1, timeout: 1 }, 5_000, 1_000],
    [{ interval: 0, timeout: 0 }, 5_000, 1_000],
    [{ interval: 1e9, timeout: 1e9 }, 60_000, 20_000],
    [{ interval: 5_000, timeout: 20_000 }, 5_000, 5_000],
  ])('[G3 G5 S21] of %o gives pings every %d and a timeout of %d', (heartbeat, interval, timeout) => {
    const r = rig()
    r.server.accepts({ heartbeat })
    r.live.connect()
    r.clock.advance(interval * 2 + 100)
    expect(r.times('ping')).toEqual([0, interval, interval * 2])
    r.server.goesSilent()
    r.clock.advance(interval - 100 + timeout - 1)
    expect(r.errors).toEqual([])
    r.clock.advance(1)
    expect(r.errors).toHaveLength(1)
  })

  it.each([
    { interval: -1, timeout: -1 },
    { interval: '10000', timeout: '1' },
    { interval: null, timeout: 5 },
    'fast',
    null,
    [10_000],
  ])('[G5 S21] of %j is ignored', (heartbeat) => {
    const r = rig()
    r.server.accepts({ extra: { heartbeat } })
    r.live.connect()
    r.clock.advance(31_000)
    expect(r.times('ping')).toEqual([0, 15_000, 30_000])
  })

  it('[G3 G5] counts only where the app set nothing', () => {
    const r = rig({ heartbeat: { interval: 7_000, timeout: 3_000 } })
    r.server.accepts({ heartbeat: { interval: 30_000, timeout: 20_000 } })
    r.live.connect()
    r.clock.advance(15_000)
    expect(r.times('ping')).toEqual([0, 7_000, 14_000])
  })

  it('[G3 G5] counts for the timeout where the app set only the interval, and the other way round', () => {
    const r = rig({ heartbeat: { interval: 12_000 } })
    r.server.accepts({ heartbeat: { interval: 30_000, timeout: 9_000 } })
    r.live.connect()
    r.clock.advance(13_000)
    expect(r.times('ping')).toEqual([0, 12_000])
    r.server.goesSilent()
    r.clock.advance(11_000 + 8_999)
    expect(r.errors).toEqual([])
    r.clock.advance(1)
    expect(r.errors).toHaveLength(1)
    const other = rig({ heartbeat: { timeout: 2_000 } })
    other.server.accepts({ heartbeat: { interval: 30_000, timeout: 9_000 } })
    other.live.connect()
    other.clock.advance(31_000)
    expect(other.times('ping')).toEqual([0, 30_000])
  })

  it('[G3 G5 P3] that changes while a ping waits for its answer leaves that its deadline', () => {
    const r = rig()
    r.server.accepts({ heartbeat: { interval: 60_000, timeout: 20_000 } })
    r.live.connect()
    r.clock.advance(59_000)
    r.server.ignoresPings()
    r.clock.advance(2_000)
    r.server.goesSilent('to-server')
    r.server.send('{"type":"server_ready","v":1,"heartbeat":{"interval":7000,"timeout":1000}}')
    r.clock.advance(0)
    r.server.goesSilent()
    r.clock.advance(6_000) // by the new interval, counted from the last ping
    expect(r.times('ping')).toEqual([0, 60_000, 67_000])
    expect(r.errors).toEqual([])
    r.clock.advance(80_000 + 7_000 + 1_000 - r.at())
    expect(r.errors).toHaveLength(1)
  })

  it('[G3 G5] never turns the heartbeat off, nor on', () => {
    const r = rig({ heartbeat: false })
    r.server.accepts({ heartbeat: { interval: 5_000, timeout: 1_000 } })
    r.live.connect()
    r.clock.advance(60_000)
    expect(r.sent('ping')).toEqual([])
  })
})
