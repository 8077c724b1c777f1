// createStateChannel(): holds the data the channel machine decides about, and meets the app's functions.
import type { ErrorCode, HoldfastError } from '../errors.ts'
import { validate } from '../lib/standard-schema.ts'
import { createStore } from '../lib/store.ts'
import { createAlarm, earliest } from '../lib/timeline.ts'
import { toFreshness } from './freshness.ts'
import type { ChannelHost, Feed } from './feed.ts'
import type { Channel, ChannelEffect, ChannelEvent, Slot } from './model.ts'
import { createStateData } from './state-data.ts'
import { checkStateOptions, toContext } from './state-options.ts'
import { isSame, type StateChannel, type StateOptions } from './state-snapshot.ts'
import { channelSlots, channelStep, initialChannel } from './table.ts'

/** The handle for users, and the means to bring its options up to date. */
export interface StateChannelParts<T> {
  readonly channel: StateChannel<T>
  readonly feed: Feed
  configure(options: StateOptions<T>): void
}

/**
 * A state channel at rest.
 * @throws TypeError naming the option that cannot work
 */
export function createStateChannel<T>(
  name: string,
  given: StateOptions<T>,
  host: ChannelHost,
): StateChannelParts<T> {
  const { turns, timeline, clock } = host
  let options = checkStateOptions(name, given)
  let state: Channel = { ...initialChannel, hasData: options.initial !== undefined }
  let loading: AbortController | null = null
  /** Changes to be applied onto the answer of the load under way. */
  let kept: unknown[] = []
  /** What the effects of the event under way are about: the value to apply, the message to keep. */
  let value: T | undefined
  let message: unknown
  let inPlace = false
  let refusedAt = -Infinity
  /** The last text that `pick` left to other channels. */
  let passed: string | null = null
  let over = false
  const waiting = new Set<(error: HoldfastError | null) => void>()
  let refreshing: ReadonlyArray<{ readonly request: number; readonly done: () => void }> = []

  const complain = (cause: unknown): void => host.complain(cause, name)
  const data = createStateData(() => options, complain)
  const store = createStore(data.toSnapshot(toFreshness(state)), complain, {
    schedule: turns.run,
    isSame,
    mayTell: () => !host.closed,
  })
  const fail = (code: ErrorCode, cause?: unknown): void =>
    host.report((data.error = host.toError(code, name, cause)))

  /** Tells of a change of data, freshness or error. What only confirms them is told by `asOf` alone. */
  const publish = (): void => {
    const next = data.toSnapshot(toFreshness(state))
    if (!isSame(store.peek(), next)) store.set(next)
  }

  const due = (): readonly [Slot, number] | null => earliest(state.timers, channelSlots)
  const alarm = createAlarm(clock, timeline, (late) =>
    turns.run(() => {
      host.notice(late)
      for (let next = due(); next && next[1] <= timeline.now(); next = due())
        step({ type: 'due', slot: next[0] })
      alarm.set(due()?.[1])
    }),
  )

  /** `about`: the data that the poll interval follows, where the event brings it. */
  const step = (event: ChannelEvent, about: T | undefined = data.base): void => {
    if (over) return
    host.trace(name, { event })
    const before = state.active
    const [next, effects] = channelStep(state, event, toContext(options, host, feed, about, complain))
    state = next
    if (next.active && !before) host.enlist(feed)
    for (const effect of effects) {
      host.trace(name, { effect })
      run(effect)
    }
    alarm.set(due()?.[1])
    publish()
    if (before && !next.active) host.dismiss(feed)
  }

  const run = (effect: ChannelEffect): void => {
    switch (effect.type) {
      case 'load':
        return load(effect.request)
      case 'abort':
        return loading?.abort()
      case 'applyPush':
        if (effect.keep) kept.push(message)
        if (effect.apply) apply('push')
        return
      case 'applyLoad':
        inPlace = false
        return apply('poll')
      case 'settle': {
        kept = []
        loading = null
        if (effect.timedOut) fail('load-timeout')
        const settled = refreshing.filter(({ request }) => request <= effect.request)
        refreshing = refreshing.filter(({ request }) => request > effect.request)
        for (const { done } of settled) done()
        return host.onSettled()
      }
      case 'forget':
        data.forget()
        passed = null
    }
  }

  const load = (request: number): void => {
    const controller = new AbortController()
    loading = controller
    kept = []
    /** Within a turn, unless it is too late to matter. */
    const settle = (run: () => void): void =>
      turns.run(() => {
        if (over || state.load?.request !== request) return
        // An answer that waited for the page to thaw comes before any timer.
        host.notice(false)
        run()
      })
    const refuse = (code: ErrorCode, cause: unknown): void => {
      fail(code, cause)
      step({ type: 'failed', request })
    }
    const take = (answer: unknown): void => {
      const { onMessage, schema } = options
      let older: boolean
      try {
        value = validate(schema, answer) as T
        if (typeof onMessage === 'function')
          value = kept.reduce<T>((all, change) => onMessage(all, change), value)
        older = data.isOlder(value)
      } catch (cause) {
        return refuse('invalid-data', cause)
      }
      step({ type: 'loaded', request, older }, older ? data.base : value)
    }
    const call = async (): Promise<unknown> => await options.load?.({ signal: controller.signal })
    call().then(
      (answer) => settle(() => take(answer)),
      (cause: unknown) => settle(() => refuse('load-failed', cause)),
    )
  }

  const apply = (from: 'push' | 'poll'): void => {
    data.confirm(value as T, from, inPlace, clock.now())
    for (const done of [...waiting]) done(null)
  }

  const feed: Feed = {
    get types() {
      return options.message === undefined ? [name] : [options.message].flat()
    },
    history: 0,
    get isLoading() {
      return options.load !== undefined && !state.tried
    },
    dispatch: (event) => step(event),
    message(type, payload, { text = '', alone = false, replayed = false, isState = false }) {
      const { onMessage, pick, schema, messageSchema, version, load } = options
      const change = !isState && typeof onMessage === 'function' ? onMessage : null
      const whole = change === null
      try {
        // What a change function gets is picked from messages, not from the state that they change.
        const picks = pick && !(isState && (onMessage ?? 'replace') !== 'replace')
        message = picks ? pick(payload, type) : payload
        const isSignal = onMessage === 'reload' && !isState
        if (message === undefined) passed = text
        else if (isSignal) step({ type: 'signalled' })
        if (message === undefined || isSignal) return
        message = validate(whole ? schema : messageSchema, message)
        // A change means nothing without the state it changes: until that is loaded, the machine only keeps it.
        const applies = whole || state.hasData || !load
        if (applies) value = change ? change(data.base, message) : (message as T)
        if (applies && data.isOlder(value as T)) return
      } catch (cause) {
        // A server that has changed refuses to fit with every push: told once a second.
        const now = timeline.now()
        if (now - refusedAt >= 1_000) {
          refusedAt = now
          fail('invalid-data', cause)
        } else data.error ??= host.toError('invalid-data', name, cause)
        step({ type: 'spoiled' })
        return
      }
      inPlace = whole && alone && !pick && !schema && !version
      // Without a load, the first message of a change channel is all the state there is.
      step({ type: 'pushed', whole: whole || (!load && data.base === undefined), replayed })
      if (whole && text && options.compare !== false) data.made = { text, type }
    },
    repeats: (text) => (data.made?.text === text ? data.made.type : null),
    isIndifferent: (text) => data.made?.text === text || passed === text,
    confirm(text) {
      const { made } = data
      if (made?.text !== text) return
      data.touch(clock.now())
      if (state.proven && !state.load && !data.error) return
      value = data.base
      step({ type: 'pushed', whole: true, replayed: false })
      data.made = made
    },
    close() {
      over = true
      alarm.set(undefined)
      loading?.abort()
      store.clear()
    },
  }

  const channel: StateChannel<T> = {
    name,
    getSnapshot: store.getSnapshot,
    getInitialSnapshot: store.getInitialSnapshot,
    subscribe(onChange) {
      if (host.closed) return () => undefined
      const leave = store.subscribe(onChange)
      if (store.size === 1) {
        turns.run(() => step({ type: 'subscribed' }))
        host.engage(1)
      }
      let left = false
      return () => {
        if (left) return
        left = true
        leave()
        if (store.size > 0 || over) return
        turns.run(() => step({ type: 'unsubscribed' }))
        host.engage(-1)
      }
    },
    refresh: () =>
      new Promise((resolve) => {
        if (host.closed || !options.load) return resolve()
        const active = state.active
        const leave = channel.subscribe(() => undefined)
        const forget = host.pend(() => resolve())
        turns.run(() => {
          // What begins to be read is loaded anyway.
          if (active || !state.load) step({ type: 'refresh' })
          const done = (): void => {
            forget()
            leave()
            resolve()
          }
          refreshing = [...refreshing, { request: state.lastRequest + (state.load?.owed ? 1 : 0), done }]
        })
      }),
    update: (change) =>
      turns.run(() => {
        try {
          if (state.active && !over) data.run(change)
        } catch (cause) {
          complain(cause)
        }
        publish()
      }),
    ready: ({ signal } = {}) =>
      new Promise((resolve, reject) => {
        if (host.closed) return reject(host.closed)
        if (data.isConfirmed) return resolve(data.base as T)
        if (signal?.aborted) return reject(host.toError('aborted', name, signal.reason))
        const leave = channel.subscribe(() => undefined)
        const done = (failure: HoldfastError | null): void => {
          waiting.delete(done)
          forget()
          signal?.removeEventListener('abort', abort)
          leave()
          if (failure) reject(failure)
          else resolve(data.base as T)
        }
        const abort = (): void => done(host.toError('aborted', name, signal?.reason))
        const forget = host.pend(done)
        waiting.add(done)
        signal?.addEventListener('abort', abort)
      }),
  }
  return {
    channel,
    feed,
    configure(next) {
      options = checkStateOptions(name, next)
      data.made = passed = null
      if (state.active) return
      state = { ...state, hasData: options.initial !== undefined }
      data.forget()
      publish()
    },
  }
}
