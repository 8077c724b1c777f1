// A herd comes back spread out (INV-26).
import type { Checker, ClientFacts, Entry, Fields, Violation } from './entry.ts'
import { watchHeld } from './watch.ts'

/** Below this a crowd in one slot proves nothing: with this many, three times the mean by chance is rarer than one in a million. */
const HERD = 300
/** What is lost within this much is one herd. */
const TOGETHER = 1_000
const SLOTS = 20

/** One client that lost its link and came back. */
interface Return {
  readonly lostAt: number
  readonly window: number
  readonly backAt: number
  readonly entry: Entry
}

/** Follows one client; gives a return when there is one that tells something of the spread. */
function watchReturn(): (entry: Entry) => Return | null {
  const held = watchHeld()
  let facts: ClientFacts | null = null
  let window: number | null = null
  /** The link held for `minUptime`: then the first attempt is spread over the window. */
  let isStable = false
  let lostAt: number | null = null
  const happen = (event: Fields, at: number): void => {
    if ((event.type === 'ready' || event.type === 'advice') && typeof event.window === 'number')
      window = Math.min(300_000, Math.max(250, event.window))
    if (event.type === 'due' && event.slot === 'stable') isStable = true
    if (event.type === 'closed') {
      const isPlain = event.min === null && event.spread === null
      const spreads = event.class === 'spread' || event.class === 'backoff'
      lostAt = isStable && isPlain && spreads ? at : null
      isStable = false
    } else if (!['prepared', 'admitted', 'due'].includes(event.type)) lostAt = null
  }
  return (entry) => {
    held.see(entry)
    if (entry.kind === 'made') facts = entry.facts
    if (entry.kind === 'event' && entry.machine === 'connection' && !held.isStale && !held.isOfHeir)
      happen(entry.event, entry.at)
    if (entry.kind !== 'effect' || entry.effect.type !== 'open') return null
    const back =
      lostAt !== null && window !== null && facts?.minDelay === 0
        ? { lostAt, window, backAt: entry.at, entry }
        : null
    lostAt = null
    return back
  }
}

/** The most of a herd that came within one slot, as a violation if that is too many. */
function judge(herd: readonly Return[]): Violation | null {
  const [first] = herd
  if (!first || herd.length < HERD) return null
  const slot = first.window / SLOTS
  const most = Math.ceil((3 * herd.length) / SLOTS)
  const arrivals = [...herd].sort((a, b) => a.backAt - b.backAt)
  const crowded = arrivals.find(({ backAt }, index) => {
    const earlier = arrivals[index - most]
    return earlier !== undefined && backAt - earlier.backAt <= slot
  })
  if (!crowded) return null
  const what = `More than ${most} of ${herd.length} clients are back within ${slot} ms of a window of ${first.window} ms.`
  return { invariant: 'INV-26', what, entry: crowded.entry }
}

const spreadOut: Checker = {
  id: 'INV-26',
  rule: 'After a loss of many at once with a window W, no slot of W/20 sees more than three times its share of them return.',
  check(trace) {
    const watching = new Map<string, (entry: Entry) => Return | null>()
    const herds: Return[][] = []
    const byWindow = new Map<number, Return[]>()
    for (const entry of trace) {
      let watch = watching.get(entry.client)
      if (!watch) watching.set(entry.client, (watch = watchReturn()))
      const back = watch(entry)
      if (!back) continue
      const herd = byWindow.get(back.window)
      const [first] = herd ?? []
      if (herd && first && Math.abs(first.lostAt - back.lostAt) <= TOGETHER) herd.push(back)
      else {
        const next = [back]
        herds.push(next)
        byWindow.set(back.window, next)
      }
    }
    return herds.flatMap((herd) => judge(herd) ?? [])
  },
}

/** The rule of herds. */
export const herds: readonly Checker[] = [spreadOut]
