// How a link opens on the server: who is let in, what is said first, and what comes too early.
import { describe, expect, it } from 'vitest'
import { driveOpen, driveSession } from './drive-session.ts'

const ann = { type: 'authenticated', user: { id: 'ann' }, others: 0 } as const
const ready = { type: 'client_ready', v: 1, client: { id: 'c_1', lib: 'holdfast/0' } }

describe('the handshake of a link on the server', () => {
  it('[A1 C1] sends nothing at all before client_ready and authentication, for whatever is published meanwhile', () => {
    const link = driveSession()
    link.event({ type: 'push', channel: 'queue', wire: '{"type":"queue"}' })
    link.hear(ready)
    link.event({ type: 'push', channel: 'queue', wire: '{"type":"queue"}' })
    expect(link.sent).toEqual([])
    link.event(ann)
    expect(link.sent[0]).toMatchObject({ type: 'server_ready' })
  })

  it('[C1 G4] greets level 1 with its version, session, heartbeat, limits and reconnect window', () => {
    const link = driveSession()
    link.hear(ready)
    link.event(ann)
    expect(link.sent).toEqual([
      {
        type: 'server_ready',
        v: 1,
        session: { id: 's_1' },
        heartbeat: { interval: 15_000, timeout: 5_000 },
        max_message_bytes: 65_536,
        caps: ['auth', 'channels', 'ack', 'recover', 'batch'],
        ack: 'received',
        dedup_window: 120_000,
        limits: { channels: 128, rate: { max: 600, per: 60_000 } },
        reconnect: { window: 500 },
      },
    ])
  })

  it('[P14] says nothing of its own to a plain client, which gets its data straight away', () => {
    const link = driveSession()
    link.hear({ type: 'client_ready' })
    expect(link.effects.at(-1)).toEqual({ type: 'authenticate', auth: null, client: null })
    link.event(ann)
    expect(link.sent).toEqual([])
    link.event({ type: 'push', channel: 'queue', wire: '{"type":"queue","data":1}' })
    expect(link.sent).toEqual([{ type: 'queue', data: 1 }])
  })

  it('[G2a A2] lets the ping that comes along with client_ready wait, and answers it after server_ready', () => {
    for (const first of [
      [ready, { type: 'ping', timestamp: 7 }],
      [{ type: 'ping', timestamp: 7 }, ready],
    ]) {
      const link = driveSession()
      for (const frame of first) link.hear(frame)
      expect(link.sent).toEqual([])
      link.event(ann)
      expect(link.sent.map((frame) => frame.type)).toEqual(['server_ready', 'pong'])
      expect(link.sent[1]).toEqual({ type: 'pong', timestamp: 7 })
    }
  })

  it('[B7 P2] closes with 4401 what sends data before it is known who sends it, and reads no long frame of it', () => {
    const before = driveSession()
    before.hear({ type: 'order', data: 1 })
    const during = driveSession()
    during.hear(ready)
    during.hear({ type: 'order', data: 1 })
    const long = driveSession()
    long.hear(ready)
    long.hear(`not even JSON ${'x'.repeat(256)}`)
    for (const link of [before, during, long]) {
      expect(link.closed()).toBe('4401 not authenticated yet')
      expect(link.effects.some((effect) => effect.type === 'message')).toBe(false)
    }
  })

  it('[B7] hands the credentials of client_ready over, and closes with 4401 who is nobody', () => {
    const link = driveSession()
    const [, order] = link.hear({ ...ready, auth: { token: 'secret' } })
    expect(order).toEqual({ type: 'authenticate', auth: { token: 'secret' }, client: 'c_1' })
    link.event({ type: 'authenticated', user: null, others: 0 })
    expect([link.closed(), link.sent]).toEqual(['4401 unauthorized', []])
  })

  it('[C1] closes with 4500, to be tried again, when authentication itself broke', () => {
    const link = driveSession()
    link.hear(ready)
    link.event({ type: 'authenticated', user: 'failed', others: 0 })
    expect(link.closed()).toBe('4500 authentication failed')
  })

  it('[B7] does not let in who was revoked while it was asked who he is', () => {
    const link = driveSession()
    link.event({ type: 'revoked', userId: 'ann' })
    link.hear(ready)
    link.event({ type: 'revoked', userId: 'bob' })
    expect(link.closed()).toBeNull()
    link.event({ type: 'revoked', userId: 'ann' })
    link.event(ann)
    expect(link.closed()).toBe('4401 revoked')
  })

  it('[B7] refuses the 21st link of a user with 4429 and says when to come back', () => {
    const link = driveSession()
    link.hear(ready)
    link.event({ ...ann, others: 20 })
    expect(link.closed()).toBe('4429 too many connections;retry_after=10000')
    const other = driveSession()
    other.hear(ready)
    other.event({ ...ann, others: 19 })
    expect(other.closed()).toBeNull()
  })

  it('[B7] closes a wrong origin with 4403 and reads nothing of it', () => {
    const link = driveSession({}, false)
    expect(link.closed()).toBe('4403 origin not allowed')
    expect(link.hear(ready)).toEqual([])
  })

  it('[R6] closes with 4408 who sends no client_ready in 10 s, or whose authentication takes 10 s', () => {
    const silent = driveSession()
    silent.clock.advance(9_999)
    expect(silent.closed()).toBeNull()
    silent.clock.advance(1)
    expect(silent.closed()).toBe('4408 handshake timeout')
    const asking = driveSession()
    asking.clock.advance(9_000)
    asking.hear(ready)
    asking.clock.advance(9_999)
    expect(asking.closed()).toBeNull()
    asking.clock.advance(1)
    expect(asking.closed()).toBe('4408 handshake timeout')
  })

  it('[C1 C3] gives the handshake a second more when the event loop was blocked, as client_ready may lie there unread', () => {
    const link = driveSession()
    link.clock.block(14_000)
    link.clock.advance(0)
    expect(link.closed()).toBeNull()
    link.hear(ready)
    expect(link.closed()).toBeNull()
    const silent = driveSession()
    silent.clock.block(14_000)
    silent.clock.advance(1_000)
    expect(silent.closed()).toBe('4408 handshake timeout')
  })

  it('[S20] takes a newer client for level 1, and refuses a version that never was', () => {
    const newer = driveSession()
    newer.hear({ type: 'client_ready', v: 2, unknown: true })
    newer.event(ann)
    expect(newer.sent[0]).toMatchObject({ type: 'server_ready', v: 1 })
    const older = driveSession()
    older.hear({ type: 'client_ready', v: 0 })
    expect(older.closed()).toBe('4426 the version spoken here is 1')
  })

  it.each([{ v: '1' }, { v: 1.5 }, { v: null }, { client: 'c_1' }, { client: {} }, { client: { id: 7 } }])(
    '[H7] closes with 4400 a client_ready of wrong types: %o',
    (fields) => {
      const link = driveSession()
      link.hear({ type: 'client_ready', ...fields })
      expect(link.closed()).toMatch(/^4400 /)
    },
  )

  it.each(['', 'a b', 'ü', 'x'.repeat(65), 'a\nb', 'a\n'])('[H6] refuses %j as the id of a client', (id) => {
    const link = driveSession()
    link.hear({ type: 'client_ready', v: 1, client: { id, lib: 'x' } })
    expect(link.closed()).toBe('4400 no legal client id')
  })

  it('[H6] takes __proto__ as the id of a client, as any other', () => {
    const link = driveSession()
    link.hear('{"type":"client_ready","v":1,"client":{"id":"__proto__","lib":"x"}}')
    expect(link.effects.at(-1)).toMatchObject({ type: 'authenticate', client: '__proto__' })
  })

  it('[P3] closes with 4409 who says client_ready twice', () => {
    const early = driveSession()
    early.hear(ready)
    for (const link of [driveOpen(), early]) {
      link.hear(ready)
      expect(link.closed()).toBe('4409 second client_ready')
      expect(link.effects.at(-1)?.type).toBe('close')
    }
  })

  it('[P3 S4] closes with 4400 who says it again on a link that was told to go away: 4409 would stop it for good', () => {
    const link = driveOpen()
    link.event({ type: 'leave', grace: 5_000 })
    link.hear(ready)
    expect(link.closed()).toBe('4400 second client_ready')
  })

  it('[BB4] hears nothing any more once it is closed', () => {
    const link = driveSession()
    link.hear('{')
    const before = link.state()
    for (const event of [
      ann,
      { type: 'frame', text: '{"type":"client_ready"}' },
      { type: 'timer', slot: 'beat', late: 0 },
      { type: 'leave', grace: 0 },
      { type: 'replaced' },
      { type: 'closed' },
    ] as const)
      expect(link.event(event)).toEqual([])
    expect(link.state()).toBe(before)
  })
})
