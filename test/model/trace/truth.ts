// What is live is true (INV-12): proven on this link, a value of the server's, and none older than the proof.
import type { ChannelShown, Checker, ClientFacts, Entry, Fields, Violation } from './entry.ts'
import { watchSubscribed } from './frames.ts'
import { inDeliveryOrder } from './order.ts'
import { createTruthLog, type TruthLog } from './truth-log.ts'
import { BLUR, channelOf, eachClient } from './watch.ts'

const rule =
  'What is `live` was proven on this link, by a whole state, by a load begun on it (at levels 2 and 3: after the subscription was answered), or because the server recovered what was proven when the last link was lost; and it equals a value of the server’s that is no older than that proof.'

/** What is known of one channel of one client. */
interface Evidence {
  /** The place in the truth's history that this link has proven at least; null: nothing is proven on this link. */
  proof: number | null
  /** What was proven when the link was lost, and nothing has cast doubt on since: all that is missing is what the server replays. */
  kept: number | null
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
    kept: null,
    arrived: null,
    loads: new Map(),
    answer: null,
    isUp: false,
    updatedAt: null,
  }
}

/** What was proven is no longer, neither will be by a load under way, nor by what is replayed. */
function doubt(evidence: Evidence): void {
  evidence.proof = evidence.kept = null
  evidence.loads.clear()
}

/** `isRecovered`: on this link the server itself said that nothing is missing. */
function happen(evidence: Evidence, event: Fields, isRecovered: boolean): void {
  const { type, whole, request } = event
  evidence.answer = null
  switch (type) {
    case 'up': {
      const { kept, arrived } = evidence
      doubt(evidence)
      evidence.isUp = true
      if (event.recovered === true && isRecovered && kept !== null)
        evidence.proof = Math.max(kept, arrived ?? 0)
      return
    }
    case 'down': {
      const kept = evidence.proof ?? (evidence.isUp ? null : evidence.kept)
      doubt(evidence)
      evidence.isUp = false
      evidence.kept = kept
      return
    }
    case 'signalled':
    case 'spoiled':
    case 'reset':
      return doubt(evidence)
    case 'pushed':
      // What was missed proves nothing before the word that it is all there is.
      if (whole === true && event.replayed !== true) evidence.proof = Math.max(0, evidence.arrived ?? 0)
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
  /** Nothing comes on this link that was not subscribed to. */
  let subscribes = false
  const subscribed = watchSubscribed()
  const of = (channel: string): Evidence => {
    let evidence = channels.get(channel)
    if (!evidence) channels.set(channel, (evidence = createEvidence()))
    return evidence
  }
  const act = (channel: string, { type, request }: Fields, felt: number): void => {
    const evidence = of(channel)
    const isHeard = subscribes ? subscribed.answerOf(channel) !== null : evidence.isUp || isConnected
    if (type === 'load' && isHeard) evidence.loads.set(request, truth.current(channel))
    if (type === 'applyLoad' && evidence.answer !== null) evidence.proof = evidence.answer
    if (type === 'forget') evidence.kept = null
    if (type === 'forget' && subscribes) {
      doubt(evidence)
      subscribed.leave(channel)
    }
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
        if (channel === null) {
          if (entry.event.type === 'ready' && Number(entry.event.level) > 1) subscribes = true
          return
        }
        // What ends with a link that was followed says nothing of what the next one has answered.
        if (entry.event.type === 'down' && of(channel).isUp) subscribed.leave(channel)
        happen(of(channel), entry.event, subscribed.answerOf(channel)?.recovered === true)
        return
      }
      case 'effect': {
        const channel = channelOf(entry.machine)
        if (channel !== null) return act(channel, entry.effect, entry.felt)
        if (entry.effect.type !== 'open') return
        isConnected = subscribes = false
        subscribed.clear()
        for (const evidence of channels.values()) {
          // Handed over without a break.
          if (evidence.isUp) evidence.kept = evidence.proof
          evidence.proof = null
          evidence.loads.clear()
          evidence.arrived = null
          evidence.isUp = false
        }
        return
      }
      case 'outbound':
        subscribed.sends(entry.text)
        return
      case 'inbound': {
        const { answered, message } = subscribed.hears(entry.text)
        const { channel, data } = answered ?? message ?? {}
        if (channel !== undefined) {
          // The answer may bring the state of any channel; a message is one only where each of them is.
          const isState = answered ? data !== undefined : facts?.channels[channel]?.kind === 'replace'
          if (isState) of(channel).arrived = truth.placeOf(channel, data)
          return
        }
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
    }).check(inDeliveryOrder(trace))
  },
}

/** The rule of truth. */
export const truths: readonly Checker[] = [liveIsTrue]
