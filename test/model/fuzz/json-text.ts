// JSON by chance, as text: what JSON.stringify would never write is in it too, such as one key twice.
import fc from 'fast-check'

/** Brackets in brackets, with this in the middle. */
export function nested(depth: number, leaf: string = '1'): string {
  return '['.repeat(depth) + leaf + ']'.repeat(depth)
}

/** Objects in objects. */
export function nestedObjects(depth: number, key: string): string {
  return `{"${key}":`.repeat(depth) + '1' + '}'.repeat(depth)
}

/** Names that mean something to JavaScript, to the protocol, or nothing. */
export const key: fc.Arbitrary<string> = fc.constantFrom(
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON', 'then', 'hasOwnProperty'],
  ...['type', 'data', 'v', 'timestamp', 'reconnect', 'heartbeat', 'every', 'length', 'n', 'a', 'b', '', '0'],
)

/** What stands where something else was expected. */
const leaf: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...['null', 'true', 'false', '{}', '[]', '""', '"5"', '"NaN"', '"__proto__"', '"queue"', '[null]', '[1]'],
    ...['0', '-0', '1', '-1', '1.5', '5000', '86400001', '2147483648', '1e12', '1e999', '-1e999', '1e-400'],
    ...['9007199254740993', '9'.repeat(400), '0.1e1', '"<script>alert(1)</script>"', '"\\u001b[2J\\u0007"'],
    ...['"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u2028\\u2029"', '"\u202e\ufeff"', '"\u{1f600}"'],
    ...['"retry_after=1e9;spread=-1"', '"a.b:c-d_9"', '{"toString":1,"valueOf":1}', '{"__proto__":null}'],
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => JSON.stringify(text)),
  fc.double().map((number) => JSON.stringify(number)),
)

/** An object with these entries, in this order, twice where they are twice. */
export function toObjectText(entries: ReadonlyArray<readonly [key: string, value: string]>): string {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`
}

/** Any JSON value, small most of the time. */
export const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(tie('json'), { maxLength: 4 }).map((all) => `[${all.join()}]`) },
    { weight: 2, arbitrary: fc.array(fc.tuple(key, tie('json')), { maxLength: 4 }).map(toObjectText) },
  ),
}))

/** Values that are too deep, too wide or too long for whoever walks them without counting. */
export const huge: fc.Arbitrary<string> = fc.constantFrom(
  nested(70),
  nested(2_000),
  nested(100_000),
  nestedObjects(3_000, '__proto__'),
  nestedObjects(100_000, 'a'),
  `[${'0,'.repeat(100_001)}0]`,
  toObjectText(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, '{}'])),
  `"${'x'.repeat(1_000_000)}"`,
  `"${'\\u2028'.repeat(20_000)}"`,
)

/** A value of any kind. */
export const value: fc.Arbitrary<string> = fc.oneof(
  { weight: 200, arbitrary: json },
  { weight: 1, arbitrary: huge },
)
