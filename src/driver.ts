// Runs the connection machine: stamps each event with time and chance, keeps its one alarm, and does what its effects say.
import { HoldfastError } from './errors.ts'
import { createInbound, type InboundHost } from './inbound.ts'
import { createAlarm, earliest, type Timeline } from './lib/timeline.ts'
import type { Turns } from './lib/turns.ts'
import { withoutSecrets } from './lib/url.ts'
import { isFollowed } from './machine/heir.ts'
import type { Effect, Event, Failure, Id, State } from './machine/model.ts'
import { initialState, slots } from './machine/state.ts'
import { transition } from './machine/transition.ts'
import type { ResolvedOptions } from './options.ts'
import { classifyClose, parseReason, type CloseClass, toErrorCode } from './protocol/close-codes.ts'
import type { ChannelFrame } from './protocol/channels.ts'
import { createQuestions, type QuestionsHost } from './questions.ts'
import type { CloseInfo, Link } from './transports/transport.ts'

/** What the driver tells, and asks, while it runs. */
export interface DriverHost extends InboundHost, Pick<QuestionsHost, 'onSecret'> {
  /** Looks whether time was lost, before an event or a deadline. */
  notice(late: boolean): void
  /** Channels still wait for their first load. */
  isLoading(): boolean
  /** The state changed; effects have run. */
  onChange(state: State, previous: State): void
  /** A frame that is, to the letter, one whose effect still stands. Asked before it is parsed. */
  isRepeat(text: string): boolean
  onFailure(failure: Failure): void
  /** An answer has come on the link that is to follow; it will be told once more when that link delivers. */
  onEarly(frame: ChannelFrame): void
  onTrace(entry: { readonly event: Event } | { readonly effect: Effect }): void
}

/** A running connection machine. */
export interface Driver {
  readonly state: State
  /** Brings an event in, in a turn of its own. */
  dispatch(event: Event): void
  /** Brings an event in at once; only within a turn. */
  step(event: Event): void
  /** The server's address without query, user or fragment; empty before the first attempt. */
  readonly address: string
  /** Hands text to the connected link, or to its heir. */
  write(text: string, heir?: Id): void
  readonly bufferedBytes: number
  /** True once where time was lost and no timer has told yet. */
  isLate(): boolean
}

