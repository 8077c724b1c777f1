// Credentials (G7): when auth is asked, and what becomes of its answers.
import { describe, expect, it } from 'vitest'
import { codes, rig, type RigOptions } from './rig.ts'

interface Asked {
  readonly reason: 'connect' | 'expired'
  readonly signal: AbortSignal
  answer(value: unknown): void
  fail(error: unknown): void
}

/** A rig whose auth is answered by hand. */
function manual(options: RigOptions = {}): ReturnType<typeof rig> & { asked: Asked[] } {
  const asked: Asked[] = []
  const made = rig({
    random: 0,
    auth: ({ reason, signal }) => new Promise((answer, fail) => asked.push({ reason, signal, answer, fail })),
    ...options,
  })
  return Object.assign(made, { asked })
}

describe('auth', () => {
  it('[G7] travels in client_ready, also to plain servers and with protocol plain, and not in the url', async () => {
    for (const protocol of ['auto', 'plain', 'rt'] as const) {
      const { clock, server, live } = rig({ protocol, auth: async () => ({ token: 'canary' }) })
      if (protocol === 'plain') server.accepts({ level: 0 })
      live.connect()
      await clock.advanceAsync(0)
      expect(server.received[0]).toMatchObject({ type: 'client_ready', auth: { token: 'canary' } })
      expect(server.links[0]?.url).toBe('wss://app.test/ws')
    }
  })

  it('[G7] runs once per attempt, before the link is asked for', async () => {
    const { clock, server, live, asked, opens } = manual()
    live.connect()
    await clock.advanceAsync(5_000)
    expect(asked).toHaveLength(1)
    expect(opens).toEqual([])
    asked[0]!.answer('one')
    await clock.advanceAsync(10_000)
    expect(opens).toHaveLength(1)
    server.closeAll(1006)
    await clock.advanceAsync(250)
    expect(asked.map(({ reason }) => reason)).toEqual(['connect', 'connect'])
    expect(opens).toHaveLength(1)
  })

  it('[G7 P16] is never asked twice at once, whatever is called meanwhile', async () => {
    const { clock, page, live, asked } = manual()
    live.connect()
    for (let n = 0; n < 5; n++) {
      live.connect()
      live.retry()
      page.goOnline()
      page.show()
      await clock.advanceAsync(1_000)
    }
    expect(asked).toHaveLength(1)
  })

  it('[G7 P16 BB11] that hangs fails the attempt after 10 s, or authTimeout, and is aborted', async () => {
    for (const authTimeout of [undefined, 700]) {
      const { clock, live, asked, errors, opens } = manual({ authTimeout })
      const least = authTimeout ?? 10_000
      live.connect()
      await clock.advanceAsync(least - 1)
      expect(errors).toEqual([])
      expect(asked[0]!.signal.aborted).toBe(false)
      await clock.advanceAsync(1)
      expect(codes(errors)).toEqual(['auth-failed'])
      expect(asked[0]!.signal.aborted).toBe(true)
      expect(live.getSnapshot()).toMatchObject({ status: 'connecting', attempt: 1 })
      await clock.advanceAsync(250)
      expect(asked).toHaveLength(2)
      asked[0]!.answer('late') // of the first attempt: changes nothing
      await clock.advanceAsync(100)
      expect(opens).toEqual([])
    }
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('mine'))],
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
  ])('[G7 P16] that %s fails the attempt, with its cause, and is asked again', async (_how, auth) => {
    let calls = 0
    const { clock, live, errors, opens } = rig({
      random: 0,
      auth: () => {
        calls++
        return calls === 1 ? auth() : 'token'
      },
    })
    live.connect()
    await clock.advanceAsync(0)
    expect(codes(errors)).toEqual(['auth-failed'])
    expect((errors[0]?.cause as Error).message).toBe('mine')
    expect(opens).toEqual([])
    await clock.advanceAsync(250)
    expect(live.getSnapshot().status).toBe('connected')
  })

  it.each([
    ['a BigInt', () => 1n],
    [
      'a circle',
      () => {
        const circle: Record<string, unknown> = {}
        circle.circle = circle
        return circle
      },
    ],
    [
      'something whose toJSON throws',
      () => ({
        toJSON() {
          throw new Error('mine')
        },
      }),
    ],
  ])('[G7 P16] that gives %s, which cannot be written, fails the attempt', async (_what, auth) => {
    let calls = 0
    const { clock, live, errors } = rig({ random: 0, auth: () => (calls++ === 0 ? auth() : 'token') })
    live.connect()
    await clock.advanceAsync(0)
    expect(codes(errors)).toEqual(['auth-failed'])
    await clock.advanceAsync(300)
    expect(live.getSnapshot().status).toBe('connected')
  })

  it('[G7 P16] that gives the empty string or nothing is sent as it is', async () => {
    for (const value of ['', undefined, null, 0]) {
      const { clock, server, live } = rig({ auth: () => value })
      live.connect()
      await clock.advanceAsync(0)
      expect(server.received[0]?.auth).toBe(value)
    }
  })

  it('[G7] is refreshed once after a 4401: reason expired, then the next token is tried', async () => {
    const { clock, server, live, asked, opens } = manual()
    server.accepts({ check: ({ auth }) => (auth === 'good' ? undefined : 4401) })
    live.connect()
    await clock.advanceAsync(0)
    asked[0]!.answer('old')
    await clock.advanceAsync(250)
    expect(asked.map(({ reason }) => reason)).toEqual(['connect', 'expired'])
    asked[1]!.answer('good')
    await clock.advanceAsync(6_000)
    expect(live.getSnapshot().status).toBe('connected')
    expect(opens).toHaveLength(2)
    server.closeAll(4401) // hours later: again one refresh
    await clock.advanceAsync(250)
    expect(asked.map(({ reason }) => reason)).toEqual(['connect', 'expired', 'expired'])
  })

  it('[G7 P16] that gives the same expired token again ends in failed, not in a loop', async () => {
    const { clock, server, live, opens, errors } = rig({ auth: () => 'same' })
    server.refuses(4401)
    live.connect()
    await clock.advanceAsync(3_600_000)
    expect(opens).toHaveLength(2)
    expect(live.getSnapshot().status).toBe('failed')
    expect(codes(errors)).toEqual(['unauthorized', 'unauthorized'])
  })

  it('[G7] that fails while it refreshes is asked for a refresh again', async () => {
    const { clock, server, live, asked } = manual()
    server.refuses(4401)
    live.connect()
    await clock.advanceAsync(0)
    asked[0]!.answer('old')
    await clock.advanceAsync(250)
    asked[1]!.fail(new Error('the token server is down'))
    await clock.advanceAsync(1_000)
    expect(asked.map(({ reason }) => reason)).toEqual(['connect', 'expired', 'expired'])
  })

  it('[G7 N4 M1] is refreshed once at the 3rd attempt in a row that never opened', async () => {
    const reasons: string[] = []
    const { clock, server, live } = rig({ random: 0, auth: ({ reason }) => void reasons.push(reason) })
    server.refuses()
    live.connect()
    await clock.advanceAsync(250 * 7)
    expect(reasons).toEqual([
      'connect',
      'connect',
      'connect',
      'expired',
      'connect',
      'connect',
      'connect',
      'connect',
    ])
  })

  it('[A5 G7] is asked anew after reset(), and what is under way is aborted', async () => {
    const { clock, server, live, asked } = manual()
    live.connect()
    await clock.advanceAsync(0)
    live.reset()
    expect(asked[0]!.signal.aborted).toBe(true)
    await clock.advanceAsync(0)
    expect(asked.map(({ reason }) => reason)).toEqual(['connect', 'connect'])
    asked[0]!.answer('the old user')
    asked[1]!.answer('the new user')
    await clock.advanceAsync(0)
    expect(server.received.filter(({ type }) => type === 'client_ready').map(({ auth }) => auth)).toEqual([
      'the new user',
    ])
  })

  it('[G7 G8] under way when disconnect() or close() comes is aborted, and its answer is dropped', async () => {
    for (const end of ['disconnect', 'close'] as const) {
      const { clock, live, asked, opens } = manual()
      live.connect()
      await clock.advanceAsync(0)
      live[end]()
      expect(asked[0]!.signal.aborted).toBe(true)
      asked[0]!.answer('late')
      await clock.advanceAsync(60_000)
      expect(opens).toEqual([])
      expect(clock.pending).toBe(0)
    }
  })
})
