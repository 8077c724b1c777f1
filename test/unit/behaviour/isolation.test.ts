// Handlers cannot hurt each other or the core (G17), and may call anything (P15); order of delivery (G11).
import { describe, expect, it, vi } from 'vitest'
import { createConnection } from '../../../src/index.ts'
import { mockServer, virtualClock } from '../../../src/testing/index.ts'
import { codes, connected, rig } from './rig.ts'

const mine = (): never => {
  throw new Error('mine')
}

describe('a listener that throws', () => {
  it.each(['status', 'message', 'trace'] as const)(
    '[G17] (to %s) stops nobody, and is reported once',
    (event) => {
      const r = rig()
      const heard: string[] = []
      r.live.on(event, () => heard.push('first'))
      const off = r.live.on(event, mine)
      r.live.on(event, () => heard.push('last'))
      r.live.on('message', () => undefined)
      r.clock.advance(0)
      r.server.push('news', 1)
      r.clock.advance(0)
      off()
      expect(heard.filter((one) => one === 'first').length).toBe(heard.filter((one) => one === 'last').length)
      expect(heard.length).toBeGreaterThan(0)
      const failed = r.errors.filter(({ code }) => code === 'listener-failed')
      expect(failed.length).toBe(event === 'trace' ? failed.length : heard.length / 2)
      expect((failed[0]?.cause as Error).message).toBe('mine')
      expect(r.snapshot.status).toBe('connected')
      expect(r.snapshot.error).toBeNull()
    },
  )

  it('[G17] (to the store) stops no other subscriber, of the connection or of a channel', () => {
    const r = rig()
    const heard: string[] = []
    const channel = r.live.state('queue')
    r.live.subscribe(mine)
    r.live.subscribe(() => heard.push('connection'))
    channel.subscribe(mine)
    channel.subscribe(() => heard.push('channel'))
    r.server.push('queue', 1)
    r.clock.advance(100)
    expect(heard).toContain('connection')
    expect(heard).toContain('channel')
    expect(codes(r.errors).every((code) => code === 'listener-failed')).toBe(true)
    expect(channel.getSnapshot()).toMatchObject({ data: 1, freshness: 'live', error: null })
  })

  it('[G17] (to errors) is not told of itself, and stops no other', () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    try {
      const heard: string[] = []
      const r = rig({ on: { error: mine } })
      r.live.on('error', ({ code }) => heard.push(code))
      r.server.refuses(4403)
      r.live.connect()
      expect(() => r.clock.advance(0)).not.toThrow()
      expect(heard).toEqual(['forbidden'])
      expect(reported).toHaveLength(1)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it(`[G17 A8] that nobody listens for reaches the page's own handler, where there is one, and the logger`, () => {
    const reported: unknown[] = []
    for (const handler of [undefined, (error: unknown) => void reported.push(error)]) {
      vi.stubGlobal('reportError', handler)
      try {
        const logged: string[] = []
        const clock = virtualClock()
        const { transport, runtime } = mockServer(clock)
        const live = createConnection({
          url: '/ws',
          transport,
          runtime,
          logger: { warn: (message) => logged.push(message) },
        })
        live.on('status', mine)
        live.connect()
        expect(logged.join()).toMatch(/mine/)
        live.close()
      } finally {
        vi.unstubAllGlobals()
      }
    }
    expect(reported).toHaveLength(2) // connecting, closed
    expect(reported[0]).toMatchObject({ code: 'listener-failed', cause: { message: 'mine' } })
  })

  it('[G17] a logger that throws ends nothing', () => {
    const r = rig({ logger: { debug: mine, info: mine, warn: mine, error: mine } })
    r.server.refuses()
    r.live.connect()
    expect(() => r.clock.advance(10_000)).not.toThrow()
    r.server.accepts()
    r.clock.advance(10_000)
    expect(r.snapshot.status).toBe('connected')
  })

  it('[G17] functions of a channel that throw are reported, and leave it and its neighbours going', () => {
    for (const [option, code] of [
      [{ pick: mine }, 'invalid-data'],
      [{ onMessage: mine }, 'invalid-data'],
      [{ version: mine }, 'invalid-data'],
      [{ compare: mine }, 'listener-failed'],
    ] as const) {
      const r = rig()
      const bad = r.live.state<number>('bad', { message: 'queue', initial: 0, ...option })
      const good = r.live.state<number>('good', { message: 'queue' })
      bad.subscribe(() => undefined)
      good.subscribe(() => undefined)
      r.server.push('queue', 1)
      r.clock.advance(10)
      expect(codes(r.errors), Object.keys(option)[0]).toEqual([code])
      expect(r.errors[0]?.context.channel).toBe('bad')
      expect(good.getSnapshot()).toMatchObject({ data: 1, freshness: 'live', error: null })
      expect(r.snapshot.status).toBe('connected')
      r.live.close()
    }
  })

  it('[G17] a pollEvery or update that throws is reported and changes nothing', async () => {
    const r = rig()
    r.server.refuses()
    let loads = 0
    const channel = r.live.state<number>('queue', { load: () => ++loads, pollEvery: mine })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(100)
    channel.update(mine)
    expect(channel.getSnapshot().data).toBe(1)
    expect(r.errors.some(({ code }) => code === 'listener-failed')).toBe(true)
    await r.clock.advanceAsync(25_000)
    expect(loads).toBe(3) // as by default, every 10 s
  })
})

describe('listeners', () => {
  it('[G17] added or removed while an event is told count from the next one', () => {
    const r = connected()
    const heard: string[] = []
    const late = (): void => {
      heard.push('late')
    }
    let off = (): void => undefined
    r.live.on('message', () => {
      heard.push('first')
      off()
      if (heard.length === 1) r.live.on('message', late)
    })
    off = r.live.on('message', () => heard.push('removed'))
    r.server.push('a', 1)
    r.clock.advance(0)
    expect(heard).toEqual(['first'])
    r.server.push('a', 2)
    r.clock.advance(0)
    expect(heard).toEqual(['first', 'first', 'late'])
  })

  it('[G17] the same function may listen twice, and leaves once per unsubscribe', () => {
    const r = connected()
    let heard = 0
    const listen = (): number => heard++
    const off = r.live.on('message', listen)
    r.live.on('message', listen)
    r.server.push('a', 1)
    r.clock.advance(0)
    expect(heard).toBe(2)
    off()
    off()
    r.server.push('a', 2)
    r.clock.advance(0)
    expect(heard).toBe(3)
  })

  it('[G17] methods may be passed around detached', () => {
    const r = rig()
    const { connect, getSnapshot, on, state, subscribe, close } = r.live
    const { getSnapshot: getData, subscribe: read } = state('queue')
    on('message', () => undefined)
    subscribe(() => undefined)
    read(() => undefined)
    connect()
    r.server.push('queue', 1)
    r.clock.advance(0)
    expect(getSnapshot().status).toBe('connected')
    expect(getData().data).toBe(1)
    close()
  })
})

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
