// Frames and close codes: what is legal, what a number on the wire may be, what a code means. Their use is shown by behaviour.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classifyClose, closeCodes, parseReason } from '../../../src/protocol/close-codes.ts'
import { isType, parseFrame, toDuration } from '../../../src/protocol/frames.ts'

describe('parseFrame()', () => {
  it('[G23] gives a frame or a reason, and throws for no text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
        const frame = parseFrame(text)
        if (typeof frame === 'string') expect(frame.length).toBeGreaterThan(0)
        else expect(isType(frame.type)).toBe(true)
      }),
      { numRuns: 2_000, seed: 3 },
    )
  })

  it('[G23 M11] takes any depth', () => {
    const deep = `{"type":"a","data":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`
    expect(parseFrame(deep)).toMatchObject({ type: 'a' })
  })
})

it('[G2a G23] a type is 1 to 64 of A-Z a-z 0-9 _ . : -', () => {
  for (const type of ['a', 'rt.go_away', 'A-Z:0.9_', 'x'.repeat(64), '__proto__'])
    expect(isType(type)).toBe(true)
  for (const type of ['', 'x'.repeat(65), 'a b', 'a\n', '\na', 'ä', 'a/b', 5, null, undefined, ['a'], {}])
    expect(isType(type)).toBe(false)
})

it('[G5 M10] a duration is a finite number from 0 on, clamped to a day; anything else is none', () => {
  expect([0, 1.5, 86_400_000, 86_400_001, 1e300].map((value) => toDuration(value))).toEqual([
    0, 1.5, 86_400_000, 86_400_000, 86_400_000,
  ])
  for (const value of [-1, -0.5, NaN, Infinity, -Infinity, '5', null, undefined, {}, [], true, 5n])
    expect(toDuration(value)).toBeNull()
  expect([1, 50, 500].map((value) => toDuration(value, 10, 100))).toEqual([10, 50, 100])
})

it("[G6] every number has a class, and only the table's are special", () => {
  for (let code = 0; code < 6_000; code++) {
    const expected = closeCodes.get(code) ?? (code >= 4_300 && code < 4_400 ? 'fatal' : 'backoff')
    expect(classifyClose(code)).toBe(expected)
  }
  expect([NaN, Infinity, -1, 1e9].map(classifyClose)).toEqual(Array(4).fill('backoff'))
})

it('[G5 H13] hints in a reason are whole numbers between semicolons, clamped to a day', () => {
  expect(parseReason('retry_after=5000;spread=10000')).toEqual({ min: 5_000, spread: 10_000 })
  expect(parseReason('x=1;spread=0')).toEqual({ min: null, spread: 0 })
  expect(parseReason('retry_after=999999999999999')).toEqual({ min: 86_400_000, spread: null })
  for (const reason of [
    '',
    'retry_after',
    'retry_after=',
    'retry_after=-1',
    'retry_after=1.5',
    'retry_after=1e3',
    ' retry_after=1',
    'retry_after=1 ',
    'retry_after=9999999999999999',
    'no_retry_after=1',
  ])
    expect(parseReason(reason), reason).toEqual({ min: null, spread: null })
})
