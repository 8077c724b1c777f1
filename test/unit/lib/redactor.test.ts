// The redactor (G24): what it learns, what it takes out, what it costs.
import { expect, it } from 'vitest'
import { createRedactor } from '../../../src/lib/redactor.ts'

/** A redactor that knows these. */
function knowing(...values: readonly unknown[]): (text: string) => string {
  const redactor = createRedactor()
  for (const value of values) redactor.learn(value)
  return redactor.clean
}

it('[G24] takes out every string of what it learned, wherever it stands', () => {
  const clean = knowing({ token: 'secret-1', deep: [{ key: 'secret-2' }], n: 5, no: null, yes: true })
  expect(clean('secret-1, not secret-3: secret-2secret-1')).toBe(
    '[redacted], not secret-3: [redacted][redacted]',
  )
  expect(clean('')).toBe('')
})

it('[G24] takes the longest first, so that nothing of it is left', () => {
  for (const order of [
    ['abcd', 'abcd.efgh'],
    ['abcd.efgh', 'abcd'],
  ])
    expect(knowing(...order)('token abcd.efgh')).toBe('token [redacted]')
})

it('[G24] finds secrets as JSON writes them, escaped slashes too', () => {
  const secret = 'a"b\\c/d\n'
  expect(knowing(secret)(JSON.stringify({ token: secret }))).toBe('{"token":"[redacted]"}')
  expect(knowing('https://x/y')('https:\\/\\/x\\/y')).toBe('[redacted]')
})

it('[G24] takes words of less than four letters for no secrets', () => {
  expect(knowing('', 'a', 'abc')('a abc')).toBe('a abc')
  expect(knowing('abcd')('abcd')).toBe('[redacted]')
})

it('[G24] goes on knowing what it is told again, however much comes between', () => {
  const redactor = createRedactor()
  for (let n = 0; n < 200; n++)
    redactor.learn({ key: 'the same key', token: `token-${String(n).padStart(3, '0')}` })
  expect(redactor.clean('the same key, token-199')).toBe('[redacted], [redacted]')
})

it('[A10 G24] does not remember without end', () => {
  const redactor = createRedactor()
  for (let n = 0; n < 200; n++) redactor.learn(`token-${String(n).padStart(3, '0')}`)
  expect(redactor.clean('token-000 token-199')).toBe('token-000 [redacted]')
})

it('[G24] bears circles, depth, and what has no text', () => {
  const circle: { inner?: unknown; token: string } = { token: 'secret' }
  circle.inner = circle
  expect(knowing(circle, undefined, 5n, Symbol('x'), () => 'x')('a secret')).toBe('a [redacted]')
})

it('[G23 G24] leaves no part of a secret where a long text is cut', () => {
  const secret = 's'.repeat(50) + 'END'
  const clean = knowing(secret)
  for (let before = 4_000; before < 4_100; before++)
    expect(clean('.'.repeat(before) + secret + '.'.repeat(5_000))).not.toMatch(/s/)
  expect(clean(secret.repeat(1_000))).not.toMatch(/s{3}|E{1}N/)
})
