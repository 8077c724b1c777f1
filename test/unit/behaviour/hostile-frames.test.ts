// Hostile frames (G23): garbage and frames that are too large never break the client, and are told once a second.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codes, connected, rig } from './rig.ts'
import { MB, feed, expectWorking, took } from './hostile-probe.ts'

const garbage: ReadonlyArray<readonly [name: string, text: string]> = [
  ['empty', ''],
  ['not JSON', 'garbage'],
  ['half a frame', '{"type":"queue","data":'],
  ['null', 'null'],
  ['a number', '5'],
  ['a string', '"queue"'],
  ['true', 'true'],
  ['an array', '[{"type":"queue","data":1}]'],
  ['no type', '{"data":1}'],
  ['a type that is no string', '{"type":5}'],
  ['a type that is null', '{"type":null}'],
  ['an object for a type', '{"type":{"toString":"x"}}'],
  ['an empty type', '{"type":""}'],
  ['a type with a space', '{"type":"a b"}'],
  ['a type with a line end', '{"type":"queue\\n"}'],
  ['a type of 65 characters', `{"type":"${'x'.repeat(65)}"}`],
  ['a type of 10 kB', `{"type":"${'x'.repeat(10_240)}"}`],
  ['a type only in the prototype', '{"__proto__":{"type":"queue"}}'],
  ['NUL', '\u0000'],
  ['a byte order mark before a frame', '\ufeff{"type":"queue","data":1}'],
  ['lone surrogates', '\ud800'],
  ['two frames', '{"type":"a"}{"type":"b"}'],
  ['a comment', '{"type":"queue"/* */}'],
  ['NaN', '{"type":"queue","data":NaN}'],
]

describe('garbage', () => {
  it.each(garbage)(
    '[G23 H9] (%s) never throws, is reported as protocol-error, and the link goes on',
    (_name, text) => {
      for (const level of [0, 1] as const) {
        const r = connected({}, (s) => s.accepts({ level }))
        const channel = r.live.state('queue')
        channel.subscribe(() => undefined)
        expect(() => feed(r, text)).not.toThrow()
        expect(codes(r.errors)).toEqual(['protocol-error'])
        expect(r.errors[0]?.context.reason).toBeTruthy()
        expect(channel.getSnapshot().data).toBeUndefined()
        expectWorking(r)
        r.live.close()
      }
    },
  )

  it.each(garbage)(
    '[G2a G23] (%s) as the very first frame makes the server a plain one, and no more',
    (_name, text) => {
      const r = rig()
      r.server.opensSilently()
      r.live.connect()
      r.clock.advance(0)
      expect(() => feed(r, text)).not.toThrow()
      expect(codes(r.errors)).toEqual(['protocol-error'])
      expectWorking(r)
    },
  )

  it('[G23] is counted, and each report tells how much there was so far', () => {
    const r = connected({ maxMessageBytes: 100 })
    for (let n = 0; n < 500; n++) feed(r, `garbage ${n}`)
    feed(r, 'x'.repeat(101))
    r.clock.advance(1_000)
    feed(r, 'null')
    expect(r.errors.map(({ context }) => context.dropped)).toEqual([1, 502])
    expectWorking(r)
  })

  it('[G23] is reported once a second at most, however much there is', () => {
    const r = connected()
    for (let n = 0; n < 1_000; n++) feed(r, `garbage ${n}`)
    expect(r.errors).toHaveLength(1)
    r.clock.advance(999)
    feed(r, 'garbage')
    expect(r.errors).toHaveLength(1)
    r.clock.advance(1)
    feed(r, 'garbage')
    expect(r.errors).toHaveLength(2)
    for (let n = 0; n < 100; n++) {
      feed(r, 'garbage')
      r.clock.advance(100)
    }
    expect(r.errors.length).toBeLessThanOrEqual(12)
    expectWorking(r)
  })

  it('[G23 H4 M13] of any kind leaves Object.prototype as it was, and never throws', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort()
    const r = connected({}, (s) => s.accepts({ level: 1 }))
    r.live.on('trace', () => undefined)
    const replace = r.live.state('a')
    const change = r.live.state('b', { onMessage: (_, message) => message })
    const reload = r.live.state('c', { load: () => 1, onMessage: 'reload' })
    for (const channel of [replace, change, reload]) channel.subscribe(() => undefined)
    const keys = fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'a',
      'b',
      '',
      'type',
      'data',
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom(null, true, 0, -0, 1e308, '', 'x', '__proto__'),
        fc.array(tie('value'), { maxLength: 4 }),
        fc
          .array(fc.tuple(keys, tie('value')), { maxLength: 4 })
          .map((entries) => Object.fromEntries(entries) as unknown),
      ),
    }))
    const types = fc.constantFrom(
      'a',
      'b',
      'c',
      'ping',
      'pong',
      'server_ready',
      'client_ready',
      'rt.go_away_',
      'rt.error',
      'rt.notice',
      'rt.x',
      '__proto__',
    )
    const frame = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(types, value, value).map(([type, data, extra]) =>
          JSON.stringify({
            v: 1,
            ...(extra as object),
            type,
            data,
            reconnect: data,
            heartbeat: extra,
            timestamp: data,
          }),
        ),
      },
      { weight: 1, arbitrary: fc.string() },
      {
        weight: 1,
        arbitrary: fc.tuple(types, value).map(([type, data]) => JSON.stringify({ type, data }).slice(0, -2)),
      },
      { weight: 1, arbitrary: fc.jsonValue().map((any) => JSON.stringify(any)) },
    )
    fc.assert(
      fc.property(frame, (text) => {
        feed(r, text)
        expect(r.snapshot.status).toBe('connected')
        expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before)
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
      }),
      { numRuns: 2_000, seed: 7 },
    )
    expectWorking(r)
  })
})

