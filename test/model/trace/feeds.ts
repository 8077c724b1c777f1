// How a channel is fed and what it tells (INV-22, INV-23): one source at a time, and news only where something is new.
import type { ChannelShown, Checker, ClientFacts, Entry, Fields } from './entry.ts'
import { watchSubscribed } from './frames.ts'
import { inDeliveryOrder } from './order.ts'
import { toCanonical } from './truth-log.ts'
import { channelOf, eachClient } from './watch.ts'

/** What of a channel is news when it changes. */
function newsOf({ freshness, data, error }: ChannelShown): string {
  return `${freshness} ${error ?? ''} ${toCanonical(data)}`
}

const onlyNews = eachClient(
  'INV-22',
  'A channel tells its subscribers exactly when its data, freshness or error has changed, data being compared deeply; messages are told in the order they arrived (at levels 2 and 3: in which those of their channel did) and never taken for repeats.',
  ({ complain }) => {
    interface Told {
      subscribers: number
      news: string | null
      /** How many of those who were subscribed when it became news have not been told. */
      untold: number
      /** How often its data was replaced at that instant: within one turn it may go there and back. */
      applied: { at: number; count: number }
    }
    const channels = new Map<string, Told>()
    const of = (channel: string): Told => {
      let told = channels.get(channel)
      if (!told)
        channels.set(
          channel,
          (told = { subscribers: 0, news: null, untold: 0, applied: { at: 0, count: 0 } }),
        )
      return told
    }
    const count = (channel: string, by: 1 | -1): void => {
      const told = of(channel)
      told.subscribers += by
      if (told.subscribers === 0) told.news = null
    }
    const apply = ({ machine, felt }: Extract<Entry, { kind: 'effect' }>): void => {
      const told = of(channelOf(machine) ?? '')
      const { at, count } = told.applied
      told.applied = { at: felt, count: at === felt ? count + 1 : 1 }
    }
    const tell = (entry: Extract<Entry, { kind: 'channel' }>): void => {
      const told = of(entry.channel)
      const news = newsOf(entry)
      // An error is news each time, although it reads the same.
      const isBack = told.applied.at === entry.felt && told.applied.count > 1 && told.untold === 0
      const isNew = news !== told.news || isBack || (entry.error !== null && told.untold === 0)
      if (isNew) told.applied = { at: 0, count: 0 }
      if (isNew) told.untold = Math.max(1, told.subscribers)
      told.news = news
      if (told.untold-- <= 0) complain(`${entry.channel} tells what it has told before.`, entry)
    }
    /** Frames that arrived; those before `next` were told, or passed over. */
    let arrived: string[] = []
    let next = 0
    /** The data of messages of subscribed channels that were neither told nor passed over. */
    const subscribed = watchSubscribed()
    const messages = new Map<string, string[]>()
    const receive = (entry: Extract<Entry, { kind: 'message' }>): void => {
      const said = messages.get(entry.type) ?? []
      const place = said.indexOf(toCanonical(entry.data))
      if (place >= 0) return void said.splice(0, place + 1)
      const index = arrived.findIndex((text, at) => at >= next && typeOf(text) === entry.type)
      if (index >= 0) next = index + 1
      else complain(`Message ${entry.type} is told out of order, or never arrived.`, entry)
    }
    const arrive = (text: string): void => {
      const { message } = subscribed.hears(text)
      if (message?.channel !== undefined) {
        const said = messages.get(message.channel) ?? []
        messages.set(message.channel, said)
        if (said.push(toCanonical(message.data)) > REMEMBERED) said.shift()
        return
      }
      arrived.push(text)
      if (arrived.length < 2 * REMEMBERED) return
      arrived = arrived.slice(REMEMBERED)
      next = Math.max(0, next - REMEMBERED)
    }
    return (entry) => {
      if (entry.kind === 'call' && entry.call.name === 'subscribe') count(entry.call.channel, 1)
      else if (entry.kind === 'call' && entry.call.name === 'unsubscribe') count(entry.call.channel, -1)
      else if (entry.kind === 'channel') tell(entry)
      else if (entry.kind === 'effect' && entry.effect.type === 'applyPush') apply(entry)
      else if (entry.kind === 'message') receive(entry)
      else if (entry.kind === 'inbound') arrive(entry.text)
      else if (entry.kind === 'outbound') subscribed.sends(entry.text)
      else if (entry.kind === 'effect' && entry.machine === 'connection' && entry.effect.type === 'open') {
        subscribed.clear()
        messages.clear()
      } else if (entry.kind === 'sample')
        for (const shown of entry.channels) {
          const { subscribers, news } = of(shown.channel)
          if (subscribers > 0 && news !== null && news !== newsOf(shown))
            complain(`${shown.channel} has changed, and told nobody.`, entry)
        }
    }
  },
)

