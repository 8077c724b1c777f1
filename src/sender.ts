// Sends: encoded at once, written when the link allows, told their outcome exactly once (G18, G19, G21).
import { add, expire, type Outbox } from './channels/outbox.ts'
import type { SendOutcome } from './api.ts'
import type { Driver } from './driver.ts'
import type { ErrorCode, HoldfastError } from './errors.ts'
import { createAlarm, type Timeline } from './lib/timeline.ts'
import type { State } from './machine/model.ts'
import type { ResolvedOptions } from './options.ts'
import { isType } from './protocol/frames.ts'

/** How soon a full socket is looked at again: nothing tells when it has drained. */
const DRAIN = 50

/** What waits to be sent. */
export interface Sender {
  send(type: string, data: unknown, ttl: number | undefined, settle: (outcome: SendOutcome) => void): void
  /** The connection changed, or time passed: writes what can be, ends what may not wait any longer. */
  flush(): void
  /** Ends everything that waits. */
  abandon(error: HoldfastError): void
  readonly size: number
}

/** A sender with nothing to send. Its calls belong into turns; `ring` makes a turn of a deadline. */
export function createSender(
  options: ResolvedOptions,
  driver: Driver,
  timeline: Timeline,
  toError: (code: ErrorCode) => HoldfastError,
  turn: (task: () => void) => void,
): Sender {
  let outbox: Outbox = []
  let lastId = 0
  const outcomes = new Map<number, (outcome: SendOutcome) => void>()
  const alarm = createAlarm(options.runtime.clock, timeline, () => turn(flush))

  const settle = (id: number, outcome: SendOutcome): void => {
    outcomes.get(id)?.(outcome)
    outcomes.delete(id)
  }
  const fail = (id: number, error: HoldfastError): void =>
    settle(id, { ok: false, outcome: 'failed', error, maybeDelivered: false })

  const flush = (): void => {
    const { state } = driver
    while (outbox[0] && isWritable(state) && driver.bufferedBytes <= options.sendWatermark) {
      driver.write(outbox[0].text)
      settle(outbox[0].id, { ok: true, outcome: 'written' })
      outbox = outbox.slice(1)
    }
    // On a link whose level is not settled a send waits for that, whatever its ttl (G2a).
    if (state.phase === 'connected' && state.level === null) return alarm.set(undefined)
    const now = timeline.now()
    const [rest, expired] = expire(outbox, now)
    outbox = rest
    const full = isWritable(state)
    const refused = full ? 'queue-full' : 'not-connected'
    for (const { id, canWait } of expired) fail(id, toError(canWait ? 'expired' : refused))
    const until = Math.min(...outbox.map((message) => message.until), full ? now + DRAIN : Infinity)
    alarm.set(outbox.length > 0 ? until : undefined)
  }

  return {
    send(type, data, ttl = options.outbox.ttl, done) {
      const id = ++lastId
      outcomes.set(id, done)
      let text: string
      try {
        if (!isType(type)) throw new TypeError('no legal type')
        text = JSON.stringify({ type, data })
      } catch {
        fail(id, toError('invalid-message'))
        return
      }
      const bytes = new TextEncoder().encode(text).length
      const wait = toWait(ttl)
      const until = timeline.now() + wait
      const next = add(outbox, { text, bytes, until, canWait: wait > 0, id }, options.outbox)
      if (!next) {
        fail(id, toError('queue-full'))
        return
      }
      outbox = next
      flush()
    },
    flush,
    abandon(error) {
      const left = outbox
      outbox = []
      alarm.set(undefined)
      for (const { id } of left) fail(id, error)
    },
    get size() {
      return outbox.length
    },
  }
}

function isWritable(state: State): boolean {
  return state.phase === 'connected' && state.level !== null && !state.away
}

/** How long a message may wait; what is no duration is no wait, and no timer can be set beyond a day (M10). */
function toWait(ttl: unknown): number {
  return typeof ttl === 'number' && ttl > 0 ? Math.min(ttl, 86_400_000) : 0
}