describe('frames that are too large', () => {
  const large = (bytes: number): string => `{"type":"queue","data":"${'x'.repeat(bytes - 26)}"}`

  it('[G23 M12] are dropped before they are parsed: 1 MiB is the most', () => {
    const r = connected()
    const channel = r.live.state<string>('queue')
    channel.subscribe(() => undefined)
    expect(new TextEncoder().encode(large(MB)).length).toBe(MB)
    feed(r, large(MB))
    expect(channel.getSnapshot().data).toHaveLength(MB - 26)
    feed(r, large(MB + 1))
    expect(channel.getSnapshot().data).toHaveLength(MB - 26)
    expect(codes(r.errors)).toEqual(['message-too-large'])
    expect(r.errors[0]?.context.frame).toHaveLength(256)
    expectWorking(r)
  })

  it('[A9 G23] are measured in UTF-8 bytes against maxMessageBytes', () => {
    const r = connected({ maxMessageBytes: 100 })
    const heard: unknown[] = []
    r.live.on('message', ({ data }) => heard.push(data))
    const frame = (text: string): string => JSON.stringify({ type: 'q', data: text })
    const room = 100 - frame('').length
    feed(r, frame('x'.repeat(room)))
    feed(r, frame('€'.repeat(Math.floor(room / 3))))
    feed(r, frame('x'.repeat(room + 1)))
    r.clock.advance(1_000)
    feed(r, frame('€'.repeat(Math.floor(room / 3) + 1)))
    expect(heard.map((data) => (data as string)[0])).toEqual(['x', '€'])
    expect(codes(r.errors)).toEqual(['message-too-large', 'message-too-large'])
  })

  it('[G23] three in a minute end the link with 4413, and a long wait follows', () => {
    const r = connected({ random: 0 })
    feed(r, large(MB + 1))
    r.clock.advance(20_000)
    feed(r, large(MB + 1))
    r.clock.advance(20_000)
    expect(r.snapshot.status).toBe('connected')
    feed(r, large(MB + 1))
    expect(r.snapshot.status).toBe('reconnecting')
    expect(r.server.farewells.at(-1)).toMatchObject({ code: 4413 })
    expect(r.snapshot.retryAt! - r.clock.now()).toBeGreaterThanOrEqual(10_000)
  })

  it('[G23] two in a minute, for ever, end nothing', () => {
    const r = connected()
    for (let n = 0; n < 20; n++) {
      feed(r, large(MB + 1))
      r.clock.advance(30_001)
    }
    expectWorking(r)
  })

  it('[G23 H3] of a few MB of brackets cost next to nothing', () => {
    const r = connected()
    const bomb = '['.repeat(8 * MB)
    expect(took(() => feed(r, bomb))).toBeLessThan(500)
    expectWorking(r)
  })
})
