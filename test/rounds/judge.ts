// createJudge(): hears what a stream tells, and complains of what is missing, twice, out of order, or a verdict that is not true.
import type { Place } from './traffic.ts'

/** Something that a stream told. */
export type Heard =
  | {
      readonly what: 'message'
      readonly offset: number | null
      readonly replayed: boolean
      readonly data: unknown
    }
  | { readonly what: 'gap'; readonly since: number | null }
  | { readonly what: 'recovered'; readonly replayed: number }

/** What a judge goes by. */
export interface Law {
  /** Who stands before the judge, in words. */
  readonly name: string
  /** So many messages are kept: who missed no more has no gap. */
  readonly kept: number
  /** The history lives as long as the test: no gap but by what is not kept. */
  readonly isLasting: boolean
  /** This is what was said there. */
  isTrue(offset: number, data: unknown): boolean
}

/** The verdicts on one stream of one client. */
export interface Judge {
  hear(heard: Heard): void
  /** The offset of the last message; 0 before the first, which must be the first that was said. */
  readonly last: number
  /** Whose history the last message was of, where messages say so. */
  readonly process: number | null
  readonly counts: {
    readonly messages: number
    readonly replayed: number
    /** Times that it was told to have missed nothing; and of these, with messages that it had missed. */
    readonly recovered: number
    readonly refilled: number
    readonly gaps: number
  }
  readonly complaints: readonly string[]
}

export function createJudge({ name, kept, isLasting, isTrue }: Law): Judge {
  const complaints: string[] = []
  const counts = { messages: 0, replayed: 0, recovered: 0, refilled: 0, gaps: 0 }
  let last = 0
  let process: number | null = null
  let isGap = false
  let replayed = 0
  const complain = (what: string): void => void complaints.push(`${name}: ${what}`)

  const onMessage = (offset: number | null, data: unknown): void => {
    if (offset === null || !isTrue(offset, data))
      complain(`${JSON.stringify(data)} came as ${offset}, which was another one`)
    const at = offset ?? last
    const from = (data as Partial<Place>).process ?? null
    const isOther = from !== process && process !== null
    if (!isGap && isOther) complain(`${at} of another history came after ${last}, without a gap`)
    if (!isGap && !isOther && at !== last + 1) complain(`${at} came after ${last}, without a gap`)
    // A history that cannot be told from the one before may be a new one.
    const isSame = isLasting || (from !== null && !isOther)
    if (isGap && isSame && at - 1 - last <= kept)
      complain(`a gap between ${last} and ${at}, but the last ${kept} are kept`)
    isGap = false
    last = at
    process = from
  }

  return {
    hear(heard) {
      switch (heard.what) {
        case 'message':
          counts.messages += 1
          counts.replayed += Number(heard.replayed)
          replayed += Number(heard.replayed)
          onMessage(heard.offset, heard.data)
          return
        case 'recovered':
          counts.recovered += 1
          counts.refilled += Number(heard.replayed > 0)
          if (heard.replayed !== replayed)
            complain(`recovered speaks of ${heard.replayed} messages, and ${replayed} came`)
          replayed = 0
          return
        case 'gap':
          counts.gaps += 1
          // Nothing was heard of a stream that begins with a gap.
          if ((heard.since ?? 0) !== last) complain(`a gap since ${heard.since}, but ${last} was heard`)
          isGap = true
          replayed = 0
      }
    },
    get last() {
      return last
    },
    get process() {
      return process
    },
    counts,
    complaints,
  }
}
