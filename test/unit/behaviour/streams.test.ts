// Stream channels (G11 to G14): every message once and in order, recovered where the server can, else an honest gap.
import { describe, expect, it } from 'vitest'
import type { StandardSchemaV1, StreamChannel } from '../../../src/index.ts'
import type { Frame } from '../../../src/protocol/frames.ts'
import { codes, connected, rig, type Rig } from './rig.ts'

const level3 = (r: Rig): void => r.server.accepts({ level: 3 })

/** A channel somebody listens to, and everything it says. */
function listen(
  r: Rig,
  options?: Parameters<Rig['live']['stream']>[1],
): { chat: StreamChannel<unknown>; log: unknown[] } {
  const chat = r.live.stream('chat', options)
  const log: unknown[] = []
  chat.on('message', (item, { offset, replayed }) => log.push([item, offset, replayed]))
  chat.on('gap', (gap) => log.push(gap))
  chat.on('recovered', (facts) => log.push(facts))
  r.clock.advance(0)
  return { chat, log }
}

function linked(options: Parameters<typeof rig>[0] = {}): Rig {
  return connected(options, (server) => server.accepts({ level: 3 }))
}

/** Loses the link, says so much meanwhile, and comes back. */
function away(r: Rig, ...words: readonly unknown[]): void {
  r.server.closeAll(1012)
  r.clock.advance(0)
  for (const word of words) r.server.push('chat', word)
  r.clock.advance(5_000)
}

