// Nothing counts as live or good that was not heard of, and pings keep their pace (INV-11, INV-17).
import type { Checker, ClientFacts, Entry, Fields } from './entry.ts'
import { BLUR, eachClient, LATE, watchHeld } from './watch.ts'

/** How much later timers may be in a hidden tab (G3). */
const THROTTLED = 60_000

/** An answer later than this is a bad one, where the app says nothing else. */
const POOR = 1_000

/** A page or a clock that tells that the link may be dead: a probe follows. */
function isDoubtful({ type, signal }: Fields): boolean {
  return type === 'woke' || (type === 'page' && signal !== 'hidden' && signal !== 'frozen')
}

/** The heartbeat in force, and how late it may be. */
function watchBeat(): {
  see(entry: Entry): void
  readonly interval: number
  readonly timeout: number
  readonly probe: number
  /** Pings are sent at all. */
  readonly isOn: boolean
  /** How much later than due something may be, at that moment. */
  allowance(felt: number): number
} {
  let beat: NonNullable<ClientFacts['heartbeat']> | null = null
  let isHidden = false
  let hiddenAt = -Infinity
  return {
    see(entry) {
      if (entry.kind === 'made') beat = entry.facts.heartbeat
      if (entry.kind !== 'event' || entry.machine !== 'connection') return
      const { type, signal, heartbeat } = entry.event
      if (type === 'page' && (signal === 'hidden' || signal === 'visible')) {
        isHidden = signal === 'hidden'
        hiddenAt = entry.felt
      }
      const advice = type === 'ready' ? (heartbeat as Readonly<Record<string, number>> | null) : null
      if (beat && advice)
        for (const key of beat.advised ?? []) beat = { ...beat, [key]: advice[key] ?? beat[key] }
    },
    get interval() {
      return beat?.interval ?? Infinity
    },
    get timeout() {
      return beat ? Math.min(beat.interval, beat.timeout) : Infinity
    },
    get probe() {
      return beat?.probe ?? Infinity
    },
    get isOn() {
      return beat !== null
    },
    allowance(felt) {
      const wasHidden = isHidden || felt - hiddenAt <= (beat?.probe ?? 0) + LATE
      return LATE + (wasHidden ? THROTTLED : 0)
    },
  }
}

const heardOf = eachClient(
  'INV-11',
  'Nothing is `live`, and no quality good, while nothing was heard for longer than an interval and a timeout; after lost time, and a probe more.',
  ({ complain }) => {
    const held = watchHeld()
    const beat = watchBeat()
    /** By link. */
    const heard = new Map<number | null, number>()
    let heardAt = -Infinity
    /** When the last probe was due whose cause came while the silence was still within the bound. */
    let probedUntil = -Infinity
    /** A ping that is unanswered for so long makes the quality bad by itself. */
    let askedUntil = -Infinity
    let isLost = false
    const judge = (what: string, until: number, entry: Entry): void => {
      const silent = entry.felt - heardAt
      const most = beat.interval + beat.timeout + beat.allowance(entry.felt)
      if (silent > most && entry.felt > until)
        complain(`${what} after ${Math.round(silent)} ms of silence; the bound is ${most}.`, entry)
    }
    const look = (entry: Extract<Entry, { kind: 'sample' }>): void => {
      for (const { channel, freshness } of entry.channels)
        if (freshness === 'live') judge(`${channel} is live`, probedUntil, entry)
      const { quality } = entry.snapshot
      if (quality === 'good' || quality === 'excellent')
        judge(`Quality is ${quality}`, Math.max(probedUntil, askedUntil), entry)
    }
    return (entry) => {
      held.see(entry)
      beat.see(entry)
      if (entry.kind === 'slept' || entry.kind === 'froze' || entry.kind === 'blocked') {
        isLost = true
        return
      }
      if (entry.kind === 'event' && entry.machine === 'connection') {
        const { event } = entry
        if (event.type === 'opened' && !held.isStale) heard.set(Number(event.link), entry.felt)
        heardAt = heard.get(held.link) ?? heardAt
        const inTime = entry.felt - heardAt <= beat.interval + beat.timeout + beat.allowance(entry.felt)
        if (inTime && isDoubtful(event)) probedUntil = entry.felt + beat.probe + beat.allowance(entry.felt)
      }
      if (entry.kind === 'inbound') heard.set(entry.link ?? held.link, entry.felt)
      heardAt = heard.get(held.link) ?? heardAt
      if (!beat.isOn) return
      if (entry.kind === 'sample') {
        if (!isLost) look(entry)
        return
      }
      if (entry.kind === 'effect' && entry.effect.type === 'ping')
        askedUntil = entry.felt + POOR + beat.allowance(entry.felt)
      if (entry.kind === 'channel' && entry.freshness === 'live')
        judge(`${entry.channel} becomes live`, probedUntil, entry)
      isLost = false
    }
  },
)

const evenPings = eachClient(
  'INV-17',
  'While connected a ping leaves every interval and no sooner, but for probes; a pong is never answered, and no more than ten pings a second are.',
  ({ complain }) => {
    const held = watchHeld()
    const beat = watchBeat()
    /** By link. */
    const pinged = new Map<unknown, number>()
    let isConnected = false
    let isLost = false
    let owed = 0
    let pongs: number[] = []
    const ping = (link: unknown, entry: Entry): void => {
      const { event, eventAt: at } = held
      const gap = at - (pinged.get(link) ?? -Infinity)
      const isProbe = event !== null && (isDoubtful(event) || event.type === 'opened')
      if (!isProbe && gap < beat.interval - BLUR)
        complain(`A ping leaves ${gap} ms after the last; the interval is ${beat.interval}.`, entry)
      pinged.set(link, at)
    }
    const pong = (entry: Entry): void => {
      if (--owed < 0) complain('A pong leaves that no ping asked for.', entry)
      pongs = [...pongs.filter((at) => at > entry.felt - 1_000 + BLUR), entry.felt]
      if (pongs.length > 10) complain(`${pongs.length} pongs leave in a second.`, entry)
    }
    return (entry) => {
      held.see(entry)
      beat.see(entry)
      switch (entry.kind) {
        case 'slept':
        case 'froze':
        case 'blocked':
          isLost = true
          return
        case 'effect':
          if (entry.machine === 'connection' && entry.effect.type === 'ping') ping(entry.effect.link, entry)
          break
        case 'status':
          isConnected = entry.status === 'connected'
          break
        case 'inbound':
          // Written with escapes, a ping is a ping too.
          if (entry.text.includes('ping') || entry.text.includes('\\u')) owed++
          break
        case 'outbound':
          if (entry.text.startsWith('{"type":"pong"')) pong(entry)
          break
        case 'sample': {
          const pingedAt = pinged.get(held.link)
          if (!isConnected || isLost || pingedAt === undefined || !beat.isOn) return
          const late = entry.felt - pingedAt - beat.interval
          if (late > beat.allowance(entry.felt)) complain(`A ping is ${Math.round(late)} ms late.`, entry)
          return
        }
        default:
      }
      isLost = false
    }
  },
)

/** The rules of the heartbeat. */
export const heartbeat: readonly Checker[] = [heardOf, evenPings]
