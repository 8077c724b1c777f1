// What the server took for the truth, channel by channel, so that a value can be placed in its history.

/** The history of all channels so far. */
export interface TruthLog {
  /** `soon`: from now on the value may be seen, but need not be current yet. */
  add(channel: string, value: unknown, soon: boolean): void
  /** Anything is known of this channel. */
  has(channel: string): boolean
  /** The place of what is current; values before it are outdated. */
  current(channel: string): number
  /** The last place of this value; null: it never was the truth. */
  placeOf(channel: string, value: unknown): number | null
  /** What is current. */
  read(channel: string): unknown
}

interface History {
  readonly places: Map<string, number>
  value: unknown
  last: number
  current: number
}

/** Nothing was true yet. */
export function createTruthLog(): TruthLog {
  const channels = new Map<string, History>()
  return {
    add(channel, value, soon) {
      let history = channels.get(channel)
      if (!history) channels.set(channel, (history = { places: new Map(), value, last: 0, current: 0 }))
      history.places.set(toCanonical(value), ++history.last)
      if (soon) return
      history.current = history.last
      history.value = value
    },
    has: (channel) => channels.has(channel),
    current: (channel) => channels.get(channel)?.current ?? 0,
    placeOf: (channel, value) => channels.get(channel)?.places.get(toCanonical(value)) ?? null,
    read: (channel) => channels.get(channel)?.value,
  }
}

const known = new WeakMap<object, string>()

/** A JSON value as text that does not depend on the order of keys; the same object is written once. */
export function toCanonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`
  let text = known.get(value)
  if (text === undefined) known.set(value, (text = write(value)))
  return text
}

function write(value: object): string {
  try {
    return JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    )
  } catch {
    return 'too deep to be written'
  }
}
