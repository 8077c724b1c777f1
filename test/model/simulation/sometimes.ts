// What a simulation must have seen at least once: a run that never comes to these proves nothing about them.
import type { Entry, Fields, Outcome as TraceOutcome } from '../trace/entry.ts'
import { watchHeld, type Held } from '../trace/watch.ts'

/** What must have happened, in words. */
export const moments = [
  'a circuit opened',
  'a probe of the circuit failed',
  'a probe failed, and a later one succeeded',
  'a page froze during the handshake',
  'a page came back from the cache',
  'a machine slept',
  'a thread was blocked',
  'closed while a token was being fetched',
  'closed inside a callback',
  'a call inside a callback',
  'a send found the queue full',
  'a send waited and was written',
  'a send expired',
  'a late answer of a poll after push was back',
  'a load overtaken by a push',
  'changes kept during a load',
  'a signal to reload during a load',
  'a load took too long',
  'a poll put off while hidden, made up for later',
  'back within a window',
  'left after a go_away',
  'the budget was spent',
  'gave up after maxAttempts',
  'new credentials after a refusal',
  'a fatal close',
  'a doubted link was trusted again',
  'a silent link was left',
  'a link that never opened was left',
  'a handshake without server_ready was left',
  'a server turned out to be plain after silence',
  'the app was asked for a diagnosis',
  'a constructor threw',
  'the credentials could not be had',
  'a server said what it must not',
  'a stream recovered, and was told what it missed',
  'a stream recovered, and had missed nothing',
  'a stream could not recover',
  'a server found a hole in a subscription',
  'a publication waited and was acked',
  'a publication was sent again, and the server had it',
  'a link was followed by the next without a break',
  'a link was lost before the next was there, which went on',
  'a link that was to follow was lost on the way',
  'a stream went on over two links without a gap',
  'new credentials were sent on an open link',
] as const

export type Moment = (typeof moments)[number]

/** How often each was seen. */
export type Sometimes = Readonly<Record<Moment, number>>

/** A count in the making. */
export interface Counting {
  readonly counts: Sometimes
  see(entry: Entry): void
}

/** Errors that are moments. */
const errors: Readonly<Record<string, Moment>> = {
  'budget-spent': 'the budget was spent',
  'heartbeat-timeout': 'a silent link was left',
  'connect-timeout': 'a link that never opened was left',
  'handshake-timeout': 'a handshake without server_ready was left',
  blocked: 'a constructor threw',
  'auth-failed': 'the credentials could not be had',
  'protocol-error': 'a server said what it must not',
  'load-timeout': 'a load took too long',
}

/** What is remembered of a client between two entries. */
interface Memory {
  circuit: string
  probeFailed: boolean
  isHandshaking: boolean
  tokens: number
  /** Sends that have not settled, and when they were made. */
  readonly sends: Map<number, number>
  /** Publications, and when they were made. */
  readonly publications: Map<number, number>
  hasWindow: boolean
  lost: boolean
  away: boolean
  maxAttempts: number
  failures: number
  readonly channels: Map<string, ChannelMemory>
  readonly held: Held
  /** The link that follows has shaken hands. */
  isFollowed: boolean
  /** Subscriptions that go on with another link. */
  readonly moved: Set<string>
  renews: unknown
}

interface ChannelMemory {
  /** The last event. */
  last: string
  isLoading: boolean
  /** Since the load began. */
  isPushed: boolean
}

