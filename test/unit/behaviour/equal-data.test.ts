// Equal data is no change (A7, G13).
import { describe, expect, it } from 'vitest'
import { rig } from './rig.ts'
import { type Scene, live } from './crossing.ts'

describe('equal data', () => {
  /** How often a channel told, and the snapshot it had. */
  async function after(s: Scene, run: () => Promise<void>): Promise<{ told: number; kept: boolean }> {
    let told = 0
    const before = s.channel.getSnapshot()
    const leave = s.channel.subscribe(() => told++)
    await run()
    leave()
    return { told, kept: s.channel.getSnapshot() === before }
  }

  const state = { id: 7, rows: [{ a: 1, b: [1, 2] }, { a: 2 }], note: null }

  it('[A7 G13] in other key order, white space or envelope changes nothing', async () => {
    const s = await live(state)
    const texts = [
      JSON.stringify({ type: 'queue', data: state }),
      '{"type":"queue","data":{"note":null,"rows":[{"b":[1,2],"a":1},{"a":2}],"id":7}}',
      '{ "type" : "queue",\n\t"data" : { "id": 7, "rows": [ {"a":1.0,"b":[1,2e0]} , {"a":2} ], "note":null } }',
      '{"type":"queue","timestamp":123,"id":"x","data":{"id":7,"rows":[{"a":1,"b":[1,2]},{"a":2}],"note":null}}',
      '{"type":"queue","timestamp":124,"id":"y","data":{"id":7,"rows":[{"a":1,"b":[1,2]},{"a":2}],"note":null}}',
    ]
    const { told, kept } = await after(s, async () => {
      for (let n = 0; n < 100; n++) s.server.send(texts[n % texts.length]!)
      await s.clock.advanceAsync(0)
      void s.channel.refresh()
      await s.answer(2, structuredClone(state))
    })
    expect(told).toBe(0)
    expect(kept).toBe(true)
  })

  it('[A7 G13] with one leaf changed tells once, and keeps every other reference', async () => {
    const s = await live(state)
    const before = s.data() as typeof state
    const { told } = await after(s, () => s.push({ ...structuredClone(state), id: 8 }))
    expect(told).toBe(1)
    const next = s.data() as typeof state
    expect(next.id).toBe(8)
    expect(next.rows).toBe(before.rows)
  })

  it('[A7 G13] with compare: false everything is a change', async () => {
    const s = await live(state, { compare: false })
    const { told } = await after(s, async () => {
      await s.push(state)
      s.server.send('{"type":"queue", "data":{"id":7}}')
      s.server.send('{"type":"queue",  "data":{"id":7}}')
      await s.clock.advanceAsync(0)
    })
    expect(told).toBe(3)
  })

  it('[A7 G13] by compare of the app is what it says', async () => {
    const s = await live(
      { id: 1, at: 0 },
      { compare: ((a: { id: number }, b: { id: number }) => a.id === b.id) as never },
    )
    const { told, kept } = await after(s, async () => {
      await s.push({ id: 1, at: 1 })
      await s.push({ id: 1, at: 2 })
    })
    expect([told, kept]).toEqual([0, true])
    await s.push({ id: 2, at: 3 })
    expect(s.data()).toEqual({ id: 2, at: 3 })
  })

  it('[A7 G13] shown ahead by update() and then confirmed tells once', async () => {
    const s = await live({ votes: 1 })
    const { told } = await after(s, async () => {
      s.channel.update((data) => ({ ...(data as object), votes: 2 }))
      await s.push({ votes: 2 })
    })
    expect(told).toBe(1)
  })

  it('[A7 G13] 800 frames over 8 interleaved channels tell nobody, then one leaf tells one', async () => {
    const r = rig()
    r.live.connect()
    const told = Array(8).fill(0) as number[]
    const channels = told.map((_, n) => r.live.state<{ n: number; deep: { list: number[] } }>(`feed:${n}`))
    channels.forEach((channel, n) => channel.subscribe(() => told[n]!++))
    const of = (n: number): string =>
      [
        `{"type":"feed:${n % 8}","data":{"n":${n % 8},"deep":{"list":[1,2,3]}}}`,
        `{"type":"feed:${n % 8}","at":${n},"data":{"deep":{"list":[1,2,3]},"n":${n % 8}}}`,
        ` {"type":"feed:${n % 8}","data":{"n":${n % 8}, "deep":{ "list":[1, 2, 3]}}} `,
      ][n % 3]!
    await r.clock.advanceAsync(0)
    for (let n = 0; n < 8; n++) r.server.send(of(n))
    await r.clock.advanceAsync(0)
    expect(told).toEqual(Array(8).fill(1))
    const before = channels.map((channel) => channel.getSnapshot())
    for (let n = 8; n < 808; n++) r.server.send(of(n))
    await r.clock.advanceAsync(0)
    expect(told).toEqual(Array(8).fill(1))
    expect(channels.map((channel) => channel.getSnapshot())).toEqual(before)
    r.server.push('feed:3', { n: 33, deep: { list: [1, 2, 3] } })
    await r.clock.advanceAsync(0)
    expect(told).toEqual([1, 1, 1, 2, 1, 1, 1, 1])
    expect(channels[3]!.getSnapshot().data!.deep).toBe(before[3]!.data!.deep)
  })
})
