// Writes down what happens, for the checkers, and sums it up in one number: two runs are the same if their numbers are.
import type { Entry, Happening } from '../trace/entry.ts'

/** A trace in the making. */
export interface Recorder {
  readonly entries: Entry[]
  /** Of everything so far; eight hexadecimal digits. */
  readonly hash: string
  record(client: string, felt: number, happening: Happening): void
}

/** A trace with nothing in it. `keep`: false for what is so long that only its hash and its watchers matter. */
export function createRecorder(now: () => number, watch: (entry: Entry) => void, keep: boolean): Recorder {
  const entries: Entry[] = []
  let hash = 0x811c9dc5
  const mix = (value: number): void => void (hash = Math.imul(hash ^ value, 0x01000193))
  const take = (value: unknown): void => {
    if (typeof value === 'number') {
      mix(value)
      mix(value * 4_096)
      mix(value / 2 ** 32)
    } else if (typeof value === 'string') {
      for (let index = 0; index < value.length; index++) mix(value.charCodeAt(index))
    } else if (typeof value === 'object' && value !== null) {
      for (const key in value) {
        mix(key.charCodeAt(0))
        take((value as Readonly<Record<string, unknown>>)[key])
      }
    } else mix(value === true ? 1 : value === false ? 2 : 3)
    // What multiplication carries up comes down again.
    hash ^= hash >>> 15
  }
  return {
    entries,
    get hash() {
      return (hash >>> 0).toString(16).padStart(8, '0')
    },
    record(client, felt, happening) {
      const entry: Entry = { at: now(), felt, client, ...happening }
      take(entry)
      if (keep) entries.push(entry)
      watch(entry)
    },
  }
}