describe('a stream', () => {
  it('[G11 G13] delivers every message in order, equal ones too, with its offset', () => {
    const r = linked()
    const { chat, log } = listen(r)
    for (const word of ['a', 'a', 'b']) r.server.push('chat', word)
    r.clock.advance(100)
    expect(log).toEqual([
      ['a', 1, false],
      ['a', 2, false],
      ['b', 3, false],
    ])
    expect(chat.getSnapshot()).toEqual({ items: ['a', 'a', 'b'], freshness: 'live', gap: null })
  })

  it('[G14 G12] delivers what it missed, then says that it recovered', () => {
    const r = linked()
    const { log, chat } = listen(r)
    r.server.push('chat', 1)
    r.clock.advance(0)
    away(r, 2, 3)
    expect(log).toEqual([[1, 1, false], [2, 2, true], [3, 3, true], { replayed: 2 }])
    away(r)
    expect(log.at(-1)).toEqual({ replayed: 0 })
    expect(chat.getSnapshot()).toMatchObject({ items: [1, 2, 3], gap: null })
  })

  it('[G14] tells of a gap where the server has forgotten, and forgets it once it has recovered', () => {
    const r = linked()
    const { log, chat } = listen(r)
    r.server.push('chat', 1)
    r.clock.advance(0)
    r.server.keeps(1)
    away(r, 2, 3)
    const gap = { since: 1, reason: 'not-recovered' }
    expect(log).toEqual([[1, 1, false], gap])
    expect(chat.getSnapshot()).toMatchObject({ gap, freshness: 'live' })
    r.server.push('chat', 4)
    away(r)
    expect(chat.getSnapshot().gap).toBeNull()
  })

  it('[G14] (fault S12) takes a server that began anew for what it is: a gap, and offsets from the start', () => {
    const r = linked()
    const { log } = listen(r)
    for (const word of [1, 2, 3]) r.server.push('chat', word)
    r.clock.advance(0)
    r.server.restarts()
    r.clock.advance(5_000)
    r.server.push('chat', 4)
    r.clock.advance(0)
    expect(log.slice(3)).toEqual([{ since: 3, reason: 'not-recovered' }, [4, 1, false]])
  })

  it('[G14] at level 2 has no history: each new link is a gap', () => {
    const r = connected({}, (server) => server.accepts({ level: 2 }))
    const { log, chat } = listen(r)
    r.server.push('chat', 1)
    r.clock.advance(0)
    away(r, 2)
    expect(log).toEqual([[1, null, false], { since: null, reason: 'not-recovered' }])
    expect(chat.getSnapshot().freshness).toBe('live')
  })

  it('[G14 P14] on a plain server is the messages of that type', () => {
    const r = connected({}, (server) => server.accepts({ level: 0 }))
    const { log } = listen(r)
    r.server.push('chat', 1)
    r.server.push('other', 2)
    r.clock.advance(0)
    expect(log).toEqual([[1, null, false]])
    away(r)
    expect(log[1]).toEqual({ since: null, reason: 'no-history' })
  })

  it('[G15] says stale as long as nothing arrives, and unknown before anything could', () => {
    const r = rig()
    level3(r)
    r.server.refuses()
    const { chat } = listen(r)
    r.clock.advance(100)
    expect(chat.getSnapshot().freshness).toBe('unknown')
    level3(r)
    r.clock.advance(5_000)
    expect(chat.getSnapshot().freshness).toBe('live')
    r.server.refuses()
    r.server.closeAll(1006)
    r.clock.advance(100)
    expect(chat.getSnapshot().freshness).toBe('stale')
  })

  it('[G15 G3] is stale while the link is doubted', () => {
    const r = linked()
    const { chat } = listen(r)
    r.server.goesSilent()
    r.clock.sleep(60_000)
    r.live.connect()
    r.clock.advance(100)
    expect(chat.getSnapshot().freshness).toBe('stale')
    r.server.resumesTalking()
    r.clock.advance(100)
    expect(chat.getSnapshot().freshness).toBe('live')
  })

  it('[G21] keeps so many messages, and tells snapshots no more often than asked for', () => {
    const r = linked()
    const { chat, log } = listen(r, { keep: 2, notifyEvery: 50 })
    let told = 0
    chat.subscribe(() => told++)
    r.clock.advance(1_000)
    const before = told
    for (let n = 0; n < 100; n++) r.server.push('chat', n)
    r.clock.advance(49)
    expect(told - before).toBe(1)
    r.clock.advance(1)
    expect(told - before).toBe(2)
    expect(chat.getSnapshot().items).toEqual([98, 99])
    expect(log).toHaveLength(100)
  })

  it('[C3] begins with as many messages of before as it asks for', () => {
    const r = linked()
    const { log } = listen(r, { history: 20 })
    expect(r.server.received.find(({ type }) => type === 'rt.subscribe')).toMatchObject({
      params: { history: 20 },
    })
    expect(log).toEqual([])
  })

  it('[B8] leaves out what its schema refuses, and says so', () => {
    const schema: StandardSchemaV1<unknown, number> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'a number' }] }),
      },
    }
    const r = linked()
    const { log } = listen(r, { schema })
    for (const word of ['x', 1]) r.server.push('chat', word)
    r.clock.advance(0)
    expect(log).toEqual([[1, 2, false]])
    expect(codes(r.errors)).toEqual(['invalid-data'])
  })

  it('[G17] goes on when a listener throws, which is told once', () => {
    const r = linked()
    const { chat, log } = listen(r)
    chat.on('message', () => {
      throw new Error('mine')
    })
    r.server.push('chat', 1)
    r.clock.advance(0)
    expect(log).toHaveLength(1)
    expect(codes(r.errors)).toEqual(['listener-failed'])
  })

  it('[A10] is given up a while after the last who listened, and begins anew with the next', () => {
    const r = linked()
    const { chat } = listen(r)
    const quiet = r.live.stream('quiet')
    const leave = quiet.subscribe(() => undefined)
    const off = quiet.on('message', () => undefined)
    r.server.push('quiet', 1)
    r.clock.advance(100)
    leave()
    leave()
    off()
    r.clock.advance(4_999)
    quiet.on('gap', () => undefined)()
    r.clock.advance(5_001)
    expect(r.server.received.filter(({ type }) => type === 'rt.unsubscribe')).toHaveLength(1)
    expect(quiet.getSnapshot()).toEqual({ items: [], freshness: 'unknown', gap: null })
    quiet.subscribe(() => undefined)
    r.clock.advance(100)
    expect(quiet.getSnapshot().freshness).toBe('live')
    expect(chat.getSnapshot().freshness).toBe('live')
  })

  it('[A5] of another user begins anew', () => {
    const r = linked()
    const { chat, log } = listen(r)
    r.server.push('chat', 1)
    r.clock.advance(100)
    r.live.reset()
    r.clock.advance(100)
    expect(chat.getSnapshot()).toMatchObject({ items: [], gap: null })
    r.clock.advance(5_000)
    expect(chat.getSnapshot().freshness).toBe('live')
    expect(r.server.received.filter(({ type }) => type === 'rt.subscribe').at(-1)).not.toHaveProperty('since')
    expect(log).toEqual([[1, 1, false]])
  })

  it('[A9] refuses options that cannot work, by name; the same name is the same channel', () => {
    const { live } = rig()
    expect(() => live.stream('')).toThrow('the name of a channel')
    for (const wrong of [{ keep: -1 }, { history: 301 }, { notifyEvery: NaN }, { schema: 5 as never }])
      expect(() => live.stream('a', wrong)).toThrow(`stream('a'): ${Object.keys(wrong)[0]}`)
    expect(live.stream('a', { keep: 5 })).toBe(live.stream('a'))
    expect(live.stream('a')).not.toBe(live.state('a'))
    expect(live.stream('a').getInitialSnapshot()).toEqual({ items: [], freshness: 'unknown', gap: null })
  })
})

