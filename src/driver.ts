// Runs the connection machine: stamps each event with time and chance, keeps its one alarm, and does what its effects say.
import { HoldfastError } from './errors.ts'
import { createInbound, type InboundHost } from './inbound.ts'
import { createAlarm, earliest, type Timeline } from './lib/timeline.ts'
import type { Turns } from './lib/turns.ts'
import { withoutSecrets, toUrl } from './lib/url.ts'
import type { Effect, Event, Failure, Id, State } from './machine/model.ts'
import { initialState, slots } from './machine/state.ts'
import { transition } from './machine/transition.ts'
import type { ResolvedOptions } from './options.ts'
import { classifyClose, parseReason, type CloseClass, toErrorCode } from './protocol/close-codes.ts'
import { isObject, toDuration } from './protocol/frames.ts'
import type { Identity } from './protocol/protocol.ts'
import type { CloseInfo, Link } from './transports/transport.ts'

/** What the driver tells, and asks, while it runs. */
export interface DriverHost extends InboundHost {
  /** Looks whether time was lost, before an event or a deadline. */
  notice(late: boolean): void
  /** Channels still wait for their first load. */
  isLoading(): boolean
  /** The state changed; effects have run. */
  onChange(state: State, previous: State): void
  /** A frame that is, to the letter, one whose effect still stands. Asked before it is parsed. */
  isRepeat(text: string): boolean
  onFailure(failure: Failure): void
  /** New credentials were given: what must never be shown. */
  onSecret(auth: unknown): void
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
  /** Hands text to the connected link. */
  write(text: string): void
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
  const { given, tuning, transport, protocol, runtime } = options
  const { clock, random, page } = runtime
  const identity: Identity = { id: `c_${token(random)}`, lib: 'holdfast/0.1.0' }
  let state = initialState
  let link: Link | null = null
  let heardAt = 0
  let target = ''
  let hello: readonly string[] = []
  const cancels = new Map<Id, () => void>()

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
    const context = { now, wall: clock.now(), random: random(), heardAt, loading: host.isLoading(), tuning }
    const [next, effects] = transition(state, event, context)
    state = next
    for (const effect of effects) {
      host.onTrace({ effect })
      run(effect)
    }
    if (next !== previous) host.onChange(next, previous)
  }

  const dispatch = (event: Event): void =>
    turns.run(() => {
      host.notice(false)
      news(event)
    })

  const inbound = createInbound(options, timeline, host, {
    isConnected: () => state.phase === 'connected',
    news: (event) => news(event),
    reply: (text) => link?.send(text),
  })

  /** Within a turn: an event, and the alarm set anew. */
  const news = (event: Event): void => {
    step(event)
    ring()
  }

  const run = (effect: Effect): void => {
    switch (effect.type) {
      case 'prepare':
        return prepare(effect.request, effect.reason)
      case 'diagnose':
        return diagnose(effect.request, effect.failures)
      case 'queue': {
        const enter = (): void => dispatch({ type: 'admitted', request: effect.request })
        if (given.gate)
          cancels.set(effect.request, given.gate.queue({ priority: options.priority, clock, enter }))
        else enter()
        return
      }
      case 'cancel':
        cancels.get(effect.request)?.()
        cancels.delete(effect.request)
        return
      case 'open':
        return open(effect.link)
      case 'hello':
        for (const text of hello) link?.send(text)
        return
      case 'ping':
        link?.send(protocol.ping(effect.timestamp) ?? '')
        return
      case 'drop':
        link?.close(effect.code, effect.reason)
        link = null
        return
      case 'report':
        host.onFailure(effect.failure)
    }
  }

  /** Asks for the url and the credentials; without functions to ask, the answer is there at once. */
  const prepare = (request: Id, reason: 'connect' | 'expired'): void => {
    const { url } = given
    if (typeof url !== 'function' && !given.auth) return prepared(request, url, undefined)
    let code: Failure['code'] = 'connect-failed'
    ask(
      request,
      async (signal) => {
        const address = typeof url === 'function' ? await url() : url
        code = 'auth-failed'
        // Cancelled meanwhile: nobody is asked for credentials any more (G8).
        signal.throwIfAborted()
        return [address, await given.auth?.({ reason, signal })] as const
      },
      ([address, credentials]) => prepared(request, address, credentials),
      (cause) => dispatch({ type: 'unprepared', request, failure: { code, cause }, fatal: false }),
    )
  }

  const prepared = (request: Id, url: string, credentials: unknown): void => {
    try {
      target = toUrl(url, page.address())
    } catch (cause) {
      // An address that is wrong now will be wrong again, unless a function may find a better one.
      return dispatch({
        type: 'unprepared',
        request,
        failure: { code: 'connect-failed', cause },
        fatal: url === given.url,
      })
    }
    try {
      host.onSecret(credentials)
      hello = protocol.hello(credentials, identity)
    } catch (cause) {
      // Credentials that cannot be written are none.
      return dispatch({ type: 'unprepared', request, failure: { code: 'auth-failed', cause }, fatal: false })
    }
    dispatch({ type: 'prepared', request })
  }

  const diagnose = (request: Id, failures: number): void =>
    ask(
      request,
      async (signal) => given.diagnose?.({ failures, signal }),
      (found) => {
        const after = isObject(found) ? toDuration(found.after) : null
        const verdict = after ?? (found === 'refresh' || found === 'fatal' ? found : 'retry')
        dispatch({ type: 'diagnosed', request, verdict })
      },
      () => dispatch({ type: 'diagnosed', request, verdict: 'retry' }),
    )

  /** One call of the app's, which may be cancelled; whatever it gives then finds its request gone. */
  const ask = <T>(
    request: Id,
    call: (signal: AbortSignal) => Promise<T>,
    done: (value: T) => void,
    failed: (cause: unknown) => void,
  ): void => {
    const controller = new AbortController()
    cancels.set(request, () => controller.abort())
    const answered = <V>(then: (value: V) => void) => {
      return (value: V): void => {
        cancels.delete(request)
        then(value)
      }
    }
    call(controller.signal).then(answered(done), answered(failed))
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
    heardAt = -Infinity
    const closed = ({ code, reason }: CloseInfo): void => {
      const opening = state.phase === 'opening'
      const kind = classify(code, reason)
      const failure: Failure = {
        code: opening ? 'connect-failed' : toErrorCode(code),
        closeCode: code,
        reason,
      }
      news({ type: 'closed', link: id, failure, class: kind, ...parseReason(reason) })
    }
    try {
      link = transport.open(
        { url: target },
        {
          opened: () => dispatch({ type: 'opened', link: id }),
          message: (text) => turns.run(() => receive(id, text)),
          closed: (info) => turns.run(() => closed(info)),
        },
      )
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
    if (!('link' in state) || state.link !== id) return
    heardAt = timeline.now()
    const level = state.phase === 'connected' ? state.level : null
    if (level === null || !host.isRepeat(text)) inbound(id, text, level)
    if (state.phase === 'connected' && state.doubtedAt !== null) news({ type: 'heard', link: id })
    // Timers of a hidden page come late, messages do not: deadlines are met on both (M9).
    if (alarm.at !== undefined && heardAt >= alarm.at) meet(false)
  }

  return {
    get state() {
      return state
    },
    dispatch,
    step: news,
    get address() {
      return withoutSecrets(target)
    },
    write: (text) => link?.send(text),
    get bufferedBytes() {
      return link?.bufferedBytes ?? 0
    },
    isLate: alarm.isLate,
  }
}

/** Sixteen letters and digits: unique, not secret. */
function token(random: () => number): string {
  return Array.from({ length: 16 }, () => Math.floor(random() * 36).toString(36)).join('')
}
