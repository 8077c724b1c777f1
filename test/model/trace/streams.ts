// What a stream tells is what the server kept: each message once, in order, none left out without a word (INV-6, 8, 9, 10).
import type { Checker, Entry, Logged, Violation } from './entry.ts'
import { watchSubscribed, type ControlFrame } from './frames.ts'
import { createLog, type Log } from './log.ts'
import { inDeliveryOrder } from './order.ts'
import { eachClient } from './watch.ts'

/** A place in a history. */
type Place = Pick<Logged, 'epoch' | 'offset'>

const once: Checker = {
  id: 'INV-6',
  rule: 'A publication gets one place in a history of the server’s, however often it is sent.',
  check(trace) {
    const log = createLog()
    const violations: Violation[] = []
    for (const entry of trace) {
      if (entry.kind === 'logged') {
        const { channel, epoch, offset, data } = entry
        // Two messages of the server's own may read the same; what a client publishes carries its number.
        const isPublished = typeof data === 'object' && data !== null && 'call' in data
        const before = log.placesOf(channel, data).find((place) => place.epoch === epoch)
        if (isPublished && before)
          violations.push({
            invariant: 'INV-6',
            what: `A publication to ${channel} is kept at ${offset}, and was at ${before.offset} already.`,
            entry,
          })
      }
      log.see(entry)
    }
    return violations
  },
}

/** What one client was told of one stream, beside what the server said to it. */
interface Heard {
  /** Up to where everything is known to have been told; null: from the next message on. */
  at: Place | null
  /** The last message, in whatever history. */
  last: Place | null
  listeners: number
  /** Nobody listened, or everything was reset: it may begin anew. */
  mayForget: boolean
}

/** What is wrong with a word of a stream, by the rule it breaks. */
type Wrong = readonly [rule: 'INV-8' | 'INV-9' | 'INV-10', what: string]

/** One look at everything: each of the three rules takes what is its own. */
function watchStreams(log: Log): (entry: Entry) => Wrong | null {
  const subscribed = watchSubscribed()
  const streams = new Map<string, Heard>()
  const of = (channel: string): Heard => {
    let heard = streams.get(channel)
    if (!heard) streams.set(channel, (heard = { at: null, last: null, listeners: 0, mayForget: true }))
    return heard
  }
  const toPlace = ({ epoch, offset }: ControlFrame): Place | null =>
    epoch === undefined || offset === undefined ? null : { epoch, offset }

  const asks = ({ channel, since }: ControlFrame): void => {
    if (channel === undefined) return
    const heard = of(channel)
    if (!since && heard.mayForget) heard.at = heard.last = null
    heard.mayForget = heard.listeners === 0
  }
  const answers = (frame: ControlFrame): void => {
    const heard = of(frame.channel ?? '')
    // The beginning: what comes next follows the top.
    if (heard.at === null && heard.last === null && (frame.replay ?? 0) === 0) heard.at = toPlace(frame)
  }

  const told = (channel: string, data: unknown, offset: number | null): Wrong | null => {
    // Below level 3 messages have no places.
    if (offset === null) return null
    const heard = of(channel)
    const places = log.placesOf(channel, data).filter((place) => place.offset === offset)
    const current = heard.at?.epoch ?? subscribed.answerOf(channel)?.epoch
    const place = places.find(({ epoch }) => epoch === current) ?? places.at(-1)
    if (!place) return ['INV-9', `${channel} tells what the server never kept at ${offset}.`]
    const { at, last } = heard
    heard.at = heard.last = place
    if (last !== null && last.epoch === place.epoch && place.offset <= last.offset)
      return ['INV-8', `${channel} tells ${place.offset} after ${last.offset}.`]
    if (at !== null && (at.epoch !== place.epoch || at.offset !== place.prev))
      return [
        'INV-9',
        `${channel} tells ${place.epoch}:${place.offset} after ${at.epoch}:${at.offset}, and no gap.`,
      ]
    return null
  }
  const recovered = (channel: string, count: number): Wrong | null => {
    const answer = subscribed.answerOf(channel)
    const { at } = of(channel)
    if (answer?.recovered !== true)
      return ['INV-10', `${channel} is said to have recovered, and the server did not say so.`]
    if ((answer.replay ?? 0) !== count)
      return ['INV-10', `${channel} is said to have recovered ${count} messages of ${answer.replay ?? 0}.`]
    if (at !== null && (at.epoch !== answer.epoch || at.offset !== answer.offset))
      return [
        'INV-10',
        `${channel} is said to have recovered ${answer.epoch}:${answer.offset}, and got to ${at.epoch}:${at.offset}.`,
      ]
    return null
  }

  return (entry) => {
    switch (entry.kind) {
      case 'effect':
        if (entry.machine === 'connection' && entry.effect.type === 'open') subscribed.clear()
        return null
      case 'call': {
        const { call } = entry
        if (call.name === 'reset') for (const heard of streams.values()) heard.mayForget = true
        if (call.name !== 'listen' && call.name !== 'leave') return null
        const heard = of(call.channel)
        heard.listeners += call.name === 'listen' ? 1 : -1
        // What is said while nobody listens is told to nobody.
        if (heard.listeners === 0) heard.mayForget = true
        else heard.at = null
        return null
      }
      case 'outbound':
        for (const frame of subscribed.sends(entry.text)) asks(frame)
        return null
      case 'inbound': {
        const { answered } = subscribed.hears(entry.text)
        if (answered) answers(answered)
        return null
      }
      case 'streamed': {
        if (entry.what === 'message') return told(entry.channel, entry.data, entry.offset)
        if (entry.what === 'recovered') return recovered(entry.channel, entry.count)
        const answer = subscribed.answerOf(entry.channel)
        if (answer) of(entry.channel).at = toPlace(answer)
        return null
      }
      default:
        return null
    }
  }
}

function streamRule(id: Wrong[0], rule: string): Checker {
  return {
    id,
    rule,
    check(trace) {
      const log = createLog()
      // Who is told something has been told it by the server: its log is older than any word of it.
      for (const entry of trace) log.see(entry)
      return eachClient(id, rule, ({ complain }) => {
        const watch = watchStreams(log)
        return (entry) => {
          const wrong = watch(entry)
          if (wrong?.[0] === id) complain(wrong[1], entry)
        }
      }).check(inDeliveryOrder(trace))
    },
  }
}

/** The rules of streams. */
export const streams: readonly Checker[] = [
  once,
  streamRule('INV-8', 'Within one history no message of a stream is told twice, and none after a later one.'),
  streamRule(
    'INV-9',
    'Between two gaps that it tells of, a stream tells an unbroken part of the server’s log, beginning at the position it was given.',
  ),
  streamRule(
    'INV-10',
    'A stream says that it has recovered only where the server did, in the same history, after as many messages, at the announced top.',
  ),
]
