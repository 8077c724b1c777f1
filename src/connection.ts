// createConnection(): wires driver, channels, stores and events together.
import { createStateChannel, type ChannelHost, type Feed, type StateChannelParts } from './channels/state-channel.ts'
import type { StateChannel, StateOptions } from './channels/state-snapshot.ts'
import { createDriver } from './driver.ts'
import { explain, foretell } from './explain.ts'
import { HoldfastError, type ErrorCode, type ErrorContext } from './errors.ts'
import { createEmitter } from './lib/emitter.ts'
import type { Readable } from './lib/readable.ts'
import { createRedactor } from './lib/redactor.ts'
import type { InferOutput, StandardSchemaV1 } from './lib/standard-schema.ts'
import { createStore } from './lib/store.ts'
import { createTimeline } from './lib/timeline.ts'
import { createTurns } from './lib/turns.ts'
import type { Failure, State } from './machine/model.ts'
import { initialState } from './machine/state.ts'
import { isSame, toSnapshot, type ConnectionSnapshot, type Status } from './machine/snapshot.ts'
import { resolveOptions, type ConnectionOptions } from './options.ts'
import type { PageSignal } from './runtime.ts'
import { createSender, type Sender } from './sender.ts'

/** console-shaped; every method may be missing. */
export interface Logger {
  debug?(message: string, context?: unknown): void
  info?(message: string, context?: unknown): void
  warn?(message: string, context?: unknown): void
  error?(message: string, context?: unknown): void
}

/** One event that entered a machine, or one effect that left it; redacted. `at` is in milliseconds of the monotonic clock. */
export interface TraceEntry {
  readonly at: number
  readonly machine: string
  readonly event?: unknown
  readonly effect?: unknown
}

/** What `on` tells, by event name. */
export interface ConnectionEvents {
  /** The status changed. */
  status: { readonly status: Status; readonly previous: Status; readonly snapshot: ConnectionSnapshot }
  /** An app message arrived. A listener counts as interest. */
  message: { readonly type: string; readonly data: unknown }
  /** Something went wrong; its message says what happens next. */
  error: HoldfastError
  /** One event that entered a machine, or one effect that left it. */
  trace: TraceEntry
}

/** What became of a send. `maybeDelivered` is true whenever the bytes may have left. */
export type SendOutcome =
  | { readonly ok: true; readonly outcome: 'written' }
  | { readonly ok: false; readonly outcome: 'failed'; readonly error: HoldfastError; readonly maybeDelivered: boolean }

