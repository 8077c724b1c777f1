// The end (G8, A10): close() is final, whatever was going on.
import { describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../../src/index.ts'
import { moments } from './moments.ts'
import { connected, loads, rig, type Rig, expectNothingLeft } from './rig.ts'

/** What a promise came to; `pending` if nothing yet. */
function watch(promise: Promise<unknown>): { readonly state: string } {
  const box = { state: 'pending' }
  promise.then(
    () => (box.state = 'resolved'),
    (error: unknown) => (box.state = (error as { code?: string }).code ?? 'rejected'),
  )
  return box
}

const turn = async (): Promise<void> => {
  for (let n = 0; n < 50; n++) await Promise.resolve()
}

describe('close()', () => {
  it.each(moments)(
    '[A10 G8] %s leaves no timer, no listener, no link, and publishes closed once',
    (_name, prepare) => {
      const r = rig()
      prepare(r)
      let told = 0
      r.live.subscribe(() => told++)
      r.live.close()
      r.live.close()
      expect(r.statuses.filter((status) => status === 'closed')).toEqual(['closed'])
      expect(r.statuses.at(-1)).toBe('closed')
      expect(told).toBe(1)
      expect(r.snapshot).toEqual({
        status: 'closed',
        attempt: 0,
        retryAt: null,
        circuit: 'closed',
        latency: null,
        quality: 'disconnected',
        error: null,
      })
      expectNothingLeft(r)
    },
  )

  it.each(moments)(
    '[A10 G8] %s is final: no call, frame, signal or time brings anything back',
    async (_name, prepare) => {
      const r = rig()
      prepare(r)
      const channel = r.live.state('a', { load: () => 1 })
      let told = 0
      r.live.subscribe(() => told++)
      channel.subscribe(() => told++)
      r.live.on('trace', () => told++)
      r.live.on('message', () => told++)
      r.live.close()
      told = 0
      const statuses = [...r.statuses]
      r.live.connect()
      r.live.retry()
      r.live.reset()
      r.live.disconnect()
      r.live.subscribe(() => told++)()
      r.live.on('status', () => told++)()
      channel.subscribe(() => told++)()
      channel.update(() => 2)
      r.server.push('a', 1)
      r.page.goOnline()
      r.page.show()
      await r.clock.advanceAsync(3_600_000)
      expect(told).toBe(0)
      expect(r.statuses).toEqual(statuses)
      expectNothingLeft(r)
    },
  )

  it('[A10 G8] settles every promise: ready, send, refresh, of the connection and of its channels', async () => {
    const r = rig()
    r.server.hangs()
    const { load } = loads(r.clock)
    const channel = r.live.state('a', { load })
    const silent = r.live.state('b')
    const promises = [
      watch(r.live.ready()),
      watch(r.live.send('note', 1, { ttl: 60_000 })),
      watch(channel.ready()),
      watch(channel.refresh()),
      watch(channel.refresh()),
      watch(silent.ready()),
    ]
    await r.clock.advanceAsync(1_000)
    expect(promises.map(({ state }) => state)).toEqual(Array(6).fill('pending'))
    r.live.close()
    await turn()
    expect(promises.map(({ state }) => state)).toEqual([
      'closed',
      'resolved',
      'closed',
      'resolved',
      'resolved',
      'closed',
    ])
  })

  it('[A10 G8] settles what is asked afterwards too, also of channels nobody had subscribed to', async () => {
    const r = rig()
    const channel = r.live.state('a', { load: () => 1 })
    r.live.close()
    const later = r.live.state('b', { load: () => 1 })
    const outcome = r.live.send('note', 1, { ttl: 1_000 })
    const promises = [r.live.ready(), channel.ready(), channel.refresh(), later.ready(), later.refresh()].map(
      watch,
    )
    expect(await outcome).toMatchObject({ ok: false, maybeDelivered: false, error: { code: 'closed' } })
    await turn()
    expect(promises.map(({ state }) => state)).toEqual(['closed', 'closed', 'resolved', 'closed', 'resolved'])
    expectNothingLeft(r)
  })

  it('[A10 G8 P15] inside a listener settles what that listener asked for', async () => {
    const r = rig()
    const channel = r.live.state('a', { load: () => 1 })
    const promises: Array<{ readonly state: string }> = []
    const outcomes: SendOutcome[] = []
    r.live.on('status', ({ status }) => {
      if (status !== 'connected') return
      void r.live.send('note', 1, { ttl: 1_000 }).then((outcome) => outcomes.push(outcome))
      promises.push(watch(r.live.ready()), watch(channel.refresh()), watch(channel.ready()))
      r.live.close()
    })
    r.live.connect()
    r.clock.advance(100)
    await turn()
    expect(promises.map(({ state }) => state)).toEqual(['closed', 'resolved', 'closed'])
    expect(outcomes).toHaveLength(1)
    expectNothingLeft(r)
  })

  it.each(['status', 'message', 'error', 'trace'] as const)(
    '[G8 P15] is safe inside a listener to %s',
    (event) => {
      const r = rig()
      let after = 0
      r.live.on(event, () => r.live.close())
      r.live.on('message', () => undefined)
      r.live.connect()
      r.clock.advance(0)
      r.server.push('news', 1)
      r.server.send('garbage')
      r.clock.advance(0)
      expect(r.snapshot.status).toBe('closed')
      r.live.on(event, () => after++)
      r.clock.advance(60_000)
      expect(after).toBe(0)
      expectNothingLeft(r)
    },
  )

  it('[G8 P15] is safe inside subscribers, loads, auth, and functions of a channel', async () => {
    const places: Array<(r: Rig) => void> = [
      (r) => r.live.subscribe(() => r.live.close()),
      (r) => r.live.state('a').subscribe(() => r.live.close()),
      (r) =>
        r.live
          .state('b', {
            load: () => {
              r.live.close()
              return 1
            },
          })
          .subscribe(() => undefined),
      (r) =>
        r.live
          .state('a', {
            pick: () => {
              r.live.close()
              return 1
            },
          })
          .subscribe(() => undefined),
      (r) =>
        r.live
          .state<number>('a', {
            onMessage: () => {
              r.live.close()
              return 1
            },
          })
          .subscribe(() => undefined),
      (r) =>
        r.live
          .state<number>('a', {
            compare: () => {
              r.live.close()
              return false
            },
            initial: 0,
          })
          .subscribe(() => undefined),
    ]
    for (const place of places) {
      const r = rig()
      place(r)
      r.live.connect()
      r.server.push('a', 1)
      await r.clock.advanceAsync(100)
      expect(r.snapshot.status).toBe('closed')
      expectNothingLeft(r)
    }
    const r = rig({
      auth: () => {
        r.live.close()
        return 'token'
      },
    })
    r.live.connect()
    await r.clock.advanceAsync(100)
    expect(r.opens).toEqual([])
    expectNothingLeft(r)
  })

  it('[G8] tells the server with 1000', () => {
    const r = connected()
    r.live.close()
    expect(r.server.farewells).toEqual([{ code: 1000, reason: '' }])
  })

  it('[G8] aborts loads under way, and their answers change nothing', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('a', { load })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    r.live.close()
    expect(calls[0]!.signal.aborted).toBe(true)
    calls[0]!.answer(1)
    await turn()
    expect(channel.getSnapshot().data).toBeUndefined()
  })
})
