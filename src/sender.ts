// Sends: encoded at once, written when the link allows, told their outcome exactly once (G18 to G21).
import {
  add,
  expire,
  isSafeAgain,
  resend,
  type Moment,
  type Outbox,
  type Outgoing,
} from './channels/outbox.ts'
import type { SendOutcome } from './channels/outcome.ts'
import type { Driver } from './driver.ts'
import type { ErrorCode, ErrorContext, HoldfastError } from './errors.ts'
import { toMessage } from './lib/thrown.ts'
import { createAlarm, type Timeline } from './lib/timeline.ts'
import type { Connected, State } from './machine/model.ts'
import type { ResolvedOptions } from './options.ts'
import { requests, type ChannelFrame } from './protocol/channels.ts'
import { isChannel, isType, toBytes } from './protocol/frames.ts'

/** How soon a full socket is looked at again: nothing tells when it has drained. */
const DRAIN = 50
/** So many may wait for their answers; the others wait for these (G20). */
const FLYING = 16
const CHANNEL = 'a channel has 1 to 255 printable characters'
const TYPE = 'a type has 1 to 64 of A-Z a-z 0-9 _ . : -'
/** What may be tried again is, no sooner than this. */
const PAUSE = 500
/** How long a publication may wait where the app did not say; a server that keeps messages is worth waiting for (G21). */
const PUBLISH_TTL = 60_000

/** A link that takes messages. */
type Writable = Connected & { readonly level: number }

/** What became of a message: its outcome, and what a request was answered with. */
export interface Sent {
  readonly outcome: SendOutcome
  readonly answer?: unknown
}

/** What waits to be sent, or for an answer. */
export interface Sender {
  /** Never rejects; settles exactly once. May be called at any time. */
  send(kind: Outgoing['kind'], type: string, data: unknown, ttl: number | undefined): Promise<Sent>
  /** The connection changed, or time passed: writes what can be, ends what may not wait any longer. */
  flush(): void
  /** The link is gone: what was under way is sent again, or its outcome is unknown. */
  lose(link: Connected, closeCode: number | undefined): void
  /** No answer is awaited. */
  readonly isQuiet: boolean
  /** The server answered; false where it is no answer to a message. */
  hear(frame: Extract<ChannelFrame, { kind: 'acked' | 'refused' }>): boolean
  /** Ends everything. */
  abandon(error: HoldfastError): void
}

/** What a sender needs of its connection. */
export interface SenderHost {
  toError(code: ErrorCode, context?: ErrorContext): HoldfastError
  turn(task: () => void): void
  /** Hands text to the connected link. */
  write(text: string): void
  /** A promise is given out, until the returned call: `settle` ends it when the connection closes first. Or why it is closed already. */
  pend(settle: (error: HoldfastError) => void): (() => void) | HoldfastError
  /** Something waits for the connection, or no more. */
  engage(change: 1 | -1): void
}

