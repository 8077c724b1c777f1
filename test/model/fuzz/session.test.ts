// The server's session under fuzz: a client that says anything gets no further than its rights, and costs no more than its share.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionEffect, SessionEvent, SessionState } from '../../../src/server/session/model.ts'
import { driveOpen, driveSession, type Driven } from '../../unit/server/drive-session.ts'
import { clientText } from './frames.ts'
import { json, nested } from './json-text.ts'
import { watchPrototypes } from './prototypes.ts'
import { patience, runs } from './runs.ts'

const codes = [1003, 1012, 4400, 4401, 4403, 4408, 4409, 4426, 4429, 4500]

type Move = SessionEvent | { readonly type: 'wait'; readonly ms: number }

const frame = clientText.map((text) => ({ type: 'frame', text }) as const)
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 12, arbitrary: frame },
  { weight: 1, arbitrary: fc.constant({ type: 'frame', text: '{"type":"client_ready","v":1}' } as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'frame', text: null } as const) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom({ id: 'ann' }, { id: '__proto__' }, { id: 'bob', expiresAt: 0 }, null, 'failed' as const)
      .chain((user) => fc.nat(25).map((others) => ({ type: 'authenticated', user, others }) as const)),
  },
  { weight: 1, arbitrary: fc.nat(2_000_000).map((bytes) => ({ type: 'congested', bytes }) as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('flushed', 'replaced', 'closed').map((type) => ({ type }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'revoked', userId: '__proto__' } as const) },
  { weight: 1, arbitrary: fc.nat(5_000).map((grace) => ({ type: 'leave', grace }) as const) },
  { weight: 4, arbitrary: fc.nat(40_000).map((ms) => ({ type: 'wait', ms }) as const) },
)

/** How far a link has come before the client turns hostile. */
const starts: Readonly<Record<string, () => Driven>> = {
  new: () => driveSession(),
  authenticating() {
    const link = driveSession()
    link.hear({ type: 'client_ready', v: 1 })
    return link
  },
  plain: () => driveOpen(0),
  open: () => driveOpen(1),
}

/** What a session knows may grow with the names that the app gives it, never with what a client says. */
function checkState(state: SessionState): void {
  assert.ok(JSON.stringify(state).length < 1_024)
  if (!('rate' in state)) return
  for (const { tokens, refused } of [state.rate, ...('pongs' in state ? [state.pongs] : [])])
    assert.ok(tokens >= 0 && tokens <= 600 && refused >= 0)
}

function checkEffect(effect: SessionEffect): void {
  switch (effect.type) {
    case 'close':
      assert.ok(codes.includes(effect.code))
      return assert.match(effect.reason, /^[ -~]{0,123}$/)
    case 'send': {
      const { type } = JSON.parse(effect.wire as string) as { readonly type: string }
      assert.ok(['pong', 'server_ready', 'rt.error', 'rt.notice', 'rt.go_away'].includes(type))
      return assert.ok(effect.wire.length < 512)
    }
    case 'message':
      assert.match(effect.name, /^[\w.:-]{1,64}$/)
      return assert.ok(!['client_ready', 'ping', 'pong'].includes(effect.name))
    case 'authenticate':
      return assert.ok(effect.client === null || /^[\w-]{1,64}$/.test(effect.client))
    case 'arm':
      return assert.ok(effect.delay >= 0 && effect.delay <= 86_400_000)
    case 'subscribe':
    case 'quit':
    case 'publish':
      return assert.match(effect.channel, /^[!-~]{1,255}$/)
    case 'renew':
      return assert.match(effect.id, /^[\w-]{1,64}$/)
    case 'renewed':
    case 'opened':
    case 'disarm':
    case 'ping':
    case 'mark':
    case 'ignored':
  }
}

