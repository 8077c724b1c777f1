// Publications and requests (G18 to G22): one outcome each, in order, sent again only where a second one does no harm.
import { describe, expect, it } from 'vitest'
import type { Frame } from '../../../src/protocol/frames.ts'
import type { SendOutcome } from '../../../src/index.ts'
import { connected, rig, type Rig } from './rig.ts'

const linked = (level: 2 | 3 = 3, options: Parameters<typeof rig>[0] = {}): Rig =>
  connected(options, (server) => server.accepts({ level }))

const publishes = (r: Rig): readonly Frame[] => r.server.received.filter(({ type }) => type === 'rt.publish')

/** Publishes, and gives what became of it, in the order in which it was known. */
function publishing(r: Rig, ...words: readonly unknown[]): SendOutcome[] {
  const all: SendOutcome[] = []
  for (const word of words)
    void r.live
      .stream('chat')
      .publish(word)
      .then((outcome) => all.push(outcome))
  return all
}

/** A server that takes level 3 and does what a test says with publications. */
function scripted(
  r: Rig,
  answer: (frame: Frame, link: { send(text: string): void; close(code: number): void }) => void,
): void {
  r.server.behaves((link) => {
    link.accept()
    link.onFrame((frame) => {
      const caps = ['channels', 'recover']
      if (frame.type === 'client_ready')
        link.send(JSON.stringify({ type: 'server_ready', v: 1, caps, dedup_window: 100_000 }))
      if (frame.type === 'rt.publish' || frame.type === 'ask') answer(frame, link)
    })
  })
}