/** A sender with nothing to send. Its calls belong into turns, but for `send`. */
export function createSender(
  options: ResolvedOptions,
  driver: Driver,
  timeline: Timeline,
  { toError, turn, pend, engage, write }: SenderHost,
): Sender {
  let outbox: Outbox = []
  let flying: Outbox = []
  let lastId = 0
  /** The server asked for a pause in what it answers. */
  let restUntil = 0
  const settles = new Map<string, (sent: Sent) => void>()
  const alarm = createAlarm(options.runtime.clock, timeline, () => turn(flush))
  const moment = (): Moment => ({ now: timeline.now(), wall: options.runtime.clock.now() })

  const settle = ({ id }: Outgoing, sent: Sent): void => {
    const done = settles.get(id)
    settles.delete(id)
    done?.(sent)
  }
  const fail = (
    message: Outgoing,
    error: HoldfastError,
    maybeDelivered: boolean = message.sentAt !== null,
  ): void => settle(message, { outcome: { ok: false, outcome: 'failed', error, maybeDelivered } })

  const leave = (message: Outgoing, { level, offers }: Writable): void => {
    if (message.bytes > offers.limit) return fail(message, toError('message-too-large'))
    // It may be another server than before, and time has passed (G19).
    if (!isSafeAgain(message, moment(), level, offers.dedup)) return fail(message, toError('not-connected'))
    const isAnswered = message.kind !== 'send' && level > 1
    if (message.kind === 'request' && !isAnswered)
      return fail(message, toError('rejected', { reason: 'this server answers no requests' }))
    // Below level 2 a publication is a frame with the channel's name for a type, and not every name is one.
    if (!isAnswered && !isType(message.type)) return fail(message, toError('invalid-message'))
    write(requests.message(message, level))
    if (isAnswered) flying = [...flying, leaving(message, moment(), options.requestTimeout)]
    else settle(message, { outcome: { ok: true, outcome: 'written' } })
  }

  const flush = (): void => {
    const { state } = driver
    while (outbox[0] && isWritable(state) && driver.bufferedBytes <= options.sendWatermark) {
      if (outbox[0].kind !== 'send' && (flying.length >= FLYING || timeline.now() < restUntil)) break
      const [first, ...rest] = outbox
      outbox = rest
      leave(first, state)
    }
    // On a link whose level is not settled a send waits for that, whatever its ttl (G2a).
    if (state.phase === 'connected' && state.level === null) return alarm.set(undefined)
    const now = timeline.now()
    const [rest, expired] = expire(outbox, now)
    outbox = rest
    const [still, unanswered] = expire(flying, now)
    flying = still
    const full = isWritable(state)
    const refused = full ? 'queue-full' : 'not-connected'
    for (const message of expired) fail(message, toError(canExpire(message) ? 'expired' : refused))
    for (const message of unanswered) fail(message, toError('request-timeout'))
    const until = Math.min(
      ...[...outbox, ...flying].map((message) => message.until),
      full && outbox.length > 0 ? Math.max(now + DRAIN, restUntil) : Infinity,
    )
    alarm.set(until < Infinity ? until : undefined)
  }

  /** The server says no; where it says that it may be tried again, nobody knows whether it was done (G18), and at level 3 it is. */
  const refuse = (
    message: Outgoing,
    { code, reason, retryable, after }: Extract<ChannelFrame, { kind: 'refused' }>,
    link: Connected | null,
  ): void => {
    const now = timeline.now()
    if (retryable && link && isSafeAgain(message, moment(), link.level ?? 0, link.offers.dedup)) {
      outbox = [...outbox, { ...message, isAgain: true }].sort((a, b) => a.order - b.order)
      restUntil = now + Math.max(PAUSE, after)
    } else {
      fail(message, toError('rejected', { reason: `${code}: ${reason}` }), retryable || message.isAgain)
    }
  }

  const post = (
    kind: Outgoing['kind'],
    type: string,
    data: unknown,
    ttl: number | undefined,
    done: (sent: Sent) => void,
  ): void => {
    const id = `m${++lastId}`
    settles.set(id, done)
    const now = timeline.now()
    const preset = kind === 'publish' ? (options.given.outbox?.ttl ?? PUBLISH_TTL) : options.outbox.ttl
    const wait = toWait(ttl ?? preset)
    const bare = {
      order: lastId,
      kind,
      id,
      type,
      data: undefined,
      bytes: 0,
      until: now + wait,
      canWait: wait > 0,
      sentAt: null,
      isAgain: false,
    }
    let message: Outgoing
    try {
      if (!(kind === 'publish' ? isChannel : isType)(type))
        throw new TypeError(kind === 'publish' ? CHANNEL : TYPE)
      message = { ...bare, data: JSON.stringify(data) }
      // As large as it can become: sent again it says so.
      message = { ...message, bytes: toBytes(requests.message({ ...message, sentAt: moment() }, 2)) }
    } catch (cause) {
      return fail(bare, toError('invalid-message', { reason: toMessage(cause) ?? 'it cannot be written' }))
    }
    const next = add(outbox, message, options.outbox)
    if (!next) return fail(message, toError('queue-full'))
    outbox = next
    flush()
  }

  return {
    send: (kind, type, data, ttl) =>
      new Promise((resolve) => {
        const abandon = (error: HoldfastError): void =>
          resolve({ outcome: { ok: false, outcome: 'failed', error, maybeDelivered: false } })
        const forget = pend(abandon)
        if (typeof forget !== 'function') return abandon(forget)
        turn(() => {
          const before = settles.size
          let isWaiting = false
          post(kind, type, data, ttl, (sent) => {
            forget()
            if (isWaiting) engage(-1)
            resolve(sent)
          })
          // What cannot wait is no reason to open a link.
          isWaiting = settles.size > before
          if (isWaiting) engage(1)
        })
      }),
    flush,
    lose({ level, offers }, closeCode) {
      const [again, lost] = resend(flying, moment(), level ?? 0, offers.dedup)
      flying = []
      restUntil = 0
      // The server left because of one message; it is not sent again and again (M16).
      const tooLarge =
        closeCode === 1009 || closeCode === 4413
          ? [...again, ...lost].sort((a, b) => b.bytes - a.bytes)[0]
          : undefined
      outbox = [...again.filter((message) => message !== tooLarge), ...outbox].sort(
        (a, b) => a.order - b.order,
      )
      for (const message of lost) if (message !== tooLarge) fail(message, toError('not-connected'))
      if (tooLarge) fail(tooLarge, toError('message-too-large'))
    },
    hear(frame) {
      const message = flying.find(({ id }) => id === frame.id)
      if (!message) return false
      flying = flying.filter((other) => other !== message)
      const { state } = driver
      const link = state.phase === 'connected' ? state : null
      if (frame.kind === 'refused') refuse(message, frame, link)
      else {
        const level = link ? link.offers.ack : 'received'
        const offset = frame.position === null ? {} : { offset: frame.position.offset }
        const duplicate = frame.duplicate ? { duplicate: true } : {}
        settle(message, {
          outcome: { ok: true, outcome: 'acked', level, ...offset, ...duplicate },
          answer: frame.data,
        })
      }
      flush()
      return true
    },
    get isQuiet() {
      return flying.length === 0
    },
    abandon(error) {
      const left = [...flying, ...outbox]
      outbox = flying = []
      alarm.set(undefined)
      for (const message of left) fail(message, error)
    },
  }
}

/** However little it may wait for a connection, a publication that left has the time of a request for its answer. */
function leaving(message: Outgoing, moment: Moment, timeout: number): Outgoing {
  const until =
    message.kind === 'publish' && message.sentAt === null
      ? Math.max(message.until, moment.now + timeout)
      : message.until
  return { ...message, until, sentAt: message.sentAt ?? moment }
}

function isWritable(state: State): state is Writable {
  return state.phase === 'connected' && state.level !== null && !state.away
}

/** A request that found no connection in its time was not answered; what else could wait has waited too long. */
function canExpire({ kind, canWait }: Outgoing): boolean {
  return canWait && kind !== 'request'
}

/** How long a message may wait; what is no duration is no wait, and no timer can be set beyond a day (M10). */
function toWait(ttl: unknown): number {
  return typeof ttl === 'number' && ttl > 0 ? Math.min(ttl, 86_400_000) : 0
}
