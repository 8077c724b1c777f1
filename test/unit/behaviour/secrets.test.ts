// No secret leaves through errors, logs, statuses or traces (G24).
import { describe, expect, it } from 'vitest'
import { createConnection, type HoldfastError } from '../../../src/index.ts'
import { codes, rig, type Rig, type RigOptions } from './rig.ts'

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
