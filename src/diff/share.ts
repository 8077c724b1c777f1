// share(): what did not change keeps its reference. The one place that compares data.

/** Deeper than this nothing is compared: it counts as changed (G23). */
const DEPTH = 64
/** More values than this are not compared either. */
const NODES = 100_000

type Tree = Record<string, unknown> | unknown[]

interface Pair {
  readonly previous: Tree
  readonly next: Tree
  /** The keys of `next`; null for an array, which counts. */
  readonly keys: readonly string[] | null
  readonly length: number
  /** Where the result goes in the pair above. */
  readonly place: string | number
  index: number
  /** What becomes the result when it is not `previous`: `next`, or the copy that kept references are written to. */
  result: Tree
  same: boolean
}

/**
 * `previous` where `next` is deeply equal to it (key order does not count), else `next` in which every equal part is replaced
 * by the part of `previous`. Plain objects and arrays are compared by content, anything else by `Object.is`.
 *
 * Iterative, and bounded in depth and size: what is beyond is taken as changed. Never assigns to `__proto__`.
 * `inPlace`: `next` may be written to, because nobody else has seen it; otherwise what must change is copied.
 */
export function share<T>(previous: unknown, next: T, inPlace: boolean = false): T {
  const first = pair(previous, next, '')
  if (!first) return (Object.is(previous, next) ? previous : next) as T
  const stack: Pair[] = [first]
  let nodes = 0
  for (;;) {
    const top = stack[stack.length - 1] as Pair
    if (top.index < top.length) {
      const key = top.keys ? (top.keys[top.index] as string) : top.index
      top.index++
      if (++nodes > NODES) return next
      const after = (top.next as Record<string | number, unknown>)[key]
      const owned = !top.keys || Object.hasOwn(top.previous, key)
      const before = owned ? (top.previous as Record<string | number, unknown>)[key] : undefined
      if (Object.is(before, after)) {
        top.same &&= owned
        continue
      }
      const inner = owned ? pair(before, after, key) : null
      if (!inner) top.same = false
      else if (stack.length >= DEPTH) return next
      else stack.push(inner)
      continue
    }
    stack.pop()
    const result = top.same ? top.previous : top.result
    const above = stack[stack.length - 1]
    if (!above) return result as T
    if (!top.same) above.same = false
    if (result === top.next) continue
    if (above.result === above.next && !inPlace) above.result = copy(above.next)
    write(above.result, top.place, result)
  }
}

/** Two values that are both arrays or both plain objects, ready to be walked; else null. */
function pair(previous: unknown, next: unknown, place: string | number): Pair | null {
  if (Object.is(previous, next) || !isTree(previous) || !isTree(next)) return null
  const isArray = Array.isArray(next)
  if (isArray !== Array.isArray(previous)) return null
  const keys = isArray ? null : Object.keys(next)
  const length = keys ? keys.length : (next as unknown[]).length
  const before = isArray ? (previous as unknown[]).length : Object.keys(previous).length
  return { previous, next, keys, length, place, index: 0, result: next, same: length === before }
}

function isTree(value: unknown): value is Tree {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A copy one level deep. Spreading defines own properties, so `__proto__` as a key stays one. */
function copy(tree: Tree): Tree {
  return Array.isArray(tree) ? [...tree] : { ...tree }
}

function write(tree: Tree, key: string | number, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(tree, key, { value, writable: true, enumerable: true, configurable: true })
  else (tree as Record<string | number, unknown>)[key] = value
}
