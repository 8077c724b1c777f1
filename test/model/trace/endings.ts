// What is over is over, and what was promised is told once (INV-4, INV-7).
import type { Call, Checker, Entry, Leftovers } from './entry.ts'
import { createLog, type Log } from './log.ts'
import { eachClient, watchHeld } from './watch.ts'

/** What a client may hold after its close: nothing of this. */
const kinds: readonly (keyof Leftovers)[] = ['timers', 'links', 'listeners', 'promises', 'requests']

/** What a closed client does not do any more. What the page tells, and late answers of the app's, are not its doing. */
const doings: readonly Entry['kind'][] = ['event', 'effect', 'status', 'snapshot', 'channel', 'message', 'error', 'log', 'asked', 'outbound'] // prettier-ignore

const nothingLeft = eachClient(
  'INV-4',
  'After close() no callback runs and nothing is left: no timer, no link, no listener, no promise, no request; a dropped link is not written to.',
  ({ complain }) => {
    const held = watchHeld()
    let isClosed = false
    return (entry) => {
      held.see(entry)
      if (entry.kind === 'left')
        for (const kind of kinds) {
          const count = entry.leftovers[kind]
          if (count !== 0) complain(`${count} of its ${kind} are left after the close.`, entry)
        }
      if (isClosed && doings.includes(entry.kind)) complain(`${entry.kind} after the close.`, entry)
      const isHeld = (link: number): boolean => link === held.link || link === held.heir
      if (entry.kind === 'outbound' && !isClosed && !isHeld(entry.link ?? held.link ?? -1))
        complain('Text leaves on a link that is not held any more.', entry)
      if (entry.kind === 'status' && entry.status === 'closed') isClosed = true
    }
  },
)

/** A promise that was given out. */
interface Promised {
  readonly call: Call
  readonly entry: Entry
  settled: boolean
}

/** Of one message type: sends whose promise is open, those told as written or doubtful, and frames that left. */
interface Tally {
  open: number
  written: number
  doubtful: number
  left: number
}

/** Frames of the connection itself; an app that sends such a type cannot be told apart. */
const control: readonly string[] = ['ping', 'pong', 'client_ready']

const rule =
  'Every promise given out settles exactly once; a send that is `written` left, and one that failed without `maybeDelivered` did not; a publication that is `acked` is in the server’s log at that place, and one that failed without `maybeDelivered` never gets there.'

const settlesOnce = eachClient('INV-7', rule, ({ complain, atEnd }) => {
  const given = new Map<number, Promised>()
  const tallies = new Map<string, Tally>()
  let isOver = false

  const judge = (tally: Tally, entry: Entry): void => {
    if (tally.written > tally.left) complain('A send counts as written, and never left.', entry)
    if (tally.left > tally.written + tally.doubtful + tally.open)
      complain('A message left, and its send is said to have failed for sure.', entry)
  }
  const settle = (entry: Extract<Entry, { kind: 'settled' }>): void => {
    const promised = given.get(entry.id)
    if (!promised) return complain(`Promise ${entry.id} settles and was never given out.`, entry)
    const { call, settled } = promised
    if (settled) return complain(`The promise of ${call.name} settles a second time.`, entry)
    promised.settled = true
    const { outcome } = entry
    const tally = call.name === 'send' ? tallies.get(call.type) : undefined
    if (!tally) return
    tally.open--
    if (outcome === 'resolved' || 'rejected' in outcome)
      return complain('A send tells no outcome, and it always does.', entry)
    if (outcome.ok) tally.written++
    else if (outcome.maybeDelivered) tally.doubtful++
    judge(tally, entry)
  }

  atEnd(() => {
    if (!isOver) return
    for (const { call, entry, settled } of given.values())
      if (!settled) complain(`The promise of ${call.name} is still open after the close.`, entry)
  })

  return (entry) => {
    if (entry.kind === 'call' && 'id' in entry.call) {
      const { call } = entry
      given.set(entry.call.id, { call, entry, settled: false })
      if (call.name !== 'send' || control.includes(call.type)) return
      const tally = tallies.get(call.type)
      if (tally) tally.open++
      else tallies.set(call.type, { open: 1, written: 0, doubtful: 0, left: 0 })
    } else if (entry.kind === 'settled') settle(entry)
    else if (entry.kind === 'left') isOver = true
    else if (entry.kind === 'outbound') {
      const tally = tallies.get(typeOf(entry.text) ?? '')
      if (tally) tally.left++
    }
  }
})

/** What the app was told of its publications, beside the server's log. */
const publications = (log: Log): Checker =>
  eachClient('INV-7', rule, ({ complain }) => {
    const open = new Map<number, Extract<Call, { name: 'publish' }>>()
    return (entry) => {
      if (entry.kind === 'call' && entry.call.name === 'publish') open.set(entry.call.id, entry.call)
      const call = entry.kind === 'settled' ? open.get(entry.id) : undefined
      if (entry.kind !== 'settled' || !call) return
      const { outcome } = entry
      if (outcome === 'resolved' || 'rejected' in outcome)
        return complain('A publication tells no outcome, and it always does.', entry)
      const places = log.placesOf(call.channel, call.data)
      if (!outcome.ok && !outcome.maybeDelivered && places.length > 0)
        complain('A publication is in the log, and is said to have failed for sure.', entry)
      if (!outcome.ok || outcome.outcome !== 'acked') return
      const { offset } = outcome
      if (!places.some((place) => offset === undefined || place.offset === offset))
        complain(
          `A publication is acked at ${offset ?? 'no place'}, and the log does not have it there.`,
          entry,
        )
    }
  })

const settledOnce: Checker = {
  id: 'INV-7',
  rule,
  check(trace) {
    const log = createLog()
    // What fails for sure must never get there, also later.
    for (const entry of trace) log.see(entry)
    return [...settlesOnce.check(trace), ...publications(log).check(trace)]
  },
}

/** The type of a frame as the library writes it. */
function typeOf(text: string): string | null {
  return /^\{"type":"([\w.:-]{1,64})"/.exec(text)?.[1] ?? null
}

/** The rules of endings. */
export const endings: readonly Checker[] = [nothingLeft, settledOnce]
