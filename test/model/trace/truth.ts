// What is live is true (INV-12): proven on this link, a value of the server's, and none older than the proof.
import type { ChannelShown, Checker, ClientFacts, Entry, Fields, Violation } from './entry.ts'
import { createTruthLog, type TruthLog } from './truth-log.ts'
import { BLUR, channelOf, eachClient } from './watch.ts'

const rule =
  'What is `live` was proven on this link, by a whole state or by a load begun on it, and equals a value of the server’s that is no older than that proof.'

/** What is known of one channel of one client. */
interface Evidence {
  /** The place in the truth's history that this link has proven at least; null: nothing is proven on this link. */
  proof: number | null
  /** The place of the last whole state that arrived on this link. */
  arrived: number | null
  /** Loads under way that prove: the place that was current when they began. */
  readonly loads: Map<unknown, number>
  /** The answer that was just taken in. */
  answer: number | null
  /** The link was told to the channel, or was there when it began. */
  isUp: boolean
  /** `update()` shows what is not confirmed, since then. */
  updatedAt: number | null
}

function createEvidence(): Evidence {
  return {
    proof: null,
    arrived: null,
    loads: new Map(),
    answer: null,
    isUp: false,
    updatedAt: null,
  }
}

/** What was proven is no longer, neither will be by a load under way. */
function doubt(evidence: Evidence): void {
  evidence.proof = null
  evidence.loads.clear()
}

function happen(evidence: Evidence, { type, whole, request }: Fields): void {
  evidence.answer = null
  switch (type) {
    case 'up':
    case 'down':
      doubt(evidence)
      evidence.isUp = type === 'up'
      return
    case 'signalled':
    case 'spoiled':
    case 'reset':
      return doubt(evidence)
    case 'pushed':
      if (whole === true) evidence.proof = Math.max(0, evidence.arrived ?? 0)
      return
    case 'loaded':
      evidence.answer = evidence.loads.get(request) ?? null
      evidence.loads.delete(request)
      return
    case 'failed':
      evidence.loads.delete(request)
  }
}

function watchClient(
  truth: TruthLog,
  complain: (what: string, entry: Entry) => void,
): (entry: Entry) => void {
  const channels = new Map<string, Evidence>()
  let facts: ClientFacts | null = null
  let isConnected = false
  const of = (channel: string): Evidence => {
    let evidence = channels.get(channel)
    if (!evidence) channels.set(channel, (evidence = createEvidence()))
    return evidence
  }
  const act = (channel: string, { type, request }: Fields, felt: number): void => {
    const evidence = of(channel)
    if (type === 'load' && (evidence.isUp || isConnected)) evidence.loads.set(request, truth.current(channel))
    if (type === 'applyLoad' && evidence.answer !== null) evidence.proof = evidence.answer
    if (type !== 'applyLoad' && type !== 'applyPush' && type !== 'forget') return
    // Within one turn it cannot be told which came first.
    if (evidence.updatedAt !== null && felt > evidence.updatedAt + BLUR) evidence.updatedAt = null
  }
  const judge = ({ channel, freshness, data }: ChannelShown, entry: Entry): void => {
    const fact = facts?.channels[channel]
    // Without a load, what a change is applied to is whatever came first; and a signal says nothing.
    if (freshness !== 'live' || !fact || (fact.kind !== 'replace' && !fact.loads)) return
    const { proof, updatedAt } = of(channel)
    if (proof === null) return complain(`${channel} is live, and nothing on this link has proven it.`, entry)
    if (updatedAt !== null || !truth.has(channel)) return
    const place = truth.placeOf(channel, data)
    if (place === null) complain(`${channel} is live with a value that never was the truth.`, entry)
    else if (place < proof)
      complain(
        `${channel} is live with a value of ${proof - place} changes before what this link has proven.`,
        entry,
      )
  }
  return (entry) => {
    switch (entry.kind) {
      case 'made':
        facts = entry.facts
        return
      case 'status':
        isConnected = entry.status === 'connected'
        return
      case 'event': {
        const channel = channelOf(entry.machine)
        if (channel !== null) happen(of(channel), entry.event)
        return
      }
      case 'effect': {
        const channel = channelOf(entry.machine)
        if (channel !== null) return act(channel, entry.effect, entry.felt)
        if (entry.effect.type !== 'open') return
        isConnected = false
        for (const evidence of channels.values()) {
          doubt(evidence)
          evidence.arrived = null
          evidence.isUp = false
        }
        return
      }
      case 'inbound': {
        const type = /^\{"type":"([\w.:-]{1,64})"/.exec(entry.text)?.[1]
        if (type === undefined || facts?.channels[type]?.kind !== 'replace') return
        of(type).arrived = truth.placeOf(type, toData(entry.text))
        return
      }
      case 'call':
        if (entry.call.name === 'update') of(entry.call.channel).updatedAt = entry.felt
        return
      case 'channel':
        return judge(entry, entry)
      case 'sample':
        for (const shown of entry.channels) judge(shown, entry)
        return
      default:
    }
  }
}

function toData(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly data?: unknown }).data
  } catch {
    return undefined
  }
}

const liveIsTrue: Checker = {
  id: 'INV-12',
  rule,
  check(trace): readonly Violation[] {
    const truth = createTruthLog()
    return eachClient('INV-12', rule, ({ complain }) => {
      const watch = watchClient(truth, complain)
      return (entry) => {
        if (entry.kind === 'truth') truth.add(entry.channel, entry.value, entry.soon ?? false)
        else watch(entry)
      }
    }).check(trace)
  },
}

/** The rule of truth. */
export const truths: readonly Checker[] = [liveIsTrue]
