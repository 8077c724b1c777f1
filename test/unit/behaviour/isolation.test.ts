// Handlers cannot hurt each other or the core (G17).
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
