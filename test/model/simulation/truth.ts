// What is true on the server's side of the world: one value per channel, which outlives every process.

/** What a channel's messages are. */
export type Kind = 'replace' | 'reload' | 'change'

/** The state of a channel: `n` grows with every change; `marks` remember the change that touched them last. */
export interface State {
  readonly n: number
  readonly marks: Readonly<Record<string, number>>
}

/** One change, as it is pushed. */
export interface Change {
  readonly mark: string
  readonly n: number
}

/** What everybody ought to see. */
export interface Truth {
  read(channel: string): State
  /** Changes a channel; `which` says what of it. Gives what is pushed. */
  change(channel: string, which: number): State | Change | { readonly changed: true }
}

const MARKS = ['a', 'b', 'c', 'd']

/** Applies a change: in any order, and as often as one likes, it comes to the same. */
export function applyChange(state: State | undefined, message: unknown): State {
  const { mark, n } = message as Change
  const marks = state?.marks ?? {}
  return {
    n: Math.max(n, state?.n ?? 0),
    marks: { ...marks, [mark]: Math.max(n, marks[mark] ?? 0) },
  }
}

/** Every channel at its beginning. `told` hears of each new value. */
export function createTruth(
  kinds: Readonly<Record<string, Kind>>,
  told: (channel: string, value: State) => void,
): Truth {
  const states = new Map<string, State>()
  const read = (channel: string): State => states.get(channel) ?? { n: 0, marks: {} }
  for (const channel of Object.keys(kinds)) told(channel, read(channel))
  return {
    read,
    change(channel, which) {
      const change: Change = { mark: MARKS[Math.floor(which * MARKS.length)]!, n: read(channel).n + 1 }
      const next = applyChange(read(channel), change)
      states.set(channel, next)
      told(channel, next)
      const kind = kinds[channel]
      return kind === 'replace' ? next : kind === 'reload' ? { changed: true } : change
    },
  }
}
