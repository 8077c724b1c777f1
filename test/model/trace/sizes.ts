// What waits and what is held has a bound (INV-16, INV-18).
import type { Call, Checker, ClientFacts, Leftovers } from './entry.ts'
import { eachClient, watchHeld } from './watch.ts'

/** What a WebSocket adds to a message on the wire, at most. */
const FRAMING = 14
/** Frames of the connection itself do not wait for a slow socket. */
const control = /^(?:\{"type":"(?:ping|pong|client_ready)"|\[?\{"type":"rt\.(?:un)?subscribe")/
const subscribe = /^\[?\{"type":"rt\.subscribe"/

const boundedQueues = eachClient(
  'INV-16',
  'No more waits to be sent than the outbox allows, and nothing is written while more than the watermark waits in the socket.',
  ({ complain }) => {
    let facts: ClientFacts | null = null
    const open = new Map<number, number>()
    let bytes = 0
    const begin = (call: Call): void => {
      if (call.name !== 'send') return
      open.set(call.id, call.bytes)
      bytes += call.bytes
    }
    return (entry) => {
      if (entry.kind === 'made') facts = entry.facts
      else if (entry.kind === 'call') begin(entry.call)
      else if (entry.kind === 'settled') {
        bytes -= open.get(entry.id) ?? 0
        open.delete(entry.id)
      } else if (entry.kind === 'outbound' && facts && !control.test(entry.text)) {
        const before = entry.buffered - FRAMING - new TextEncoder().encode(entry.text).length
        if (before > facts.sendWatermark)
          complain(`A message is written while ${before} bytes wait in the socket.`, entry)
      } else if (entry.kind === 'sample' && facts) {
        const waiting = entry.waiting ?? { messages: open.size, bytes }
        const { outbox } = facts
        if (waiting.messages > outbox.messages)
          complain(`${waiting.messages} messages wait; the outbox holds ${outbox.messages}.`, entry)
        if (waiting.bytes > outbox.bytes)
          complain(`${waiting.bytes} bytes wait; the outbox holds ${outbox.bytes}.`, entry)
      }
    }
  },
)

const boundedHold = eachClient(
  'INV-18',
  'What a client holds of the world (timers, links, listeners, requests, promises) is bounded by its channels and calls, however long it runs.',
  ({ complain }) => {
    let channels = 0
    let promises = 0
    let subscribes = false
    const held = watchHeld()
    return (entry) => {
      held.see(entry)
      if (entry.kind === 'made') channels = Object.keys(entry.facts.channels).length
      else if (entry.kind === 'call' && 'id' in entry.call) promises++
      else if (entry.kind === 'settled') promises--
      else if (entry.kind === 'outbound') subscribes ||= subscribe.test(entry.text)
      else if (entry.kind === 'sample' && entry.held) {
        // One alarm for the connection, one for what waits to be sent, one for each channel; one for all subscriptions.
        const most: Leftovers = {
          timers: 2 + channels + Number(subscribes),
          links: held.heir === null ? 1 : 2,
          listeners: 1,
          promises,
          // A url that is asked for cannot be told to stop; a few may be under way.
          requests: 3 + channels,
        }
        for (const [kind, count] of Object.entries(entry.held) as Array<[keyof Leftovers, number]>)
          if (count > most[kind]) complain(`${count} ${kind} are held; ${most[kind]} are needed.`, entry)
      }
    }
  },
)

/** The rules of size. */
export const sizes: readonly Checker[] = [boundedQueues, boundedHold]
