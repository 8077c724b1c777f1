// Faults of state channels that reviews found, kept as tests: the newest options, what wins, update(), reset().
import { describe, expect, it, vi } from 'vitest'
import { plain } from '../../../src/index.ts'
import { codes, connected, loads, rig } from '../behaviour/rig.ts'
import { okOnly } from './ok-only.ts'

describe('state(name) again', () => {
  it('[G10 G15] without options leaves the load as it is: the data stays, the polls go on', async () => {
    const r = rig()
    r.server.refuses()
    let n = 0
    const channel = r.live.state('queue', { load: () => ({ n: ++n }) })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(100)
    expect(r.live.state('queue')).toBe(channel)
    await r.clock.advanceAsync(30_000)
    expect(n).toBeGreaterThanOrEqual(3)
    expect(channel.getSnapshot()).toMatchObject({ data: { n }, freshness: 'polling' })
  })

  it('[B9 G15] without options leaves message, pick and schema as they are', () => {
    const r = connected()
    const channel = r.live.state('queue', {
      message: 'all',
      pick: (payload) => (payload as { readonly queue?: unknown }).queue,
      schema: okOnly,
    })
    channel.subscribe(() => undefined)
    r.live.state('queue')
    r.server.push('all', { queue: { ok: true, more: 1 } })
    r.server.push('all', { other: { ok: true } })
    r.clock.advance(0)
    expect(channel.getSnapshot()).toMatchObject({ data: { ok: true }, error: null })
    expect(channel.getSnapshot().data).not.toHaveProperty('more')
    r.server.push('all', { queue: { ok: false } })
    r.clock.advance(0)
    expect(channel.getSnapshot()).toMatchObject({ data: { ok: true }, error: { code: 'invalid-data' } })
  })

  it('[G15] before the first subscription decides which messages are heard', () => {
    const r = connected()
    const early = r.live.state('queue', { message: 'old' })
    const channel = r.live.state('queue', { message: 'new' })
    expect(channel).toBe(early)
    channel.subscribe(() => undefined)
    r.server.push('old', 1)
    r.server.push('new', 2)
    r.server.push('old', 3)
    r.clock.advance(0)
    expect(channel.getSnapshot().data).toBe(2)
  })

  it('[G15] before the first subscription decides what is shown at first', () => {
    const r = connected()
    const early = r.live.state<number>('queue')
    const channel = r.live.state<number>('queue', { initial: 5 })
    expect(channel).toBe(early)
    channel.subscribe(() => undefined)
    expect(channel.getSnapshot()).toMatchObject({ data: 5, source: 'initial', freshness: 'stale' })
  })
})

describe('what wins', () => {
  it('[G16] the newer version, though it was loaded while an older one was pushed', async () => {
    const r = connected()
    const l = loads(r.clock)
    const channel = r.live.state<{ v: number }>('queue', { load: l.load, version: ({ v }) => v })
    channel.subscribe(() => undefined)
    r.server.push('queue', { v: 5 })
    r.clock.advance(0)
    expect(channel.getSnapshot().data).toEqual({ v: 5 })
    l.calls[0]!.answer({ v: 7 })
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toEqual({ v: 7 })
  })

  it('[G16] the newer version, though it was pushed while an older one was loaded', async () => {
    const r = connected()
    const l = loads(r.clock)
    const channel = r.live.state<{ v: number }>('queue', { load: l.load, version: ({ v }) => v })
    channel.subscribe(() => undefined)
    r.server.push('queue', { v: 5 })
    r.clock.advance(0)
    l.calls[0]!.answer({ v: 4 })
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toEqual({ v: 5 })
  })

  it('[A7 G13] with compare: false the same text counts as changed, every time it comes', () => {
    const r = connected()
    const channel = r.live.state('queue', { compare: false })
    const seen = vi.fn()
    channel.subscribe(seen)
    r.server.push('queue', { a: 1 })
    r.clock.advance(0)
    seen.mockClear()
    for (let n = 0; n < 3; n++) {
      r.server.push('queue', { a: 1 })
      r.clock.advance(0)
    }
    expect(seen).toHaveBeenCalledTimes(3)
  })

  it.each(['frozen', 'plain'])(
    '[A7 G23] %s objects that a decode of the app keeps are never written to',
    (kind) => {
      const isFrozen = kind === 'frozen'
      const keep = <T extends object>(value: T): T => (isFrozen ? Object.freeze(value) : value)
      const rows = (): object[] => keep([keep({ a: 1 }), keep({ b: 2 })])
      const own = [
        keep({ rows: rows(), at: 1 }),
        keep({ rows: rows(), at: 2 }),
        keep({ rows: rows(), at: 2 }),
      ]
      const inside = own.map((value) => [value.rows, ...value.rows])
      let next = 0
      const r = connected(
        { protocol: plain({ decode: (text) => toMessage(text, () => own[next++]) }) },
        (s) => s.accepts({ level: 0 }),
      )
      const channel = r.live.state('queue')
      channel.subscribe(() => undefined)
      for (const value of own) {
        r.server.push('queue', next)
        r.clock.advance(0)
        expect(channel.getSnapshot().data).toEqual(value)
      }
      expect(next).toBe(3)
      own.forEach((value, n) =>
        [value.rows, ...value.rows].forEach((part, m) => expect(part).toBe(inside[n]![m])),
      )
      expect(codes(r.errors)).toEqual([])
    },
  )

  it('[A5] update() does nothing while nobody is subscribed: the next user never sees it', () => {
    const r = connected()
    const channel = r.live.state('account', { initial: { user: 'none' } })
    channel.update(() => ({ user: 'alice' }))
    expect(channel.getSnapshot().data).toEqual({ user: 'none' })
    r.live.reset()
    channel.subscribe(() => undefined)
    expect(channel.getSnapshot().data).toEqual({ user: 'none' })
  })
})

describe('reset()', () => {
  it('[A10] of a channel that nobody reads any more leaves nothing behind once it has lingered', () => {
    const r = connected()
    const leave = r.live.state('queue').subscribe(() => undefined)
    r.clock.advance(100)
    leave()
    r.live.reset()
    r.live.disconnect()
    r.clock.advance(60_000)
    expect(r.page.listeners).toBe(0)
    expect(r.clock.pending).toBe(0)
  })
})

/** What a decode of the app's makes of a push; everything else is left to the default. */
function toMessage(
  text: string,
  data: () => unknown,
): { kind: 'message'; type: string; data: unknown } | undefined {
  const { type } = JSON.parse(text) as { readonly type: string }
  return type === 'queue' ? { kind: 'message', type, data: data() } : undefined
}
