// Which messages a state channel takes, and as what: types, pick, onMessage, schemas, repeated text.
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { plain, type Protocol, type StandardSchemaV1 } from '../../../src/index.ts'
import { rt } from '../../../src/protocol/protocol.ts'
import { codes, loads, rig, type Rig } from '../behaviour/rig.ts'

/** Sends one frame and lets it arrive. */
function feed(r: Rig, frame: unknown): void {
  r.server.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  r.clock.advance(0)
}

/** A rig with a link that is up. */
function up(options: Parameters<typeof rig>[0] = {}): Rig {
  const r = rig(options)
  r.server.accepts({ level: 0 })
  r.live.connect()
  r.clock.advance(100)
  return r
}

describe('message', () => {
  it('[B8] is the name of the channel by default', () => {
    const r = up()
    const channel = r.live.state('campaign_progress')
    channel.subscribe(() => undefined)
    feed(r, { type: 'other', data: 1 })
    expect(channel.getSnapshot().data).toBeUndefined()
    feed(r, { type: 'campaign_progress', data: 2 })
    expect(channel.getSnapshot().data).toBe(2)
  })

  it('[B8] may be another type, or several', () => {
    const r = up()
    const one = r.live.state('one', { message: 'proxy_status' })
    const both = r.live.state('both', { message: ['proxy_status', 'proxy_list_update'] })
    one.subscribe(() => undefined)
    both.subscribe(() => undefined)
    feed(r, { type: 'one', data: 0 })
    expect(one.getSnapshot().data).toBeUndefined()
    feed(r, { type: 'proxy_status', data: 1 })
    expect([one.getSnapshot().data, both.getSnapshot().data]).toEqual([1, 1])
    feed(r, { type: 'proxy_list_update', data: 2 })
    expect([one.getSnapshot().data, both.getSnapshot().data]).toEqual([1, 2])
  })

  it('[G13] payload is the own data of the frame, else the whole frame', () => {
    const r = up()
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    feed(r, { type: 'queue', data: null })
    expect(channel.getSnapshot()).toMatchObject({ data: null, freshness: 'live' })
    feed(r, { type: 'queue', length: 3 })
    expect(channel.getSnapshot().data).toEqual({ type: 'queue', length: 3 })
    feed(r, '{"type":"queue","__proto__":{"data":"inherited"}}')
    expect(Object.hasOwn(channel.getSnapshot().data as object, '__proto__')).toBe(true)
  })

  it('[B9] goes to every channel whose type it is, each with its own view', () => {
    const r = up()
    const channels = [1, 2, 3].map((n) =>
      r.live.state(`view ${n}`, { message: 'queue', pick: (payload) => (payload as number[])[n - 1] }),
    )
    for (const channel of channels) channel.subscribe(() => undefined)
    feed(r, { type: 'queue', data: ['a', 'b', 'c'] })
    expect(channels.map((channel) => channel.getSnapshot().data)).toEqual(['a', 'b', 'c'])
  })
})

describe('channels that share a type', () => {
  it('[A10 B9] leave it one by one, and the others go on', () => {
    const r = up({ linger: 0 })
    const [a, b] = ['a', 'b'].map((name) => r.live.state(name, { message: 'queue' }))
    const leave = a!.subscribe(() => undefined)
    b!.subscribe(() => undefined)
    feed(r, { type: 'queue', data: 1 })
    leave()
    r.clock.advance(1)
    feed(r, { type: 'queue', data: 2 })
    expect(a!.getSnapshot().data).toBeUndefined()
    expect(b!.getSnapshot().data).toBe(2)
  })
})