describe('a publication', () => {
  it('[G18 G22] is acknowledged with what the server means by it, and its place', async () => {
    const r = linked()
    const all = publishing(r, 'a', 'b')
    await r.clock.advanceAsync(100)
    expect(all).toEqual([
      { ok: true, outcome: 'acked', level: 'received', offset: 1 },
      { ok: true, outcome: 'acked', level: 'received', offset: 2 },
    ])
    expect(publishes(r)).toMatchObject([
      { channel: 'chat', data: 'a' },
      { channel: 'chat', data: 'b' },
    ])
    expect(publishes(r)[0]).not.toHaveProperty('retry')
  })

  it('[G20] waits while sixteen are under way, and leaves in the order of the calls', async () => {
    const r = rig()
    const held: Frame[] = []
    scripted(r, (frame) => held.push(frame))
    r.live.connect()
    r.clock.advance(100)
    const all = publishing(r, ...Array.from({ length: 20 }, (_, n) => n))
    await r.clock.advanceAsync(100)
    expect(held.map(({ data }) => data)).toEqual(Array.from({ length: 16 }, (_, n) => n))
    r.server.send(JSON.stringify({ type: 'rt.ack', id: held[0]?.id }))
    await r.clock.advanceAsync(100)
    expect(held).toHaveLength(17)
    expect(all).toEqual([{ ok: true, outcome: 'acked', level: 'received' }])
  })

  it('[G19] is sent again under the same id after a cut, marked so, and settles once', async () => {
    const r = rig()
    const seen: Frame[] = []
    scripted(r, (frame, link) => {
      seen.push(frame)
      if (seen.length === 1) link.close(1006)
      else link.send(JSON.stringify({ type: 'rt.ack', id: frame.id, epoch: 'e', offset: 7, duplicate: true }))
    })
    r.live.connect()
    r.clock.advance(100)
    const all = publishing(r, 'a')
    await r.clock.advanceAsync(5_000)
    expect(all).toEqual([{ ok: true, outcome: 'acked', level: 'received', offset: 7, duplicate: true }])
    expect(seen).toMatchObject([{ data: 'a' }, { data: 'a', retry: true, id: seen[0]?.id }])
  })

  it('[G18 G19] is not sent again where the server would take it twice: nobody knows whether it was delivered', async () => {
    const r = rig()
    r.server.behaves((link) => {
      link.accept()
      link.onFrame((frame) => {
        if (frame.type === 'client_ready')
          link.send('{"type":"server_ready","v":1,"caps":["channels"],"dedup_window":100000}')
        if (frame.type === 'rt.publish') link.drop()
      })
    })
    r.live.connect()
    r.clock.advance(100)
    const all = publishing(r, 'a')
    await r.clock.advanceAsync(100)
    expect(all).toMatchObject([{ ok: false, maybeDelivered: true, error: { code: 'not-connected' } }])
  })

  it('[G19] is not sent again once the server may have forgotten its id', async () => {
    const r = rig({ heartbeat: false })
    scripted(r, () => undefined)
    r.live.connect()
    r.clock.advance(100)
    const all: SendOutcome[] = []
    void r.live
      .stream('chat')
      .publish('a', { ttl: 600_000 })
      .then((outcome) => all.push(outcome))
    await r.clock.advanceAsync(89_000)
    r.server.closeAll(1006)
    await r.clock.advanceAsync(200)
    expect(publishes(r)).toHaveLength(1)
    await r.clock.advanceAsync(3_000)
    expect(publishes(r)).toHaveLength(2)
    expect(all).toEqual([])
    r.server.closeAll(1006)
    await r.clock.advanceAsync(100)
    expect(all).toMatchObject([{ ok: false, maybeDelivered: true }])
  })

  it('[G18] that is never answered ends with its time, maybe delivered', async () => {
    const r = rig()
    scripted(r, () => undefined)
    r.live.connect()
    r.clock.advance(100)
    const all = publishing(r, 'a')
    await r.clock.advanceAsync(59_000)
    expect(all).toEqual([])
    await r.clock.advanceAsync(1_000)
    expect(all).toMatchObject([{ ok: false, maybeDelivered: true, error: { code: 'request-timeout' } }])
  })

  it('[G18] that the server refuses was not delivered', async () => {
    const r = rig()
    scripted(r, ({ id }, link) =>
      link.send(JSON.stringify({ type: 'rt.error', id, code: 'forbidden', message: 'No.' })),
    )
    r.live.connect()
    r.clock.advance(100)
    const all = publishing(r, 'a')
    await r.clock.advanceAsync(100)
    expect(all).toMatchObject([
      {
        ok: false,
        maybeDelivered: false,
        error: { code: 'rejected', context: { reason: 'forbidden: No.' } },
      },
    ])
  })

  it('[G18] (fault S10) settles once, whatever is said of it afterwards', async () => {
    const r = rig()
    scripted(r, ({ id }, link) => {
      for (const frame of [
        { type: 'rt.ack', id: 'never' },
        { type: 'rt.ack', id },
        { type: 'rt.ack', id },
        { type: 'rt.error', id, code: 'late', message: '' },
        { type: 'rt.ack' },
      ])
        link.send(JSON.stringify(frame))
    })
    r.live.connect()
    r.clock.advance(100)
    const all = publishing(r, 'a')
    await r.clock.advanceAsync(100)
    expect(all).toHaveLength(1)
    expect(r.live.getSnapshot().status).toBe('connected')
  })

  it('[G18 M16] that made the server close with 1009 is not sent again; the others are', async () => {
    const r = rig()
    const seen: unknown[] = []
    scripted(r, ({ id, data }, link) => {
      seen.push(data)
      if (String(data).length > 10) link.close(1009)
      else if (seen.length > 2) link.send(JSON.stringify({ type: 'rt.ack', id }))
    })
    r.live.connect()
    r.clock.advance(100)
    const all = publishing(r, 'small', 'x'.repeat(100))
    await r.clock.advanceAsync(20_000)
    expect(all.map((outcome) => (outcome.ok ? 'acked' : outcome.error.code))).toEqual([
      'message-too-large',
      'acked',
    ])
    expect(seen).toEqual(['small', 'x'.repeat(100), 'small'])
  })

  it('[G8] (fault P5) under way when the connection closes ends as maybe delivered', async () => {
    const r = rig()
    scripted(r, () => undefined)
    r.live.connect()
    r.clock.advance(100)
    const all = publishing(r, 'a')
    await r.clock.advanceAsync(100)
    r.live.close()
    await r.clock.advanceAsync(0)
    expect(all).toMatchObject([{ ok: false, maybeDelivered: true, error: { code: 'closed' } }])
    expect(r.clock.pending).toBe(0)
  })

  it('[G18] that cannot be written, or has no legal channel, is not sent', async () => {
    const r = linked()
    expect(await r.live.stream('chat').publish(1n)).toMatchObject({
      ok: false,
      error: { code: 'invalid-message' },
    })
    expect(await r.live.stream('x'.repeat(256)).publish(1)).toMatchObject({
      ok: false,
      error: { code: 'invalid-message' },
    })
  })
})

describe('a request', () => {
  it('[G18] gets the data of its answer, or is rejected in time', async () => {
    const r = rig({ requestTimeout: 2_000 })
    scripted(r, ({ id, data }, link) => {
      if (data === 'silence') return
      link.send(JSON.stringify({ type: 'rt.ack', id, data: { you: data } }))
    })
    r.live.connect()
    r.clock.advance(100)
    const answer = r.live.request('ask', 'hello')
    const silence = r.live.request('ask', 'silence').catch((error: unknown) => error)
    await r.clock.advanceAsync(2_000)
    expect(await answer).toEqual({ you: 'hello' })
    expect(await silence).toMatchObject({ code: 'request-timeout' })
  })

  it('[G18] is rejected by a server that answers none, and where there is none', async () => {
    const plain = connected({}, (server) => server.accepts({ level: 1 }))
    await expect(plain.live.request('ask')).rejects.toMatchObject({ code: 'rejected' })
    const nobody = rig()
    nobody.server.refuses()
    const answer = nobody.live.request('ask', 1, { timeout: 500 }).catch((error: unknown) => error)
    await nobody.clock.advanceAsync(500)
    expect(await answer).toMatchObject({ code: 'not-connected' })
  })
})
