// Anything readable as Vue refs: one for each field, or one for what a selector picks.
import { shallowRef, toRef, watchSyncEffect, type ShallowRef } from 'vue'
import { follow, type Source } from './follow.ts'

/** One readonly ref for each of the fields. */
export function useFields<S>(
  source: Source<S>,
  fields: readonly (keyof S)[],
): Record<string, Readonly<ShallowRef<unknown>>> {
  let snapshot: S | undefined
  const cells = fields.map((field) => {
    const changed = shallowRef<unknown>()
    // Read from the snapshot: a field that changes without notice, such as `asOf`, is never read old.
    const ref = toRef(() => (changed.value, snapshot?.[field]))
    return { field, changed, ref }
  })
  follow(source, (next) => {
    // All fields are new before anyone is told of one.
    snapshot = next
    for (const { field, changed } of cells) changed.value = next?.[field]
  })
  return Object.fromEntries(cells.map(({ field, ref }) => [field, ref]))
}

/** One readonly ref of what the selector picks; follows what is reactive inside the selector, too. */
export function useSelected<S>(
  source: Source<S>,
  selector: (snapshot: S) => unknown,
  equal: (previous: unknown, next: unknown) => boolean = Object.is,
): Readonly<ShallowRef<unknown>> {
  const current = shallowRef<S>()
  let from: unknown
  follow(source, (snapshot, readable) => {
    from = readable
    current.value = snapshot
  })
  const picked = shallowRef<unknown>()
  let last: { readonly from: unknown; readonly value: unknown } | undefined
  watchSyncEffect(() => {
    const snapshot = current.value
    const value = from ? selector(snapshot as S) : undefined
    // Equal values of two readables are two values: `equal` may look at less than what is shown.
    if (from && last?.from === from && equal(last.value, value)) return
    last = { from, value }
    picked.value = value
  })
  return toRef(() => picked.value)
}
