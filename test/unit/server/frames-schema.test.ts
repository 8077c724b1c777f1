// The published schemas and the package's own parser agree on what a frame is.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFrame } from '../../../src/protocol/frames.ts'
import * as protocol from '../../../src/schemas/index.ts'
import { driveOpen, driveSession } from './drive-session.ts'

const type = fc.oneof(
  fc.constantFrom(
    'ping',
    'a.b:c-d_9',
    'x'.repeat(64),
    'x'.repeat(65),
    '',
    'a b',
    'ü',
    'a\n',
    '\na',
    '__proto__',
  ),
  fc.string({ maxLength: 70 }),
  fc.jsonValue(),
)
const object = fc
  .tuple(type, fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean())
  .map(([type, rest, first]) => (first ? { type, ...rest } : { ...rest, type }))
const text = fc.oneof(
  object.map((value) => JSON.stringify(value)),
  fc.tuple(object, fc.nat()).map(([value, at]) => cut(JSON.stringify(value), at)),
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '{"type":"a","type":7}',
    '{"type":7,"type":"a"}',
    '{"__proto__":{"type":"a"}}',
    '{"__proto__":null,"type":"a"}',
    '{"type":"a","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    '[{"type":"a"}]',
    '"type"',
    ' {"type":"a"} ',
    '\uFEFF{"type":"a"}',
  ),
)

describe('the schema of a frame', () => {
  it('[H7 B7] accepts and refuses exactly the texts that the parser does', () => {
    const verdicts = { true: 0, false: 0 }
    fc.assert(
      fc.property(text, (text) => {
        const verdict = typeof parseFrame(text) !== 'string'
        verdicts[`${verdict}`] += 1
        expect(protocol.frame.safeParse(parse(text)).success).toBe(verdict)
      }),
      { numRuns: 5_000 },
    )
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Math.min(verdicts.true, verdicts.false)).toBeGreaterThan(500)
  })

  it('[H5] keeps the fields it does not know', () => {
    expect(protocol.frame.parse({ type: 'a', more: [1] })).toEqual({ type: 'a', more: [1] })
  })
})

describe('the schemas of control frames', () => {
  it('[C1] accept what the server itself sends', () => {
    const ready = driveSession()
    ready.hear({ type: 'client_ready', v: 1 })
    ready.event({ type: 'authenticated', user: { id: 'ann' }, others: 0 })
    expect(protocol.serverReady.safeParse(ready.sent[0]).success).toBe(true)
    const link = driveOpen(1, { limits: { messagesPerMinute: 2 } })
    link.hear({ type: 'ping', timestamp: 1 })
    link.hear({ type: 'ping', timestamp: 1 })
    link.advise(4_000)
    link.clock.advance(15_000)
    link.event({ type: 'leave', grace: 10 })
    expect(link.sent.map((frame) => frame.type)).toEqual(['pong', 'rt.error', 'rt.notice', 'rt.go_away'])
    const [pong, error, notice, goAway] = link.sent
    expect(protocol.pong.safeParse(pong).success).toBe(true)
    expect(protocol.errorFrame.safeParse(error).success).toBe(true)
    expect(protocol.notice.safeParse(notice).success).toBe(true)
    expect(protocol.goAway.safeParse(goAway).success).toBe(true)
  })

  it('[A1] accept the first frame of plain and level-1 clients, and nothing of wrong types', () => {
    const accepts = (value: unknown): boolean => protocol.clientReady.safeParse(value).success
    const client = { id: 'c_1', lib: 'holdfast/0.1.0' }
    expect(accepts({ type: 'client_ready' })).toBe(true)
    expect(accepts({ type: 'client_ready', v: 1, client, auth: { token: 'x' }, caps: [], later: 1 })).toBe(
      true,
    )
    for (const wrong of [
      { v: '1' },
      { v: 2 },
      { client: { id: 'a b', lib: 'x' } },
      { client: 'c_1' },
      { caps: 'x' },
    ])
      expect(accepts({ type: 'client_ready', ...wrong })).toBe(false)
    expect(accepts({ type: 'ping' })).toBe(false)
  })

  it('[G5] refuse durations that are none', () => {
    for (const window of [-1, NaN, '5', null, Infinity]) {
      expect(
        protocol.serverReady.safeParse({ type: 'server_ready', v: 1, reconnect: { window } }).success,
      ).toBe(false)
      expect(protocol.notice.safeParse({ type: 'rt.notice', reconnect: { window } }).success).toBe(false)
    }
    expect(protocol.serverReady.safeParse({ type: 'server_ready', v: 1.5 }).success).toBe(false)
    expect(protocol.ping.safeParse({ type: 'ping', timestamp: 'anything' }).success).toBe(true)
    expect(protocol.goAway.safeParse({ type: 'rt.go_away', code: 'x', reconnect: false }).success).toBe(true)
    expect(protocol.goAway.safeParse({ type: 'rt.go_away', code: 'x', reconnect: true }).success).toBe(false)
  })

  it('[G6] come with the close codes', () => {
    expect(protocol.classifyClose(4401)).toBe('refresh')
    expect(protocol.closeCodes.get(4409)).toBe('fatal')
  })
})

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function cut(text: string, at: number): string {
  return text.slice(0, at % (text.length + 1)) + text.slice((at % (text.length + 1)) + 1)
}
