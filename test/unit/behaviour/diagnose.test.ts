// The other functions an attempt asks (G7): where to connect, and why it does not open.
import { describe, expect, it } from 'vitest'
import { codes, rig } from './rig.ts'

describe('a url function', () => {
  it('[A15 G7] is asked before every attempt', async () => {
    let n = 0
    const { clock, server, live } = rig({ random: 0, url: async () => `/ws/${++n}` })
    const urls: string[] = []
    server.behaves((link) => {
      urls.push(link.url)
      link.drop()
    })
    live.connect()
    await clock.advanceAsync(600)
    expect(urls).toEqual(['wss://app.test/ws/1', 'wss://app.test/ws/2', 'wss://app.test/ws/3'])
  })

  it('[A15 G7] that throws, hangs or gives no address fails the attempt and is asked again', async () => {
    let n = 0
    const answers: Array<() => string | Promise<string>> = [
      () => {
        throw new Error('mine')
      },
      () => new Promise(() => undefined),
      () => 'ftp://nowhere',
      () => '/ws',
    ]
    const { clock, live, errors } = rig({ random: 0, url: () => answers[n++]!() })
    live.connect()
    await clock.advanceAsync(20_000)
    expect(codes(errors)).toEqual(['connect-failed', 'auth-failed', 'connect-failed'])
    expect(live.getSnapshot().status).toBe('connected')
  })
})

describe('diagnose', () => {
  it('[G7 N4 N6 M1] is asked after three attempts that never opened, with their number', async () => {
    const asked: number[] = []
    const { clock, server, live, opens } = rig({
      random: 0,
      diagnose: ({ failures }) => {
        asked.push(failures)
        return 'retry'
      },
    })
    server.refuses()
    live.connect()
    await clock.advanceAsync(250 * 2)
    expect([asked, opens.length]).toEqual([[], 3])
    await clock.advanceAsync(250)
    expect([asked, opens.length]).toEqual([[3], 4])
    await clock.advanceAsync(250 * 3)
    expect([asked, opens.length]).toEqual([[3, 6], 7])
  })

  it('[G7 N4] that says refresh asks auth with expired', async () => {
    const reasons: string[] = []
    const { clock, server, live } = rig({
      random: 0,
      auth: ({ reason }) => void reasons.push(reason),
      diagnose: () => 'refresh',
    })
    server.refuses()
    live.connect()
    await clock.advanceAsync(250 * 3)
    expect(reasons).toEqual(['connect', 'connect', 'connect', 'expired'])
  })

  it('[G6 G7 N4] that says fatal ends in failed, with no timer armed', async () => {
    const { clock, server, live, opens } = rig({ random: 0, diagnose: () => 'fatal' })
    server.refuses()
    live.connect()
    await clock.advanceAsync(250 * 3)
    expect(live.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'connect-failed' } })
    expect(opens).toHaveLength(3)
    expect(clock.pending).toBe(0)
  })

  it.each([
    [60_000, 60_000, 66_000],
    [0, 0, 1_000],
    [1e12, 86_400_000, 86_400_000 * 1.1],
  ])(
    '[G4 G5 G7 N5] that says { after: %d } is waited for, with a spread, as no failure',
    async (after, least, most) => {
      for (const random of [0, 0.999_999]) {
        const { clock, server, live, opens, errors } = rig({
          random,
          diagnose: () => ({ after }),
          reconnect: { delay: () => 250 },
        })
        server.refuses()
        live.connect()
        await clock.advanceAsync(250 * 3)
        expect(opens).toHaveLength(3)
        const { retryAt, attempt } = live.getSnapshot()
        expect(attempt).toBe(3)
        expect(retryAt! - clock.now()).toBeGreaterThanOrEqual(least)
        expect(retryAt! - clock.now()).toBeLessThanOrEqual(most)
        expect(errors).toHaveLength(3)
      }
    },
  )

  it.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
    ['gives nonsense', () => 'maybe' as never],
    ['gives nothing', () => undefined as never],
    ['gives null', () => null as never],
    ['gives { after: NaN }', () => ({ after: NaN })],
    ['gives { after: "5" }', () => ({ after: '5' as never })],
  ])('[G7] that %s counts as retry', async (_how, diagnose) => {
    const { clock, server, live, opens } = rig({ random: 0, diagnose })
    server.refuses()
    live.connect()
    await clock.advanceAsync(250 * 3 + 10)
    expect(opens).toHaveLength(4)
  })

  it('[G7 BB11] that hangs counts as retry after authTimeout, and is aborted', async () => {
    const signals: AbortSignal[] = []
    const { clock, server, live, opens } = rig({
      random: 0,
      diagnose: ({ signal }) => {
        signals.push(signal)
        return new Promise(() => undefined)
      },
    })
    server.refuses()
    live.connect()
    await clock.advanceAsync(250 * 3 + 9_999)
    expect(opens).toHaveLength(3)
    await clock.advanceAsync(1)
    expect(opens).toHaveLength(4)
    expect(signals[0]!.aborted).toBe(true)
  })

  it('[G7] is not asked about attempts that opened', async () => {
    let asked = 0
    const { clock, server, live } = rig({ random: 0, diagnose: () => (asked++, 'retry') })
    server.refuses(1011)
    live.connect()
    await clock.advanceAsync(5_000)
    expect(asked).toBe(0)
  })
})
