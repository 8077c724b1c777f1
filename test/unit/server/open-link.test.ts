// The life of an open link on the server: frames, limits, heartbeat, expiry, slow readers, and its several ends.
import { describe, expect, it } from 'vitest'
import { driveOpen, driveSession } from './drive-session.ts'

describe('frames of an open link', () => {
  it('[C1] hands app messages over with their user: their data, or the whole frame where there is none', () => {
    const link = driveOpen()
    const user = { id: 'ann' }
    expect(link.hear({ type: 'order', data: { n: 1 }, id: 'x' })).toEqual([
      { type: 'message', user, name: 'order', data: { n: 1 }, id: null },
    ])
    expect(link.hear({ type: 'order', n: 2 })).toEqual([
      { type: 'message', user, name: 'order', data: { type: 'order', n: 2 }, id: null },
    ])
    expect(link.hear({ type: 'order', data: null })).toMatchObject([{ data: null }])
  })

  it('[P14] keeps control types to itself at level 1 and counts unknown ones; on a plain link they are the app’s', () => {
    const frame = { type: 'rt.anything', data: 1 }
    expect(driveOpen(1).hear(frame)).toEqual([{ type: 'ignored' }])
    expect(driveOpen(0).hear(frame)).toMatchObject([{ type: 'message', name: 'rt.anything' }])
    expect(driveOpen(1).hear({ type: 'server_ready', v: 1 })).toMatchObject([{ type: 'message' }])
  })

  it('[A2] answers a ping with its timestamp untouched', () => {
    for (const timestamp of [1732118400123, 1.5, -1, 'abc'])
      expect(pong(driveOpen().hear({ type: 'ping', timestamp }))).toEqual({ type: 'pong', timestamp })
    expect(pong(driveOpen().hear({ type: 'ping' }))).toEqual({ type: 'pong' })
  })

  it('[H1] does not write back a timestamp that could break the writing', () => {
    const deep = `{"type":"ping","timestamp":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    expect(pong(driveOpen().hear(deep))).toEqual({ type: 'pong' })
    expect(pong(driveOpen().hear({ type: 'ping', timestamp: 'x'.repeat(65) }))).toEqual({ type: 'pong' })
  })

  it('[P12] answers no more than 10 pings a second, and counts the rest', () => {
    const link = driveOpen()
    for (let n = 0; n < 50; n++) link.hear({ type: 'ping', timestamp: n })
    expect(link.sent).toHaveLength(10)
    expect(link.effects.filter((effect) => effect.type === 'ignored')).toHaveLength(40)
    link.clock.advance(1_000)
    link.hear({ type: 'ping' })
    expect(link.sent).toHaveLength(11)
  })

  it('[P13] never answers a pong', () => {
    expect(driveOpen().hear({ type: 'pong', timestamp: 1 })).toEqual([])
  })

  it('[P1] closes with 1003 who sends binary frames', () => {
    const link = driveOpen()
    link.event({ type: 'frame', text: null })
    expect(link.closed()).toBe('1003 text frames only')
  })

  it.each([
    '',
    '{',
    'null',
    '7',
    '"x"',
    '[]',
    '[1]',
    '{}',
    '{"type":7}',
    '{"type":""}',
    '{"type":"a b"}',
    '{"__proto__":{"type":"a"}}',
  ])('[H7] closes with 4400 after the first frame that is none: %s', (text) => {
    const link = driveOpen()
    link.hear(text)
    expect(link.closed()).toMatch(/^4400 /)
    const early = driveSession()
    early.hear(text)
    expect(early.closed()).toMatch(/^4400 /)
  })

  it('[H5] treats types that objects have by nature as any other', () => {
    for (const type of ['toString', '__proto__', 'hasOwnProperty', 'constructor'])
      expect(driveOpen().hear(`{"type":"${type}"}`)).toMatchObject([{ type: 'message', name: type }])
  })
})

describe('the message rate of a link', () => {
  it('[R8 B7] drops what is above it, tells level 1 once, and closes with 4429 who goes on', () => {
    const link = driveOpen()
    // client_ready was the first of 600.
    for (let n = 0; n < 599; n++) expect(link.hear({ type: 'a' })).toMatchObject([{ type: 'message' }])
    const refused = link.hear({ type: 'a' })
    expect(refused).toHaveLength(1)
    expect(link.sent).toEqual([
      {
        type: 'rt.error',
        code: 'rate_limited',
        message: 'More than 600 messages per minute: this one was dropped.',
        retryable: true,
        retry_after: 1_000,
      },
    ])
    for (let n = 0; n < 59; n++) expect(link.hear({ type: 'a' })).toEqual([{ type: 'ignored' }])
    expect(link.closed()).toBeNull()
    link.hear({ type: 'a' })
    expect(link.closed()).toBe('4429 rate_limited;retry_after=1000')
  })

  it('[R8] does not parse what it drops', () => {
    const link = driveOpen()
    for (let n = 0; n < 599; n++) link.hear({ type: 'a' })
    link.hear('not a frame')
    expect(link.closed()).toBeNull()
  })

  it('[R8] says nothing to a plain client, which would not understand, and closes it all the same', () => {
    const link = driveOpen(0)
    for (let n = 0; n < 660; n++) link.hear({ type: 'a' })
    expect([link.sent, link.closed()]).toEqual([[], '4429 rate_limited;retry_after=1000'])
  })

  it('[R8] fills up again, ten a second, and does not forget who only trickles over the limit', () => {
    const link = driveOpen()
    for (let n = 0; n < 600; n++) link.hear({ type: 'a' })
    link.clock.advance(1_000)
    const taken = Array.from({ length: 11 }, () => link.hear({ type: 'a' })[0]?.type)
    expect(taken).toEqual([...Array<string>(10).fill('message'), 'ignored'])
    for (let second = 0; second < 20 && link.closed() === null; second++) {
      link.clock.advance(1_000)
      for (let n = 0; n < 15; n++) link.hear({ type: 'a' })
    }
    expect(link.closed()).toMatch(/^4429 rate_limited/)
  })

  it('[R8] saves nothing up beyond the limit, however long a link was quiet', () => {
    const link = driveOpen()
    for (let minute = 0; minute < 60; minute++) {
      link.clock.advance(15_000)
      link.heard()
    }
    const taken = Array.from({ length: 602 }, () => link.hear({ type: 'a' })[0]?.type)
    expect(taken.filter((type) => type === 'message')).toHaveLength(600)
  })

  it('[R8] forgives who kept quiet until a tenth was there again', () => {
    const link = driveOpen()
    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 620; n++) link.hear({ type: 'a' })
      for (let tick = 0; tick < 6; tick++) {
        link.clock.advance(10_000)
        link.heard()
      }
    }
    expect(link.closed()).toBeNull()
  })

  it('[R8] holds before the handshake too', () => {
    const link = driveSession()
    for (let n = 0; n < 700; n++) link.hear({ type: 'ping' })
    expect(link.closed()).toMatch(/^4429 rate_limited/)
    expect(link.sent).toEqual([])
  })
})

describe('the heartbeat of a link on the server', () => {
  it('[C1] pings every interval on the WebSocket layer, and keeps who answers, or sends anything else', () => {
    const link = driveOpen()
    for (let beat = 0; beat < 100; beat++) {
      link.clock.advance(7_000)
      if (beat % 2 === 0) link.heard()
      else link.hear({ type: 'a' })
    }
    expect(link.effects.filter((effect) => effect.type === 'ping')).toHaveLength(Math.floor(700_000 / 15_000))
    expect(link.closed()).toBeNull()
  })

  it('[C1] removes a ghost: closed with 4408 when three pings brought no sign of life, so after 3 to 4 intervals', () => {
    for (const [heard, ended] of [
      [15_000, 75_000],
      [29_999, 75_000],
      [30_001, 90_000],
    ] as const) {
      const link = driveOpen()
      link.clock.advance(heard)
      link.heard()
      link.clock.advance(ended - heard - 1)
      expect(link.closed()).toBeNull()
      link.clock.advance(1)
      expect(link.closed()).toBe('4408 idle')
      expect(link.armed()).toEqual([])
    }
  })

  it('[C1] loses no client while the event loop is blocked for 4 s, with a heartbeat of 1 s, ten times in a row', () => {
    const link = driveOpen(1, { heartbeat: { interval: 1_000, timeout: 1_000 } })
    for (let round = 0; round < 10; round++) {
      link.clock.block(4_000)
      // Timers run first after a block; only then are the frames read that arrived meanwhile.
      link.clock.advance(0)
      expect(link.closed()).toBeNull()
      link.heard()
    }
    link.clock.advance(4_000)
    expect(link.closed()).toBe('4408 idle')
  })
})

describe('a user whose time ends', () => {
  it('[B7] is closed with 4401 when it ends, and not let in after', () => {
    const late = driveSession()
    late.hear({ type: 'client_ready', v: 1 })
    late.event({ type: 'authenticated', user: { id: 'ann', expiresAt: late.clock.now() }, others: 0 })
    expect([late.closed(), late.state().phase, late.sent]).toEqual(['4401 expired', 'closed', []])
    const link = driveSession({ heartbeat: { interval: 86_400_000, timeout: 1_000 } })
    link.hear({ type: 'client_ready', v: 1 })
    link.event({
      type: 'authenticated',
      user: { id: 'ann', expiresAt: link.clock.now() + 100_000 },
      others: 0,
    })
    link.clock.advance(99_999)
    expect(link.closed()).toBeNull()
    link.clock.advance(1)
    expect(link.closed()).toBe('4401 expired')
  })

  it('[B7 S18] is closed within 30 s also when the wall clock jumps over it, and not before when it jumps back', () => {
    const start = driveSession().clock.now()
    const jumped = driveOpen(1, {}, { id: 'ann', expiresAt: start + 3_600_000 })
    jumped.clock.jumpWall(3_600_000)
    jumped.clock.advance(30_000)
    expect(jumped.closed()).toBe('4401 expired')
    const back = driveOpen(1, {}, { id: 'ann', expiresAt: start + 10_000 })
    back.clock.jumpWall(-10_000)
    back.clock.advance(19_999)
    expect(back.closed()).toBeNull()
    back.clock.advance(1)
    expect(back.closed()).toBe('4401 expired')
  })

  it.each([
    [600_000, 'half a minute to a minute'],
    [20_000, 'half of it'],
  ])(
    '[G7] is told once, in time, that its credentials run out, of which it had %i ms: with %s left',
    (had) => {
      const link = driveOpen(1, {}, { id: 'ann', expiresAt: driveSession().clock.now() + had })
      const told = (): number[] =>
        link.sent.flatMap(({ auth }) => (auth as { expires_in?: number } | undefined)?.expires_in ?? [])
      for (let at = 10_000; at < had; at += 10_000) {
        link.clock.advance(10_000)
        link.heard()
      }
      link.clock.advance(9_999)
      expect(told()).toEqual([expect.any(Number)])
      expect(told()[0]).toBeGreaterThanOrEqual(Math.min(30_000, had / 2))
      expect(told()[0]).toBeLessThanOrEqual(60_000)
      link.clock.advance(1)
      expect(link.closed()).toBe('4401 expired')
      const plain = driveOpen(0, {}, { id: 'ann', expiresAt: driveSession().clock.now() + had })
      plain.clock.advance(had - 1)
      expect(plain.sent.filter(({ type }) => type === 'rt.notice')).toEqual([])
    },
  )

  it('[G7] is told again of the end of credentials that it brought meanwhile', () => {
    const now = driveSession().clock.now()
    const link = driveOpen(1, {}, { id: 'ann', expiresAt: now + 100_000 })
    const live = (ms: number): void => {
      for (let at = 0; at < ms; at += 10_000) {
        link.clock.advance(10_000)
        link.heard()
      }
    }
    live(70_000)
    link.event({ type: 'renewed', id: 'a1', user: { id: 'ann', expiresAt: now + 200_000 } })
    live(120_000)
    expect(link.closed()).toBeNull()
    expect(link.sent.filter(({ type }) => type === 'rt.notice')).toHaveLength(2)
  })

  it('[M10] with an end in a thousand years arms no timer that would fire at once', () => {
    const link = driveOpen(1, {}, { id: 'ann', expiresAt: 1e15 })
    link.clock.advance(1_000)
    expect(link.effects.filter((effect) => effect.type === 'arm' && effect.slot === 'expiry')).toEqual([
      { type: 'arm', slot: 'expiry', delay: 30_000 },
    ])
  })
})

describe('a reader that does not read', () => {
  it('[S11 R7] is closed with 4429 as soon as more than the limit waits for it', () => {
    const link = driveOpen()
    link.event({ type: 'congested', bytes: 1_048_576 })
    expect(link.closed()).toBeNull()
    link.event({ type: 'congested', bytes: 1_048_577 })
    expect(link.closed()).toBe('4429 slow')
  })

  it('[S11] is closed with 4429 when something waited for 10 s, and kept when it left in time', () => {
    const stuck = driveOpen()
    expect(stuck.event({ type: 'congested', bytes: 1 })).toEqual([
      { type: 'mark' },
      { type: 'arm', slot: 'drain', delay: 10_000 },
    ])
    // More of it neither marks again nor starts the ten seconds anew.
    stuck.clock.advance(5_000)
    expect(stuck.event({ type: 'congested', bytes: 2 })).toEqual([])
    stuck.clock.advance(4_999)
    expect(stuck.closed()).toBeNull()
    stuck.clock.advance(1)
    expect(stuck.closed()).toBe('4429 slow')
    const slow = driveOpen()
    slow.event({ type: 'congested', bytes: 1 })
    slow.clock.advance(9_000)
    slow.event({ type: 'flushed' })
    slow.clock.advance(5_000)
    expect([slow.closed(), slow.armed()]).toEqual([null, ['beat']])
  })

  it('[C1 C3] gets a second more when the event loop was blocked, which could not write either', () => {
    const link = driveOpen()
    link.event({ type: 'congested', bytes: 1 })
    link.clock.block(14_000)
    link.clock.advance(0)
    link.event({ type: 'flushed' })
    link.clock.advance(5_000)
    expect(link.closed()).toBeNull()
  })
})

describe('the ends of a link', () => {
  it('[A5] answers an older link of the same client with 4409', () => {
    const link = driveOpen()
    link.event({ type: 'replaced' })
    expect(link.closed()).toBe('4409 replaced')
  })

  it('[A5 S4] never sends 4409 to a link that was told to go away', () => {
    const link = driveOpen()
    link.event({ type: 'leave', grace: 5_000 })
    link.event({ type: 'replaced' })
    expect(link.closed()).toBeNull()
  })

  it('[B7] closes the revoked user with 4401 at once, and nobody else', () => {
    const link = driveOpen()
    link.event({ type: 'revoked', userId: 'bob' })
    expect(link.closed()).toBeNull()
    link.event({ type: 'revoked', userId: 'ann' })
    expect(link.closed()).toBe('4401 revoked')
  })

  it('[S4] tells level 1 to go away within the window, and closes with 1012 after the grace', () => {
    const link = driveOpen()
    link.advise(4_000)
    link.event({ type: 'leave', grace: 2_000 })
    expect(link.sent).toEqual([
      { type: 'rt.go_away', code: 'deploy', reconnect: { spread: 4_000 }, grace: 2_000 },
    ])
    link.clock.advance(1_999)
    expect(link.closed()).toBeNull()
    link.clock.advance(1)
    expect(link.closed()).toBe('1012 restart')
  })

  it('[S3 S4] closes with 1012 at once what is plain or not open yet, and all when there is no grace', () => {
    const plain = driveOpen(0)
    plain.event({ type: 'leave', grace: 2_000 })
    const early = driveSession()
    early.event({ type: 'leave', grace: 2_000 })
    const hasty = driveOpen()
    hasty.event({ type: 'leave', grace: 0 })
    for (const link of [plain, early, hasty]) expect(link.closed()).toBe('1012 restart')
    expect(hasty.sent).toMatchObject([{ type: 'rt.go_away', grace: 0 }])
  })

  it('[G4] tells level 1 of a window that changed by more than a factor of 1.5, with the next beat', () => {
    const link = driveOpen()
    const beat = (window: number): unknown[] => {
      link.advise(window)
      link.clock.advance(15_000)
      link.heard()
      return link.sent.splice(0)
    }
    expect(beat(750)).toEqual([])
    expect(beat(751)).toEqual([{ type: 'rt.notice', reconnect: { window: 751 } }])
    expect(beat(751)).toEqual([])
    expect(beat(501)).toEqual([])
    expect(beat(500)).toEqual([{ type: 'rt.notice', reconnect: { window: 500 } }])
    const plain = driveOpen(0)
    plain.advise(50_000)
    plain.clock.advance(15_000)
    expect(plain.sent).toEqual([])
  })
})

function pong(effects: readonly { type: string; wire?: unknown }[]): unknown {
  expect(effects.map((effect) => effect.type)).toEqual(['send'])
  return JSON.parse(effects[0]!.wire as string)
}