describe('the session of the server under fuzz', { timeout: patience }, () => {
  it('[H7 B7 INV-18 INV-20 INV-24] never throws, keeps little, orders a handful per event, and tells the app nothing of a stranger (fault H4) (fault H5) (fault H8)', () => {
    const seen = new Set<string>()
    const untouched = watchPrototypes()
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(starts)),
        fc.array(move, { maxLength: 40 }),
        (start, moves) => {
          const link = starts[start]!()
          let known = link.state().phase === 'open'
          for (const each of moves) {
            const before = link.state().phase
            const from = link.effects.length
            if (each.type === 'wait') link.clock.advance(each.ms)
            else link.event(each)
            const orders = link.effects.slice(from)
            if (each.type !== 'wait') assert.ok(orders.length <= 8)
            if (before === 'closed') assert.equal(orders.length, 0)
            // server_ready leaves in the step that lets the link in.
            known ||= orders.some(({ type }) => type === 'opened')
            for (const order of orders) {
              checkEffect(order)
              if (order.type === 'message' || order.type === 'send') assert.ok(known)
              seen.add(order.type)
            }
            checkState(link.state())
            seen.add(`${start} ${link.state().phase}`)
          }
          if (link.state().phase === 'closed') assert.deepEqual(link.armed(), [])
        },
      ),
      runs(2_500),
    )
    untouched()
    for (const what of ['message', 'send', 'close', 'mark', 'ignored', 'opened', 'authenticate', 'ping'])
      expect(seen).toContain(what)
    for (const start of Object.keys(starts)) expect(seen).toContain(`${start} closed`)
    expect(seen).toContain('new open')
  })

  it('[INV-20 B7] serves an open link as before, whatever legal frames came in between (fault H4) (fault P1)', () => {
    const odd = fc.tuple(fc.constantFrom('order', 'pong', 'rt.x', '__proto__', 'ping'), json)
    fc.assert(
      fc.property(fc.constantFrom(0, 1), fc.array(odd, { maxLength: 30 }), (level, frames) => {
        const link = driveOpen(level)
        for (const [type, value] of frames)
          link.event({ type: 'frame', text: `{"type":"${type}","data":${value},"timestamp":${value}}` })
        link.clock.advance(2_000)
        link.sent.length = 0
        assert.deepEqual(link.hear({ type: 'order', data: { n: 1 } }), [
          { type: 'message', user: { id: 'ann' }, name: 'order', data: { n: 1 }, id: null },
        ])
        link.hear({ type: 'ping', timestamp: 7 })
        assert.deepEqual(link.sent, [{ type: 'pong', timestamp: 7 }])
      }),
      runs(500),
    )
  })

  it('[G23 M11] takes what is too deep, too wide or named badly as any other data, in any field (fault H1) (fault H2) (fault H6)', () => {
    const untouched = watchPrototypes()
    const values = [nested(30_000), `{"a":[${'[],'.repeat(20_000)}[]]}`, '{"__proto__":{"polluted":1}}']
    for (const value of values) {
      for (const field of ['v', 'client', 'auth', 'caps', 'timestamp', 'data']) {
        const fresh = driveSession()
        fresh.event({ type: 'frame', text: `{"type":"client_ready","${field}":${value}}` })
        expect(fresh.state().phase).toBe(/^(v|client)$/.test(field) ? 'closed' : 'authenticating')
        for (const type of ['ping', 'pong', 'rt.publish', 'rt.subscribe', '__proto__']) {
          const link = driveOpen(1)
          link.event({ type: 'frame', text: `{"type":"${type}","channel":"__proto__","${field}":${value}}` })
          expect(link.state().phase).toBe('open')
          link.sent.forEach((frame) => expect(frame).toEqual({ type: 'pong' }))
        }
      }
    }
    untouched()
  })

  it('[R8 B7] answers a flood with 10 pongs a second and one warning, then closes it (fault H12) (fault R8)', () => {
    const link = driveOpen(1)
    let frames = 0
    while (link.closed() === null && frames < 10_000) {
      link.event({ type: 'frame', text: '{"type":"ping","timestamp":1}' })
      frames += 1
    }
    expect(link.closed()).toBe('4429 rate_limited;retry_after=1000')
    expect(link.sent.filter(({ type }) => type === 'pong')).toHaveLength(10)
    expect(link.sent.filter(({ type }) => type === 'rt.error')).toHaveLength(1)
    expect(frames).toBeLessThan(700)
  })
})
