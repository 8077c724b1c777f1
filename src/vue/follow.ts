// follow(): tells a Vue scope what a readable holds, until the scope ends.
import { getCurrentInstance, inject, onMounted, shallowRef, ssrContextKey, toValue, watch } from 'vue'
import type { MaybeRefOrGetter } from 'vue'
import type { Readable } from '../index.ts'

/** A readable, a ref of one or a getter; `null` and `undefined` stand for "nothing yet". */
export type Source<S> = MaybeRefOrGetter<Readable<S> | null | undefined>

/**
 * Calls `show` at once and after every change with the snapshot, undefined while there is nothing to read. On a server, and
 * until a hydrated component is mounted, that is the initial snapshot, and nothing is subscribed.
 */
export function follow<S>(
  source: Source<S>,
  show: (snapshot: S | undefined, readable: unknown) => void,
): void {
  const component = getCurrentInstance()
  // A component that has an element before it was ever mounted is being hydrated.
  const isEarly =
    component && !component.isMounted && (inject<unknown>(ssrContextKey, null) ?? component.vnode.el)
  const isLive = shallowRef(!isEarly)
  // On a server this never happens.
  if (isEarly) onMounted(() => (isLive.value = true))
  watch(
    [() => toValue(source), isLive] as const,
    ([readable, live], _, onCleanup) => {
      const read = (): void => show(live ? readable?.getSnapshot() : readable?.getInitialSnapshot(), readable)
      if (live && readable) onCleanup(readable.subscribe(read))
      read()
    },
    { immediate: true, flush: 'sync' },
  )
}