describe('pick', () => {
  const campaign = (id: number) => ({
    message: 'campaign_progress',
    pick: (payload: unknown) => ((payload as { id?: number }).id === id ? payload : undefined),
  })

  it('[B9] lets two campaigns share a type: undefined means not mine', () => {
    const r = up()
    const told = [0, 0]
    const [a, b] = [1, 2].map((id) => r.live.state(`campaign:${id}`, campaign(id)))
    a!.subscribe(() => told[0]!++)
    b!.subscribe(() => told[1]!++)
    for (let n = 0; n < 50; n++) feed(r, { type: 'campaign_progress', data: { id: 1, done: n } })
    expect(a!.getSnapshot()).toMatchObject({ data: { id: 1, done: 49 }, freshness: 'live' })
    expect(b!.getSnapshot()).toMatchObject({ data: undefined, freshness: 'unknown' })
    expect(told).toEqual([50, 0])
  })

  it('[B9] errors, floods and refusals of one change nothing for the other', () => {
    const r = up()
    let told = 0
    const bad = r.live.state('bad', {
      ...campaign(1),
      schema: z.object({ id: z.number(), done: z.number() }),
    })
    const good = r.live.state('good', campaign(2))
    bad.subscribe(() => undefined)
    good.subscribe(() => told++)
    feed(r, { type: 'campaign_progress', data: { id: 2, done: 0 } })
    const before = good.getSnapshot()
    for (let n = 0; n < 100; n++) {
      feed(r, { type: 'campaign_progress', data: { id: 1, done: 'x' } })
      feed(r, { type: 'campaign_progress', data: 5 })
      feed(r, { type: 'campaign_progress', data: { id: 1, done: n } })
    }
    expect(good.getSnapshot()).toBe(before)
    expect(told).toBe(1)
    expect(bad.getSnapshot().data).toEqual({ id: 1, done: 99 })
    expect(r.snapshot.status).toBe('connected')
  })

  it('[B9] is told the type', () => {
    const r = up()
    const seen: string[] = []
    const channel = r.live.state('both', {
      message: ['a', 'b'],
      pick: (payload, type) => (seen.push(type), payload),
    })
    channel.subscribe(() => undefined)
    feed(r, { type: 'a', data: 1 })
    feed(r, { type: 'b', data: 2 })
    expect(seen).toEqual(['a', 'b'])
  })

  it('[B9] may take a part that is false, 0, empty or null', () => {
    const r = up()
    for (const part of [false, 0, '', null, []]) {
      const channel = r.live.state(`part ${JSON.stringify(part)}`, { message: 'm', pick: () => part })
      channel.subscribe(() => undefined)
      feed(r, { type: 'm', data: 1 })
      expect(channel.getSnapshot()).toMatchObject({ data: part, freshness: 'live' })
    }
  })
})

describe('onMessage', () => {
  it('[B5] reload ignores what the message carries', async () => {
    const r = up()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', {
      load,
      onMessage: 'reload',
      pick: (payload) => ((payload as { mine: boolean }).mine ? true : undefined),
    })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    calls[0]!.answer('loaded')
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot()).toMatchObject({ data: 'loaded', freshness: 'live' })
    feed(r, { type: 'queue', data: { mine: false } })
    expect(channel.getSnapshot().freshness).toBe('live')
    feed(r, { type: 'queue', data: { mine: true } })
    expect(channel.getSnapshot()).toMatchObject({ data: 'loaded', freshness: 'catching-up' })
  })

  it('[G16] a change function gets the current data and the message, undefined where there is none', () => {
    const r = up()
    const seen: unknown[] = []
    const channel = r.live.state<number>('n', {
      onMessage: (current, message) => {
        seen.push([current, message])
        return (current ?? 0) + (message as number)
      },
    })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: 1 })
    feed(r, { type: 'n', data: 2 })
    expect(seen).toEqual([
      [undefined, 1],
      [1, 2],
    ])
    expect(channel.getSnapshot().data).toBe(3)
  })

  it('[G13] what a change function gives back is shared by copying, never written to', () => {
    const r = up()
    const frozen = Object.freeze({ kept: Object.freeze({ a: 1 }), changed: 0 })
    const channel = r.live.state<{ kept: object; changed: number }>('n', {
      onMessage: (_current, message) =>
        Object.freeze({ kept: Object.freeze({ a: 1 }), changed: message as number }),
      initial: frozen,
    })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: 1 })
    const { data } = channel.getSnapshot()
    expect(data).toEqual({ kept: { a: 1 }, changed: 1 })
    expect(data!.kept).toBe(frozen.kept)
    expect(r.errors).toEqual([])
  })
})

