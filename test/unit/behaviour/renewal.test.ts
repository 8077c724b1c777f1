// Fresh credentials on a link that is open (G7): asked for when the server says that the old ones run out.
import { describe, expect, it } from 'vitest'
import { codes, connected, type Rig, type RigOptions } from './rig.ts'

/** Connected with credentials that count up; `asked`: why each was asked for. */
function authenticated(options: RigOptions = {}): Rig & { readonly asked: string[] } {
  const asked: string[] = []
  const auth = ({ reason }: { reason: string }): Promise<unknown> =>
    Promise.resolve({ token: `t${asked.push(reason)}` })
  return { ...connected({ auth, random: 0.5, ...options }), asked }
}

const notice = (r: Rig, auth: unknown): void => r.server.send(JSON.stringify({ type: 'rt.notice', auth }))
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('credentials that run out', () => {
  it('[G7] are asked for again in the first half of the time that is left, and sent on the same link', async () => {
    const r = authenticated()
    await settle()
    r.clock.advance(10_000)
    await settle()
    r.clock.advance(10_000)
    expect(r.asked).toEqual(['connect'])
    notice(r, { expires_in: 40_000 })
    r.clock.advance(9_990)
    expect(r.asked).toEqual(['connect'])
    r.clock.advance(20)
    await settle()
    r.clock.advance(0)
    expect(r.asked).toEqual(['connect', 'expired'])
    expect(r.server.received.filter(({ type }) => type === 'rt.auth')).toEqual([
      { type: 'rt.auth', id: expect.stringMatching(/^[\w-]+$/) as unknown, auth: { token: 't2' } },
    ])
    expect(r.opens).toHaveLength(1)
    expect(r.errors).toEqual([])
  })

  it('[G7] are asked for once, however often the server says so', async () => {
    const r = authenticated()
    await settle()
    r.clock.advance(10_000)
    await settle()
    for (let count = 0; count < 5; count++) notice(r, { expires_in: 10_000 })
    r.clock.advance(9_000)
    await settle()
    expect(r.asked).toEqual(['connect', 'expired'])
  })

  it('[G7] are not asked for where there is nobody to ask, nor for what is no time', async () => {
    const r = connected()
    notice(r, { expires_in: 1_000 })
    r.clock.advance(10_000)
    expect(r.sent('rt.auth')).toEqual([])
    const other = authenticated()
    await settle()
    other.clock.advance(10_000)
    await settle()
    for (const wrong of [{ expires_in: -1 }, { expires_in: 'soon' }, 'soon', null, {}]) notice(other, wrong)
    other.clock.advance(60_000)
    await settle()
    expect(other.asked).toEqual(['connect'])
  })

  it.each([
    ['throws', () => Promise.reject(new Error('no'))],
    ['never answers', () => new Promise<never>(() => undefined)],
    ['gives what cannot be written', () => Promise.resolve({ token: 1n })],
  ])('[G7 G18] leave the link as it is where auth %s, and that is told', async (_what, fails) => {
    let calls = 0
    const r = connected({
      random: 0.5,
      auth: () => (++calls === 1 ? Promise.resolve('good') : fails()),
    })
    await settle()
    r.clock.advance(10_000)
    await settle()
    notice(r, { expires_in: 10_000 })
    r.clock.advance(2_600)
    await settle()
    r.clock.advance(10_500)
    await settle()
    expect(codes(r.errors)).toEqual(['auth-failed'])
    expect(r.sent('rt.auth')).toEqual([])
    expect(r.snapshot.status).toBe('connected')
  })

  it('[G7 S4] are left to the next link where the server goes away, and end with the connection', async () => {
    const signals: AbortSignal[] = []
    const auth = ({ signal }: { signal: AbortSignal }): Promise<unknown> =>
      signals.push(signal) === 1 ? Promise.resolve('good') : new Promise(() => undefined)
    for (const end of ['goAway', 'close'] as const) {
      signals.length = 0
      const r = connected({ random: 0.5, auth })
      await settle()
      r.clock.advance(10_000)
      await settle()
      notice(r, { expires_in: 10_000 })
      r.clock.advance(2_600)
      await settle()
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
      if (end === 'close') r.live.close()
      else r.server.goAway({ reconnect: { min: 5_000, spread: 0 }, grace: 10_000 })
      r.clock.advance(0)
      expect(signals[1]?.aborted).toBe(true)
      notice(r, { expires_in: 1_000 })
      r.clock.advance(2_000)
      expect(signals).toHaveLength(2)
    }
  })
})
