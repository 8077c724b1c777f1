// A file that survives kill -9: written beside and renamed, so a reader finds the old state or the new one, never half of one.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export interface Store<T> {
  /** What was saved last; null if there is nothing, or nothing that can be read. */
  read(): T | null
  write(value: T): void
}

export function createStore<T>(file: string): Store<T> {
  return {
    read: () => {
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as T
      } catch {
        return null
      }
    },
    write: (value) => {
      writeFileSync(`${file}.new`, JSON.stringify(value))
      renameSync(`${file}.new`, file)
    },
  }
}
