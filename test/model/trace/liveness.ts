// Once all is healed, all is well (INV-30).
import type { Checker, ClientFacts, Entry } from './entry.ts'
import { createLog, type Log } from './log.ts'
import { createTruthLog, toCanonical, type TruthLog } from './truth-log.ts'
import { channelOf, eachClient } from './watch.ts'

const rule =
  'A minute after all faults are healed every client that is wanted is connected, or failed for a stated cause; all sends have settled; all channels that are read are live and equal the server’s truth, streams its last message.'

const MINUTE = 60_000
/** A link may end in peace too, a token expires: so long it may take to replace it. */
const REPLACED = 10_000

/** What the app of one client wants, by its calls, and what it was told. */
interface Wishes {
  isHeld: boolean
  isBarred: boolean
  readonly subscribers: Map<string, number>
  /** To a stream. */
  listens: boolean
  /** Sends that have not settled, by when they were called. */
  readonly sends: Map<number, number>
  /** Channels that show what is not confirmed. */
  readonly guessed: Set<string>
  hasPongs: boolean
  heardAt: number
  /** When the last link ended that was connected. */
  lostAt: number
}

function note(wishes: Wishes, entry: Entry): void {
  switch (entry.kind) {
    case 'call': {
      const { call } = entry
      if (call.name === 'connect') Object.assign(wishes, { isHeld: true, isBarred: false })
      else if (call.name === 'disconnect') Object.assign(wishes, { isHeld: false, isBarred: true })
      else if (call.name === 'send' || call.name === 'publish') wishes.sends.set(call.id, entry.at)
      else if (call.name === 'listen' || call.name === 'leave') wishes.listens = call.name === 'listen'
      else if (call.name === 'update') wishes.guessed.add(call.channel)
      else if (call.name === 'subscribe' || call.name === 'unsubscribe') {
        const by = call.name === 'subscribe' ? 1 : -1
        wishes.subscribers.set(call.channel, (wishes.subscribers.get(call.channel) ?? 0) + by)
      }
      return
    }
    case 'status':
      if (entry.previous === 'connected') wishes.lostAt = entry.at
      return
    case 'settled':
      wishes.sends.delete(entry.id)
      return
    case 'inbound':
      wishes.heardAt = entry.felt
      if (entry.text.startsWith('{"type":"pong"')) wishes.hasPongs = true
      return
    case 'effect': {
      const channel = channelOf(entry.machine)
      const confirms = ['applyPush', 'applyLoad', 'forget'].includes(entry.effect.type)
      if (channel !== null && confirms) wishes.guessed.delete(channel)
      return
    }
    default:
  }
}

/** What is not well with a client. */
function wrongIn(
  entry: Extract<Entry, { kind: 'sample' }>,
  healedAt: number,
  wishes: Wishes,
  facts: ClientFacts,
  truth: TruthLog,
  log: Log,
): string[] {
  const { snapshot } = entry
  const wrong: string[] = []
  for (const [id, at] of wishes.sends)
    if (at <= healedAt) wrong.push(`Send ${id} has not settled since ${Math.round(entry.at - at)} ms.`)
  const readers = [...wishes.subscribers].filter(([, count]) => count > 0).map(([channel]) => channel)
  const isWanted = (wishes.isHeld || readers.length > 0 || wishes.listens) && !wishes.isBarred
  if (!isWanted || (snapshot.status === 'failed' && snapshot.error !== null)) return wrong
  if (entry.at - wishes.lostAt < REPLACED) return wrong
  if (snapshot.status !== 'connected') return [...wrong, `The client is ${snapshot.status}.`]
  // Where pings are not answered, silence ends what is live, though not the link (G3).
  const { heartbeat } = facts
  const silent = entry.felt - wishes.heardAt
  const isDoubted = heartbeat !== null && !wishes.hasPongs && silent >= heartbeat.interval
  const { stream } = entry
  if (stream && stream.freshness !== 'live') {
    if (!isDoubted) wrong.push(`${stream.channel} is ${stream.freshness}.`)
  } else if (stream && log.last && toCanonical(stream.last) !== toCanonical(log.last.data))
    wrong.push(`${stream.channel} is live, and its last message is not the server’s.`)
  for (const { channel, freshness, data } of entry.channels) {
    const fact = facts.channels[channel]
    if (!readers.includes(channel) || !fact || (fact.kind !== 'replace' && !fact.loads)) continue
    if (freshness !== 'live') {
      if (!isDoubted) wrong.push(`${channel} is ${freshness}.`)
      continue
    }
    if (!truth.has(channel) || wishes.guessed.has(channel)) continue
    if (toCanonical(data) !== toCanonical(truth.read(channel)))
      wrong.push(`${channel} is live, and not what the server says.`)
  }
  return wrong
}

const allIsWell: Checker = {
  id: 'INV-30',
  rule,
  check(trace) {
    const truth = createTruthLog()
    const log = createLog()
    let healedAt: number | null = null
    let isWell = false
    return eachClient('INV-30', rule, ({ complain }) => {
      const wishes: Wishes = {
        isHeld: false,
        isBarred: false,
        subscribers: new Map(),
        listens: false,
        sends: new Map(),
        guessed: new Set(),
        hasPongs: false,
        heardAt: -Infinity,
        lostAt: -Infinity,
      }
      let facts: ClientFacts | null = null
      let isJudged = false
      return (entry) => {
        note(wishes, entry)
        log.see(entry)
        if (entry.kind === 'truth') truth.add(entry.channel, entry.value, entry.soon ?? false)
        else if (entry.kind === 'healed') healedAt = entry.at
        else if (entry.kind === 'well') isWell = true
        else if (entry.kind === 'made') facts = entry.facts
        else if (entry.kind === 'sample' && facts && healedAt !== null && !isJudged) {
          if (!isWell && entry.at < healedAt + MINUTE) return
          isJudged = true
          for (const what of wrongIn(entry, healedAt, wishes, facts, truth, log)) complain(what, entry)
        }
      }
    }).check(trace)
  },
}

/** The rule of liveness. */
export const liveness: readonly Checker[] = [allIsWell]
