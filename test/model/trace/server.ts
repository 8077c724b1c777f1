// The server's side (INV-15, INV-24): nothing is skipped, and nobody is told anything before it is known who they are, or after the end.
import type { Checker, Entry, Fields } from './entry.ts'
import { controlsIn } from './frames.ts'
import { createLog } from './log.ts'

/** What was seen of one link. */
interface LinkSeen {
  /** `client_ready` has come. */
  isReady: boolean
  /** What `authenticate` said: null is nobody, undefined that its answer is not on record. */
  user: unknown
  /** More than `pong` and control frames was sent. */
  isFed: boolean
  isOver: boolean
}

/** How a channel is fed at levels 2 and 3. */
const ofChannels: readonly string[] = ['rt.subscribed', 'rt.message']

/** The type of what is sent, whether by a session or seen from outside. */
function typeOf(effect: Fields): string {
  return /^\{"type":"([\w.:-]{1,64})"/.exec(textOf(effect))?.[1] ?? ''
}

function textOf({ text, wire }: Fields): string {
  const given = text ?? wire
  return typeof given === 'string' ? given : ''
}

function happen(link: LinkSeen, { type, text, user }: Fields): void {
  if (type === 'frame' && typeof text === 'string' && text.includes('client_ready')) link.isReady = true
  if (type === 'authenticated') link.user = user === 'failed' ? null : user
  if (type === 'closed') link.isOver = true
}

/** What is wrong with an order to a link. */
function wrong(link: LinkSeen, effect: Fields, isChannel: (type: string) => boolean): string | null {
  const { type } = effect
  // To close what is closed is nothing.
  if (link.isOver) return type === 'send' ? 'Something is sent after the end of the link.' : null
  if (type === 'close') link.isOver = true
  if ((type === 'message' || type === 'opened') && link.user === null)
    return `${type} on a link that nobody was let in on.`
  if (type !== 'send') return null
  const sent = typeOf(effect)
  const feeds = effect.channel !== undefined || isChannel(sent) || ofChannels.includes(sent)
  if (feeds && !link.isReady) return `${sent} is sent before client_ready.`
  if ((feeds || sent === 'server_ready') && link.user === null)
    return `${sent} is sent to a link that nobody was let in on.`
  // What a proxy made up cannot be told from what the server said, but for sessions on record.
  if (sent === 'server_ready' && link.isFed && link.user !== undefined)
    return 'server_ready is sent after what it must come before.'
  link.isFed ||= feeds
  return null
}

const nobodyUnknown: Checker = {
  id: 'INV-24',
  rule: 'The server feeds no link before `client_ready`, none that nobody was let in on, none before its `server_ready`, and says nothing after closing one.',
  check(trace) {
    const links = new Map<string, LinkSeen>()
    const channels = new Set<string>()
    const decides = trace.some((entry) => entry.kind === 'session' && entry.event?.type === 'authenticated')
    const see = (entry: Extract<Entry, { kind: 'session' }>): string | null => {
      let link = links.get(entry.link)
      if (!link) {
        link = { isReady: false, user: decides ? null : undefined, isFed: false, isOver: false }
        links.set(entry.link, link)
      }
      if (entry.event) happen(link, entry.event)
      return entry.effect ? wrong(link, entry.effect, (type) => channels.has(type)) : null
    }
    return trace.flatMap((entry) => {
      if (entry.kind === 'truth') channels.add(entry.channel)
      const what = entry.kind === 'session' ? see(entry) : null
      return what === null ? [] : [{ invariant: 'INV-24', what, entry }]
    })
  },
}

/** What a link was sent of one subscription: up to where, and how much more is replayed. */
interface Sent {
  at: { readonly epoch: string | undefined; readonly offset: number | undefined } | null
}

const nothingSkipped: Checker = {
  id: 'INV-15',
  rule: 'What a link is sent of a stream is an unbroken part of the log, whichever process sends it: nothing that was kept is skipped.',
  check(trace) {
    const log = createLog()
    for (const entry of trace) log.see(entry)
    const links = new Map<string, Sent>()
    return trace.flatMap((entry) => {
      if (entry.kind !== 'session' || entry.effect?.type !== 'send') return []
      return controlsIn(textOf(entry.effect)).flatMap((frame) => {
        const { type, id, ref, channel = '', epoch, offset, replay = 0, data } = frame
        if (type === 'rt.subscribed')
          links.set(`${entry.link} ${id}`, { at: replay === 0 ? { epoch, offset } : null })
        const sent = type === 'rt.message' ? links.get(`${entry.link} ${ref}`) : undefined
        const place = log.placesOf(channel, data).find((one) => one.epoch === epoch && one.offset === offset)
        if (!sent || !place) return []
        const { at } = sent
        sent.at = { epoch, offset }
        if (at === null || (at.epoch === epoch && at.offset === place.prev)) return []
        const what = `${channel} is sent ${epoch}:${offset} after ${at.epoch}:${at.offset}.`
        return [{ invariant: 'INV-15', what, entry }]
      })
    })
  },
}

/** The rules of the server. */
export const servers: readonly Checker[] = [nobodyUnknown, nothingSkipped]
