// plain(): servers of other words.
import { describe, expect, it } from 'vitest'
import { plain } from '../../../src/index.ts'
import { codes, rig } from '../behaviour/rig.ts'

describe('plain()', () => {
  it('[A1] fits a server of other words: its own hello, ping and frames', () => {
    const r = rig({
      auth: undefined,
      protocol: plain({
        hello: () => ({ op: 'subscribe' }),
        ping: (timestamp) => ({ op: 'ping', at: timestamp }),
        decode: (text) => {
          const [op, payload] = JSON.parse(text) as [string, unknown]
          if (op === 'pong') return { kind: 'pong', timestamp: payload }
          return op === 'skip' ? { kind: 'ignored' } : { kind: 'message', type: op, data: payload }
        },
      }),
    })
    r.server.behaves((link) => {
      link.accept()
      link.onText((text) => {
        const { op, at } = JSON.parse(text) as { op: string; at?: number }
        if (op === 'ping') link.send(JSON.stringify(['pong', at]))
        else link.send('["queue",[1,2]]')
      })
    })
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    r.clock.advance(100)
    expect(channel.getSnapshot()).toMatchObject({ data: [1, 2], freshness: 'live' })
    expect(r.snapshot).toMatchObject({ status: 'connected', latency: 0 })
    r.server.send('["skip"]')
    r.server.send('this decode throws')
    r.clock.advance(100)
    expect(codes(r.errors)).toEqual(['protocol-error'])
  })

  it('[A1 G3] without hello and ping says nothing at all', () => {
    const r = rig({ protocol: plain({ hello: () => null, ping: () => null }) })
    r.server.opensSilently()
    r.live.connect()
    r.clock.advance(60_000)
    expect(r.sent()).toEqual([])
    expect(r.snapshot).toMatchObject({ status: 'connected', quality: 'unknown' })
  })

  it('[A1] falls back to { type, data } where its decode knows nothing', () => {
    const r = rig({ protocol: plain({ decode: () => undefined }) })
    r.server.accepts({ level: 0 })
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    r.server.push('queue', 1)
    r.clock.advance(10)
    expect(channel.getSnapshot().data).toBe(1)
  })
})
