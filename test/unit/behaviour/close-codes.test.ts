// What each close code does (G6): every row of the table, and what an app may say about it.
import { describe, expect, it } from 'vitest'
import { plain } from '../../../src/index.ts'
import { codes, connected, rig, type Rig, type RigOptions } from './rig.ts'

/** A connection that held, closed with that code; `random` 0 makes every wait its shortest. */
function closed(code: number, reason = '', options: RigOptions = {}): Rig {
  const r = connected({ random: 0, ...options })
  r.server.closeAll(code, reason)
  r.clock.advance(0)
  return r
}

/** The wait that is shown, or the status where there is none. */
function wait(r: Rig): number | string {
  const { status, retryAt } = r.snapshot
  return retryAt === null ? status : retryAt - r.clock.now()
}

const backoff = [
  1000, 1001, 1005, 1006, 1009, 1011, 1012, 1014, 3008, 4408, 4410, 4413, 4500, 4000, 4050, 4099, 4100, 4299,
  4402, 4999, 3999, 3001,
]
const long = [1013, 1015, 4429, 4503]
const fatal = [3003, 4403, 4404, 4409, 4426, 4300, 4350, 4399]
const twice = [1002, 1003, 1007, 1010, 4400]
const refresh = [3000, 4401]

describe('a close with', () => {
  it.each(backoff)('[G6] %i is retried by the normal wait', (code) => {
    const r = closed(code)
    expect(wait(r)).toBe(250)
    r.clock.advance(250)
    expect(r.snapshot.status).toBe('connected')
  })

  it.each(long)('[G6 G4] %i is retried after 10 s at the earliest', (code) => {
    expect(wait(closed(code))).toBe(10_000)
    expect(wait(closed(code, '', { random: 0.999_999 }))).toBeLessThanOrEqual(15_000)
    expect(wait(closed(code, 'retry_after=2000'))).toBe(10_000)
    // 1015 is no close frame: it has no reason.
    expect(wait(closed(code, 'retry_after=60000'))).toBe(code === 1015 ? 10_000 : 60_000)
  })

  it.each(fatal)('[G6] %i is fatal until connect()', (code) => {
    const r = closed(code, 'no entry')
    expect(r.snapshot).toMatchObject({
      status: 'failed',
      retryAt: null,
      error: { context: { closeCode: code, reason: 'no entry' } },
    })
    expect(r.snapshot.error?.message).toMatch(/connect\(\)/)
    expect(r.clock.pending).toBe(0)
    r.live.retry()
    r.page.goOnline()
    r.live.state('queue').subscribe(() => undefined)
    r.clock.advance(86_400_000)
    expect(r.opens).toHaveLength(1)
    r.live.connect()
    r.clock.advance(0)
    expect(r.snapshot).toMatchObject({ status: 'connected', error: null })
  })

  it.each(twice)('[G6] %i is retried once, and fatal the second time in a row', (code) => {
    const r = closed(code)
    expect(wait(r)).toBe(250)
    r.clock.advance(250)
    r.server.closeAll(code)
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('failed')
  })

  it.each(twice)('[G6] %i twice, with another loss or a link that held between, is not in a row', (code) => {
    const r = closed(code)
    r.clock.advance(250)
    r.server.closeAll(1006)
    r.clock.advance(5_000)
    r.server.closeAll(code)
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('reconnecting')
    r.clock.advance(60_000)
    r.server.closeAll(code)
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('reconnecting')
  })

  it.each(refresh)('[G6 G7] %i without auth is fatal: there is nothing to refresh', (code) => {
    expect(closed(code).snapshot.status).toBe('failed')
  })

  it.each(refresh)('[G6 G7] %i with auth refreshes once, then is fatal', async (code) => {
    const reasons: string[] = []
    const r = rig({ random: 0, auth: ({ reason }) => void reasons.push(reason) })
    r.server.refuses(code)
    r.live.connect()
    await r.clock.advanceAsync(5_000)
    expect(reasons).toEqual(['connect', 'expired'])
    expect(r.snapshot.status).toBe('failed')
    expect(r.opens).toHaveLength(2)
    expect(r.clock.pending).toBe(0)
  })

  it('[G6 G7] 1008 refreshes where there is auth, and is fatal the second time in a row where there is none', async () => {
    const reasons: string[] = []
    const r = rig({ random: 0, auth: ({ reason }) => void reasons.push(reason) })
    r.server.refuses(1008)
    r.live.connect()
    await r.clock.advanceAsync(5_000)
    expect(reasons).toEqual(['connect', 'expired'])
    expect(r.snapshot.status).toBe('failed')
    const other = closed(1008)
    expect(wait(other)).toBe(250)
    other.clock.advance(250)
    other.server.closeAll(1008)
    other.clock.advance(0)
    expect(other.snapshot.status).toBe('failed')
  })

  it('[G6 A5] 4409 is fatal and quiet: another link of the same client took over', () => {
    const r = closed(4409)
    expect(r.snapshot).toMatchObject({ status: 'failed', error: { context: { closeCode: 4409 } } })
    expect(r.errors).toEqual([])
  })

  it.each([999, 0, -1, 5_000, 65_535, 1004, NaN, 1.5])(
    '[P11 G23] the impossible code %d is a normal loss',
    (code) => {
      let close = (): void => undefined
      const r = rig({
        random: 0,
        transport: {
          name: 'odd',
          capabilities: { ownsHeartbeat: false, ownsRecovery: false, closeCodes: true },
          open(_context, events) {
            close = () => events.closed({ code, reason: '', wasClean: false })
            events.opened()
            events.message('{"type":"server_ready","v":1}')
            return { send: () => undefined, bufferedBytes: 0, close: () => undefined }
          },
        },
      })
      r.live.connect()
      r.clock.advance(1_000)
      expect(r.snapshot.status).toBe('connected')
      close()
      expect(r.snapshot.status).toBe('reconnecting')
    },
  )

  it('[G4 S3] 1012 does not wait 5 to 30 s where it comes alone', () => {
    for (let seed = 0; seed < 20; seed++) {
      const r = connected({ network: { seed } })
      r.server.closeAll(1012)
      r.clock.advance(1_000)
      expect(r.snapshot.status).toBe('connected')
    }
  })
})

