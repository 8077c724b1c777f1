// Honest freshness away from live (G15), visible to all (B10).
import { describe, expect, it } from 'vitest'
import { scene, live } from './freshness-scene.ts'

describe('away from live', () => {
  it('[B10 G15] data of a good load is polling while it is younger than two intervals, then stale', async () => {
    const s = scene()
    s.server.refuses()
    await s.clock.advanceAsync(0)
    s.loads.calls[0]!.answer(1)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('polling 1')
    await s.clock.advanceAsync(19_999)
    expect(s.now()).toBe('polling 1')
    await s.clock.advanceAsync(1)
    expect(s.now()).toBe('stale 1')
    expect(s.seen).toEqual(['polling 1', 'stale 1'])
  })

  it('[G15] two intervals are those of pollEvery', async () => {
    const s = scene({ pollEvery: 3_000 })
    s.server.refuses()
    await s.clock.advanceAsync(0)
    s.loads.calls[0]!.answer(1)
    await s.clock.advanceAsync(5_999)
    expect(s.now()).toBe('polling 1')
    await s.clock.advanceAsync(1)
    expect(s.now()).toBe('stale 1')
  })

  it('[G15] pushed data is stale at once where nothing loads', async () => {
    const s = scene({ load: undefined })
    s.server.push('queue', 1)
    await s.clock.advanceAsync(6_000)
    s.server.refuses()
    s.server.closeAll(1006)
    await s.clock.advanceAsync(0)
    expect(s.now()).toBe('stale 1')
  })

  it('[G15] initial data is never more than stale or catching-up', async () => {
    const s = scene({ initial: 0 })
    expect(s.channel.getSnapshot()).toMatchObject({
      freshness: 'stale',
      data: 0,
      source: 'initial',
      asOf: null,
    })
    await s.clock.advanceAsync(3_000)
    expect(s.snapshot.status).toBe('connected')
    expect(s.channel.getSnapshot()).toMatchObject({
      freshness: 'catching-up',
      data: 0,
      source: 'initial',
      asOf: null,
    })
    s.server.push('queue', 1)
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toMatchObject({ freshness: 'live', data: 1, source: 'push' })
  })

  it('[G15] catching-up means connected with a load owed: it ends live, or stale when the link goes', async () => {
    const s = scene({ initial: 0 })
    s.server.accepts({ level: 0 })
    await s.clock.advanceAsync(3_000)
    expect(s.channel.getSnapshot().freshness).toBe('catching-up')
    s.server.refuses()
    s.server.closeAll(1006)
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot().freshness).toBe('stale')
  })

  it('[B10 G15] says since when: asOf is the receive time, and moves without a notification', async () => {
    const s = scene({ load: undefined })
    s.server.push('queue', { n: 1 })
    await s.clock.advanceAsync(0)
    const snapshot = s.channel.getSnapshot()
    const first = snapshot.asOf
    expect(first).toBe(s.clock.now())
    const told = s.seen.length
    await s.clock.advanceAsync(5_000)
    expect(s.channel.getSnapshot().asOf).toBe(first)
    s.server.push('queue', { n: 1 }) // the very same text
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toBe(snapshot)
    expect(snapshot.asOf).toBe(first! + 5_000)
    s.server.send('{"data":{"n":1} ,"type":"queue"}') // the same in other words
    await s.clock.advanceAsync(1_000)
    expect(snapshot.asOf).toBe(first! + 5_000)
    s.server.send('{"type":"queue", "data":{"n":1}}')
    await s.clock.advanceAsync(0)
    expect(snapshot.asOf).toBe(first! + 6_000)
    expect(s.seen).toHaveLength(told)
  })

  it('[G15 N12] a burst after a stall is as of its arrival', async () => {
    const s = scene({ load: undefined, rig: { heartbeat: { timeout: 15_000 } } })
    s.server.push('queue', 0)
    await s.clock.advanceAsync(6_000)
    s.server.goesSilent()
    s.server.push('queue', 1)
    await s.clock.advanceAsync(10_000)
    s.server.resumesTalking()
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toMatchObject({ data: 1, asOf: s.clock.now() })
  })
})

describe('a message that cannot be used', () => {
  const numbers = {
    '~standard': {
      version: 1 as const,
      vendor: 'mine',
      validate: (value: unknown) =>
        typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] },
    },
  }

  it('[A8 G15] leaves the last good value, is reported, and what it may have said is loaded', async () => {
    const s = await live({ schema: numbers })
    s.server.push('queue', 'x')
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toMatchObject({
      data: 1,
      error: { code: 'invalid-data', context: { channel: 'queue' } },
    })
    expect(s.channel.getSnapshot().freshness).not.toBe('live')
    await s.clock.advanceAsync(2_000)
    s.loads.calls.at(-1)!.answer(2)
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toMatchObject({ data: 2, freshness: 'live', error: null })
  })

  it('[G15 N6] an answer of a load that the schema refuses proves nothing', async () => {
    const s = scene({ schema: numbers })
    s.server.accepts({ level: 0 })
    await s.clock.advanceAsync(0)
    s.loads.calls[0]!.answer('<html>')
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toMatchObject({
      freshness: 'unknown',
      data: undefined,
      error: { code: 'invalid-data' },
    })
    await s.clock.advanceAsync(1_000)
    s.loads.calls[1]!.answer(5)
    await s.clock.advanceAsync(0)
    expect(s.channel.getSnapshot()).toMatchObject({ freshness: 'live', data: 5, error: null })
  })
})
