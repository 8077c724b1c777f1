// One socket: tells its session what happens, and runs what the session orders.
import type { WebSocket } from 'ws'
import type { Clock } from '../runtime.ts'
import type { LinkStats } from './realtime-server.ts'
import { openSession } from './session/handshake.ts'
import type * as Model from './session/model.ts'
import { stepSession } from './session/step.ts'

/** The effects that concern more than the socket. */
export type SharedEffect = Extract<
  Model.SessionEffect,
  { type: 'authenticate' | 'opened' | 'message' | 'renew' | 'renewed' | 'subscribe' | 'quit' | 'publish' }
>

/** What a link needs of its server. */
export interface LinkHost {
  readonly clock: Clock
  readonly settings: Model.SessionSettings
  /** What an acknowledgement means here. */
  readonly ack: string
  /** The reconnect window advised now. */
  window(): number
  run(link: Link, effect: SharedEffect): void
  /** The session has ended; its socket may take a moment longer. */
  left(link: Link): void
}

/** A link as the server holds it. */
export interface Link {
  readonly id: string
  stats(): LinkStats
  /** Tells the session. Safe at any moment: what a step causes is dispatched after it. */
  dispatch(event: Model.SessionEvent): void
  /** Resolves when all that was written has left, or never will. */
  flushed(): Promise<void>
}

const MAX_CHANNELS = 128

/** Starts the session of an open socket. */
export function createLink(socket: WebSocket, id: string, originAllowed: boolean, host: LinkHost): Link {
  const { clock, settings, ack } = host
  const timers = new Map<Model.Slot, unknown>()
  const queue: Model.SessionEvent[] = []
  const channels = new Set<string>()
  const since = clock.now()
  let heardAt = clock.monotonic()
  let ignored = 0
  let running = false
  /** How much of what waits was replayed: the server chose to send it at once, so it is no sign of a slow reader. */
  let replayed = 0

  const toContext = (): Model.SessionContext => {
    return { settings, ack, id, now: clock.monotonic(), wall: clock.now(), heardAt, window: host.window() }
  }
  const opening = openSession(toContext(), originAllowed)
  let state = opening[0]

  const disarm = (slot: Model.Slot): void => {
    clock.clearTimeout(timers.get(slot))
    timers.delete(slot)
  }

  const arm = (slot: Model.Slot, delay: number): void => {
    disarm(slot)
    const dueAt = clock.monotonic() + delay
    const fire = (): void => dispatch({ type: 'timer', slot, late: clock.monotonic() - dueAt })
    timers.set(slot, clock.setTimeout(fire, delay))
  }

  const send = ({ wire, channel, isReplay }: Extract<Model.SessionEffect, { type: 'send' }>): void => {
    if (socket.readyState !== socket.OPEN) return
    const before = socket.bufferedAmount
    socket.send(wire, { binary: false })
    const bytes = socket.bufferedAmount
    replayed = Math.min(replayed, before) + (isReplay ? Math.max(0, bytes - before) : 0)
    if (bytes > 0) queue.push({ type: 'congested', bytes: bytes - replayed })
    if (channel === undefined || channels.has(channel)) return
    if (channels.size === MAX_CHANNELS) channels.delete([...channels][0] ?? '')
    channels.add(channel)
  }

  const run = (effect: Model.SessionEffect): void => {
    if (effect.type === 'send') send(effect)
    else if (effect.type === 'arm') arm(effect.slot, effect.delay)
    else if (effect.type === 'disarm') disarm(effect.slot)
    else if (effect.type === 'ping') socket.ping()
    // A ping leaves after everything written before it.
    else if (effect.type === 'mark') socket.ping(undefined, undefined, () => dispatch({ type: 'flushed' }))
    else if (effect.type === 'ignored') ignored += 1
    // Where no close comes back, closeTimeout cuts the socket.
    else if (effect.type === 'close') socket.close(effect.code, effect.reason)
    else host.run(link, effect)
  }

  const dispatch = (event: Model.SessionEvent): void => {
    queue.push(event)
    if (running) return
    running = true
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const before = state.phase
      const [after, effects] = stepSession(state, next, toContext())
      state = after
      effects.forEach(run)
      if (after.phase === 'closed' && before !== 'closed') end()
    }
    running = false
  }

  const end = (): void => {
    for (const slot of [...timers.keys()]) disarm(slot)
    host.left(link)
  }

  const link: Link = {
    id,
    stats: () => ({
      id,
      user: state.phase === 'open' ? state.user.id : '',
      level: state.phase === 'open' ? state.level : 0,
      since,
      lastInboundAt: clock.now() - Math.round(clock.monotonic() - heardAt),
      channels: [...channels, ...(state.phase === 'open' ? state.subscriptions.keys() : [])],
      bufferedBytes: socket.bufferedAmount,
      ignored,
    }),
    dispatch,
    async flushed() {
      if (socket.bufferedAmount > 0)
        await new Promise<void>((resolve) => socket.ping(undefined, undefined, () => resolve()))
      replayed = 0
    },
  }
  const onHeard = (): void => {
    heardAt = clock.monotonic()
  }
  const onMessage = (data: Buffer, isBinary: boolean): void => {
    onHeard()
    dispatch({ type: 'frame', text: isBinary ? null : data.toString() })
  }
  // What breaks the rules of WebSocket ends here; ws has closed it with the fitting code already.
  socket.on('error', () => dispatch({ type: 'closed' }))
  socket.on('close', () => dispatch({ type: 'closed' }))
  socket.on('ping', onHeard)
  socket.on('pong', onHeard)
  if (state.phase !== 'closed') socket.on('message', onMessage)
  opening[1].forEach(run)
  return link
}
