// What a review of levels 2 and 3 found wrong, each as it was found.
import { describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../../src/index.ts'
import type { Frame } from '../../../src/protocol/frames.ts'
import type { MockLink } from '../../../src/testing/index.ts'
import { codes, connected, rig, type Rig, type RigOptions } from '../behaviour/rig.ts'

type Script = (frame: Frame, link: MockLink) => void

/** A server at level 3 that answers nothing but what a test says. */
function scripted(r: Rig, ready: object, script: Script = () => undefined): void {
  r.server.behaves((link) => {
    link.accept()
    link.onText((text) => {
      for (const frame of [JSON.parse(text) as Frame].flat()) {
        if (frame.type === 'client_ready')
          link.send(
            JSON.stringify({
              type: 'server_ready',
              v: 1,
              caps: ['channels', 'recover', 'batch'],
              dedup_window: 120_000,
              ...ready,
            }),
          )
        if (frame.type === 'ping') link.send(JSON.stringify({ type: 'pong', timestamp: frame.timestamp }))
        script(frame, link)
      }
    })
  })
}

function linked(ready: object, script?: Script, options?: RigOptions): Rig {
  return connected(options, (server) => scripted({ server } as Rig, ready, script))
}

const sent = (r: Rig, type: string): readonly Frame[] =>
  r.server.texts.flatMap((text) => JSON.parse(text) as Frame).filter((frame) => frame.type === type)

function publishing(r: Rig, data: unknown, ttl?: number): { outcome: SendOutcome | null } {
  const result: { outcome: SendOutcome | null } = { outcome: null }
  void r.live
    .stream('chat')
    .publish(data, { ttl })
    .then((outcome) => (result.outcome = outcome))
  return result
}

describe('a publication that was under way when the link was lost', () => {
  it('[G19] is not sent again when the server has forgotten its id meanwhile', async () => {
    const r = linked({}, undefined, { outbox: { ttl: 600_000 } })
    const result = publishing(r, 1)
    r.clock.advance(100)
    r.server.refuses()
    r.server.closeAll(1006)
    await r.clock.advanceAsync(200_000)
    r.server.forget()
    scripted(r, {})
    await r.clock.advanceAsync(300_000)
    expect(sent(r, 'rt.publish')).toEqual([])
    expect(result.outcome).toMatchObject({
      ok: false,
      maybeDelivered: true,
      error: { code: 'not-connected' },
    })
  })

  it.each([
    ['drops no duplicates', ['channels']],
    ['knows no channels', []],
    ['remembers ids for a shorter time', ['channels', 'recover']],
  ])('[G18 G19] is not sent again to another server that %s', async (_what, caps) => {
    const r = linked({})
    const result = publishing(r, 1)
    await r.clock.advanceAsync(1_000)
    r.server.forget()
    scripted(r, { caps, dedup_window: 500 })
    r.server.closeAll(1006)
    await r.clock.advanceAsync(10_000)
    expect(r.snapshot.status).toBe('connected')
    expect([...sent(r, 'rt.publish'), ...sent(r, 'chat')]).toEqual([])
    expect(result.outcome).toMatchObject({ ok: false, maybeDelivered: true })
  })

  it('[G19] is not sent again after a sleep in which the server has forgotten its id', async () => {
    const r = linked({})
    const result = publishing(r, 1)
    r.clock.advance(100)
    r.server.forget()
    r.clock.sleep(600_000)
    r.server.closeAll(1006)
    await r.clock.advanceAsync(10_000)
    expect(r.snapshot.status).toBe('connected')
    expect(sent(r, 'rt.publish')).toEqual([])
    expect(result.outcome).toMatchObject({ ok: false, maybeDelivered: true })
  })

  it('[G18] may have been delivered also where the next server takes no message that large', async () => {
    const r = linked({})
    const result = publishing(r, 'x'.repeat(500))
    r.clock.advance(1_000)
    scripted(r, { max_message_bytes: 300 })
    r.server.closeAll(1006)
    await r.clock.advanceAsync(10_000)
    expect(result.outcome).toMatchObject({
      ok: false,
      maybeDelivered: true,
      error: { code: 'message-too-large' },
    })
  })

  it('[G19] never becomes larger than the server takes by being sent again', async () => {
    const r = linked({ max_message_bytes: 200 })
    const frame = JSON.stringify({ type: 'rt.publish', id: 'm1', channel: 'chat', data: '' })
    const result = publishing(r, 'x'.repeat(200 - frame.length))
    await r.clock.advanceAsync(1_000)
    r.server.closeAll(1006)
    await r.clock.advanceAsync(10_000)
    expect(sent(r, 'rt.publish').filter((one) => JSON.stringify(one).length > 200)).toEqual([])
    expect(result.outcome).toMatchObject({ ok: false, maybeDelivered: false })
  })
})

describe('a publication', () => {
  it('[G18] that may not wait for a connection waits for its answer, where there is one', async () => {
    const r = connected({}, (server) => server.accepts({ level: 3 }))
    const result = publishing(r, 1, 0)
    await r.clock.advanceAsync(100)
    expect(result.outcome).toMatchObject({ ok: true, outcome: 'acked' })
    const silent = linked({})
    const never = publishing(silent, 1, 0)
    await silent.clock.advanceAsync(9_900)
    expect(never.outcome).toBeNull()
    await silent.clock.advanceAsync(200)
    expect(never.outcome).toMatchObject({ error: { code: 'request-timeout' }, maybeDelivered: true })
  })

  it.each([1009, 4413])(
    '[M16] for which the server closes with %i is not sent again and again',
    async (code) => {
      const r = linked({}, ({ type }, link) => {
        if (type === 'rt.publish') link.close(code)
      })
      const result = publishing(r, 1)
      await r.clock.advanceAsync(60_000)
      expect(sent(r, 'rt.publish')).toHaveLength(1)
      expect(result.outcome).toMatchObject({ error: { code: 'message-too-large' }, maybeDelivered: true })
    },
  )

  it.each(['', 'a b', 'x'.repeat(256), 'ümlaut', 'line\nbreak'])(
    '[G18] to %j, which no channel is called, is not sent',
    async (name) => {
      const r = connected({}, (server) => server.accepts({ level: 3 }))
      const outcome = (): Promise<SendOutcome> => r.live.stream(name).publish(1)
      if (name === '') expect(outcome).toThrow(TypeError)
      else expect(await outcome()).toMatchObject({ ok: false, error: { code: 'invalid-message' } })
    },
  )
})

describe('a publication that the server refuses for now', () => {
  const refusal = (id: unknown): string =>
    JSON.stringify({
      type: 'rt.error',
      id,
      code: 'unavailable',
      message: '',
      retryable: true,
      retry_after: 2_000,
    })

  it('[G19 G20] is tried again at level 3, after the time it asks for, and what follows waits', async () => {
    let refusals = 1
    const r = linked({}, ({ type, id }, link) => {
      if (type !== 'rt.publish') return
      link.send(refusals-- > 0 ? refusal(id) : JSON.stringify({ type: 'rt.ack', id, epoch: 'e', offset: 1 }))
    })
    const first = publishing(r, 1)
    await r.clock.advanceAsync(100)
    const second = publishing(r, 2)
    await r.clock.advanceAsync(1_800)
    expect(sent(r, 'rt.publish')).toHaveLength(1)
    await r.clock.advanceAsync(300)
    expect(first.outcome).toMatchObject({ ok: true, outcome: 'acked' })
    expect(second.outcome).toMatchObject({ ok: true, outcome: 'acked' })
    expect(sent(r, 'rt.publish')).toMatchObject([{ data: 1 }, { data: 1, retry: true }, { data: 2 }])
  })

  it('[G18] ends at level 2, and nobody knows whether it was done', async () => {
    const r = linked({ caps: ['channels'] }, ({ type, id }, link) => {
      if (type === 'rt.publish') link.send(refusal(id))
    })
    const { outcome } = await r.clock.advanceAsync(0).then(async () => {
      const result = publishing(r, 1)
      await r.clock.advanceAsync(10_000)
      return result
    })
    expect(outcome).toMatchObject({ ok: false, maybeDelivered: true, error: { code: 'rejected' } })
  })
})

describe('a subscription', () => {
  it('[M10 G23] that is refused for a thousand years is asked for again in a day, not at once', () => {
    const r = linked({}, ({ type, id }, link) => {
      if (type === 'rt.subscribe')
        link.send(JSON.stringify({ type: 'rt.error', id, code: 'x', retryable: true, retry_after: 1e12 }))
    })
    r.live.stream('chat').subscribe(() => undefined)
    r.clock.advance(60_000)
    expect(sent(r, 'rt.subscribe')).toHaveLength(1)
  })

  it('[G23] that is promised a thousand million messages does not wait for them', () => {
    const r = linked({}, ({ type, id }, link) => {
      if (type !== 'rt.subscribe') return
      link.send(
        JSON.stringify({ type: 'rt.subscribed', id, epoch: 'e', offset: 5, recovered: true, replay: 1e9 }),
      )
    })
    r.live.stream('chat').subscribe(() => undefined)
    r.clock.advance(60_000)
    const asked = sent(r, 'rt.subscribe').length
    expect(asked).toBeGreaterThan(1)
    expect(asked).toBeLessThan(15)
  })

  it('[G12 G14] gets no message twice where the server sends some of before instead of what was missed', () => {
    let asked = 0
    const r = linked({}, ({ type, id }, link) => {
      if (type !== 'rt.subscribe') return
      const first = asked++ === 0
      const replay = first ? 0 : 2
      link.send(
        JSON.stringify({
          type: 'rt.subscribed',
          id,
          epoch: 'e',
          offset: first ? 0 : 3,
          recovered: false,
          replay,
        }),
      )
      for (const offset of first ? [1, 2, 3] : [2, 3])
        link.send(JSON.stringify({ type: 'rt.message', ref: id, epoch: 'e', offset, data: offset }))
    })
    const log: unknown[] = []
    const chat = r.live.stream('chat')
    chat.on('message', (item) => log.push(item))
    chat.on('gap', () => log.push('gap'))
    r.clock.advance(1_000)
    r.server.closeAll(1006)
    r.clock.advance(10_000)
    expect(log).toEqual([1, 2, 3, 'gap'])
  })

  it('[G14 G16] keeps the state that came along with messages of before', () => {
    const r = linked({}, ({ type, id }, link) => {
      if (type !== 'rt.subscribe') return
      const answer = { epoch: 'e', offset: 5, recovered: false, replay: 1, data: { whole: 5 } }
      link.send(JSON.stringify({ type: 'rt.subscribed', id, ...answer }))
      link.send(JSON.stringify({ type: 'rt.message', ref: id, epoch: 'e', offset: 5, data: '+1' }))
    })
    r.live.stream('a', { history: 1 }).subscribe(() => undefined)
    const state = r.live.state<object>('a', { onMessage: (current, more) => ({ ...current, more }) })
    state.subscribe(() => undefined)
    r.clock.advance(1_000)
    expect(state.getSnapshot()).toMatchObject({ data: { whole: 5 }, freshness: 'live' })
  })

  it('[G12] continues nothing after a link on which the server pushed by itself', () => {
    const r = connected({}, (server) => server.accepts({ level: 3 }))
    const log: unknown[] = []
    const chat = r.live.stream('chat', { history: 10 })
    chat.on('message', (item) => log.push(item))
    chat.on('gap', () => log.push('gap'))
    r.clock.advance(100)
    r.server.push('chat', 1)
    r.clock.advance(10)
    r.server.accepts({ level: 1 })
    r.server.closeAll(1012)
    r.clock.advance(10_000)
    for (const link of r.server.links) link.push('chat', 2)
    r.clock.advance(10)
    // Others have heard it at level 3.
    r.server.push('chat', 2)
    r.clock.advance(10)
    log.length = 1
    r.server.accepts({ level: 3 })
    r.server.closeAll(1012)
    r.clock.advance(10_000)
    expect(log).toEqual([1, 'gap'])
  })

  it('[G14] that the server ends is told', () => {
    const r = linked({}, ({ type, id }, link) => {
      if (type !== 'rt.subscribe') return
      link.send(JSON.stringify({ type: 'rt.subscribed', id, recovered: false }))
      link.send(JSON.stringify({ type: 'rt.unsubscribed', ref: id, code: 'kicked', retry: false }))
    })
    r.live.stream('chat').subscribe(() => undefined)
    r.clock.advance(1_000)
    expect(codes(r.errors)).toEqual(['rejected'])
    expect(r.errors[0]?.message).toContain('kicked')
  })

  it('[G20] travels with others in frames that the server takes', () => {
    const r = linked({ max_message_bytes: 4_096 }, undefined, { network: {} })
    for (let count = 0; count < 90; count++)
      r.live.stream(`${'long'.repeat(10)}${count}`).subscribe(() => undefined)
    r.clock.advance(1_000)
    expect(sent(r, 'rt.subscribe')).toHaveLength(90)
    expect(r.server.texts.filter((text) => text.length > 4_096)).toEqual([])
    expect(r.server.texts.filter((text) => text.includes('rt.subscribe')).length).toBeLessThan(5)
  })

  it('[G18] may have a name that is no frame type', async () => {
    const r = connected({}, (server) => server.accepts({ level: 3 }))
    const heard: unknown[] = []
    const orders = r.live.stream('orders/42')
    orders.on('message', (item) => heard.push(item))
    const outcome = orders.publish('paid')
    await r.clock.advanceAsync(100)
    expect(await outcome).toMatchObject({ ok: true, outcome: 'acked' })
    expect(heard).toEqual(['paid'])
    const plain = connected()
    const never = plain.live.stream('orders/42').publish('paid')
    await plain.clock.advanceAsync(100)
    expect(await never).toMatchObject({ ok: false, error: { code: 'invalid-message' } })
  })
})

describe('a link whose level is not known yet', () => {
  it.each([1, 3] as const)(
    '[G15 G2a] proves nothing, as the server of level %i has promised nothing',
    async (level) => {
      const r = rig()
      r.server.accepts({ level, readyAfter: 3_000 })
      const gaps: unknown[] = []
      const chat = r.live.stream('chat')
      chat.on('gap', (gap) => gaps.push(gap))
      let truth = 1
      const state = r.live.state('queue', { load: () => Promise.resolve(truth), pollEvery: false })
      state.subscribe(() => undefined)
      await r.clock.advanceAsync(2_000)
      expect(r.snapshot.status).toBe('connected')
      expect(state.getSnapshot().freshness).not.toBe('live')
      expect(chat.getSnapshot().freshness).toBe('unknown')
      truth = 2
      await r.clock.advanceAsync(10_000)
      expect(state.getSnapshot()).toMatchObject({ data: 2, freshness: 'live' })
      expect(chat.getSnapshot().freshness).toBe('live')
      expect(gaps).toEqual([])
    },
  )
})

describe('a stream', () => {
  it('[G21] that keeps nothing keeps nothing', () => {
    const r = connected({}, (server) => server.accepts({ level: 3 }))
    const log = r.live.stream('log', { keep: 0 })
    let heard = 0
    log.on('message', () => heard++)
    r.clock.advance(100)
    for (let count = 0; count < 5; count++) r.server.push('log', count)
    r.clock.advance(100)
    expect([heard, log.getSnapshot().items]).toEqual([5, []])
  })

  it('[G15] that nobody listens to any more is not called live', () => {
    const r = connected({}, (server) => server.accepts({ level: 3 }))
    const chat = r.live.stream('chat')
    const leave = chat.subscribe(() => undefined)
    r.clock.advance(100)
    expect(chat.getSnapshot().freshness).toBe('live')
    leave()
    r.clock.advance(10_000)
    expect(chat.getSnapshot()).toEqual({ items: [], freshness: 'unknown', gap: null })
  })

  it('[G15] tells at once that it is live no more, however seldom it tells of messages', () => {
    const r = connected({}, (server) => server.accepts({ level: 3 }))
    const chat = r.live.stream('chat', { notifyEvery: 5_000 })
    chat.subscribe(() => undefined)
    r.clock.advance(6_000)
    r.server.push('chat', 1)
    r.clock.advance(10)
    r.server.refuses()
    r.server.closeAll(1006)
    r.clock.advance(0)
    expect(chat.getSnapshot().freshness).toBe('stale')
  })

  it('[G14] that begins in an outage has nothing to recover', () => {
    const r = connected({}, (server) => server.accepts({ level: 3 }))
    r.live.state('chat').subscribe(() => undefined)
    r.clock.advance(100)
    r.server.closeAll(1006)
    r.clock.advance(0)
    const told: unknown[] = []
    r.live.stream('chat').on('recovered', (facts) => told.push(facts))
    r.clock.advance(10_000)
    expect(told).toEqual([])
  })

  it('[G8] ends every next() that waits, also two of one iterator, and gives nothing after return()', async () => {
    const r = connected({}, (server) => server.accepts({ level: 3 }))
    const iterator = r.live.stream('chat')[Symbol.asyncIterator]()
    const both = Promise.all([iterator.next(), iterator.next()])
    await r.clock.advanceAsync(100)
    r.server.push('chat', 1)
    r.server.push('chat', 2)
    await r.clock.advanceAsync(100)
    expect(await both).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
    ])
    r.server.push('chat', 3)
    await r.clock.advanceAsync(100)
    await iterator.return?.()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    const other = r.live.stream('chat')[Symbol.asyncIterator]()
    const ends = Promise.all([other.next(), other.next()])
    r.live.close()
    expect((await ends).map(({ done }) => done)).toEqual([true, true])
  })
})