describe('errors of closes', () => {
  it.each([
    [1006, 'closed-by-server'],
    [1009, 'message-too-large'],
    [1012, 'closed-by-server'],
    [3000, 'unauthorized'],
    [3003, 'forbidden'],
    [4401, 'unauthorized'],
    [4403, 'forbidden'],
    [4413, 'message-too-large'],
    [4429, 'closed-by-server'],
  ])('[A8] a close with %i is %s', (code, expected) => {
    const r = closed(code, 'because')
    expect(codes(r.errors)).toEqual([expected])
    expect(r.snapshot.error).toBe(r.errors[0])
    expect(r.errors[0]?.context).toMatchObject({ closeCode: code, status: 'connected', attempt: 0 })
  })

  it('[A8] say what happens next: when the next attempt is, or that there is none', () => {
    expect(closed(1006).errors[0]?.message).toMatch(/0\.3 s|250 ms/)
    expect(closed(4403).errors[0]?.message).toMatch(/not retrying until connect\(\)/)
  })
})

describe('classifyClose', () => {
  it('[G6] of the protocol overrides the table, by code and reason', () => {
    const protocol = plain({
      classifyClose: (code, reason) =>
        code === 1000 ? 'fatal' : code === 4403 ? 'backoff' : reason === 'slow down' ? 'long' : undefined,
    })
    expect(closed(1000, '', { protocol }).snapshot.status).toBe('failed')
    expect(wait(closed(4403, '', { protocol }))).toBe(250)
    expect(wait(closed(4000, 'slow down', { protocol }))).toBe(10_000)
    expect(wait(closed(1006, '', { protocol }))).toBe(250)
    expect(closed(4404, '', { protocol }).snapshot.status).toBe('failed')
  })

  it('[G6 G23] that throws leaves the table in force', () => {
    const protocol = plain({
      classifyClose: () => {
        throw new Error('mine')
      },
    })
    const r = connected({ random: 0, protocol })
    expect(() => {
      r.server.closeAll(1006)
      r.clock.advance(10_000)
    }).not.toThrow()
    expect(r.opens).toHaveLength(2)
    expect(r.snapshot.status).toBe('connected')
  })
})