/** So many frames may wait to be told: a turn is never longer. */
const REMEMBERED = 1_000

function typeOf(text: string): string | null {
  try {
    const { type } = JSON.parse(text) as { readonly type?: unknown }
    return typeof type === 'string' ? type : null
  } catch {
    return null
  }
}

/** Events after which a load begins although the channel is shown as live; those with `owed` only after `refresh()`. */
const excuses: readonly string[] = ['refresh', 'reset', 'subscribed']
/** Events after which a channel is no longer live, told or not. */
const ends: readonly string[] = ['down', 'doubted', 'signalled', 'spoiled', 'reset']

const oneSource = eachClient(
  'INV-23',
  'A live channel does not poll, and the answer of a load never replaces a push that came after the load began.',
  ({ complain }) => {
    interface Fed {
      event: Fields
      isLive: boolean
      isOwed: boolean
      pushes: number
      /** How many pushes there had been when each load under way began. */
      readonly loads: Map<unknown, number>
    }
    const channels = new Map<string, Fed>()
    let facts: ClientFacts | null = null
    const of = (channel: string): Fed => {
      let fed = channels.get(channel)
      if (!fed) {
        const event: Fields = { type: '' }
        fed = { event, isLive: false, isOwed: false, pushes: 0, loads: new Map() }
        channels.set(channel, fed)
      }
      return fed
    }
    const happen = (fed: Fed, event: Fields): void => {
      fed.event = event
      if (ends.includes(event.type)) fed.isLive = false
      if (event.type === 'pushed') fed.pushes++
      if (event.type === 'refresh' && fed.loads.size > 0) fed.isOwed = true
    }
    const act = (channel: string, fed: Fed, { type, request }: Fields, entry: Entry): void => {
      const { event } = fed
      if (type === 'load') {
        // More changes than can be kept during a load, and it is loaded again (G16).
        const overflows = event.type === 'loaded' && facts?.channels[channel]?.kind === 'change'
        const isAsked = excuses.includes(event.type) || fed.isOwed || overflows
        if (fed.isLive && !isAsked) complain(`${channel} polls while it is live, on ${event.type}.`, entry)
        fed.isOwed = false
        fed.loads.set(request, fed.pushes)
      } else if (type === 'settle' || type === 'abort') fed.loads.delete(request)
      else if (type === 'forget') fed.isLive = false
      else if (type === 'applyLoad') {
        const since = fed.pushes - (fed.loads.get(event.request) ?? fed.pushes)
        const fact = facts?.channels[channel]
        if (since > 0 && fact?.kind === 'replace' && !fact.versioned)
          complain(`${channel} takes an answer that is older than ${since} pushes.`, entry)
      }
    }
    return (entry) => {
      if (entry.kind === 'made') facts = entry.facts
      else if (entry.kind === 'channel') of(entry.channel).isLive = entry.freshness === 'live'
      // Who has left is told nothing any more.
      else if (entry.kind === 'call' && entry.call.name === 'unsubscribe')
        of(entry.call.channel).isLive = false
      else if (entry.kind === 'event' || entry.kind === 'effect') {
        const channel = channelOf(entry.machine)
        if (channel === null) return
        if (entry.kind === 'event') happen(of(channel), entry.event)
        else act(channel, of(channel), entry.effect, entry)
      }
    }
  },
)

/** The rules of feeding. */
export const feeds: readonly Checker[] = [
  { ...onlyNews, check: (trace) => onlyNews.check(inDeliveryOrder(trace)) },
  oneSource,
]
