// The rows of hostile payload that a client meets, one by one: what exactly becomes of each.
import { describe, expect, it } from 'vitest'
import { plain, type HoldfastError, type SendOutcome } from '../../../src/index.ts'
import { share } from '../../../src/diff/share.ts'
import { MB, expectWorking, feed } from '../../unit/behaviour/hostile-probe.ts'
import { codes, connected, type Rig } from '../../unit/behaviour/rig.ts'
import { nested, nestedObjects } from './json-text.ts'
import { watchPrototypes } from './prototypes.ts'
import { patience } from './runs.ts'

/** A channel with a count of its notifications. */
function watched(r: Rig, name = 'queue'): { readonly data: unknown; readonly told: number } {
  const channel = r.live.state(name)
  let told = 0
  channel.subscribe(() => told++)
  return {
    get data() {
      return channel.getSnapshot().data
    },
    get told() {
      return told
    },
  }
}

describe('hostile payload', { timeout: patience }, () => {
  it.each([
    ['arrays', nested(100_000)],
    ['objects', nestedObjects(100_000, 'a')],
    ['objects named __proto__', nestedObjects(70_000, '__proto__')],
  ])(
    '[G23 M11] of up to 100 000 levels (%s) is delivered, and taken as changed (fault H1)',
    (_name, deep) => {
      const r = connected()
      const queue = watched(r)
      for (const space of ['', ' ', '  ']) feed(r, `{"type":"queue","data":${space}${deep}}`)
      expect(queue.told).toBe(3)
      expect(r.errors).toEqual([])
      expectWorking(r)
    },
  )

  it('[G23] of 64 levels is compared, of 65 it is not (fault H1)', () => {
    const r = connected()
    const queue = watched(r)
    const told = [64, 64, 65, 65].map((depth, index) => {
      feed(r, `{"type":"queue","data":${' '.repeat(index)}${nested(depth)}}`)
      return queue.told
    })
    expect(told).toEqual([1, 1, 2, 3])
  })

  it.each([
    ['an array', `[${'0,'.repeat(100_001)}0]`],
    ['an object', `{${Array.from({ length: 100_001 }, (_, n) => `"${n}":0`).join()}}`],
    ['rows', `[${'{"a":1,"b":2},'.repeat(40_000)}0]`],
  ])(
    '[G23] of more than 100 000 values (%s) is delivered, and taken as changed (fault H2)',
    (_name, wide) => {
      const r = connected({ maxMessageBytes: 4 * MB })
      const queue = watched(r)
      for (const space of ['', ' ']) feed(r, `{"type":"queue","data":${space}${wide}}`)
      expect(queue.told).toBe(2)
      expect(r.errors).toEqual([])
      expectWorking(r)
    },
  )

  it('[G23 M12] of 48 MB is dropped before it is parsed and counted; the third in a minute ends the link with 4413 and a long wait (fault H3)', () => {
    let parsed = 0
    const decode = (): undefined => {
      parsed += 1
    }
    const r = connected({ random: 0, protocol: plain({ decode }) })
    const before = parsed
    const bomb = '[],'.repeat(16 * MB)
    feed(r, bomb)
    feed(r, bomb)
    expect(parsed).toBe(before)
    expect(codes(r.errors)).toEqual(['message-too-large'])
    r.clock.advance(1_000)
    expect(r.snapshot.status).toBe('connected')
    feed(r, bomb)
    expect(r.errors.map(({ code, context }) => [code, context.dropped])).toContainEqual([
      'message-too-large',
      3,
    ])
    expect(r.server.farewells.at(-1)).toMatchObject({ code: 4413 })
    expect(r.snapshot.retryAt! - r.clock.now()).toBeGreaterThanOrEqual(10_000)
    expect(parsed).toBeLessThanOrEqual(before + 2)
  })

  it('[G23 M13] with __proto__, constructor and prototype at any depth is left as parsed: own keys, no prototype touched (fault H4)', () => {
    const untouched = watchPrototypes()
    const r = connected()
    const queue = watched(r)
    const text = (n: number): string =>
      `{"__proto__":{"polluted":${n}},"a":[{"constructor":{"prototype":{"polluted":${n}}},"prototype":{"n":${n}}}],"kept":{"__proto__":{"n":1}}}`
    for (const n of [1, 2]) {
      feed(r, `{"type":"queue","data":${text(n)}}`)
      expect(queue.data).toEqual(JSON.parse(text(n)))
      expect(Object.keys(queue.data as object)).toEqual(['__proto__', 'a', 'kept'])
      expect(Object.getPrototypeOf(queue.data)).toBe(Object.prototype)
    }
    feed(r, `{"__proto__":{"type":"queue"},"data":3}`)
    expect(codes(r.errors)).toEqual(['protocol-error'])
    untouched()
    expectWorking(r)
  })

  it.each(['toString', 'hasOwnProperty', '__proto__', 'constructor', 'then'])(
    '[G23 M13] may call a type and a channel %s: they are names like any other (fault H5) (fault H6)',
    (name) => {
      const untouched = watchPrototypes()
      for (const level of [0, 1] as const) {
        const r = connected({}, (server) => server.accepts({ level }))
        const [channel, other] = [watched(r, name), watched(r, 'other')]
        feed(r, `{"type":"${name}","data":1}`)
        expect([channel.data, other.data, r.errors]).toEqual([1, undefined, []])
        expectWorking(r)
      }
      untouched()
    },
  )

  it('[G23] with a type of more than 64 characters is a protocol error, of 64 it is not (fault H5) (fault H9)', () => {
    const r = connected()
    const heard: string[] = []
    r.live.on('message', ({ type }) => heard.push(type))
    for (const length of [64, 65, 10_240, 1_000_000]) {
      feed(r, `{"type":"${'x'.repeat(length)}","data":1}`)
      r.clock.advance(1_000)
    }
    expect(heard).toEqual(['x'.repeat(64)])
    expect(codes(r.errors)).toEqual(['protocol-error', 'protocol-error', 'protocol-error'])
    for (const { message } of r.errors) expect(message.length).toBeLessThan(400)
    expectWorking(r)
  })

  it('[G23] with a key twice has the last one, as JSON has it (fault H7)', () => {
    const r = connected()
    const queue = watched(r)
    feed(r, '{"data":{"n":1,"n":2},"type":"other","data":{"n":3,"n":4},"type":"queue"}')
    expect(queue.data).toEqual({ n: 4 })
    expectWorking(r)
  })

  it('[G13 G23 M13] with numbers at the edges is delivered as JSON reads it, and NaN is no JSON (fault H8)', () => {
    const r = connected()
    const queue = watched(r)
    feed(r, '{"type":"queue","data":[1e999,-0,9007199254740993,1e-400]}')
    const [infinity, zero, large, small] = queue.data as number[]
    expect([infinity, large, small]).toEqual([Infinity, 9_007_199_254_740_992, 0])
    expect(Object.is(zero, -0)).toBe(true)
    feed(r, '{"type":"queue","data":[1e999,0,9007199254740992,0]}')
    expect(queue.told).toBe(2) // -0 became 0
    feed(r, '{"type":"queue","data":NaN}')
    expect(codes(r.errors)).toEqual(['protocol-error'])
    expectWorking(r)
  })

  it('[G23] with lone surrogates, NUL, line separators and marks is delivered unchanged, and a log shows no control characters (fault H9)', () => {
    const logged: string[] = []
    const r = connected({ logger: { warn: (...line) => logged.push(JSON.stringify(line)) } })
    const queue = watched(r)
    feed(r, '{"type":"queue","data":"\\ud800\\u0000\\u2028\\u202e\ufeff\\udfff"}')
    expect(queue.data).toBe('\ud800\u0000\u2028\u202e\ufeff\udfff')
    feed(r, '\u0000\u001b[2J\u0007\u009b not JSON')
    expect(codes(r.errors)).toEqual(['protocol-error'])
    const shown =
      r.errors.map(({ message, context }) => message + String(context.frame)).join() + logged.join()
    expect(shown).not.toMatch(/\p{Cc}/u)
    expect(shown).toContain('\\u001b[2J')
    expectWorking(r)
  })

  it.each([false, true])(
    '[G23 M13] with the way into a prototype for a path changes no prototype where what is equal is shared, in place: %s (fault H14)',
    (inPlace) => {
      const untouched = watchPrototypes()
      const at = (path: readonly string[], leaf: string): unknown =>
        JSON.parse(path.reduceRight((inner, key) => `{"${key}":${inner},"same":{"s":1}}`, leaf))
      for (const path of [
        ['__proto__', 'polluted'],
        ['constructor', 'prototype', 'polluted'],
        ['a', '__proto__', '__proto__'],
        ['__proto__', 'constructor', 'prototype'],
      ]) {
        const before = at(path, '1') as { same: unknown }
        const result = share(before, at(path, '2'), inPlace) as typeof before
        expect(result).toEqual(at(path, '2'))
        expect(result.same).toBe(before.same)
        // Kept parts are written into the copy as own keys, also where the key is __proto__.
        expect(Reflect.ownKeys(result)).toEqual(Reflect.ownKeys(before))
      }
      untouched()
    },
  )

  it('[G23 G24] of markup and escape sequences in reasons and errors stays text, cut to 256, without control characters (fault H15) (fault P10)', () => {
    const errors: HoldfastError[] = []
    const r = connected({ on: { error: (error) => errors.push(error) } })
    const evil = `<img src=x onerror=alert(1)>\u001b[2J\r\n${'x'.repeat(100_000)}`
    feed(r, JSON.stringify({ type: 'rt.error', code: evil, message: evil }))
    r.clock.advance(1_000)
    feed(r, JSON.stringify({ type: 'rt.error', message: { html: evil } }))
    r.server.closeAll(4000, '<script>alert(1)</script>\u001b[2J')
    r.clock.advance(10)
    expect(codes(errors)).toEqual(['rejected', 'rejected', 'closed-by-server'])
    expect(errors[1]?.message).toBe('Rejected (unknown: unknown); the connection goes on.')
    expect(errors[2]?.context.reason).toBe('<script>alert(1)</script>\\u001b[2J')
    for (const { message, context } of errors) {
      expect(message).not.toMatch(/\p{Cc}/u)
      expect((context.reason ?? '').length).toBeLessThan(256 + 50)
    }
  })
})

describe('hostile payload of the app itself', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const fails = (): never => {
    throw new Error('mine')
  }
  it.each<[string, unknown]>([
    ['a circle', circle],
    ['a BigInt', { n: 5n }],
    [
      'a getter that throws',
      {
        get a() {
          return fails()
        },
      },
    ],
    ['a toJSON that throws', { toJSON: fails }],
    ['a proxy that throws', new Proxy({}, { ownKeys: fails })],
    ['too deep to be written', JSON.parse(nested(100_000))],
  ])(
    '[G18] (%s) settles as invalid-message, certainly not delivered, and nothing is queued (fault H16)',
    async (_name, data) => {
      const r = connected()
      r.server.forget()
      const settled: SendOutcome[] = []
      for (const ttl of [0, 10_000]) settled.push(await r.live.send('note', data, { ttl }))
      for (const outcome of settled)
        expect(outcome).toMatchObject({
          ok: false,
          outcome: 'failed',
          maybeDelivered: false,
          error: { code: 'invalid-message' },
        })
      r.clock.advance(10_000)
      expect(r.server.received.filter(({ type }) => type === 'note')).toEqual([])
      expect(await r.live.send('note', 1)).toMatchObject({ ok: true })
      expectWorking(r)
    },
  )
})
