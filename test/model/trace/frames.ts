// The frames of levels 2 and 3 as the checkers read them: from the text on the wire, trusting nobody's word for what it says.

/** What a frame about channels may carry. */
export interface ControlFrame {
  readonly type: string
  readonly id?: string
  readonly ref?: string
  readonly channel?: string
  readonly data?: unknown
  readonly epoch?: string
  readonly offset?: number
  readonly prev?: number
  readonly recovered?: boolean
  readonly replay?: number
  readonly since?: { readonly epoch: string; readonly offset: number }
  readonly duplicate?: boolean
  readonly retry?: boolean
}

/** The `rt.` frames in a text, of which there may be several in one array; none where it is anything else. */
export function controlsIn(text: string): readonly ControlFrame[] {
  if (!/^\[?\{"type":"rt\./.test(text)) return []
  try {
    return [JSON.parse(text) as ControlFrame | ControlFrame[]].flat()
  } catch {
    return []
  }
}

/** What one link at level 2 or 3 is subscribed to, by channel, told from the wire. */
export interface Subscribed {
  /** A new link: nothing is. */
  clear(): void
  /** The subscribes in it. */
  sends(text: string): readonly ControlFrame[]
  /** The answer to the last subscribe of a channel; later frames of it are `messages`. */
  hears(text: string): { readonly answered: ControlFrame | null; readonly message: ControlFrame | null }
  /** The answer that holds for a channel. */
  answerOf(channel: string): ControlFrame | null
  /** It holds no longer. */
  leave(channel: string): void
}

/** Nothing is subscribed to. */
export function watchSubscribed(): Subscribed {
  const asked = new Map<string, string | undefined>()
  const answers = new Map<string, ControlFrame>()
  return {
    clear() {
      asked.clear()
      answers.clear()
    },
    sends(text) {
      const frames = controlsIn(text)
      for (const { type, id, channel } of frames) {
        if (channel === undefined || (type !== 'rt.subscribe' && type !== 'rt.unsubscribe')) continue
        answers.delete(channel)
        if (type === 'rt.subscribe') asked.set(channel, id)
        else asked.delete(channel)
      }
      return frames.filter(({ type }) => type === 'rt.subscribe')
    },
    hears(text) {
      for (const frame of controlsIn(text)) {
        const { type, id, ref, channel } = frame
        if (channel === undefined || !asked.has(channel)) continue
        const mine = asked.get(channel)
        if (type === 'rt.subscribed' && id === mine) {
          answers.set(channel, frame)
          return { answered: frame, message: null }
        }
        if (type === 'rt.message' && ref === mine) return { answered: null, message: frame }
      }
      return { answered: null, message: null }
    },
    answerOf: (channel) => answers.get(channel) ?? null,
    leave: (channel) => void answers.delete(channel),
  }
}
