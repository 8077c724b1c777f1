// Repeated text is recognised before it is parsed (A7), and never where somebody would miss it.
import { describe, expect, it } from 'vitest'
import type { Protocol } from '../../../src/index.ts'
import { rt } from '../../../src/protocol/protocol.ts'
import { feed, up } from './feeding.ts'

/** A protocol that counts what it is asked to decode. */
function counting(): { protocol: Protocol; decoded: () => number } {
  let decoded = 0
  const inner = rt('auto')
  return {
    protocol: {
      ...inner,
      decode(text, level) {
        if (text.includes('"queue"')) decoded++
        return inner.decode(text, level)
      },
    },
    decoded: () => decoded,
  }
}

describe('repeated text', () => {
  const frame = JSON.stringify({ type: 'queue', data: { length: 3, rows: [1, 2, 3] } })

  it('[A7 G13] is recognised before it is parsed', () => {
    const { protocol, decoded } = counting()
    const r = up({ protocol })
    const channel = r.live.state('queue')
    let told = 0
    channel.subscribe(() => told++)
    for (let n = 0; n < 100; n++) feed(r, frame)
    expect(decoded()).toBe(1)
    expect(told).toBe(1)
    feed(r, frame.replace('3', '4'))
    feed(r, frame)
    expect(decoded()).toBe(3)
    expect(channel.getSnapshot().data).toEqual({ length: 3, rows: [1, 2, 3] })
  })

  it('[A7 G13] still proves: it is the whole state, received on this link', () => {
    const { protocol, decoded } = counting()
    const r = up({ protocol })
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    feed(r, frame)
    const before = channel.getSnapshot().data
    r.server.closeAll(1006)
    r.clock.advance(5_000)
    expect(channel.getSnapshot().freshness).toBe('stale')
    feed(r, frame) // the first frame of the link decides its level, so it is parsed
    r.server.closeAll(1006)
    r.clock.advance(10_000)
    feed(r, '{"type":"other"}')
    const parsed = decoded()
    feed(r, frame)
    expect(decoded()).toBe(parsed)
    expect(channel.getSnapshot()).toMatchObject({ freshness: 'live', source: 'push', asOf: r.clock.now() })
    expect(channel.getSnapshot().data).toBe(before)
  })

  it('[A7 G13] is not looked for where a message listener would miss it', () => {
    const { protocol, decoded } = counting()
    const r = up({ protocol })
    r.live.state('queue').subscribe(() => undefined)
    const heard: unknown[] = []
    const off = r.live.on('message', ({ data }) => heard.push(data))
    for (let n = 0; n < 5; n++) feed(r, frame)
    expect([decoded(), heard.length]).toEqual([5, 5])
    off()
    for (let n = 0; n < 5; n++) feed(r, frame)
    expect(decoded()).toBe(5)
  })

  it('[A7 G13] is not looked for where a channel of changes or of signals would miss it', async () => {
    for (const option of [
      { onMessage: (n: number | undefined) => (n ?? 0) + 1 },
      { onMessage: 'reload', load: () => 1 },
    ] as const) {
      const { protocol, decoded } = counting()
      const r = up({ protocol, random: 0 })
      r.live.state('queue').subscribe(() => undefined)
      let loaded = 0
      const other = r.live.state<number>('other', {
        message: 'queue',
        ...option,
        ...('load' in option ? { load: () => ++loaded, spread: 0 } : {}),
      } as never)
      other.subscribe(() => undefined)
      await r.clock.advanceAsync(300)
      const from = loaded
      for (let n = 0; n < 5; n++) {
        feed(r, frame)
        await r.clock.advanceAsync(10)
      }
      expect(decoded()).toBe(5)
      if ('load' in option) expect(loaded).toBe(from + 5)
      else expect(other.getSnapshot().data).toBe(5)
    }
  })

  it('[A7 B9 G13] is looked for beside channels that leave it to others', () => {
    const { protocol, decoded } = counting()
    const r = up({ protocol })
    const mine = r.live.state('mine', { message: 'queue', pick: (payload) => payload })
    const other = r.live.state('other', { message: 'queue', pick: () => undefined })
    mine.subscribe(() => undefined)
    other.subscribe(() => undefined)
    for (let n = 0; n < 10; n++) feed(r, frame)
    expect(decoded()).toBe(1)
    expect(mine.getSnapshot().data).toEqual({ length: 3, rows: [1, 2, 3] })
    expect(other.getSnapshot().data).toBeUndefined()
  })

  it('[A7 G13] is parsed again for a channel that came later', () => {
    const { protocol, decoded } = counting()
    const r = up({ protocol })
    r.live.state('queue').subscribe(() => undefined)
    for (let n = 0; n < 5; n++) feed(r, frame)
    const late = r.live.state('late', { message: 'queue' })
    late.subscribe(() => undefined)
    feed(r, frame)
    expect(decoded()).toBe(2)
    expect(late.getSnapshot()).toMatchObject({ data: { length: 3, rows: [1, 2, 3] }, freshness: 'live' })
    feed(r, frame)
    expect(decoded()).toBe(2)
  })

  it('[A7 G13 G16] is forgotten by any other write: update, a load, reset, other options', async () => {
    const { protocol, decoded } = counting()
    const r = up({ protocol })
    let loaded = 0
    const channel = r.live.state<{ length: number }>('queue', { load: () => ({ length: ++loaded }) })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(300)
    const again = (): number => {
      const before = decoded()
      feed(r, frame)
      const first = decoded() - before
      feed(r, frame)
      expect(decoded() - before).toBe(first)
      expect(channel.getSnapshot().data).toEqual({ length: 3, rows: [1, 2, 3] })
      return first
    }
    expect(again()).toBe(1)
    channel.update((data) => ({ ...data, length: 99 }))
    expect(again()).toBe(1)
    void channel.refresh()
    await r.clock.advanceAsync(0)
    expect(again()).toBe(1)
    r.live.state<{ length: number }>('queue', { load: () => ({ length: 0 }) })
    expect(again()).toBe(1)
    expect(again()).toBe(0)
  })

  it('[A7 R4 G23] is not looked for with more than 64 channels: that would cost more than it saves', () => {
    const { protocol, decoded } = counting()
    const r = up({ protocol })
    for (let n = 0; n < 65; n++) r.live.state(n === 0 ? 'queue' : `other ${n}`).subscribe(() => undefined)
    for (let n = 0; n < 5; n++) feed(r, frame)
    expect(decoded()).toBe(5)
  })
})
