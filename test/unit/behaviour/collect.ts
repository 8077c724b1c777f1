// The garbage collector, called by hand: what shows that nothing is held on to.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects `times`, each in a task of its own, so that the WeakRefs of the task before have let go. */
export async function collect(times = 3): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let n = 0; n < times; n++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
}