describe('reading a stream with for await', () => {
  it('[G11] gives what comes from then on, and ends with close()', async () => {
    const r = linked()
    const read: unknown[] = []
    const reading = (async () => {
      for await (const item of r.live.stream('chat')) read.push(item)
      return 'over'
    })()
    await r.clock.advanceAsync(100)
    for (const n of [1, 2]) r.server.push('chat', n)
    await r.clock.advanceAsync(100)
    expect(read).toEqual([1, 2])
    r.live.close()
    expect(await reading).toBe('over')
    for await (const item of r.live.stream('chat')) read.push(item)
    expect(read).toEqual([1, 2])
  })

  it('[G21] ends for a reader that is too far behind, after what was kept for it', async () => {
    const r = linked()
    const iterator = r.live.stream('chat')[Symbol.asyncIterator]()
    await r.clock.advanceAsync(100)
    for (let n = 0; n < 1_500; n++) r.server.push('chat', n)
    await r.clock.advanceAsync(100)
    let read = 0
    while ((await iterator.next()).done !== true) read++
    expect(read).toBe(1_001)
  })

  it('[A10] leaves nothing behind when it is left', async () => {
    const r = linked()
    const iterator = r.live.stream('chat')[Symbol.asyncIterator]()
    const waiting = iterator.next()
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
    await r.clock.advanceAsync(5_000)
    expect(r.server.received.some(({ type }) => type === 'rt.unsubscribe')).toBe(true)
  })
})

describe('after close()', () => {
  it('[G8] a stream says nothing and takes nobody', async () => {
    const r = linked()
    const { chat, log } = listen(r)
    const before = r.live.stream('before')
    const leave = before.subscribe(() => undefined)
    r.live.close()
    leave()
    chat.subscribe(() => log.push('told'))()
    chat.on('message', () => log.push('told'))()
    r.server.push('chat', 1)
    r.clock.advance(60_000)
    expect(log).toEqual([])
    expect(r.clock.pending).toBe(0)
    expect(await chat.publish('x')).toMatchObject({ ok: false, error: { code: 'closed' } })
  })
})

describe('a stream beside others', () => {
  it('[G13] hears what a state of the same channel takes for a repetition, at level 1', () => {
    const r = connected()
    const heard: unknown[] = []
    r.live.stream('chat').on('message', (item) => heard.push(item))
    r.live.state('chat').subscribe(() => undefined)
    for (let count = 0; count < 3; count++) r.server.push('chat', { same: true })
    r.clock.advance(100)
    expect(heard).toHaveLength(3)
  })

  it('[G8] has nothing more to tell after close(), also to who asks then', async () => {
    const r = linked()
    const chat = r.live.stream('chat')
    r.live.close()
    expect(chat.subscribe(() => undefined)).toBeTypeOf('function')
    expect(chat.on('message', () => undefined)).toBeTypeOf('function')
    expect(await chat[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  })

  it('[A9] takes the newest options', () => {
    const r = linked()
    const { chat } = listen(r, { keep: 5 })
    expect(r.live.stream('chat', { keep: 1 })).toBe(chat)
    for (const word of ['a', 'b']) r.server.push('chat', word)
    r.clock.advance(100)
    expect(chat.getSnapshot().items).toEqual(['b'])
  })
})

describe('a state of several channels at level 3', () => {
  it('[G15] is live once all of them are, and its messages are picked from each', () => {
    const r = connected({}, (server) =>
      server.behaves((link) => {
        link.accept()
        link.onText((text) => {
          for (const { type, id, channel } of [JSON.parse(text) as Frame].flat()) {
            const caps = ['channels', 'recover', 'batch']
            if (type === 'client_ready') link.send(JSON.stringify({ type: 'server_ready', v: 1, caps }))
            if (type !== 'rt.subscribe') continue
            const answer = { type: 'rt.subscribed', id, epoch: 'e', offset: 1, data: { of: channel } }
            link.after(channel === 'a' ? 10 : 1_000, () => link.send(JSON.stringify(answer)))
          }
        })
      }),
    )
    const whole = r.live.state('both', { message: ['a', 'b'], pick: (data, type) => [type, data] })
    const changed = r.live.state('a', {
      pick: (data) => data,
      onMessage: (current, more) => [current, more],
    })
    whole.subscribe(() => undefined)
    changed.subscribe(() => undefined)
    r.clock.advance(500)
    expect(whole.getSnapshot().freshness).not.toBe('live')
    expect(changed.getSnapshot()).toMatchObject({ data: { of: 'a' }, freshness: 'live' })
    r.clock.advance(1_000)
    expect(whole.getSnapshot()).toMatchObject({ data: ['b', { of: 'b' }], freshness: 'live' })
  })
})
