// share() at its edges: odd values, circles, and what is too deep or too large to be compared.
import { describe, expect, it } from 'vitest'
import { share } from '../../../src/diff/share.ts'

describe('the edges of share()', () => {
  it('[A7 G13] tells -0 from 0, and NaN is NaN', () => {
    expect(share({ n: 0 }, { n: -0 })).toEqual({ n: -0 })
    const previous = { n: NaN, list: [NaN] }
    expect(share(previous, { n: NaN, list: [NaN] })).toBe(previous)
  })

  it('[A7 G13] tells undefined from missing, null from {}, arrays from objects, sparse from dense', () => {
    const previous = { a: undefined } as object
    expect(share(previous, {})).not.toBe(previous)
    expect(share({}, previous)).toBe(previous)
    const pairs: ReadonlyArray<readonly [unknown, unknown]> = [
      [null, {}],
      [[], {}],
      [{ 0: 'a', length: 1 }, ['a']],
      [
        [1, 2, 3],
        [1, 2],
      ],
      [
        [1, 2],
        [1, 2, 3],
      ],
      [{ a: 1, b: 2 }, { a: 1 }],
      [{ a: 1 }, { b: 1 }],
      [
        { a: 1, b: 1 },
        { a: 1, c: 1 },
      ],
    ]
    for (const [before, after] of pairs) {
      expect(share(before, after)).toBe(after)
      expect(share(after, before)).toBe(before)
    }
  })

  it('[A7 G13] compares anything but plain objects and arrays by identity, and passes it through', () => {
    class Own {
      readonly a = 1
    }
    for (const make of [
      () => new Date(0),
      () => new Map([[1, 1]]),
      () => new Set([1]),
      () => new Own(),
      () => /x/,
      () => () => 1,
      () => Symbol('x'),
    ]) {
      const [one, two] = [make(), make()]
      const previous = { kept: { x: 1 }, odd: one }
      const changed = share(previous, { kept: { x: 1 }, odd: two })
      expect(changed).not.toBe(previous)
      expect(changed.odd).toBe(two)
      expect(changed.kept).toBe(previous.kept)
      expect(share(previous, { kept: { x: 1 }, odd: one })).toBe(previous)
      expect(share(one, two)).toBe(two)
    }
  })

  it('[A7 G13] treats objects without a prototype as plain', () => {
    const make = (): object => Object.assign(Object.create(null) as object, { a: { b: 1 } })
    const previous = make()
    expect(share(previous, make())).toBe(previous)
  })

  it('[A7 G13] compares what is beyond 64 levels not at all: it counts as changed', () => {
    const nest = (depth: number): unknown => {
      let value: unknown = 1
      for (let n = 0; n < depth; n++) value = [value]
      return value
    }
    const near = nest(64)
    expect(share(near, nest(64))).toBe(near)
    const far = nest(65)
    const next = nest(65)
    expect(share(far, next)).toBe(next)
    const deep = nest(1_000_000)
    const deeper = nest(1_000_000)
    expect(share(deep, deeper)).toBe(deeper)
    expect(share(deep, deeper, true)).toBe(deeper)
  })

  it('[G23 M11] gives next, whole and unbroken, when it gives up half-way, in place too', () => {
    const make = (): unknown => ({
      first: { a: 1 },
      deep: JSON.parse(`${'['.repeat(70)}1${']'.repeat(70)}`) as unknown,
      last: { b: 2 },
    })
    for (const inPlace of [false, true]) {
      const result = share(make(), make(), inPlace)
      expect(result).toEqual(make())
    }
  })

  it('[A7 G23 H2] compares up to 100 000 values, and no more', () => {
    const list = (length: number): number[] => Array.from({ length }, (_, n) => n)
    const near = list(100_000)
    expect(share(near, list(100_000))).toBe(near)
    const far = list(100_001)
    const next = list(100_001)
    expect(share(far, next)).toBe(next)
    const rows = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ a: n, b: n }))
    const many = rows(33_333)
    expect(share(many, rows(33_333))).toBe(many)
    const more = rows(33_334)
    expect(share(more, rows(33_334))).not.toBe(more)
  })

  it('[G23 H16] does not hang on circles: an app may hand in anything', () => {
    const circle = (): { self?: unknown; list: unknown[] } => {
      const made: { self?: unknown; list: unknown[] } = { list: [1] }
      made.self = made
      made.list.push(made)
      return made
    }
    const [one, two] = [circle(), circle()]
    expect(share(one, two)).toBe(two)
    expect(share(one, one)).toBe(one)
  })

  it('[G23 H16] passes on what a getter throws, and has written nothing by then', () => {
    const bad = {
      a: { b: 1 },
      get c(): never {
        throw new Error('mine')
      },
    }
    expect(() => share({ a: { b: 1 }, c: 1 }, bad)).toThrow('mine')
  })

  it('[A7] in place writes into next and gives it back', () => {
    const previous = { rows: [{ a: 1 }, { a: 2 }], n: 1 }
    const next = { rows: [{ a: 1 }, { a: 3 }], n: 1 }
    const result = share(previous, next, true)
    expect(result).toBe(next)
    expect(next.rows[0]).toBe(previous.rows[0])
    const copied = share(previous, { rows: [{ a: 1 }, { a: 3 }], n: 1 })
    expect(copied.rows[0]).toBe(previous.rows[0])
  })
})
