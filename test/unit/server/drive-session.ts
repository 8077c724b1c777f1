// A link without a socket: the pure session, a virtual clock for its timers, and a record of what it ordered.
import { openSession } from '../../../src/server/session/handshake.ts'
import type {
  Level,
  SessionEffect,
  SessionEvent,
  SessionSettings,
  SessionState,
  SessionStep,
  Slot,
} from '../../../src/server/session/model.ts'
import { stepSession } from '../../../src/server/session/step.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'

export const settings: SessionSettings = {
  heartbeat: { interval: 15_000, timeout: 5_000 },
  handshakeTimeout: 10_000,
  maxPayload: 65_536,
  limits: {
    bufferedBytes: 1_048_576,
    connectionsPerUser: 20,
    messagesPerMinute: 600,
    subscriptions: 128,
    subscriptionsPerMinute: 60,
  },
}

export interface Driven {
  readonly clock: ReturnType<typeof virtualClock>
  /** All frames sent, parsed. */
  readonly sent: Record<string, unknown>[]
  /** All effects, in order. */
  readonly effects: SessionEffect[]
  state(): SessionState
  /** The code and reason it was closed with, or null. */
  closed(): string | null
  /** What it orders, without timers, as words and frames. */
  event(event: SessionEvent): readonly SessionEffect[]
  /** A frame arrives: text as it is, anything else as JSON. */
  hear(frame: unknown): readonly SessionEffect[]
  /** A pong of the WebSocket layer arrives. */
  heard(): void
  armed(): Slot[]
  /** The reconnect window that the server advises from now on. */
  advise(window: number): void
}

/** A link whose origin was allowed, unless said otherwise. */
export function driveSession(
  changes: Partial<Omit<SessionSettings, 'limits'>> & { limits?: Partial<SessionSettings['limits']> } = {},
  originAllowed = true,
): Driven {
  const clock = virtualClock()
  const timers = new Map<Slot, unknown>()
  const sent: Record<string, unknown>[] = []
  const effects: SessionEffect[] = []
  const all = { ...settings, ...changes, limits: { ...settings.limits, ...changes.limits } }
  let window = 500
  let heardAt = clock.monotonic()
  const context = () => ({
    settings: all,
    ack: 'received',
    id: 's_1',
    now: clock.monotonic(),
    wall: clock.now(),
    heardAt,
    window,
  })
  let state: SessionState
  const take = ([next, orders]: SessionStep): readonly SessionEffect[] => {
    state = next
    for (const order of orders) {
      effects.push(order)
      if (order.type === 'send') sent.push(JSON.parse(order.wire as string) as Record<string, unknown>)
      if (order.type === 'arm' || order.type === 'disarm') clock.clearTimeout(timers.get(order.slot))
      if (order.type === 'disarm') timers.delete(order.slot)
      if (order.type !== 'arm') continue
      const { slot, delay } = order
      const dueAt = clock.monotonic() + delay
      const fire = (): void => {
        timers.delete(slot)
        event({ type: 'timer', slot, late: clock.monotonic() - dueAt })
      }
      timers.set(slot, clock.setTimeout(fire, delay))
    }
    if (state.phase === 'closed') {
      for (const handle of timers.values()) clock.clearTimeout(handle)
      timers.clear()
    }
    return orders
  }
  const event = (next: SessionEvent): readonly SessionEffect[] => take(stepSession(state, next, context()))
  const heard = (): void => {
    heardAt = clock.monotonic()
  }
  take(openSession(context(), originAllowed))
  return {
    clock,
    sent,
    effects,
    state: () => state,
    closed() {
      const close = effects.find((effect) => effect.type === 'close')
      return close === undefined ? null : `${close.code} ${close.reason}`
    },
    event,
    hear(frame) {
      heard()
      return event({ type: 'frame', text: typeof frame === 'string' ? frame : JSON.stringify(frame) })
    },
    heard,
    armed: () => [...timers.keys()],
    advise(next) {
      window = next
    },
  }
}

/** What a client says that it can do, by level. */
const caps = [[], [], ['channels', 'ack'], ['channels', 'ack', 'recover']] as const

/** A link that is open at a level; 0 is a plain one. */
export function driveOpen(
  level: Level = 1,
  changes: Parameters<typeof driveSession>[0] = {},
  user: { id: string; expiresAt?: number } = { id: 'ann' },
): Driven {
  const link = driveSession(changes)
  link.hear({
    type: 'client_ready',
    ...(level > 0 && { v: 1, client: { id: 'c_1', lib: 'holdfast/0' }, caps: caps[level] }),
  })
  link.event({ type: 'authenticated', user, others: 0 })
  link.sent.length = 0
  return link
}
