// createTurns(): one thing after the other, for each key.

/** What waits its turn. */
export interface Turns<Key> {
  /** Runs when all that came before it under the same key has ended, however it ended. */
  run<T>(key: Key, run: () => T | Promise<T>): Promise<T>
  /** Something runs or waits. */
  has(key: Key): boolean
}

/** Nobody waits. A key under which all has ended takes no memory. */
export function createTurns<Key>(): Turns<Key> {
  const lasts = new Map<Key, Promise<void>>()
  return {
    has: (key) => lasts.has(key),
    run(key, run) {
      const turn = (lasts.get(key) ?? Promise.resolve()).then(run)
      const end = (): void => {
        if (lasts.get(key) === last) lasts.delete(key)
      }
      const last: Promise<void> = turn.then(end, end)
      lasts.set(key, last)
      return turn
    },
  }
}