/** Everything at zero. */
export function countSometimes(): Counting {
  const counts = Object.fromEntries(moments.map((moment) => [moment, 0])) as Record<Moment, number>
  const clients = new Map<string, Memory>()
  const seen = (moment: Moment): void => {
    counts[moment]++
  }

  const onPublished = (memory: Memory, id: number, outcome: TraceOutcome, at: number): void => {
    const since = memory.publications.get(id)
    memory.publications.delete(id)
    if (since === undefined || typeof outcome === 'string' || !('ok' in outcome)) return
    if (!outcome.ok || outcome.outcome !== 'acked') return
    if (outcome.duplicate) seen('a publication was sent again, and the server had it')
    if (at > since + 5_000) seen('a publication waited and was acked')
  }

  const onSettled = (memory: Memory, id: number, outcome: TraceOutcome, at: number): void => {
    const since = memory.sends.get(id)
    memory.sends.delete(id)
    if (since === undefined || typeof outcome === 'string' || 'rejected' in outcome) return
    if (outcome.ok && at > since) seen('a send waited and was written')
    if (outcome.ok) return
    if (outcome.error.code === 'queue-full') seen('a send found the queue full')
    if (outcome.error.code === 'expired') seen('a send expired')
  }

  /** What becomes of a link and the one that is to follow it. */
  const onHeld = (memory: Memory, entry: Entry): void => {
    const { held } = memory
    const { link, heir } = held
    held.see(entry)
    if (entry.kind !== 'event' && entry.kind !== 'effect') return
    if (entry.kind === 'event' && entry.machine === 'connection') {
      const { type, request } = entry.event
      if (type === 'ready' && held.isOfHeir) memory.isFollowed = true
      if (type === 'prepared' && request === memory.renews && !held.isStale)
        seen('new credentials were sent on an open link')
    }
    if (entry.kind === 'effect' && entry.effect.type === 'renew') memory.renews = entry.effect.request
    if (entry.kind === 'event' && entry.event.type === 'moved') memory.moved.add(entry.machine)
    if (entry.kind === 'effect' && (entry.effect.type === 'up' || entry.effect.type === 'down')) {
      const isMoved = memory.moved.delete(entry.machine)
      if (isMoved && entry.effect.recovered === true) seen('a stream went on over two links without a gap')
    }
    if (heir === null || held.heir !== null) return
    // Calls of the app's end both.
    if (!['close', 'disconnect', 'reset'].includes(held.event?.type ?? '')) {
      if (held.link === link) seen('a link that was to follow was lost on the way')
      else if (memory.isFollowed) seen('a link was followed by the next without a break')
      else seen('a link was lost before the next was there, which went on')
    }
    memory.isFollowed = false
  }

  const onEvent = (memory: Memory, event: Fields): void => {
    switch (event.type) {
      case 'opened':
        memory.isHandshaking = true
        if (memory.lost && memory.hasWindow) seen('back within a window')
        memory.lost = false
        return
      case 'ready':
        memory.isHandshaking = false
        if (event.window !== null) memory.hasWindow = true
        return
      case 'plain':
        memory.isHandshaking = false
        return
      case 'closed':
        memory.isHandshaking = false
        memory.lost = true
        if (event.class === 'fatal') seen('a fatal close')
        return
      case 'away':
        memory.away = true
        return
      case 'due':
        if (event.slot === 'away' && memory.away) seen('left after a go_away')
        if (event.slot === 'level') seen('a server turned out to be plain after silence')
        if (event.slot === 'away') memory.away = false
        return
      case 'woke':
        seen(event.slept === true ? 'a machine slept' : 'a thread was blocked')
    }
  }

  const onChannelEvent = (channel: ChannelMemory, event: Fields, isLinked: boolean): void => {
    channel.last = event.type
    if (event.type === 'trusted') seen('a doubted link was trusted again')
    if (event.type === 'signalled' && channel.isLoading) seen('a signal to reload during a load')
    if (event.type === 'pushed') channel.isPushed = true
    if (event.type !== 'loaded' || !channel.isLoading || !channel.isPushed) return
    seen('a load overtaken by a push')
    if (isLinked) seen('a late answer of a poll after push was back')
  }

  const onChannelEffect = (channel: ChannelMemory, effect: Fields): void => {
    if (effect.type === 'load') {
      if (channel.last === 'back') seen('a poll put off while hidden, made up for later')
      channel.isLoading = true
      channel.isPushed = false
    }
    if (effect.type === 'settle') channel.isLoading = false
    if (effect.type === 'applyPush' && effect.keep === true) seen('changes kept during a load')
  }

  return {
    counts,
    see(entry) {
      let memory = clients.get(entry.client)
      if (!memory) clients.set(entry.client, (memory = freshMemory()))
      onHeld(memory, entry)
      switch (entry.kind) {
        case 'made':
          memory.maxAttempts = entry.facts.maxAttempts
          return
        case 'snapshot': {
          const { circuit, attempt, status } = entry.snapshot
          memory.failures = attempt
          if (circuit === memory.circuit) return
          if (circuit === 'open') seen('a circuit opened')
          if (circuit === 'open' && memory.circuit === 'half-open') {
            seen('a probe of the circuit failed')
            memory.probeFailed = true
          }
          if (
            circuit === 'closed' &&
            memory.circuit === 'half-open' &&
            memory.probeFailed &&
            status === 'connected'
          ) {
            seen('a probe failed, and a later one succeeded')
            memory.probeFailed = false
          }
          memory.circuit = circuit
          return
        }
        case 'status':
          if (entry.status === 'failed' && memory.failures + 1 >= memory.maxAttempts)
            seen('gave up after maxAttempts')
          return
        case 'page':
          if (entry.signal === 'frozen' && memory.isHandshaking) seen('a page froze during the handshake')
          if (entry.signal === 'restored') seen('a page came back from the cache')
          return
        case 'asked':
          if (entry.what === 'auth') memory.tokens++
          if (entry.what === 'diagnose') seen('the app was asked for a diagnosis')
          return
        case 'answered':
          if (entry.what === 'auth') memory.tokens--
          return
        case 'call':
          if (entry.call.name === 'close' && memory.tokens > 0) seen('closed while a token was being fetched')
          if (entry.isInside === true)
            seen(entry.call.name === 'close' ? 'closed inside a callback' : 'a call inside a callback')
          if (entry.call.name === 'publish') memory.publications.set(entry.call.id, entry.at)
          if (entry.call.name === 'send') memory.sends.set(entry.call.id, entry.at)
          return
        case 'settled':
          onSettled(memory, entry.id, entry.outcome, entry.at)
          onPublished(memory, entry.id, entry.outcome, entry.at)
          return
        case 'streamed':
          if (entry.what === 'recovered')
            seen(
              entry.count > 0
                ? 'a stream recovered, and was told what it missed'
                : 'a stream recovered, and had missed nothing',
            )
          if (entry.what === 'gap' && entry.reason === 'not-recovered') seen('a stream could not recover')
          return
        case 'inbound':
          if (entry.text.includes('"insufficient_state"')) seen('a server found a hole in a subscription')
          return
        case 'error': {
          const moment = errors[entry.code]
          if (moment) seen(moment)
          return
        }
        case 'effect':
          if (entry.machine === 'connection') {
            if (entry.effect.type === 'prepare' && entry.effect.reason === 'expired')
              seen('new credentials after a refusal')
            if (entry.effect.type === 'drop') memory.isHandshaking = false
          } else onChannelEffect(toChannel(memory, entry.machine), entry.effect)
          return
        case 'event':
          if (entry.machine === 'connection') onEvent(memory, entry.event)
          else onChannelEvent(toChannel(memory, entry.machine), entry.event, !memory.lost)
          return
        default:
      }
    },
  }
}

function freshMemory(): Memory {
  return {
    circuit: 'closed',
    probeFailed: false,
    isHandshaking: false,
    tokens: 0,
    sends: new Map(),
    publications: new Map(),
    hasWindow: false,
    lost: false,
    away: false,
    maxAttempts: Infinity,
    failures: 0,
    channels: new Map(),
    held: watchHeld(),
    isFollowed: false,
    moved: new Set(),
    renews: null,
  }
}

function toChannel({ channels }: Memory, machine: string): ChannelMemory {
  let channel = channels.get(machine)
  if (!channel) channels.set(machine, (channel = { last: '', isLoading: false, isPushed: false }))
  return channel
}