/** One managed connection to one server. */
export interface Connection extends Readable<ConnectionSnapshot> {
  /** Holds the connection open until `disconnect()`; idempotent; the only way out of `failed`. */
  connect(): void
  /** "Retry now": skips the wait, within the attempt budget, without holding. */
  retry(): void
  /** Drops the hold and the link and stays idle whatever subscribes; channels poll. */
  disconnect(): void
  /** Another user: drops the link, what waits to be sent and all channel data, and asks `auth` anew. */
  reset(): void
  /** The end: publishes `closed`, then nothing. Idempotent, allowed anywhere. */
  close(): void
  /** Resolves when connected; rejects when failed, disconnected, closed or aborted. Counts as interest while pending. */
  ready(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Listens. Returns an idempotent unsubscribe. A throwing listener stops nothing and is reported once. */
  on<E extends keyof ConnectionEvents>(event: E, listener: (event: ConnectionEvents[E]) => void): () => void
  /** Sends `{ type, data }`. Never rejects; settles exactly once. `ttl`: how long it may wait for a connection. @default outbox.ttl */
  send(type: string, data?: unknown, options?: { readonly ttl?: number | undefined }): Promise<SendOutcome>
  /** The state channel of that name: always the same handle. Pure: nothing happens before the first subscription. */
  state<S extends StandardSchemaV1>(
    name: string,
    options: StateOptions<InferOutput<S>> & { readonly schema: S },
  ): StateChannel<InferOutput<S>>
  state<T = unknown>(name: string, options?: StateOptions<T>): StateChannel<T>
}

/**
 * One managed connection to one server. Lazy: it opens when somebody is interested, and nothing is touched before.
 * @throws TypeError naming the option that cannot work
 */
export function createConnection(given: ConnectionOptions): Connection {
  const options = resolveOptions(given)
  const { runtime, tuning, linger } = options
  const { clock, page } = runtime
  const turns = createTurns()
  const timeline = createTimeline(clock)
  const redactor = createRedactor()
  const feeds = new Set<Feed>()
  const receivers = new Map<string, Set<Feed>>()
  const channels = createRegistry()
  const waiting = new Set<(error: HoldfastError | null) => void>()
  let interest = 0
  let error: HoldfastError | null = null
  let complainedAt = -Infinity
  let stopListening: (() => void) | null = null
  let closed: HoldfastError | null = null

  const clean = (text: string): string => redactor.clean(text).slice(0, 256)

  const toError = (code: ErrorCode, context: ErrorContext = {}, cause?: unknown): HoldfastError => {
    const { status, attempt } = store.getSnapshot()
    const at = clock.now()
    const all = { at, url: driver.address, status, attempt, ...context }
    const cleaned = Object.entries(all).map(([key, value]) => [key, typeof value === 'string' ? clean(value) : value])
    const detail = context.reason ?? (cause instanceof Error ? cause.message : undefined)
    const next = waitingCodes.has(code) ? foretell(driver.state, at) : '.'
    return new HoldfastError(code, clean(explain(code, detail)) + next, Object.fromEntries(cleaned) as ErrorContext, cause)
  }

  const log = (level: keyof Logger, message: string, context?: unknown): void => {
    try {
      given.logger?.[level]?.(`holdfast: ${message}`, context)
    } catch {
      // A logger that throws has nobody left to be told.
    }
  }

  /** What goes wrong is told to those who listen; with nobody listening to a fault of the app's own, to the page. */
  const report = (failure: HoldfastError): void => {
    log(failure.code === 'listener-failed' ? 'error' : 'warn', failure.message, failure.context)
    turns.run(() => {
      if (emitter.count('error') > 0) emitter.emit('error', failure)
      else if (failure.code === 'listener-failed') toPage(failure)
    })
  }
  const toPage = (failure: HoldfastError): void => (globalThis as { reportError?: (error: unknown) => void }).reportError?.(failure)

  const emitter = createEmitter<{ [E in keyof ConnectionEvents]: ConnectionEvents[E] }>((cause, event) => {
    const failure = toError('listener-failed', { reason: String(cause) }, cause)
    // A listener to errors that throws is not told of itself.
    if (event === 'error') toPage(failure)
    else report(failure)
  })

  const trace = (machine: string, entry: object): void => {
    if (emitter.count('trace') === 0) return
    const text = JSON.stringify(entry, (key, value: unknown) => (key === 'cause' ? undefined : value))
    const cleaned = JSON.parse(redactor.clean(text)) as object
    emitter.emit('trace', { at: timeline.now(), machine, ...cleaned })
  }

  /** Lost time is told to all before whatever brought it to light. */
  const notice = (late: boolean): void => {
    const slept = timeline.slept()
    if (!slept && !late) return
    driver.step({ type: 'woke', slept })
    for (const feed of feeds) feed.dispatch({ type: 'woke', slept })
  }

  const driver = createDriver(options, turns, timeline, {
    notice,
    isLoading: () => [...feeds].some((feed) => feed.isLoading),
    onChange(state, previous) {
      if (state.memory.failure === null) error = null
      tellFeeds(state, previous)
      const before = store.getSnapshot()
      const snapshot = toSnapshot(state, error, tuning.quality)
      if (!isSame(snapshot, before)) store.set(snapshot)
      if (snapshot.status !== before.status) {
        log('info', snapshot.status, { url: driver.address, attempt: snapshot.attempt })
        turns.run(() => emitter.emit('status', { status: snapshot.status, previous: before.status, snapshot }))
      }
      if (state.phase === 'connected') settleReady(null)
      if (state.phase === 'failed' || (state.phase === 'idle' && state.memory.barred)) settleReady(error ?? toError('aborted'))
      sender.flush()
      attend()
    },
    onFailure(failure) {
      error = toError(failure.code, toContext(failure), failure.cause)
      // Another tab of the same session took over: true, and no fault (4409).
      if (failure.closeCode !== 4409) report(error)
    },
    onBadFrame(code, reason, text) {
      const now = timeline.now()
      if (now - complainedAt < 1_000) return
      complainedAt = now
      report(toError(code, { reason, frame: text }))
    },
    onSecret: redactor.learn,
    onTrace: (entry) => trace('connection', entry),
    isRepeat(text) {
      if (emitter.count('message') > 0 || feeds.size > REPEATS) return false
      for (const feed of feeds) {
        const type = feed.repeats(text)
        if (type === null) continue
        const concerned = [...(receivers.get(type) ?? [])]
        if (!concerned.every((other) => other.isIndifferent(text))) return false
        for (const other of concerned) other.confirm(text)
        return true
      }
      return false
    },
    onMessage(type, data, text) {
      const listened = emitter.count('message') > 0
      if (listened) turns.run(() => emitter.emit('message', { type, data }))
      const concerned = receivers.get(type)
      if (!concerned) return
      const alone = concerned.size === 1 && !listened
      for (const feed of [...concerned]) feed.message(type, data, text, alone)
    },
  })

  const store = createStore(toSnapshot(initialState, null, tuning.quality), (cause) => {
    report(toError('listener-failed', { reason: String(cause) }, cause))
  }, turns.run)
  const sender: Sender = createSender(options, driver, timeline, toError, turns.run)

  const tellFeeds = (state: State, previous: State): void => {
    const was = previous.phase === 'connected' ? previous : null
    const is = state.phase === 'connected' ? state : null
    const tell = (type: 'up' | 'down' | 'doubted' | 'trusted'): void => {
      for (const feed of feeds) feed.dispatch({ type })
    }
    if (was && was.link !== is?.link) tell('down')
    if (is && is.link !== was?.link) tell('up')
    const doubted = is !== null && is.doubtedAt !== null
    if (doubted !== (was !== null && was.doubtedAt !== null && was.link === is?.link) && is) tell(doubted ? 'doubted' : 'trusted')
  }

  const settleReady = (failure: HoldfastError | null): void => {
    for (const done of [...waiting]) done(failure)
  }

  /** Interest comes and goes; the machine is told when it begins and when it ends. */
  const engage = (change: 1 | -1): void =>
    turns.run(() => {
      interest += change
      attend()
      if (interest === (change === 1 ? 1 : 0)) driver.dispatch({ type: change === 1 ? 'wanted' : 'unwanted' })
    })

  /** The page is listened to as long as there is something to be told. */
  const attend = (): void => {
    const { phase } = driver.state
    const needed = !closed && (feeds.size > 0 || interest > 0 || (phase !== 'idle' && phase !== 'failed' && phase !== 'closed'))
    if (needed && !stopListening) {
      stopListening = page.listen((signal) => turns.run(() => onSignal(signal)))
      if (!page.isVisible()) driver.dispatch({ type: 'page', signal: 'hidden' })
    } else if (!needed && stopListening) {
      stopListening()
      stopListening = null
    }
  }

  const onSignal = (signal: PageSignal): void => {
    notice(false)
    driver.dispatch({ type: 'page', signal })
    const type = isAway() ? 'away' : 'back'
    for (const feed of feeds) feed.dispatch({ type })
  }
  const isAway = (): boolean => !page.isVisible() || !page.isOnline()

  const host: ChannelHost = {
    turns,
    timeline,
    clock,
    random: runtime.random,
    linger,
    grace: tuning.heartbeat?.probe ?? 3_000,
    notice,
    engage,
    surroundings() {
      const { state } = driver
      const up = state.phase === 'connected'
      return { up, doubted: up && state.doubtedAt !== null, away: isAway() }
    },
    enlist(feed) {
      feeds.add(feed)
      for (const type of feed.types) receivers.set(type, (receivers.get(type) ?? new Set()).add(feed))
      attend()
    },
    dismiss(feed) {
      feeds.delete(feed)
      for (const type of feed.types) {
        const left = receivers.get(type)
        left?.delete(feed)
        if (left?.size === 0) receivers.delete(type)
      }
      attend()
    },
    onSettled() {
      const { state } = driver
      if (state.phase === 'connecting' && state.step === 'loading') {
        turns.run(() => [...feeds].some((feed) => feed.isLoading) || driver.dispatch({ type: 'loaded' }))
      }
    },
    toError: (code, channel, cause) => toError(code, { channel }, cause),
    report,
    trace: (channel, entry) => trace(`channel ${channel}`, entry),
  }

  const call = (type: 'connect' | 'retry' | 'disconnect') => (): void => driver.dispatch({ type })

  const connection: Connection = {
    getSnapshot: store.getSnapshot,
    getInitialSnapshot: store.getInitialSnapshot,
    subscribe: (onChange) => (closed ? () => undefined : store.subscribe(onChange)),
    connect: call('connect'),
    retry: call('retry'),
    disconnect: call('disconnect'),
    reset: () =>
      turns.run(() => {
        sender.abandon(toError('aborted'))
        for (const feed of [...feeds]) feed.dispatch({ type: 'reset' })
        driver.dispatch({ type: 'reset' })
      }),
    close() {
      if (closed) return
      const final = (closed = toError('closed'))
      turns.finish(() => {
        driver.step({ type: 'close' })
        sender.abandon(final)
        settleReady(final)
        turns.run(() => {
          for (const feed of [...feeds]) feed.close(final)
          feeds.clear()
          receivers.clear()
          store.clear()
          emitter.clear()
        })
      })
    },
    ready: ({ signal } = {}) =>
      new Promise((resolve, reject) => {
        const { phase } = driver.state
        if (phase === 'connected') return resolve()
        if (closed ?? (phase === 'failed' && error)) return reject(closed ?? error)
        const done = (failure: HoldfastError | null): void => {
          waiting.delete(done)
          signal?.removeEventListener('abort', abort)
          engage(-1)
          if (failure) reject(failure)
          else resolve()
        }
        const abort = (): void => done(toError('aborted', {}, signal?.reason))
        waiting.add(done)
        engage(1)
        if (signal?.aborted) abort()
        else signal?.addEventListener('abort', abort)
      }),
    on(event, listener) {
      if (closed) return () => undefined
      const off = emitter.on(event, listener)
      if (event !== 'message') return off
      engage(1)
      let left = false
      return () => {
        if (left) return
        left = true
        off()
        engage(-1)
      }
    },
    send: (type, data, { ttl } = {}) =>
      new Promise((resolve) => {
        if (closed) return resolve({ ok: false, outcome: 'failed', error: closed, maybeDelivered: false })
        turns.run(() => {
          sender.send(type, data, ttl, (outcome) => {
            engage(-1)
            resolve(outcome)
          })
        })
        engage(1)
      }),
    state: <T>(name: string, stateOptions: StateOptions<T> = {}) => channels.get(name, stateOptions, host),
  }
  for (const [event, listener] of Object.entries(given.on ?? {})) {
    if (typeof listener !== 'function') throw new TypeError(`on.${event} must be a function`)
    connection.on(event as keyof ConnectionEvents, listener as never)
  }
  return connection
}

/** With more channels than this, repeated text is not looked for before it is parsed. */
const REPEATS = 64

/** The codes that tell of a lost connection: their messages say when the next attempt is. */
const waitingCodes: ReadonlySet<ErrorCode> = new Set([
  'connect-failed',
  'connect-timeout',
  'handshake-timeout',
  'heartbeat-timeout',
  'closed-by-server',
  'unauthorized',
  'forbidden',
  'auth-failed',
  'budget-spent',
  'no-websocket',
  'blocked',
])

function toContext({ closeCode, reason }: Failure): ErrorContext {
  return { ...(closeCode === undefined ? {} : { closeCode }), ...(reason ? { reason } : {}) }
}

/** The channels by name. Held weakly: what nobody holds or reads is forgotten. */
function createRegistry(): { get<T>(name: string, options: StateOptions<T>, host: ChannelHost): StateChannel<T> } {
  const handles = new Map<string, WeakRef<StateChannel<unknown>>>()
  const parts = new WeakMap<object, StateChannelParts<unknown>>()
  const forgotten = new FinalizationRegistry<string>((name) => {
    if (!handles.get(name)?.deref()) handles.delete(name)
  })
  return {
    get<T>(name: string, options: StateOptions<T>, host: ChannelHost) {
      const handle = handles.get(name)?.deref()
      if (handle) {
        const known = parts.get(handle) as unknown as StateChannelParts<T>
        known.configure(options)
        return known.channel
      }
      const made = createStateChannel(name, options, host)
      handles.set(name, new WeakRef(made.channel as StateChannel<unknown>))
      parts.set(made.channel, made as unknown as StateChannelParts<unknown>)
      forgotten.register(made.channel, name)
      return made.channel
    },
  }
}
