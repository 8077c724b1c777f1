// Hostile behaviour (G23): floods, text that makes patterns slow, lies.
import { describe, expect, it } from 'vitest'
import { connected, rig } from './rig.ts'
import { feed, expectWorking, took } from './hostile-probe.ts'

describe('floods', () => {
  it('[G23 H12 P12] of pings get 10 pongs a second at most', () => {
    const r = connected()
    for (let n = 0; n < 1_000; n++) feed(r, `{"type":"ping","timestamp":${n}}`)
    expect(r.sent('pong')).toHaveLength(10)
    r.clock.advance(1_000)
    for (let n = 0; n < 1_000; n++) feed(r, `{"type":"ping","timestamp":${n}}`)
    expect(r.sent('pong')).toHaveLength(20)
    expectWorking(r)
  })

  it('[G23 P12] a ping gets its timestamp back if that is a number or a short text, else none', () => {
    const r = connected()
    r.server.forget()
    for (const timestamp of ['5', '"x"', 'null', '{}', '[1]', 'true', `"${'x'.repeat(65)}"`])
      feed(r, `{"type":"ping","timestamp":${timestamp}}`)
    feed(r, '{"type":"ping"}')
    const pong = { type: 'pong' }
    expect(r.server.received).toEqual([
      { ...pong, timestamp: 5 },
      { ...pong, timestamp: 'x' },
      pong,
      pong,
      pong,
      pong,
      pong,
      pong,
    ])
  })

  it('[G23] of 100 000 answers to nothing are ignored, in O(1) memory and time each', () => {
    const r = connected()
    const before = JSON.stringify(r.snapshot)
    const ms = [0, 1, 2, 3].map((round) =>
      took(() => {
        for (let n = 0; n < 25_000; n++) {
          r.server.send(
            `{"type":"rt.subscribed","id":"${round}-${n}","channel":"c${n}","epoch":"x","offset":-1,"recovered":true}`,
          )
          if (n % 100 === 0) r.clock.advance(0)
        }
        r.clock.advance(0)
      }),
    )
    expect(ms[3]).toBeLessThan(5 * ms[0]! + 500) // the last ones cost what the first did
    expect(JSON.stringify(r.snapshot)).toBe(before)
    expect(r.errors).toEqual([])
    expectWorking(r)
  })

  it('[G23] of server_ready, notices and go_aways change only what they may', () => {
    const r = connected()
    for (let n = 0; n < 1_000; n++) {
      feed(r, `{"type":"server_ready","v":${n},"session":{"id":"s_${n}"}}`)
      feed(r, `{"type":"rt.notice","reconnect":{"window":${n}}}`)
    }
    expect(r.statuses).toEqual(['connecting', 'connected'])
    expect(r.opens).toHaveLength(1)
    expectWorking(r)
  })
})

describe('text that makes patterns slow', () => {
  it.each([
    ['a type of 1 MB', `{"type":"${'a.'.repeat(500_000)}!"}`],
    ['a type of 1 MB of dashes', `{"type":"${'-'.repeat(1_000_000)}"}`],
    ['a frame of 1 MB of spaces', `${' '.repeat(1_000_000)}{"type":"queue"`],
    ['garbage of 1 MB', 'retry_after='.repeat(80_000)],
    ['an error of 1 MB', `{"type":"rt.error","code":"x","message":"${'@/'.repeat(500_000)}"}`],
  ])('[G23 H13] (%s) takes linear time', (_name, text) => {
    const r = connected({ auth: undefined })
    feed(r, text)
    expect(took(() => feed(r, text))).toBeLessThan(300)
    expectWorking(r)
  })

  it('[G23 H13] is cut in close reasons', () => {
    const reason = `${'retry_after=1'.repeat(80_000)};`
    let close = (): void => undefined
    const r = rig({
      transport: {
        name: 'odd',
        capabilities: { ownsHeartbeat: true, ownsRecovery: false, closeCodes: true },
        open(_context, events) {
          events.opened()
          events.message('{"type":"server_ready","v":1}')
          close = () => events.closed({ code: 4000, reason, wasClean: true })
          return { send: () => undefined, bufferedBytes: 0, close: () => undefined }
        },
      },
    })
    r.live.connect()
    r.clock.advance(10)
    expect(took(() => close())).toBeLessThan(300)
    expect(r.errors[0]?.context.reason?.length).toBeLessThanOrEqual(256)
    expect(r.errors[0]?.message.length).toBeLessThan(400)
  })

  it('[G23 G24 H13] is redacted in linear time, with as many secrets as are kept', async () => {
    let n = 0
    const r = rig({
      random: 0,
      reconnect: { circuit: false },
      auth: () => `secret-${String(n++)}-${'s'.repeat(1_000)}`,
    })
    r.server.refuses(1011)
    r.live.connect()
    await r.clock.advanceAsync(9_000)
    r.server.accepts()
    await r.clock.advanceAsync(20_000)
    expect(r.snapshot.status).toBe('connected')
    const text = `garbage ${'s'.repeat(1_000_000)}`
    expect(took(() => feed(r, text))).toBeLessThan(1_500)
  })
})

describe('lies', () => {
  it('[G23] (fault C6) a server that echoes what we say is answered once a ping, and nothing more', () => {
    const r = rig()
    r.server.behaves((link) => {
      link.accept()
      link.onText((text) => link.send(text))
    })
    r.live.connect()
    r.clock.advance(60_000)
    expect(r.snapshot.status).toBe('connected')
    expect(r.sent('pong').length).toBeLessThanOrEqual(r.sent('ping').length)
  })

  it('[G23 P14] of a plain server in rt.* frames are messages of the app', () => {
    const r = connected({}, (s) => s.accepts({ level: 0 }))
    const heard: string[] = []
    r.live.on('message', ({ type }) => heard.push(type))
    for (const type of ['rt.go_away', 'rt.error', 'rt.notice', 'server_ready'])
      feed(r, `{"type":"${type}","v":1,"reconnect":false}`)
    expect(heard).toEqual(['rt.go_away', 'rt.error', 'rt.notice', 'server_ready'])
    r.clock.advance(60_000)
    expect(r.opens).toHaveLength(1)
  })

  it('[G23] a redirect is no advice we know', () => {
    const r = connected()
    feed(
      r,
      '{"type":"rt.notice","reconnect":{"window":500,"url":"wss://evil.test/ws"},"url":"wss://evil.test/ws"}',
    )
    feed(
      r,
      '{"type":"rt.go_away","code":"moved","reconnect":{"min":0,"spread":0,"url":"wss://evil.test/ws"},"grace":0}',
    )
    r.clock.advance(10_000)
    expect(r.server.links.map(({ url }) => url)).toEqual(['wss://app.test/ws'])
  })
})
