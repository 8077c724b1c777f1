// Faults of the connection that reviews found, kept as tests: calls inside listeners, promises, wrong options.
import { describe, expect, it, vi } from 'vitest'
import { createConnection } from '../../../src/index.ts'
import { codes, connected, rig } from '../behaviour/rig.ts'

/** Neither text nor a number can be made of it. */
const unprintable: unknown = Object.create(null)
const throwUnprintable = (): never => {
  throw unprintable
}

describe('close()', () => {
  it('[G8 P15] in the subscriber of a channel is told to those of the connection', () => {
    const r = connected()
    const channel = r.live.state('queue')
    channel.subscribe(() => {
      if (channel.getSnapshot().freshness === 'stale') r.live.close()
    })
    const seen: string[] = []
    r.live.subscribe(() => seen.push(r.snapshot.status))
    r.server.push('queue', 1)
    r.clock.advance(0)
    expect(channel.getSnapshot().freshness).toBe('live')
    r.server.closeAll(1006)
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('closed')
    expect(seen.at(-1)).toBe('closed')
    expect(r.statuses.at(-1)).toBe('closed')
  })

  it('[G8 P15] in one listener keeps the next from being called', () => {
    const r = connected()
    const second = vi.fn()
    r.live.on('message', () => r.live.close())
    r.live.on('message', second)
    r.server.push('news', 1)
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('closed')
    expect(second).not.toHaveBeenCalled()
  })
})

describe('auth', () => {
  it.each(['close', 'disconnect', 'reset'] as const)(
    '[A5 G7 G8] is not asked for an attempt that %s() ended while its url was still awaited',
    async (end) => {
      const urls: Array<(url: string) => void> = []
      const auth = vi.fn(() => 'token')
      const r = rig({ url: () => new Promise((answer) => urls.push(answer)), auth })
      r.live.connect()
      await r.clock.advanceAsync(0)
      expect(urls).toHaveLength(1)
      r.live[end]()
      urls[0]!('wss://app.test/ws')
      await r.clock.advanceAsync(100)
      expect(auth).not.toHaveBeenCalled()
      expect(r.opens).toEqual([])
      // Another user is another attempt.
      expect(urls).toHaveLength(end === 'reset' ? 2 : 1)
      urls[1]?.('wss://app.test/ws')
      await r.clock.advanceAsync(100)
      expect(auth).toHaveBeenCalledTimes(end === 'reset' ? 1 : 0)
    },
  )
})

describe('a url function', () => {
  it.each([
    ['rejects', () => Promise.reject(new Error('no ticket'))],
    [
      'throws',
      () => {
        throw new Error('no ticket')
      },
    ],
  ])('[A8 A15] that %s fails the attempt as connect-failed: auth was not to blame', async (_how, url) => {
    const r = rig({ url, auth: () => 'token' })
    r.live.connect()
    await r.clock.advanceAsync(0)
    expect(codes(r.errors)).toEqual(['connect-failed'])
    expect(r.errors[0]!.message).toContain('no ticket')
    expect((r.errors[0]!.cause as Error).message).toBe('no ticket')
  })

  it('[A8 G7] that answers leaves what auth rejects with to auth-failed', async () => {
    const r = rig({ url: async () => '/ws', auth: () => Promise.reject(new Error('logged out')) })
    r.live.connect()
    await r.clock.advanceAsync(0)
    expect(codes(r.errors)).toEqual(['auth-failed'])
  })
})

describe('ready()', () => {
  it('[A5] of a connection with a signal that is aborted already opens nothing', async () => {
    const r = rig()
    await expect(r.live.ready({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    r.clock.advance(10_000)
    expect(r.opens).toEqual([])
    expect(r.statuses).toEqual([])
    expect(r.clock.pending).toBe(0)
  })

  it('[A5] of a channel with a signal that is aborted already loads and opens nothing', async () => {
    const r = rig()
    const load = vi.fn(() => 1)
    const channel = r.live.state('queue', { load })
    await expect(channel.ready({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    await r.clock.advanceAsync(10_000)
    expect(load).not.toHaveBeenCalled()
    expect(r.opens).toEqual([])
    expect(r.clock.pending).toBe(0)
  })
})

describe('a wrong listener among the options', () => {
  it('[A9 A10] is refused before the right ones are registered: nothing opens, nothing is left', () => {
    const { clock, server } = rig()
    const create = (): unknown =>
      createConnection({
        url: '/ws',
        transport: server.transport,
        runtime: server.runtime,
        on: { message: () => undefined, error: 5 as never },
      })
    expect(create).toThrow(TypeError)
    expect(create).toThrow(/on\.error/)
    clock.advance(10_000)
    expect(server.attempts).toBe(0)
    expect(server.page.listeners).toBe(0)
    expect(clock.pending).toBe(0)
  })
})

describe('something thrown that has no text', () => {
  it('[G17] in a listener of messages stops no other, and is reported once', () => {
    const r = connected()
    const later = vi.fn()
    r.live.on('message', throwUnprintable)
    r.live.on('message', later)
    r.server.push('news', 1)
    expect(() => r.clock.advance(0)).not.toThrow()
    expect(later).toHaveBeenCalledTimes(1)
    expect(codes(r.errors)).toEqual(['listener-failed'])
    expect(r.errors[0]!.cause).toBe(unprintable)
  })

  it('[G17] in subscribers stops no other, of the connection or of a channel', () => {
    const r = rig()
    const heard: string[] = []
    const channel = r.live.state('queue')
    r.live.subscribe(throwUnprintable)
    r.live.subscribe(() => heard.push('connection'))
    channel.subscribe(throwUnprintable)
    channel.subscribe(() => heard.push('channel'))
    r.server.push('queue', 1)
    expect(() => r.clock.advance(100)).not.toThrow()
    expect(new Set(heard)).toEqual(new Set(['connection', 'channel']))
    expect(new Set(codes(r.errors))).toEqual(new Set(['listener-failed']))
  })

  it.each(['load', 'pick', 'compare', 'version', 'pollEvery', 'onMessage'] as const)(
    '[G17 G23] in %s of a channel is reported, and leaves its neighbours going',
    async (option) => {
      const r = connected()
      const channel = r.live.state('queue', { [option]: throwUnprintable })
      const neighbour = r.live.state('other', { message: 'queue' })
      channel.subscribe(() => undefined)
      neighbour.subscribe(() => undefined)
      for (let n = 0; n < 3; n++) {
        r.server.push('queue', n)
        await expect(r.clock.advanceAsync(100)).resolves.toBeUndefined()
      }
      expect(neighbour.getSnapshot()).toMatchObject({ data: 2, freshness: 'live' })
      expect(r.snapshot.status).toBe('connected')
      expect(r.errors.length).toBeGreaterThan(option === 'pollEvery' ? -1 : 0)
    },
  )

  it.each(['auth', 'url', 'diagnose'] as const)(
    '[G7 G17] by %s fails the attempt, and the next is made',
    async (option) => {
      let broken = true
      const answers = { auth: 'token', url: '/ws', diagnose: 'retry' }
      const r = rig({ random: 0, [option]: () => (broken ? throwUnprintable() : answers[option]) })
      r.server.refuses()
      r.live.connect()
      await r.clock.advanceAsync(5_000)
      expect(r.errors.length).toBeGreaterThan(3)
      expect(r.snapshot.status).toBe('connecting')
      broken = false
      r.server.accepts()
      await r.clock.advanceAsync(5_000)
      expect(r.snapshot.status).toBe('connected')
    },
  )
})
