// Order (G11), no duplicates of our own (G12), and calls inside listeners (P15).
import { describe, expect, it } from 'vitest'
import { connected, rig } from './rig.ts'

describe('order', () => {
  it('[G11] messages of a channel arrive in order, whatever their listeners do', async () => {
    const r = rig()
    const heard: number[] = []
    const seen: number[] = []
    r.live.on('message', ({ data }) => {
      heard.push(data as number)
      r.live.connect()
      r.live.retry()
    })
    const channel = r.live.state<number>('n')
    channel.subscribe(() => {
      const { data } = channel.getSnapshot()
      if (data !== undefined && data !== seen.at(-1)) seen.push(data)
    })
    for (let n = 1; n <= 100; n++) r.server.push('n', n)
    r.server.latency(20, 50)
    for (let n = 101; n <= 200; n++) r.server.push('n', n)
    await r.clock.advanceAsync(5_000)
    expect(heard).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(channel.getSnapshot().data).toBe(200)
  })

  it('[G11 N12] a stalled link delivers its burst in order, once', () => {
    const r = connected({ heartbeat: { timeout: 15_000 } })
    const heard: unknown[] = []
    r.live.on('message', ({ data }) => heard.push(data))
    r.server.goesSilent()
    for (let n = 0; n < 50; n++) {
      r.server.push('n', n)
      r.clock.advance(200)
    }
    r.server.resumesTalking()
    r.clock.advance(0)
    expect(heard).toEqual(Array.from({ length: 50 }, (_, n) => n))
  })

  it('[G12] the core itself repeats nothing after a reconnect', () => {
    const r = connected()
    const heard: unknown[] = []
    r.live.on('message', ({ data }) => heard.push(data))
    r.server.push('n', 1)
    r.clock.advance(0)
    for (let n = 0; n < 5; n++) {
      r.server.closeAll(1006)
      r.clock.advance(20_000)
    }
    expect(heard).toEqual([1])
  })
})

describe('calls inside listeners', () => {
  it('[G2 P15] become the next events, not recursion', () => {
    const r = rig()
    let depth = 0
    let deepest = 0
    const told: string[] = []
    r.live.on('status', ({ status }) => {
      depth++
      deepest = Math.max(deepest, depth)
      told.push(status)
      if (status === 'connected') {
        r.live.disconnect()
        r.live.connect()
      }
      if (told.length > 8) r.live.close()
      depth--
    })
    r.live.connect()
    r.clock.advance(60_000)
    expect(deepest).toBe(1)
    expect(told.slice(0, 6)).toEqual(['connecting', 'connected', 'idle', 'connecting', 'connected', 'idle'])
    expect(told.at(-1)).toBe('closed')
  })

  it('[P15] connect() in a status listener, send() in a message listener, subscribe in a channel subscriber', async () => {
    const r = rig()
    r.server.refuses(4403)
    let retried = false
    r.live.on('status', ({ status }) => {
      if (status !== 'failed' || retried) return
      retried = true
      r.server.accepts()
      r.live.connect()
    })
    const outcomes: unknown[] = []
    r.live.on('message', () => void r.live.send('got', 1).then((outcome) => outcomes.push(outcome)))
    const a = r.live.state('a')
    let inner = 0
    a.subscribe(() => {
      if (inner === 0) r.live.state('b').subscribe(() => inner++)
      inner ||= -100
    })
    await r.clock.advanceAsync(1_000)
    r.server.push('a', 1)
    await r.clock.advanceAsync(0)
    r.server.push('b', 1)
    await r.clock.advanceAsync(0)
    expect(outcomes).toEqual([
      { ok: true, outcome: 'written' },
      { ok: true, outcome: 'written' },
    ])
    expect(r.live.state('b').getSnapshot()).toMatchObject({ data: 1, freshness: 'live' })
  })
})
