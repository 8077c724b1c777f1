// createConnection(): wires driver, channels, stores and events together.
import type { Connection } from './api.ts'
import { createFeeds } from './channels/feeds.ts'
import type { ChannelHost } from './channels/feed.ts'
import type { StateOptions } from './channels/state-snapshot.ts'
import type { StreamOptions } from './channels/stream-snapshot.ts'
import { createDelivery } from './delivery.ts'
import { createDriver } from './driver.ts'
import type { ErrorContext, HoldfastError } from './errors.ts'
import { checkFunction } from './lib/check.ts'
import { createStore } from './lib/store.ts'
import { createTimeline } from './lib/timeline.ts'
import { createTurns } from './lib/turns.ts'
import type { Failure } from './machine/model.ts'
import { isSame, toSnapshot, type Status } from './machine/snapshot.ts'
import { initialState } from './machine/state.ts'
import { resolveOptions, type ConnectionOptions } from './options.ts'
import { createReporter } from './reporter.ts'
import { createSender } from './sender.ts'

/**
 * One managed connection to one server. Lazy: it opens when somebody is interested, and nothing is touched before.
 * @throws TypeError naming the option that cannot work
 */
export function createConnection(given: ConnectionOptions): Connection {
  const options = resolveOptions(given)
  const { runtime, tuning } = options
  const { clock, page } = runtime
  const turns = createTurns()
  const timeline = createTimeline(clock)
  const feeds = createFeeds({
    clock,
    timeline,
    turns,
    random: runtime.random,
    timeout: options.requestTimeout,
    onMessage: (type, data) => turns.run(() => events.emit('message', { type, data })),
    refused: (channel, reason) => report(toError('rejected', { channel, reason })),
    trace: (channel, entry) => reporter.trace(`subscription ${channel}`, entry),
  })
  const reporter = createReporter(given.logger, turns, () => ({
    state: driver.state,
    snapshot: store.peek(),
    address: driver.address,
    wall: clock.now(),
    now: timeline.now(),
  }))
  const { events, toError, report } = reporter
  /** What settles the promises that are given out, should the connection close first (G8). */
  const unsettled = new Set<(error: HoldfastError) => void>()
  /** `ready` calls that wait. */
  const waiting = new Set<(error: HoldfastError | null) => void>()
  let interest = 0
  let error: HoldfastError | null = null
  let complainedAt = -Infinity
  let toldStatus: Status = 'idle'
  let dropped = 0
  let stopListening: (() => void) | null = null
  let closed: HoldfastError | null = null

  /** Lost time is told to all before whatever brought it to light. */
  const notice = (late: boolean): void => {
    const slept = timeline.slept()
    if (!slept && !late && !driver.isLate()) return
    driver.step({ type: 'woke', slept })
    feeds.tell({ type: 'woke', slept })
  }

  const driver = createDriver(options, turns, timeline, {
    notice,
    isLoading: () => feeds.isLoading,
    onChange(state, previous) {
      if (state.memory.failure === null) error = null
      delivery.follow(state, previous)
      const before = store.peek()
      const snapshot = toSnapshot(state, error, tuning.quality)
      if (!isSame(snapshot, before)) store.set(snapshot)
      const { status } = snapshot
      if (status !== before.status) {
        reporter.log('info', status, { url: driver.address, attempt: snapshot.attempt })
        turns.run(() => {
          // Told one after the other: what `close()` has overtaken is not told any more.
          const previous = toldStatus
          toldStatus = status
          events.emit('status', { status, previous, snapshot })
        })
      }
      settleReady()
      sender.flush()
      attend()
    },
    onFailure(failure) {
      error = toError(failure.code, toContext(failure), failure.cause)
      // Another link of the same client took over: true, and no fault (4409).
      if (failure.closeCode !== 4409) report(error)
    },
    onChannel: (frame) => delivery.hear(frame),
    onEarly: (frame) => delivery.hearEarly(frame),
    onBadFrame(code, reason, frame) {
      const now = timeline.now()
      dropped++
      if (now - complainedAt < 1_000) return
      complainedAt = now
      report(toError(code, { reason, frame, dropped }))
    },
    onSecret: reporter.learn,
    onTrace: (entry) => reporter.trace('connection', entry),
    isRepeat: (text) => events.count('message') === 0 && feeds.repeat(text),
    onMessage(type, data, text) {
      const listened = events.count('message') > 0
      if (listened) turns.run(() => events.emit('message', { type, data }))
      feeds.deliver(type, data, text, !listened && options.protocol.givesFreshData === true)
    },
  })

  const store = createStore(toSnapshot(initialState, null, tuning.quality), reporter.complain, {
    schedule: turns.run,
    isSame,
    // What was under way when close() was called ends there; the last word comes after it (G8).
    mayTell: () => !closed || driver.state.phase === 'closed',
  })
  const sender = createSender(options, driver, timeline, {
    toError,
    turn: turns.run,
    write(text) {
      // Who publishes wants to hear it: what was asked for before leaves before.
      feeds.subscriptions.flush()
      driver.write(text)
    },
    pend: (settle) => (closed ? closed : pend(settle)),
    engage: (change) => engage(change),
  })

  const delivery = createDelivery(driver, feeds, sender)

  /** Tells those who wait in `ready` what is certain: there is a connection, or there will be none. */
  const settleReady = (): void => {
    const { phase, memory } = driver.state
    const isOver = phase === 'failed' || (phase === 'idle' && memory.barred)
    if (phase !== 'connected' && !isOver) return
    for (const done of [...waiting]) done(isOver ? (error ?? toError('aborted')) : null)
  }

  const pend = (settle: (error: HoldfastError) => void): (() => void) => {
    unsettled.add(settle)
    return () => unsettled.delete(settle)
  }

  /** Interest comes and goes; the machine is told when it begins and when it ends. */
  const engage = (change: 1 | -1): void =>
    turns.run(() => {
      interest += change
      attend()
      if (change === 1 && interest === 1) driver.dispatch({ type: 'wanted' })
      if (interest === 0) driver.dispatch({ type: 'unwanted' })
    })

  /** The page is listened to as long as there is something to be told. */
  const attend = (): void => {
    const { phase } = driver.state
    const resting = phase === 'idle' || phase === 'failed'
    const needed = phase !== 'closed' && (!resting || feeds.size > 0 || interest > 0)
    if (needed && !stopListening) {
      stopListening = page.listen((signal) =>
        turns.run(() => {
          notice(false)
          driver.step({ type: 'page', signal })
          feeds.tell({ type: isAway() ? 'away' : 'back' })
        }),
      )
      const hidden = !page.isVisible()
      if (hidden !== driver.state.memory.hidden)
        driver.dispatch({ type: 'page', signal: hidden ? 'hidden' : 'visible' })
    } else if (!needed && stopListening) {
      stopListening()
      stopListening = null
    }
  }
  const isAway = (): boolean => !page.isVisible() || !page.isOnline()

  const host: ChannelHost = {
    turns,
    timeline,
    clock,
    random: runtime.random,
    linger: options.linger,
    grace: tuning.heartbeat?.probe ?? 3_000,
    notice,
    engage,
    surroundings(feed) {
      const { state } = driver
      const linked = state.phase === 'connected'
      const doubted = linked && state.doubtedAt !== null
      return { up: linked && feeds.isUp(feed), doubted, away: isAway() }
    },
    enlist(feed) {
      feeds.add(feed)
      attend()
    },
    dismiss(feed) {
      feeds.remove(feed)
      attend()
      host.onSettled() // nobody waits for its first load any more
    },
    get closed() {
      return closed
    },
    pend,
    onSettled() {
      // All channels are looked through only where somebody waits for them.
      if (driver.state.phase === 'connecting' && !feeds.isLoading) driver.dispatch({ type: 'loaded' })
    },
    toError: (code, channel, cause) => toError(code, { channel }, cause),
    report,
    complain: reporter.complain,
    publish: (channel, data, ttl) =>
      sender.send('publish', channel, data, ttl).then(({ outcome }) => outcome),
    trace: (channel, entry) => reporter.trace(`channel ${channel}`, entry),
  }

  const connection: Connection = {
    getSnapshot: store.getSnapshot,
    getInitialSnapshot: store.getInitialSnapshot,
    subscribe: (onChange) => (closed ? () => undefined : store.subscribe(onChange)),
    connect: () => driver.dispatch({ type: 'connect' }),
    retry: () => driver.dispatch({ type: 'retry' }),
    disconnect: () => driver.dispatch({ type: 'disconnect' }),
    reset: () =>
      turns.run(() => {
        sender.abandon(toError('aborted'))
        feeds.tell({ type: 'reset' })
        driver.step({ type: 'reset' })
        feeds.subscriptions.clear()
      }),
    close() {
      if (closed) return
      const final = (closed = toError('closed'))
      events.interrupt()
      turns.finish(() => {
        driver.step({ type: 'close' })
        sender.abandon(final)
        for (const done of [...waiting]) done(final)
        turns.run(() => {
          for (const settle of [...unsettled]) settle(final)
          for (const feed of feeds.clear()) feed.close()
          store.clear()
          events.clear()
        })
      })
    },
    ready: ({ signal } = {}) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closed)
        if (signal?.aborted) return reject(toError('aborted', {}, signal.reason))
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
        signal?.addEventListener('abort', abort)
        turns.run(settleReady)
      }),
    on(event, listener) {
      if (closed) return () => undefined
      const off = events.on(event, listener)
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
    send: (type, data, { ttl } = {}) => sender.send('send', type, data, ttl).then(({ outcome }) => outcome),
    async request(type, data, { timeout } = {}) {
      const { outcome, answer } = await sender.send('request', type, data, timeout ?? options.requestTimeout)
      if (outcome.ok) return answer
      throw outcome.error
    },
    state: <T>(name: string, stateOptions?: StateOptions<T>) => feeds.state(name, stateOptions, host),
    stream: <T>(name: string, streamOptions?: StreamOptions<T>) => feeds.stream(name, streamOptions, host),
  }
  const listeners = Object.entries(given.on ?? {})
  for (const [event, listener] of listeners) checkFunction(`on.${event}`, listener)
  for (const [event, listener] of listeners) {
    if (listener) connection.on(event as keyof typeof given.on, listener)
  }
  return connection
}

function toContext({ closeCode, reason }: Failure): ErrorContext {
  return { ...(closeCode === undefined ? {} : { closeCode }), ...(reason ? { reason } : {}) }
}
