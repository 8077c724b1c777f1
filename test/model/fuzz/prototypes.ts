// A look at the prototypes that all objects share, and the proof that nobody has touched them since.
import assert from 'node:assert/strict'

const shared: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Number.prototype,
  Boolean.prototype,
  Error.prototype,
  Promise.prototype,
  Map.prototype,
  Set.prototype,
  Object,
  Array,
]

/** Every own property of a prototype, with what it holds. */
function look(prototype: object): ReadonlyMap<PropertyKey, PropertyDescriptor> {
  return new Map(
    Reflect.ownKeys(prototype).map((key) => [key, Reflect.getOwnPropertyDescriptor(prototype, key)!]),
  )
}

const parts = ['value', 'get', 'set', 'writable', 'enumerable', 'configurable'] as const

/** Looks now; what it gives back looks again, and throws the name of what has been added, changed or taken away. */
export function watchPrototypes(): () => void {
  const before = shared.map(look)
  const parents = shared.map((each) => Reflect.getPrototypeOf(each))
  return () => {
    for (const [index, prototype] of shared.entries()) {
      assert.equal(Reflect.getPrototypeOf(prototype), parents[index])
      const was = before[index]!
      const keys = Reflect.ownKeys(prototype)
      const added = keys.filter((key) => !was.has(key))
      assert.deepEqual([added, keys.length], [[], was.size])
      for (const [key, old] of was) {
        const now = Reflect.getOwnPropertyDescriptor(prototype, key)!
        assert.ok(
          parts.every((part) => Object.is(now[part], old[part])),
          `${String(key)} was changed`,
        )
      }
    }
  }
}
