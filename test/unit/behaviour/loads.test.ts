// Loads (G10): how long they may take, what their failures mean, how many there are, what asks for them.
import { describe, expect, it } from 'vitest'
import { codes, loads, rig, refused } from './rig.ts'

describe('a load', () => {
  it('[G10 P17] is aborted after 10 s, or loadTimeout, and its late answer is dropped', async () => {
    for (const loadTimeout of [undefined, 2_500]) {
      const r = refused()
      const { load, calls } = loads(r.clock)
      const channel = r.live.state('queue', { load, loadTimeout })
      channel.subscribe(() => undefined)
      await r.clock.advanceAsync((loadTimeout ?? 10_000) - 1)
      expect(calls[0]!.signal.aborted).toBe(false)
      await r.clock.advanceAsync(1)
      expect(calls[0]!.signal.aborted).toBe(true)
      expect(channel.getSnapshot().error).toMatchObject({
        code: 'load-timeout',
        context: { channel: 'queue' },
      })
      calls[0]!.answer('late')
      await r.clock.advanceAsync(0)
      expect(channel.getSnapshot().data).toBeUndefined()
      await r.clock.advanceAsync(1_000)
      calls[1]!.answer('in time')
      await r.clock.advanceAsync(0)
      expect(channel.getSnapshot()).toMatchObject({ data: 'in time', error: null })
    }
  })

  it('[G10 P17] that rejects, throws or is refused leaves the last good value, and says why', async () => {
    const r = refused()
    const answers: Array<() => unknown> = [
      () => 'good',
      () => Promise.reject(new Error('HTTP 500')),
      () => {
        throw new Error('mine')
      },
    ]
    const channel = r.live.state('queue', { load: () => answers.shift()?.() ?? 'good again' })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(10_000)
    expect(channel.getSnapshot()).toMatchObject({
      data: 'good',
      error: { code: 'load-failed', cause: { message: 'HTTP 500' } },
    })
    await r.clock.advanceAsync(750)
    expect(channel.getSnapshot()).toMatchObject({
      data: 'good',
      error: { code: 'load-failed', cause: { message: 'mine' } },
    })
    await r.clock.advanceAsync(1_500)
    expect(channel.getSnapshot()).toMatchObject({ data: 'good again', error: null })
    expect(codes(r.errors.filter(({ context }) => context.channel))).toEqual(['load-failed', 'load-failed'])
  })

  it('[G10] is never more than one in flight and one owed', async () => {
    const r = rig({ random: 0 })
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load, onMessage: 'reload' })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(3_000)
    for (let n = 0; n < 50; n++) {
      void channel.refresh()
      r.server.push('queue')
      await r.clock.advanceAsync(10)
    }
    expect(calls).toHaveLength(1)
    calls[0]!.answer(1)
    await r.clock.advanceAsync(1_000)
    expect(calls).toHaveLength(2)
    calls[1]!.answer(2)
    await r.clock.advanceAsync(60_000)
    expect(calls).toHaveLength(2)
    expect(channel.getSnapshot()).toMatchObject({ data: 2, freshness: 'live' })
  })

  it('[G10 P17] is aborted when nobody wants it any more, linger after the last left', async () => {
    const r = refused()
    const { load, calls } = loads(r.clock)
    const leave = r.live.state('queue', { load }).subscribe(() => undefined)
    await r.clock.advanceAsync(100)
    leave()
    await r.clock.advanceAsync(4_999)
    expect(calls[0]!.signal.aborted).toBe(false)
    await r.clock.advanceAsync(1)
    expect(calls[0]!.signal.aborted).toBe(true)
    expect(r.clock.pending).toBe(0)
  })
})

describe('signals to load again', () => {
  it('[B5 G10] wait a phase in [0, spread], 1 s by default', async () => {
    for (const spread of [undefined, 4_000, 0]) {
      for (const random of [0, 0.5, 0.999_999]) {
        const r = rig({ random })
        const { load, calls } = loads(r.clock)
        r.live.state('queue', { load, onMessage: 'reload', spread }).subscribe(() => undefined)
        await r.clock.advanceAsync(0)
        calls[0]!.answer(1)
        await r.clock.advanceAsync(300)
        calls[1]!.answer(1)
        await r.clock.advanceAsync(9_700)
        r.server.push('queue')
        await r.clock.advanceAsync(5_000)
        expect(calls[2]!.at - 10_000).toBeCloseTo(random * (spread ?? 1_000), -1)
      }
    }
  })

  it('[B5 G10 G15] carry no data: what was live is catching up until the load has come', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load, onMessage: 'reload' })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    calls[0]!.answer('one')
    await r.clock.advanceAsync(300)
    calls[1]!.answer('one')
    await r.clock.advanceAsync(10)
    expect(channel.getSnapshot()).toMatchObject({ data: 'one', freshness: 'live' })
    r.server.push('queue', 'not data')
    r.clock.advance(0)
    expect(channel.getSnapshot()).toMatchObject({ data: 'one', freshness: 'catching-up' })
    await r.clock.advanceAsync(1_000)
    calls[2]!.answer('two')
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot()).toMatchObject({ data: 'two', freshness: 'live', source: 'poll' })
  })
})