/** Starts the machine at rest. Everything happens within turns. */
export function createDriver(
  options: ResolvedOptions,
  turns: Turns,
  timeline: Timeline,
  host: DriverHost,
): Driver {
  const { tuning, transport, protocol, runtime } = options
  const { clock, random } = runtime
  let state = initialState
  /** The links that were not told to close, and when they last delivered anything. Two only while one follows the other. */
  const links = new Map<Id, { readonly link: Link; heardAt: number }>()
  /** What came on the link that is to follow, and was not looked at yet. */
  let early: { readonly link: Id; readonly texts: string[]; size: number } | null = null

  const alarm = createAlarm(clock, timeline, (late) => turns.run(() => meet(late)))
  const ring = (): void => alarm.set(earliest(state.timers, slots)?.[1])

  /** Meets every deadline that is due, in order. */
  const meet = (late: boolean): void => {
    host.notice(late)
    for (
      let next = earliest(state.timers, slots);
      next && next[1] <= timeline.now();
      next = earliest(state.timers, slots)
    ) {
      step({ type: 'due', slot: next[0] })
    }
    ring()
  }

  const step = (event: Event): void => {
    host.onTrace({ event })
    const now = timeline.now()
    const previous = state
    const heardAt = current()?.heardAt ?? -Infinity
    const context = { now, wall: clock.now(), random: random(), heardAt, loading: host.isLoading(), tuning }
    const [next, effects] = transition(state, event, context)
    state = next
    for (const effect of effects) {
      host.onTrace({ effect })
      run(effect)
    }
    if (next !== previous) host.onChange(next, previous)
    if (early && 'link' in next && next.link === early.link) {
      const { link, texts } = early
      early = null
      for (const text of texts) receive(link, text)
    }
  }

  const current = (): ReturnType<typeof links.get> => ('link' in state ? links.get(state.link) : undefined)

  const dispatch = (event: Event): void =>
    turns.run(() => {
      host.notice(false)
      news(event)
    })

  const questions = createQuestions(options, { dispatch, onSecret: host.onSecret })
  const inbound = createInbound(options, timeline, host, {
    isConnected: (id) => state.phase === 'connected' && state.link === id,
    news: (event) => news(event),
    reply: (text) => current()?.link.send(text),
  })

  /** Within a turn: an event, and the alarm set anew. */
  const news = (event: Event): void => {
    step(event)
    ring()
  }

  const run = (effect: Effect): void => {
    switch (effect.type) {
      case 'prepare':
        return questions.prepare(effect.request, effect.reason)
      case 'renew':
        return questions.renew(effect.request)
      case 'diagnose':
        return questions.diagnose(effect.request, effect.failures)
      case 'queue':
        return questions.queue(effect.request)
      case 'cancel':
        return questions.cancel(effect.request)
      case 'open':
        return open(effect.link)
      case 'hello':
        for (const text of questions.hello) links.get(effect.link)?.link.send(text)
        return
      case 'ping':
        links.get(effect.link)?.link.send(protocol.ping(effect.timestamp) ?? '')
        return
      case 'drop': {
        const dropped = links.get(effect.link)
        links.delete(effect.link)
        if (early?.link === effect.link) early = null
        dropped?.link.close(effect.code, effect.reason)
        return
      }
      case 'report':
        host.onFailure(effect.failure)
    }
  }

  const classify = (code: number, reason: string): CloseClass => {
    let own: CloseClass | undefined
    try {
      own = protocol.classifyClose?.(code, reason)
    } catch {
      // A loss must never be lost: what the app cannot tell, the table tells.
    }
    return own ?? classifyClose(code)
  }

  const open = (id: Id): void => {
    const closed = ({ code, reason }: CloseInfo): void => {
      const { phase } = isFollowed(state) && state.link !== id ? state.heir : state
      const opening = phase === 'opening'
      const kind = classify(code, reason)
      const failure: Failure = {
        code: opening ? 'connect-failed' : toErrorCode(code),
        closeCode: code,
        reason,
      }
      news({ type: 'closed', link: id, failure, class: kind, ...parseReason(reason) })
    }
    try {
      const link = transport.open(
        { url: questions.url },
        {
          opened: () => dispatch({ type: 'opened', link: id }),
          message: (text) => turns.run(() => receive(id, text)),
          closed: (info) => turns.run(() => closed(info)),
        },
      )
      links.set(id, { link, heardAt: -Infinity })
    } catch (cause) {
      const missing = cause instanceof HoldfastError && cause.code === 'no-websocket'
      // A constructor that throws is forbidden to connect: CSP, mixed content. Once more, then no more (B16).
      const failure: Failure = { code: missing ? 'no-websocket' : 'blocked', cause }
      dispatch({
        type: 'closed',
        link: id,
        failure,
        class: missing ? 'fatal' : 'twice',
        min: null,
        spread: null,
      })
    }
  }

  /** The hot path: one check that the link is the current one, and for data one call. Only what changes the connection becomes an event. */
  const receive = (id: Id, text: string): void => {
    const own = links.get(id)
    if (!own) return
    const heardAt = (own.heardAt = timeline.now())
    if (!('link' in state) || state.link !== id) return hold(id, text)
    const level = state.phase === 'connected' ? state.level : null
    if (level === null || !host.isRepeat(text)) inbound.take(id, text, level)
    if (state.phase === 'connected' && state.doubtedAt !== null) news({ type: 'heard', link: id })
    // Timers of a hidden page come late, messages do not: deadlines are met on both (M9).
    if (alarm.at !== undefined && heardAt >= alarm.at) meet(false)
  }

  /** The link that is to follow may not deliver before it does (G1): what comes on it waits, and is only searched for answers. */
  const hold = (id: Id, text: string): void => {
    const heir = isFollowed(state) ? state.heir : null
    if (heir?.phase !== 'connected') return inbound.take(id, text, null)
    const frame = inbound.peek(text, heir.level)
    // The round trip is measured when its answer comes, not when it is read.
    if (frame?.kind === 'pong') {
      const { timestamp } = frame
      return news({ type: 'pong', link: id, timestamp: typeof timestamp === 'number' ? timestamp : null })
    }
    const about = frame?.kind === 'channel' ? frame.frame : null
    // Without a place nothing tells whether the link that delivers has given it: it is that one's to give.
    if (about?.kind === 'delivery' && about.delivery.position === null) return
    if (early?.link !== id) early = { link: id, texts: [], size: 0 }
    early.texts.push(text)
    early.size += text.length
    if (about) host.onEarly(about)
    // Not without bounds (G23): from here on it has to be looked at.
    if (early.size > options.maxMessageBytes) news({ type: 'joined', link: id })
  }

  return {
    get state() {
      return state
    },
    dispatch,
    step: news,
    get address() {
      return withoutSecrets(questions.url)
    },
    write: (text, heir) => (heir === undefined ? current() : links.get(heir))?.link.send(text),
    get bufferedBytes() {
      return current()?.link.bufferedBytes ?? 0
    },
    isLate: alarm.isLate,
  }
}
