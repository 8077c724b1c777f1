// Whatever arrives on a link, the server's session stays within its rules: found by throwing everything at it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionEvent } from '../../../src/server/session/model.ts'
import { driveOpen, driveSession } from './drive-session.ts'

const codes = [1003, 1012, 4400, 4401, 4403, 4408, 4409, 4426, 4429, 4500]
const types = [
  'client_ready',
  'ping',
  'pong',
  'server_ready',
  'rt.auth',
  'rt.subscribe',
  'order',
  '__proto__',
  '',
  7,
]

const frame = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom(...types) }).map((value) => JSON.stringify(value)),
  },
  {
    weight: 3,
    arbitrary: fc
      .record(
        {
          type: fc.constantFrom(...types),
          v: fc.anything(),
          client: fc.anything(),
          auth: fc.anything(),
          data: fc.anything(),
          id: fc.anything(),
          timestamp: fc.anything(),
        },
        { requiredKeys: ['type'] },
      )
      .map((value) => toText(value)),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
)

const event: fc.Arbitrary<SessionEvent | number> = fc.oneof(
  { weight: 6, arbitrary: frame.map((text) => ({ type: 'frame', text }) as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'frame', text: null } as const) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom({ id: 'ann' }, { id: '__proto__' }, { id: 'bob', expiresAt: 0 }, null, 'failed' as const)
      .map((user) => ({ type: 'authenticated', user, others: 0 }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ type: 'push', channel: 'queue', wire: '{"type":"queue"}' } as const),
  },
  { weight: 1, arbitrary: fc.nat(2_000_000).map((bytes) => ({ type: 'congested', bytes }) as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('flushed', 'replaced', 'closed').map((type) => ({ type }) as const),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'revoked', userId: 'ann' } as const) },
  { weight: 1, arbitrary: fc.nat(5_000).map((grace) => ({ type: 'leave', grace }) as const) },
  { weight: 2, arbitrary: fc.nat(40_000) },
)

/** Half of the links get past the handshake first. */
const opening: SessionEvent[] = [
  { type: 'frame', text: '{"type":"client_ready","v":1}' },
  { type: 'authenticated', user: { id: 'ann' }, others: 0 },
]

describe('a session of the server under hostile input', () => {
  it('[H7 H4 B7] never throws, closes only with its own codes, and hands nothing to the app before it knows the user', () => {
    const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype))
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.constantFrom([], opening), fc.array(event, { maxLength: 40 }), (first, rest) => {
        const link = driveSession()
        let known = false
        let ended = false
        for (const next of [...first, ...rest]) {
          const phase = link.state().phase
          const at = link.effects.length
          if (typeof next === 'number') link.clock.advance(next)
          else link.event(next)
          const orders = link.effects.slice(at)
          if (ended) expect(orders).toEqual([])
          known ||= orders.some((order) => order.type === 'opened')
          ended = link.state().phase === 'closed'
          seen.add(`${phase} ${link.state().phase}`)
          for (const order of orders) {
            seen.add(order.type)
            if (order.type === 'message' || order.type === 'send') expect(known).toBe(true)
            if (order.type === 'arm') expect(order.delay >= 0 && order.delay <= 86_400_000).toBe(true)
            if (order.type !== 'close') continue
            expect(codes).toContain(order.code)
            expect(order.reason).toMatch(/^[ -~]{0,123}$/)
          }
        }
        if (ended) expect(link.armed()).toEqual([])
      }),
      { numRuns: 2_000 },
    )
    expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(before)
    // The search went everywhere it should.
    for (const step of [
      'waiting authenticating',
      'authenticating open',
      'open closed',
      'message',
      'mark',
      'ping',
    ])
      expect(seen).toContain(step)
  })

  it('[H1 H2 H3] takes a frame as deep or as wide as 64 kB allow, in less than 50 ms', () => {
    const bombs = [
      `{"type":"a","data":${'['.repeat(32_000)}${']'.repeat(32_000)}}`,
      `{"type":"a","data":[${Array<string>(16_000).fill('[]').join()}]}`,
      `{"type":"a","data":{${Array.from({ length: 6_000 }, (_, n) => `"${n}":{}`).join()}}}`,
      `{"type":"${'a'.repeat(65_000)}"}`,
    ]
    for (const bomb of bombs) {
      // The best of several, as another process may take the processor meanwhile.
      const times = Array.from({ length: 5 }, () => {
        const link = driveOpen()
        const began = performance.now()
        link.hear(bomb)
        return performance.now() - began
      })
      expect(Math.min(...times)).toBeLessThan(50)
    }
  })
})

/** JSON where there is any; values that have none become their name. */
function toText(value: unknown): string {
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
  } catch {
    return String(value)
  }
}
