// Errors with context (A8), the logger, the trace, and that no secret leaves through any of them (G24).
import { describe, expect, it, vi } from 'vitest'
import { createConnection, isHoldfastError, type HoldfastError } from '../../../src/index.ts'
import { mockServer, virtualClock } from '../../../src/testing/index.ts'
import { codes, connected, rig, type Rig, type RigOptions } from './rig.ts'

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

/** Everything a connection says, as text; only what the app itself put into `cause` is left out. */
function everything(options: RigOptions): { r: Rig; said: string[]; leaks: () => string[] } {
  const said: string[] = []
  const say = (...what: unknown[]): void =>
    void said.push(JSON.stringify(what, (key, value: unknown) => (key === 'cause' ? undefined : value)))
  const sayError = (error: HoldfastError): void => say(error.message, error.code, error.context)
  const r = rig({
    logger: { debug: say, info: say, warn: say, error: say },
    ...options,
    on: {
      trace: say,
      error: sayError,
      status: ({ snapshot, ...rest }) => say(rest, snapshot.error?.message, snapshot.error?.context),
    },
  })
  r.live.subscribe(() => {
    if (r.snapshot.error) sayError(r.snapshot.error)
  })
  return { r, said, leaks: () => said.filter((line) => line.includes('5f1c9a')).slice(0, 3) }
}

describe('secrets', () => {
  const canary = 'canary-5f1c9a'

  it.each<[string, unknown]>([
    ['a string', canary],
    ['a field', { token: canary }],
    ['deep', { a: { b: [{ c: canary }] } }],
    ['beside a short one that begins it', { user: 'canary', token: canary }],
    ['beside one that contains it', { token: canary, header: `Bearer ${canary}` }],
  ])(
    '[A8 B7 G24] (%s) are in no error, log line, status or trace, wherever a server reflects them',
    async (_where, auth) => {
      let loads = 0 // the first load comes before auth was asked: what it says is not known for a secret
      const { r, said, leaks } = everything({ random: 0, auth: () => auth })
      const channel = r.live.state('queue', {
        load: () => Promise.reject(new Error(loads++ === 0 ? 'first' : `403 for ${canary}`)),
        schema: {
          '~standard': {
            version: 1,
            vendor: 'mine',
            validate: () => ({ issues: [{ message: `no ${canary}` }] }),
          },
        },
      })
      channel.subscribe(() => undefined)
      await r.clock.advanceAsync(1_000)
      r.server.send(`{"type":"rt.error","code":"${canary}","message":"your token is ${canary}"}`)
      await r.clock.advanceAsync(1_500)
      r.server.send(`garbage ${canary}`)
      await r.clock.advanceAsync(1_500)
      r.server.push('queue', canary)
      await r.clock.advanceAsync(1_500)
      r.server.send(
        JSON.stringify({ type: 'rt.go_away', code: canary, reconnect: { min: 0, spread: 0 }, grace: 0 }),
      )
      await r.clock.advanceAsync(6_000)
      r.server.closeAll(4000, `bad token ${canary}`)
      await r.clock.advanceAsync(1_000)
      r.live.on('message', () => {
        throw new Error(`mine ${canary}`)
      })
      r.server.push('news', canary)
      await r.clock.advanceAsync(1_000)
      r.server.closeAll(4403, canary)
      await r.clock.advanceAsync(1_000)
      expect(r.snapshot.status).toBe('failed')
      expect(said.length).toBeGreaterThan(50)
      expect(said.join()).toContain('[redacted]')
      expect(leaks()).toEqual([])
    },
  )

  it.each(['quote"in', 'back\\slash', 'tab\tin', 'ünïcode-√', '<>&\u2028'])(
    '[G24] with characters that JSON escapes (%j) are found in traces too',
    async (end) => {
      const secret = `${canary}${end}`
      const { r, leaks } = everything({ random: 0, auth: () => ({ token: secret }) })
      r.live.connect()
      await r.clock.advanceAsync(6_000)
      r.server.send(
        JSON.stringify({ type: 'rt.go_away', code: secret, reconnect: { min: 0, spread: 0 }, grace: 0 }),
      )
      r.server.closeAll(4000, secret.slice(0, 100))
      await r.clock.advanceAsync(1_000)
      expect(leaks()).toEqual([])
    },
  )

  it('[G24] in a url are not shown: not the query, not the user, not what auth gave too', async () => {
    for (const [url, auth] of [
      [`wss://app.test/ws?token=${canary}`, undefined],
      [`wss://${canary}:${canary}@app.test/ws`, undefined],
      [`wss://app.test/${canary}/ws`, canary],
    ] as const) {
      const { r, said, leaks } = everything({ url: () => url, auth: () => auth })
      r.server.refuses()
      r.live.connect()
      await r.clock.advanceAsync(5_000)
      expect(r.errors.length).toBeGreaterThan(0)
      expect(said.join()).toContain('app.test')
      expect(leaks()).toEqual([])
    }
  })

  it('[G24] in a url that is refused are not shown', async () => {
    const { r, leaks } = everything({ url: () => `ftp://app.test/ws?token=${canary}` })
    r.live.connect()
    await r.clock.advanceAsync(2_000)
    expect(codes(r.errors)).toContain('connect-failed')
    expect(leaks()).toEqual([])
    expect(() => createConnection({ url: `ftp://app.test/ws?token=${canary}` })).toThrow(/^(?!.*5f1c9a).*url/)
  })

  it('[G24] of many attempts are all known', async () => {
    let n = 0
    const { r, leaks } = everything({
      random: 0,
      reconnect: { circuit: false },
      auth: () => `${canary}-${String(n++)}`,
    })
    r.server.refuses(1011)
    r.live.connect()
    await r.clock.advanceAsync(8_000)
    expect(n).toBeGreaterThan(20)
    r.server.accepts()
    await r.clock.advanceAsync(2_000)
    r.server.send(`garbage ${canary}-0 ${canary}-${String(n - 1)}`)
    await r.clock.advanceAsync(0)
    expect(leaks()).toEqual([])
  })
})
