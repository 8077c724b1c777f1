// Errors with context (A8), the logger, the trace.
import { describe, expect, it, vi } from 'vitest'
import { createConnection, isHoldfastError } from '../../../src/index.ts'
import { mockServer, virtualClock } from '../../../src/testing/index.ts'
import { codes, connected, rig } from './rig.ts'

describe('an error', () => {
  it('[A8] carries code, context and cause, and says what happened and what happens next', () => {
    const r = rig({ random: 0.5 })
    r.server.hangs()
    r.live.connect()
    r.clock.advance(10_000)
    const [error] = r.errors
    expect(isHoldfastError(error)).toBe(true)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'HoldfastError',
      code: 'connect-timeout',
      context: { at: r.clock.now(), url: 'wss://app.test/ws', status: 'connecting', attempt: 1 },
    })
    expect(error?.message).toMatch(/[Nn]ext attempt in \d/)
    expect(r.snapshot.error).toBe(error)
  })

  it('[A8 A9 N2] of an attempt that does not open comes after connectTimeout', () => {
    const r = rig({ connectTimeout: 1_200 })
    r.server.hangs()
    r.live.connect()
    r.clock.advance(1_199)
    expect(r.errors).toEqual([])
    r.clock.advance(1)
    expect(codes(r.errors)).toEqual(['connect-timeout'])
    expect(r.server.links).toEqual([])
  })

  it('[A8] stays in the snapshot while there is no connection, and goes with the next', () => {
    const r = rig()
    r.server.refuses()
    r.live.connect()
    r.clock.advance(0)
    const first = r.snapshot.error
    expect(first?.code).toBe('connect-failed')
    r.server.accepts()
    r.clock.advance(2_000)
    expect(r.snapshot).toMatchObject({ status: 'connected', error: null })
    r.server.closeAll(1012, 'restart')
    r.clock.advance(0)
    expect(r.snapshot.error).toMatchObject({
      code: 'closed-by-server',
      context: { closeCode: 1012, reason: 'restart' },
    })
  })

  it('[A8] of a frame carries the frame, cut to 256 characters', () => {
    const r = connected()
    r.server.send('garbage '.repeat(1_000))
    r.clock.advance(0)
    expect(r.errors[0]).toMatchObject({
      code: 'protocol-error',
      context: { status: 'connected', attempt: 0 },
    })
    expect(r.errors[0]?.context.frame).toHaveLength(256)
    expect(r.errors[0]?.context.frame).toMatch(/^garbage garbage/)
  })

  it('[A8] of a channel names it', async () => {
    const r = rig()
    r.live.state('queue', { load: () => Promise.reject(new Error('HTTP 500')) }).subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(r.errors[0]).toMatchObject({
      code: 'load-failed',
      context: { channel: 'queue' },
      cause: { message: 'HTTP 500' },
    })
  })

  it('[A8] (fault B16) of a constructor that throws says so, and is fatal the second time', () => {
    const r = rig({ random: 0 })
    r.server.throws(new DOMException('Refused to connect', 'SecurityError'))
    expect(() => r.live.connect()).not.toThrow()
    r.clock.advance(0)
    expect(codes(r.errors)).toEqual(['blocked'])
    expect((r.errors[0]?.cause as DOMException).name).toBe('SecurityError')
    r.clock.advance(10_000)
    expect(codes(r.errors)).toEqual(['blocked', 'blocked'])
    expect(r.snapshot.status).toBe('failed')
    expect(r.clock.pending).toBe(0)
  })

  it('[A8] (fault B15) without a WebSocket says how to pass one', () => {
    vi.stubGlobal('WebSocket', undefined)
    try {
      const clock = virtualClock()
      const { runtime } = mockServer(clock)
      const live = createConnection({ url: '/ws', runtime })
      live.connect()
      expect(live.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'no-websocket' } })
      expect(live.getSnapshot().error?.message).toMatch(/webSocket\(\{ WebSocket \}\)/)
      live.close()
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('[A8 P10] of the server (rt.error) is told, cut, without ending anything', () => {
    const r = connected()
    r.server.send(
      JSON.stringify({ type: 'rt.error', code: 'rate_limited', message: `<b>${'x'.repeat(5_000)}</b>` }),
    )
    r.clock.advance(1_000)
    r.server.send(JSON.stringify({ type: 'rt.error', code: {}, message: 7 }))
    r.clock.advance(1_000)
    expect(codes(r.errors)).toEqual(['rejected', 'rejected'])
    expect(r.errors[0]?.context.reason?.length).toBeLessThanOrEqual(256)
    expect(r.errors[0]?.context.reason).toMatch(/^rate_limited/)
    expect(r.errors[1]?.context.reason).toMatch(/unknown/)
    expect(r.snapshot).toMatchObject({ status: 'connected', error: null })
  })

  it('[A8 H15] holds no control characters of the other side', () => {
    const r = connected()
    r.server.send('\u001b[31mred\u0007\u0000')
    r.server.closeAll(4000, '\u001b[2Jcleared\u0007')
    r.clock.advance(0)
    expect(r.errors).toHaveLength(2)
    for (const { message, context } of r.errors)
      expect(Object.values({ message, ...context }).join()).not.toMatch(/\p{Cc}/u)
  })
})

