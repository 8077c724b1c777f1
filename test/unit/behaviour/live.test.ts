// What is live (G15): by a whole state or a load of this link, and by nothing else.
import { describe, expect, it } from 'vitest'
import { type Scene, scene, live } from './freshness-scene.ts'

describe('no data', () => {
  it('[B10 G15] is unknown, connected or not', async () => {
    const s = scene({ load: undefined })
    expect(s.channel.getSnapshot()).toMatchObject({
      freshness: 'unknown',
      data: undefined,
      source: null,
      asOf: null,
      error: null,
    })
    await s.clock.advanceAsync(1_000)
    expect(s.snapshot.status).toBe('connected')
    expect(s.channel.getSnapshot().freshness).toBe('unknown')
    expect(s.seen).toEqual([])
  })

  it('[G15] stays unknown while loads fail, with the reason', async () => {
    const s = scene()
    await s.clock.advanceAsync(0)
    s.loads.calls[0]!.fail(new Error('mine'))
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toMatchObject({
      freshness: 'unknown',
      data: undefined,
      error: { code: 'load-failed' },
    })
  })
})

describe('live', () => {
  it('[B10 G15] comes by (a): a whole state received on this link', () => {
    const s = scene({ load: undefined })
    s.server.push('queue', 1)
    s.clock.advance(0)
    expect(s.seen).toEqual(['live 1'])
    expect(s.channel.getSnapshot()).toMatchObject({ source: 'push', asOf: s.clock.now() })
  })

  it('[B10 G15] comes by (b): the answer of a load begun after the link was there', async () => {
    const s = await live()
    expect(s.channel.getSnapshot()).toMatchObject({ source: 'poll', asOf: s.clock.now() })
  })

  it('[G15] does not come by a load begun before the link was there', async () => {
    const s = scene({ rig: { loadFirst: 0 } })
    await s.clock.advanceAsync(200)
    expect(s.snapshot.status).toBe('connected')
    s.loads.calls[0]!.answer(1)
    await s.clock.advanceAsync(49)
    expect(s.now()).toBe('catching-up 1')
    await s.clock.advanceAsync(1)
    expect(s.loads.calls).toHaveLength(2)
    s.loads.calls[1]!.answer(1)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('live 1')
  })

  it('[G15] is asked for at once when a load of before the link comes later than 250 ms', async () => {
    const s = scene({ rig: { loadFirst: 0 } })
    s.server.accepts({ level: 0 })
    await s.clock.advanceAsync(1_300)
    expect(s.snapshot.status).toBe('connected')
    expect(s.loads.calls).toHaveLength(1)
    s.loads.calls[0]!.answer(1)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('catching-up 1')
    expect(s.loads.calls).toHaveLength(2)
    s.loads.calls[1]!.answer(1)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('live 1')
  })

  it('[G15] does not come by a load begun while the link was doubted, nor before it is trusted', async () => {
    const s = await live()
    const other = s.live.state('other', { load: s.loads.load })
    s.server.latency(100)
    s.clock.sleep(3_600_000)
    s.page.show() // a probe: its answer takes 200 ms
    other.subscribe(() => undefined)
    await s.clock.advanceAsync(50)
    s.loads.calls[2]!.answer('of a doubted link')
    await s.clock.advanceAsync(100)
    expect(other.getSnapshot()).toMatchObject({ data: 'of a doubted link', freshness: 'polling' })
    expect(s.now()).toBe('stale 1')
    await s.clock.advanceAsync(60)
    expect(s.now()).toBe('live 1')
    expect(other.getSnapshot().freshness).toBe('catching-up')
    await s.clock.advanceAsync(250)
    s.loads.calls[3]!.answer('of a trusted link')
    await s.clock.advanceAsync(0)
    expect(other.getSnapshot()).toMatchObject({ data: 'of a trusted link', freshness: 'live' })
  })

  it('[G15] does not come by a load begun before a reconnect', async () => {
    const s = await live()
    void s.channel.refresh()
    await s.clock.advanceAsync(0)
    s.server.closeAll(1006)
    await s.clock.advanceAsync(700)
    expect(s.snapshot.status).toBe('connected')
    s.loads.calls[2]!.answer(2)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('catching-up 2')
    await s.clock.advanceAsync(250)
    s.loads.calls[3]!.answer(2)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('live 2')
  })

  it('[G15] waits 250 ms for (a), and then asks for (b), with backoff where that fails', async () => {
    const s = scene()
    s.server.accepts({ level: 0 })
    await s.clock.advanceAsync(0)
    s.loads.calls[0]!.answer(1)
    await s.clock.advanceAsync(249)
    expect(s.loads.calls).toHaveLength(1)
    for (let n = 1; n < 5; n++) {
      await s.clock.advanceAsync(n === 1 ? 1 : 10_000)
      expect(s.loads.calls).toHaveLength(n + 1)
      s.loads.calls[n]!.fail(new Error('mine'))
    }
    await s.clock.advanceAsync(0)
    // 1, 2, 4 s, each shortened by a quarter.
    expect(s.now()).toBe('catching-up 1')
  })

  it('[G15] asks for nothing where (a) comes in time', async () => {
    const s = scene()
    await s.clock.advanceAsync(0)
    s.loads.calls[0]!.answer(1)
    await s.clock.advanceAsync(200)
    s.server.push('queue', 2)
    await s.clock.advanceAsync(60_000)
    expect(s.loads.calls).toHaveLength(1)
    expect(s.now()).toBe('live 2')
  })

  it('[G15] is kept by refresh()', async () => {
    const s = await live()
    const done = s.channel.refresh()
    await s.clock.advanceAsync(1_000)
    expect(s.now()).toBe('live 1')
    s.loads.calls[2]!.answer(3)
    await done
    expect(s.seen).toEqual(['live 3'])
  })

  it('[G15] is kept by a refresh() that fails, and the error is shown', async () => {
    const s = await live()
    void s.channel.refresh()
    await s.clock.advanceAsync(0)
    s.loads.calls[2]!.fail(new Error('mine'))
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toMatchObject({
      freshness: 'live',
      data: 1,
      error: { code: 'load-failed' },
    })
    await s.clock.advanceAsync(60_000)
    expect(s.loads.calls).toHaveLength(3)
  })

  it('[B10 G14 G15] is left in the same moment as the link is', async () => {
    const losses: ReadonlyArray<(s: Scene) => void> = [
      (s) => {
        s.server.closeAll(1006)
        s.clock.advance(0)
      },
      (s) => s.live.disconnect(),
      (s) => {
        s.clock.sleep(3_600_000)
        s.page.show()
      },
    ]
    for (const lose of losses) {
      const s = await live()
      let status = ''
      s.live.subscribe(() => (status ||= s.now()))
      s.server.refuses()
      lose(s)
      expect(s.channel.getSnapshot().freshness).not.toBe('live')
      expect(s.seen).toHaveLength(1)
      if (status) expect(status).not.toMatch(/^live/)
    }
  })

  it('[G14 G15] is not taken for granted after a reconnect: what was missed may be anything', async () => {
    const s = scene({ load: undefined })
    s.server.push('queue', 1)
    await s.clock.advanceAsync(6_000)
    s.server.closeAll(1006)
    await s.clock.advanceAsync(2_000)
    expect(s.snapshot.status).toBe('connected')
    expect(s.now()).toBe('stale 1')
    s.server.push('queue', 1)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('live 1')
  })

  it('[G15] is not claimed for a channel of changes by a change: only by what the change is applied to', async () => {
    const s = scene({
      onMessage: (current: unknown, change: unknown) => (current as number) + (change as number),
    })
    s.server.accepts({ level: 0 })
    await s.clock.advanceAsync(0)
    s.loads.calls[0]!.answer(10)
    await s.clock.advanceAsync(100)
    s.server.push('queue', 5)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('catching-up 15')
    await s.clock.advanceAsync(150)
    s.loads.calls[1]!.answer(15)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('live 15')
  })
})
