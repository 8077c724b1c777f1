// The store contract: what every adapter reads, and all it needs.

/** Something that can be read now and watched. Nothing uses `this`: methods may be passed around detached. */
export interface Readable<T> {
  /** The current value; the same object until something changed. */
  getSnapshot(): T
  /** A constant: what a server renders and a browser hydrates from. */
  getInitialSnapshot(): T
  /** Calls back after each change. Returns an idempotent unsubscribe. */
  subscribe(onChange: () => void): () => void
}
