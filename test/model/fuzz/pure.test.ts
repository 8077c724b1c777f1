// Our own pure pieces under fuzz: comparing, addresses, secrets, waits and budgets.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { share } from '../../../src/diff/share.ts'
import { createRedactor } from '../../../src/lib/redactor.ts'
import { toUrl } from '../../../src/lib/url.ts'
import { backoff, exponential } from '../../../src/machine/backoff.ts'
import { allowedAt, spend } from '../../../src/machine/budget.ts'
import { coolDown } from '../../../src/machine/circuit.ts'
import { json, nested, value } from './json-text.ts'
import { watchPrototypes } from './prototypes.ts'
import { patience, runs } from './runs.ts'

/** A fraction as Math.random gives it. */
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const span = fc.oneof(fc.nat(400_000), fc.constantFrom(0, 1, 250, 999, 1_000, 59_999, 60_000, 86_400_000))

describe('share() under fuzz', { timeout: patience }, () => {
  it('[A7 G13 G23] gives what is equal to next, and previous itself where it is equal, for any two texts of JSON (fault H4) (fault H7) (fault H14)', () => {
    const untouched = watchPrototypes()
    let same = 0
    const pair = fc.oneof(
      fc.tuple(value, value),
      json.map((text) => [text, text] as const),
      fc.tuple(json, json, json).map(([a, b, c]) => [`[${a},${b}]`, `[${a},${c}]`] as const),
    )
    fc.assert(
      fc.property(pair, fc.boolean(), ([before, after], inPlace) => {
        const previous: unknown = JSON.parse(before)
        const next: unknown = JSON.parse(after)
        const result = share(previous, next, inPlace)
        // What is too deep for assert was too deep for share(), too: it gave up before it wrote anything below.
        if (after.length > 1_000 || before.length > 1_000) return
        assert.ok(isDeepStrictEqual(result, JSON.parse(after)))
        assert.ok(isDeepStrictEqual(previous, JSON.parse(before)))
        const isSame = isDeepStrictEqual(previous, JSON.parse(after))
        assert.equal(Object.is(result, previous), isSame)
        if (isSame) same += 1
      }),
      runs(4_000),
    )
    untouched()
    expect(same).toBeGreaterThan(500)
  })

  it('[G23 M11] compares no more than 100 000 values, and reads no other more than once, however deep and wide they are (fault H1) (fault H2)', () => {
    // With how many values may be read once more, because their level is copied to keep what is equal.
    const texts: readonly (readonly [string, number])[] = [
      [nested(100_000), 64],
      [`[${'[],'.repeat(150_000)}[]]`, 150_001],
      [`[${Array.from({ length: 60 }, () => nested(60, `[${'{},'.repeat(3_000)}0]`)).join()}]`, 110_000],
      [`{${Array.from({ length: 20_000 }, (_, n) => `"${n}":{"a":[${n}]}`).join()}}`, 60_000],
    ]
    for (const [text, copied] of texts) {
      let reads = 0
      // Every object is seen through a proxy that counts.
      const seen = new WeakMap<object, unknown>()
      const counting = (inner: unknown): unknown => {
        if (typeof inner !== 'object' || inner === null) return inner
        const known = seen.get(inner)
        if (known !== undefined) return known
        const proxy = new Proxy(inner, {
          get(target, name) {
            if (name !== 'length') reads += 1
            return counting(Reflect.get(target, name))
          },
        })
        seen.set(inner, proxy)
        return proxy
      }
      share(counting(JSON.parse(text)), counting(JSON.parse(text)))
      expect(reads).toBeLessThanOrEqual(200_002 + copied)
    }
  })
})

