// share(): what is equal keeps its reference, what is not is there, and nothing else is touched. By properties.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { share } from '../../../src/diff/share.ts'

/** JSON values with keys that mean something to JavaScript among them. */
const keys = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c') },
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', ''),
)

const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, 1, 2, '', 'x', -0, NaN),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(keys, tie('value')), { maxLength: 4 }).map(toObject),
  ),
}))

/** As JSON.parse makes it: every key an own property, `__proto__` too. */
function toObject(entries: ReadonlyArray<readonly [string, unknown]>): unknown {
  const object = {}
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  return object
}

/** A value and one made of it by a few changes deep inside, so that much is shared. */
const related = fc
  .tuple(json, json, fc.array(fc.nat(3), { maxLength: 4 }))
  .map(([before, other, path]) => [before, change(clone(before), other, path)] as const)

function change(value: unknown, other: unknown, path: readonly number[]): unknown {
  const [first, ...rest] = path
  if (first === undefined || typeof value !== 'object' || value === null) return other
  const names = Object.keys(value)
  const key = names[first % Math.max(1, names.length)]
  if (key === undefined) return other
  const inner = Object.getOwnPropertyDescriptor(value, key)?.value as unknown
  Object.defineProperty(value, key, {
    value: change(inner, other, rest),
    writable: true,
    enumerable: true,
    configurable: true,
  })
  return value
}

function clone(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clone)
  if (typeof value !== 'object' || value === null) return value
  return toObject(Object.entries(value).map(([key, inner]) => [key, clone(inner)] as const))
}

/** Deep equality by own keys, in any order, and Object.is: what share() promises. */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((key) => Object.hasOwn(b, key) && isEqual(own(a, key), own(b, key)))
}

function own(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value as unknown
}

/** Every part of `result` that equals the part of `previous` at the same place is that part. */
function keepsReferences(previous: unknown, result: unknown): boolean {
  if (isEqual(previous, result)) return Object.is(previous, result)
  if (typeof previous !== 'object' || typeof result !== 'object' || previous === null || result === null)
    return true
  if (Array.isArray(previous) !== Array.isArray(result)) return true
  return Object.keys(result).every(
    (key) => !Object.hasOwn(previous, key) || keepsReferences(own(previous, key), own(result, key)),
  )
}

const runs = { numRuns: 3_000, seed: 11 }

const prototype = Object.getOwnPropertyNames(Object.prototype).sort().join()

describe('share()', () => {
  it('[A7 G13] gives what is deeply equal to next, by copying and in place', () => {
    fc.assert(
      fc.property(fc.oneof(related, fc.tuple(json, json)), fc.boolean(), ([previous, next], inPlace) => {
        const expected = clone(next)
        expect(isEqual(share(previous, next, inPlace), expected)).toBe(true)
      }),
      runs,
    )
  })

  it('[A7 G13] gives previous where next is equal, whatever the order of keys', () => {
    fc.assert(
      fc.property(json, fc.boolean(), (value, inPlace) => {
        expect(share(value, reorder(clone(value)), inPlace)).toBe(value)
      }),
      runs,
    )
  })

  it('[A7 G13] keeps the reference of every equal part', () => {
    fc.assert(
      fc.property(fc.oneof(related, fc.tuple(json, json)), fc.boolean(), ([previous, next], inPlace) => {
        expect(keepsReferences(previous, share(previous, next, inPlace))).toBe(true)
      }),
      runs,
    )
  })

  it('[G13 G23] writes to neither argument when it copies, and only to next when it does not', () => {
    fc.assert(
      fc.property(related, fc.boolean(), ([previous, next], inPlace) => {
        const before = clone(previous)
        freeze(previous)
        if (!inPlace) freeze(next)
        expect(() => share(previous, next, inPlace)).not.toThrow()
        expect(isEqual(previous, before)).toBe(true)
      }),
      runs,
    )
  })

  it('[A7] says the same by copying and in place', () => {
    fc.assert(
      fc.property(related, ([previous, next]) => {
        const copied = share(previous, clone(next))
        const written = share(previous, clone(next), true)
        expect(isEqual(copied, written)).toBe(true)
        expect(Object.is(copied, previous)).toBe(Object.is(written, previous))
      }),
      runs,
    )
  })

  it('[A7] shares again what it gave: equal data stays the same object for ever', () => {
    fc.assert(
      fc.property(related, fc.boolean(), ([previous, next], inPlace) => {
        const first = share(previous, clone(next), inPlace)
        expect(share(first, clone(next), inPlace)).toBe(first)
        expect(share(first, clone(next), !inPlace)).toBe(first)
      }),
      runs,
    )
  })

  it('[G23 H4] leaves prototypes alone', () => {
    fc.assert(
      fc.property(related, fc.boolean(), ([previous, next], inPlace) => {
        const result = share(previous, next, inPlace)
        expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(prototype)
        everyObject(result, (object) => {
          expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(object))
        })
      }),
      runs,
    )
  })
})

function reorder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reorder)
  if (typeof value !== 'object' || value === null) return value
  return toObject(
    Object.keys(value)
      .reverse()
      .map((key) => [key, reorder(own(value, key))] as const),
  )
}

function freeze(value: unknown): void {
  everyObject(value, (object) => Object.freeze(object))
}

function everyObject(value: unknown, run: (object: object) => void): void {
  if (typeof value !== 'object' || value === null) return
  run(value)
  for (const key of Object.keys(value)) everyObject(own(value, key), run)
}