describe('the logger', () => {
  it('[A8] is told every connection event once, and nothing by default', () => {
    const lines: string[] = []
    const keep =
      (level: string) =>
      (message: string): void =>
        void lines.push(`${level} ${message}`)
    const r = rig({
      random: 0.5,
      logger: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') },
    })
    r.live.connect()
    r.clock.advance(10_000)
    r.server.refuses()
    r.server.closeAll(1012)
    r.clock.advance(650) // one more attempt, which fails
    r.server.accepts()
    r.clock.advance(10_000)
    r.live.close()
    const words = lines.map((line) => line.replace(/ .*: /, ' ').split(/[ :]/, 2).join(' '))
    expect(words.filter((word) => word.startsWith('info'))).toEqual([
      'info connecting',
      'info connected',
      'info reconnecting',
      'info connected',
      'info closed',
    ])
    expect(words.filter((word) => word.startsWith('warn'))).toHaveLength(2)
    expect(r.errors).toHaveLength(2)
  })

  it('[A8] may lack methods', () => {
    const r = rig({ logger: {} })
    r.server.refuses()
    r.live.connect()
    expect(() => r.clock.advance(10_000)).not.toThrow()
  })
})

describe('the trace', () => {
  it('[A8 A13] has every event that enters a machine and every effect that leaves it, as plain data', () => {
    const r = rig()
    const entries: Array<{ machine: string; event?: { type: string }; effect?: { type: string } }> = []
    r.live.on('trace', (entry) => entries.push(entry as never))
    r.live.state('queue', { load: () => 1 }).subscribe(() => undefined)
    r.live.connect()
    r.clock.advance(20_000)
    r.server.closeAll(1006)
    r.clock.advance(0)
    const of = (machine: string, kind: 'event' | 'effect'): string[] =>
      entries.filter((entry) => entry.machine === machine && entry[kind]).map((entry) => entry[kind]!.type)
    expect(of('connection', 'event')).toEqual(
      expect.arrayContaining(['wanted', 'opened', 'ready', 'pong', 'closed']),
    )
    expect(of('connection', 'effect')).toEqual(
      expect.arrayContaining(['open', 'hello', 'ping', 'drop', 'report']),
    )
    expect(of('channel queue', 'event')).toEqual(expect.arrayContaining(['subscribed', 'up', 'down']))
    expect(of('channel queue', 'effect')).toContain('load')
    expect(JSON.parse(JSON.stringify(entries))).toEqual(entries)
    expect(entries.every((entry) => typeof (entry as unknown as { at: number }).at === 'number')).toBe(true)
  })
})
