// What the checkers share: how one looks at many clients in one trace, and what can be told of a client's link from outside.
import type { Checker, Entry, Fields, Violation } from './entry.ts'

/** What a checker does with each entry of one client; `complain` adds a violation, `atEnd` asks to be called after the last. */
export type Watcher = (tools: {
  complain(what: string, entry: Entry): void
  atEnd(run: (last: Entry) => void): void
}) => (entry: Entry) => void

/** A checker that looks at each client for itself, in one pass. Entries of the world, client '', are a client of their own. */
export function eachClient(id: Checker['id'], rule: string, watcher: Watcher): Checker {
  return {
    id,
    rule,
    check(trace) {
      const violations: Violation[] = []
      const watching = new Map<string, (entry: Entry) => void>()
      const ends: Array<(last: Entry) => void> = []
      const tools = {
        complain: (what: string, entry: Entry): void => void violations.push({ invariant: id, what, entry }),
        atEnd: (run: (last: Entry) => void): void => void ends.push(run),
      }
      for (const entry of trace) {
        let watch = watching.get(entry.client)
        if (!watch) watching.set(entry.client, (watch = watcher(tools)))
        watch(entry)
      }
      const last = trace.at(-1)
      if (last) for (const end of ends) end(last)
      return violations
    },
  }
}

/**
 * Between the moment a machine looks at a real clock and the moment the record does, a little time passes; less than this is
 * no violation.
 */
export const BLUR = 5

/** A timer that comes later than this is late in the library's own words; up to it a deadline counts as met (G3). */
export const LATE = 2_000

/** The links and the requests a client holds, told from its effects and events alone. */
export interface Held {
  /** Takes the next entry of the client. */
  see(entry: Entry): void
  /** The link that was opened and neither dropped nor closed; of two, the one that delivers. */
  readonly link: number | null
  /** The link that is to follow it. */
  readonly heir: number | null
  /** The connection's event under way, or the last. */
  readonly event: Fields | null
  /** When that was, by the client's own clock. */
  readonly eventAt: number
  /** That event speaks of a link or a request that was not held when it came. */
  readonly isStale: boolean
  /** That event is about the link that is to follow, or what is asked for it. */
  readonly isOfHeir: boolean
}

/** Answers end a request; `admitted` leaves the place in the gate held. */
const answers: readonly unknown[] = ['diagnosed', 'prepared', 'unprepared']
const questions: readonly unknown[] = ['diagnose', 'prepare', 'queue', 'renew']

/** Nothing is held. */
export function watchHeld(): Held {
  let link: number | null = null
  let heir: number | null = null
  /** And whether each is asked for a link that is to follow. */
  const requests = new Map<unknown, boolean>()
  let event: Fields | null = null
  let eventAt = -Infinity
  let isStale = false
  let isOfHeir = false
  const end = (one: unknown): void => {
    if (one !== link && one !== heir) return
    if (one === link) link = heir
    heir = null
  }
  const happen = (next: Fields): void => {
    const isLink = next.link !== undefined
    const isRequest = next.request !== undefined && next.type !== 'loaded'
    isStale =
      (isLink && next.link !== link && next.link !== heir) || (isRequest && !requests.has(next.request))
    isOfHeir =
      !isStale &&
      ((isLink && next.link === heir) ||
        (isRequest && requests.get(next.request) === true) ||
        (next.type === 'due' && next.slot === 'heir'))
    if (isStale) return
    if (next.type === 'closed') end(next.link)
    if (answers.includes(next.type)) requests.delete(next.request)
  }
  const act = ({ type, ...effect }: Fields): void => {
    if (type === 'open' && link === null) link = Number(effect.link)
    else if (type === 'open') heir = Number(effect.link)
    else if (type === 'drop') end(effect.link)
    else if (questions.includes(type)) requests.set(effect.request, link !== null && type !== 'renew')
    else if (type === 'cancel') requests.delete(effect.request)
  }
  return {
    see(entry) {
      if (entry.kind === 'event' && entry.machine === 'connection') {
        event = entry.event
        eventAt = entry.felt
        happen(event)
      } else if (entry.kind === 'effect' && entry.machine === 'connection') act(entry.effect)
    },
    get link() {
      return link
    },
    get heir() {
      return heir
    },
    get event() {
      return event
    },
    get eventAt() {
      return eventAt
    },
    get isStale() {
      return isStale
    },
    get isOfHeir() {
      return isOfHeir
    },
  }
}

/** The name of the channel a machine belongs to; null for the connection. */
export function channelOf(machine: string): string | null {
  return machine.startsWith('channel ') ? machine.slice('channel '.length) : null
}