describe('schema', () => {
  const Queue = z.object({ length: z.number(), name: z.string().default('none') })

  it('[A8] lets through what zod gives back, from pushes and loads', async () => {
    const r = up()
    const channel = r.live.state('queue', { schema: Queue, load: () => ({ length: 1, extra: true }) })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toEqual({ length: 1, name: 'none' })
    feed(r, { type: 'queue', data: { length: 2, name: 'x' } })
    expect(channel.getSnapshot()).toMatchObject({ data: { length: 2, name: 'x' }, freshness: 'live' })
    feed(r, { type: 'queue', data: { length: '3' } })
    expect(channel.getSnapshot()).toMatchObject({
      data: { length: 2, name: 'x' },
      error: { code: 'invalid-data' },
    })
    expect(r.errors[0]?.message).toMatch(/expected number/i)
  })

  it('[A8] may be written by hand', () => {
    const even: StandardSchemaV1<unknown, number> = {
      '~standard': {
        version: 1,
        vendor: 'mine',
        validate: (value) =>
          typeof value === 'number' && value % 2 === 0 ? { value: value * 10 } : { issues: [] },
      },
    }
    const r = up()
    const channel = r.live.state('n', { schema: even })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: 2 })
    expect(channel.getSnapshot().data).toBe(20)
    feed(r, { type: 'n', data: 3 })
    expect(channel.getSnapshot()).toMatchObject({ data: 20, error: { code: 'invalid-data' } })
    expect(r.errors[0]?.message).toBeTruthy()
  })

  it('[A8] must be synchronous', async () => {
    const r = up()
    const schema = z.string().refine(async () => true) as unknown as StandardSchemaV1<unknown, string>
    const channel = r.live.state('n', { schema })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: 'x' })
    expect(channel.getSnapshot()).toMatchObject({ freshness: 'unknown', error: { code: 'invalid-data' } })
    expect(r.errors[0]?.message).toMatch(/synchronous/)
    await r.clock.advanceAsync(0)
  })

  it('[A8] that throws, or gives nonsense, refuses', () => {
    for (const validate of [
      () => {
        throw new Error('mine')
      },
      () => null as never,
      () => undefined as never,
    ]) {
      const r = up()
      const channel = r.live.state('n', { schema: { '~standard': { version: 1, vendor: 'mine', validate } } })
      channel.subscribe(() => undefined)
      expect(() => feed(r, { type: 'n', data: 'x' })).not.toThrow()
      expect(channel.getSnapshot()).toMatchObject({ freshness: 'unknown', error: { code: 'invalid-data' } })
      r.live.close()
    }
  })

  it('[A8] of messages validates what a change function sees; the state is not asked for', () => {
    const r = up()
    const seen: unknown[] = []
    const channel = r.live.state<number>('n', {
      messageSchema: z.object({ add: z.coerce.number() }),
      onMessage: (current = 0, message) => {
        seen.push(message)
        return current + (message as { add: number }).add
      },
    })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: { add: '5', extra: 1 } })
    feed(r, { type: 'n', data: { add: 'x' } })
    r.clock.advance(1_000) // the same complaint is made once a second
    feed(r, { type: 'n', data: 7 })
    expect(seen).toEqual([{ add: 5 }])
    expect(channel.getSnapshot()).toMatchObject({ data: 5, error: { code: 'invalid-data' } })
    expect(codes(r.errors)).toEqual(['invalid-data', 'invalid-data'])
  })
})

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

describe('plain()', () => {
  it('[A1] fits a server of other words: its own hello, ping and frames', () => {
    const r = rig({
      auth: undefined,
      protocol: plain({
        hello: () => ({ op: 'subscribe' }),
        ping: (timestamp) => ({ op: 'ping', at: timestamp }),
        decode: (text) => {
          const [op, payload] = JSON.parse(text) as [string, unknown]
          if (op === 'pong') return { kind: 'pong', timestamp: payload }
          return op === 'skip' ? { kind: 'ignored' } : { kind: 'message', type: op, data: payload }
        },
      }),
    })
    r.server.behaves((link) => {
      link.accept()
      link.onText((text) => {
        const { op, at } = JSON.parse(text) as { op: string; at?: number }
        if (op === 'ping') link.send(JSON.stringify(['pong', at]))
        else link.send('["queue",[1,2]]')
      })
    })
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    r.clock.advance(100)
    expect(channel.getSnapshot()).toMatchObject({ data: [1, 2], freshness: 'live' })
    expect(r.snapshot).toMatchObject({ status: 'connected', latency: 0 })
    r.server.send('["skip"]')
    r.server.send('this decode throws')
    r.clock.advance(100)
    expect(codes(r.errors)).toEqual(['protocol-error'])
  })

  it('[A1 G3] without hello and ping says nothing at all', () => {
    const r = rig({ protocol: plain({ hello: () => null, ping: () => null }) })
    r.server.opensSilently()
    r.live.connect()
    r.clock.advance(60_000)
    expect(r.sent()).toEqual([])
    expect(r.snapshot).toMatchObject({ status: 'connected', quality: 'unknown' })
  })

  it('[A1] falls back to { type, data } where its decode knows nothing', () => {
    const r = rig({ protocol: plain({ decode: () => undefined }) })
    r.server.accepts({ level: 0 })
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    r.server.push('queue', 1)
    r.clock.advance(10)
    expect(channel.getSnapshot().data).toBe(1)
  })
})
