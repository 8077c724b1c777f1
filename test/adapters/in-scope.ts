// Vue composables outside a component.
import { effectScope } from 'vue'

/** Runs `setup` in a scope of its own. */
export function inScope<T>(setup: () => T): { readonly result: T; readonly stop: () => void } {
  const scope = effectScope()
  const result = scope.run(setup) as T
  return { result, stop: () => scope.stop() }
}
