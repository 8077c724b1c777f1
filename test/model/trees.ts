// Small trees of plain data, made by chance, and what must be shared between two of them.
import assert from 'node:assert/strict'

/** A small tree of plain data. */
export function tree(random: () => number, depth: number): unknown {
  const kind = depth === 0 ? 0 : Math.floor(random() * 3)
  const size = Math.floor(random() * 4)
  if (kind === 1) return Array.from({ length: size }, () => tree(random, depth - 1))
  if (kind === 2)
    return Object.fromEntries(Array.from({ length: size }, (_, at) => ['abcd'[at], tree(random, depth - 1)]))
  return [null, 1, 'x', true, 0][Math.floor(random() * 5)]
}

/** The same with its keys in another order. */
export function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffled(inner)]),
  )
}

/** The same with something changed, added or missing here and there. */
export function changed(value: unknown, random: () => number): unknown {
  if (random() < 0.2) return tree(random, 1)
  if (Array.isArray(value))
    return [...value.map((inner) => changed(inner, random)), ...(random() < 0.2 ? [1] : [])]
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(() => random() < 0.9)
  const renamed = random() < 0.2 && kept[0] ? [['e', kept.shift()?.[1]] as const] : []
  return Object.fromEntries([...kept.map(([key, inner]) => [key, changed(inner, random)]), ...renamed])
}

/** Every object in a tree, the tree first. */
export function partsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(partsOf)]
}

/** Wherever two values are equal, they are the same. */
export function sharesAllIt(previous: unknown, result: unknown): void {
  if (typeof previous !== 'object' || typeof result !== 'object' || !previous || !result) return
  if (Array.isArray(previous) !== Array.isArray(result)) return
  if (isEqual(previous, result)) return assert.equal(result, previous)
  for (const key of Object.keys(result)) {
    if (Object.hasOwn(previous, key)) sharesAllIt((previous as never)[key], (result as never)[key])
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    assert.deepStrictEqual(a, b)
    return true
  } catch {
    return false
  }
}