describe('toUrl() under fuzz', { timeout: patience }, () => {
  const part = (...all: readonly string[]): fc.Arbitrary<string> => fc.constantFrom('', ...all)
  const address = fc.tuple(
    fc.constantFrom('ws://', 'wss://', 'HTTP://', 'https://', 'ftp://', '//', 'x-y.z+1://'),
    part('canary@', 'u:canary@', 'canary:canary@'),
    part('app.test', 'localhost', '[::1]', '[::', 'ü.test', 'a b', '%00', '127.1', '999.999.999.999'),
    part(':443', ':0', ':65536', ':-1', ':x'),
    part('/ws', '/../ws', '//', '/\u0000', '/%2e%2e/', '/é'),
    part('?token=canary', '?a=1&canary'),
    part('#canary', '#'),
  )

  it('[A15 G24] gives a ws or wss address without a fragment, or a TypeError that names url and shows no secret', () => {
    const seen = { urls: 0, errors: 0 }
    const odd = fc.constantFrom<unknown>(null, undefined, 5, true, [], {}, () => 1, Symbol('x'), NaN)
    const any = fc.oneof(
      { weight: 6, arbitrary: address.map((parts) => parts.join('')) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
      { weight: 1, arbitrary: odd },
    )
    fc.assert(
      fc.property(any, fc.constantFrom(null, 'https://app.test/page', 'http://[::1]:8080/'), (url, page) => {
        try {
          const found = new URL(toUrl(url, page))
          assert.match(found.protocol, /^wss?:$/)
          assert.equal(found.hash, '')
          seen.urls += 1
        } catch (error) {
          assert.ok(error instanceof TypeError)
          assert.match(error.message, /url/)
          assert.ok(!error.message.includes('canary'))
          seen.errors += 1
        }
      }),
      runs(4_000),
    )
    expect(Math.min(seen.urls, seen.errors)).toBeGreaterThan(500)
  })
})

describe('the redactor under fuzz', { timeout: patience }, () => {
  /** Letters that `[redacted]` has not, and what JSON escapes. */
  const secret = fc.string({
    unit: fc.constantFrom(...Array.from('ABXYZ0189"\\/\n\té😀-_.=')),
    minLength: 4,
    maxLength: 20,
  })

  it('[G24 INV-21] leaves no secret in any text, raw or as JSON writes it, whatever it overlaps with (fault H9)', () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 8 }),
        fc.array(fc.oneof(fc.nat(7), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 12 }),
        fc.constantFrom(0, 0, 4_070, 4_090, 5_000),
        (secrets, pieces, padding) => {
          const redactor = createRedactor()
          redactor.learn({ deep: [secrets] })
          const plain = pieces
            .map((piece) => (typeof piece === 'number' ? (secrets[piece] ?? '') : piece))
            .join('')
          for (const text of [
            plain,
            JSON.stringify(plain),
            JSON.stringify({ plain }).replaceAll('/', '\\/'),
          ]) {
            const cleaned = redactor.clean('.'.repeat(padding) + text)
            for (const each of secrets) {
              assert.ok(!cleaned.includes(each))
              const json = JSON.stringify(each).slice(1, -1)
              assert.ok(!cleaned.includes(json) && !cleaned.includes(json.replaceAll('/', '\\/')))
            }
          }
        },
      ),
      runs(2_000),
    )
  })
})

describe('waits under fuzz', { timeout: patience }, () => {
  it('[G4 G5] are within the bounds of their cause, whatever chance, outage and the app say', () => {
    const own = fc.oneof(
      fc.constant(null),
      fc.oneof(fc.double(), fc.anything()).map((answer) => (): number => answer as number),
      fc.constant((): number => {
        throw new Error('mine')
      }),
      fc.constant(exponential()),
    )
    const window = fc.option(fc.integer({ min: 250, max: 300_000 }), { freq: 1 })
    const maxDelay = fc.oneof(...[2_000, 60_000, 86_400_000].map((max) => fc.integer({ min: 1, max })))
    const cause = fc.record({
      local: fc.boolean(),
      connected: fc.boolean(),
      window,
      failures: fc.nat(3_000),
      outage: span,
      random: chance,
    })
    fc.assert(
      fc.property(cause, maxDelay, own, (loss, maxDelay, delay) => {
        const wait = backoff(loss, maxDelay, delay)
        assert.ok(wait >= 0 && wait <= 86_400_000, String(wait))
        if (loss.local) assert.ok(wait < 1_000)
        else if (loss.window !== null && loss.failures < 1) assert.ok(wait < loss.window)
        else if (loss.window !== null) {
          assert.ok(wait >= (loss.connected ? loss.window / 2 : loss.window))
          assert.ok(wait <= Math.max(loss.window, 5_000))
        } else if (delay === null) {
          assert.ok(wait >= Math.min(250, maxDelay))
          assert.ok(wait <= Math.min(maxDelay, Math.max(1_000, loss.outage / 2)))
        }
      }),
      runs(4_000),
    )
  })

  it('[G9] of an open circuit are 30 s to 5 min, and never less than the window', () => {
    const circuit = { failures: 10, after: null, coolDown: 30_000, maxCoolDown: 300_000 }
    fc.assert(
      fc.property(fc.nat(10_000), fc.option(fc.nat(300_000)), chance, (trips, window, random) => {
        const wait = coolDown(circuit, trips, window, random)
        assert.ok(wait >= Math.max(30_000, window ?? 0) && wait <= 300_000)
      }),
      runs(1_000),
    )
  })

  it('[G4 INV-5] keep any 5 minutes to their budget, and let the next attempt come as soon as it fits', () => {
    const budget = fc.record({
      attempts: fc.option(fc.integer({ min: 1, max: 60 })),
      per: fc.integer({ min: 1, max: 400_000 }),
    })
    const steps = fc.array(fc.oneof(fc.nat(50), fc.nat(20_000)), { maxLength: 200 })
    fc.assert(
      fc.property(budget, fc.option(fc.nat(300_000)), steps, ({ attempts, per }, window, wishes) => {
        const most = attempts ?? (window === null ? 40 : 120)
        let made: readonly number[] = []
        const all: number[] = []
        let now = 0
        for (const wish of wishes) {
          now += wish
          const at = allowedAt(made, now, { attempts, per }, window)
          const within = (end: number): number => all.filter((each) => each > end - per).length
          assert.ok(at >= now && within(at) < most)
          // Not a moment longer than needed.
          if (at > now) assert.ok(within(at - 1) >= most)
          now = at
          made = spend(made, now, { attempts, per })
          all.push(now)
          assert.ok(made.length <= most)
        }
      }),
      runs(400),
    )
  })
})
