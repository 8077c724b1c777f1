// createStateChannel(): holds the data the channel machine decides about, and meets the app's functions.
import { share } from '../diff/share.ts'
import type { ErrorCode, HoldfastError } from '../errors.ts'
import type { StandardSchemaV1 } from '../lib/standard-schema.ts'
import { createStore } from '../lib/store.ts'
import { createAlarm, earliest, type Timeline } from '../lib/timeline.ts'
import type { Turns } from '../lib/turns.ts'
import type { Clock } from '../runtime.ts'
import { toFreshness } from './freshness.ts'
import type { Channel, ChannelContext, ChannelEffect, ChannelEvent, Slot } from './model.ts'
import { checkStateOptions } from './state-options.ts'
import type { StateChannel, StateOptions, StateSnapshot } from './state-snapshot.ts'
import { channelSlots, channelStep, initialChannel } from './table.ts'

/** What a channel needs of its connection. */
export interface ChannelHost {
  readonly turns: Turns
  readonly timeline: Timeline
  readonly clock: Clock
  readonly random: () => number
  readonly linger: number
  readonly grace: number
  /** Somebody has begun, or has ceased, to want what comes over the connection. */
  engage(change: 1 | -1): void
  /** What an active channel would have been told: is there a link, is it doubted, is the page hidden or offline. */
  surroundings(): { readonly up: boolean; readonly doubted: boolean; readonly away: boolean }
  /** A load has settled. */
  onSettled(): void
  /** The channel has become active, or has been forgotten again. */
  enlist(feed: Feed): void
  dismiss(feed: Feed): void
  /** Looks whether time was lost, before deadlines are met. */
  notice(late: boolean): void
  /** An error that speaks of a channel. */
  toError(code: ErrorCode, channel: string, cause: unknown): HoldfastError
  /** Tells everybody who listens. */
  report(error: HoldfastError): void
  /** A function of the app threw. */
  complain(cause: unknown, channel: string): void
  trace(channel: string, entry: { readonly event: ChannelEvent } | { readonly effect: ChannelEffect }): void
}

/** A channel as its connection sees it. */
export interface Feed {
  readonly types: readonly string[]
  /** Its first load has not settled. */
  readonly isLoading: boolean
  dispatch(event: ChannelEvent): void
  /** An app message of one of its types. `alone`: nobody else sees its data. */
  message(type: string, data: unknown, text: string, alone: boolean): void
  /** The frame type of this text, if it is what made the current state. */
  repeats(text: string): string | null
  /** This text would change nothing here: it made the current state, or is another channel's. */
  isIndifferent(text: string): boolean
  /** A text that is indifferent came: what made the current state confirms it. */
  confirm(text: string): void
  /** The connection is closed: whoever waits is told, and nothing happens any more. */
  close(error: HoldfastError): void
}

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
  /** The last confirmed state, or `initial`; and what is shown, which `update` may have run ahead of it. */
  let base = options.initial
  let shown = base
  let source: StateSnapshot<T>['source'] = base === undefined ? null : 'initial'
  let error: HoldfastError | null = null
  let asOf: number | null = null
  /** The frame that made what is shown, to the letter; and the last one that `pick` left to others. */
  let made: { readonly text: string; readonly type: string } | null = null
  let passed: string | null = null
  let loading: AbortController | null = null
  /** Changes to be applied onto the answer of the load under way. */
  let kept: unknown[] = []
  /** What the effects of the event under way are about: the value to apply, the message to keep. */
  let value: T | undefined
  let message: unknown
  let inPlace = false
  let closed: HoldfastError | null = null
  const waiting = new Set<(error: HoldfastError | null) => void>()
  let refreshing: ReadonlyArray<{ readonly request: number; readonly done: () => void }> = []

  const fail = (code: ErrorCode, cause?: unknown): void =>
    host.report((error = host.toError(code, name, cause)))
  const complain = (cause: unknown): void => host.complain(cause, name)
  const toSnapshot = (): StateSnapshot<T> => {
    const freshness = toFreshness(state)
    const known = freshness === 'unknown' ? { data: undefined, source: null } : { data: shown, source }
    return {
      ...{ freshness, ...known, error },
      get asOf() {
        return asOf
      },
    } as StateSnapshot<T>
  }
  const store = createStore(toSnapshot(), complain, turns.run)

  /** Tells of a change of data, freshness or error. What only confirms them is told by `asOf` alone. */
  const publish = (): void => {
    const next = toSnapshot()
    const before = store.getSnapshot()
    if (
      next.freshness !== before.freshness ||
      !Object.is(next.data, before.data) ||
      next.error !== before.error
    )
      store.set(next)
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

  const context = (): ChannelContext => ({
    now: timeline.now(),
    random: host.random(),
    mode: typeof options.onMessage === 'function' ? 'change' : (options.onMessage ?? 'replace'),
    canLoad: options.load !== undefined,
    hasInitial: options.initial !== undefined,
    loadTimeout: options.loadTimeout ?? 10_000,
    interval: toInterval(),
    spread: options.spread ?? 1_000,
    linger: host.linger,
    grace: host.grace,
    surroundings: host.surroundings(),
  })

  const toInterval = (): number | null => {
    let every: unknown = options.pollEvery ?? 10_000
    try {
      if (typeof every === 'function') every = (every as (data: T | undefined) => unknown)(base)
    } catch (cause) {
      complain(cause)
    }
    if (every === false) return null
    return typeof every === 'number' && every < 86_400_000 ? Math.max(1_000, every) : 10_000
  }

  const step = (event: ChannelEvent): void => {
    if (closed) return
    host.trace(name, { event })
    const before = state.active
    const [next, effects] = channelStep(state, event, context())
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
        base = shown = options.initial
        source = base === undefined ? null : 'initial'
        error = asOf = made = passed = null
    }
  }

  const load = (request: number): void => {
    const controller = new AbortController()
    loading = controller
    kept = []
    const settle = (found: () => void): void =>
      turns.run(() => {
        if (closed || state.load?.request !== request) return // too late to matter
        try {
          found()
          step({ type: 'loaded', request, older: isOlder(value as T) })
        } catch (cause) {
          fail(cause === refusal ? 'load-failed' : 'invalid-data', cause === refusal ? reason : cause)
          step({ type: 'failed', request })
        }
      })
    let reason: unknown
    const refusal = {}
    const call = async (): Promise<unknown> => options.load?.({ signal: controller.signal })
    call().then(
      (answer) =>
        settle(() => {
          const { onMessage } = options
          value = validate(options.schema, answer) as T
          if (typeof onMessage === 'function')
            value = kept.reduce<T>((data, change) => onMessage(data, change), value)
        }),
      (cause: unknown) => {
        reason = cause
        settle(() => {
          throw refusal
        })
      },
    )
  }

  /** Makes `value` the confirmed state. What is equal to what is shown stays the same object. */
  const apply = (from: 'push' | 'poll'): void => {
    const { compare } = options
    const next = value as T
    try {
      if (compare) shown = shown !== undefined && compare(shown, next) ? shown : next
      else shown = compare === false ? next : share(shown, next, from === 'push' && inPlace)
    } catch (cause) {
      shown = next
      complain(cause)
    }
    base = shown
    source = from
    asOf = clock.now()
    error = made = null
    for (const done of [...waiting]) done(null)
  }

  const isOlder = (next: T): boolean => {
    const { version } = options
    return version !== undefined && base !== undefined && version(next) < version(base)
  }

  const feed: Feed = {
    types: options.message === undefined ? [name] : [options.message].flat(),
    get isLoading() {
      return options.load !== undefined && !state.tried
    },
    dispatch: step,
    message(type, data, text, alone) {
      const { onMessage, pick, schema, version, load } = options
      const whole = typeof onMessage !== 'function'
      try {
        message = pick ? pick(data, type) : data
        if (message === undefined) {
          passed = text
          return
        }
        if (onMessage === 'reload') return step({ type: 'signalled' })
        message = validate(whole ? schema : options.messageSchema, message)
        if (whole) {
          value = message as T
          if (isOlder(value)) return
        } else if (state.hasData || !load) value = onMessage(base, message)
      } catch (cause) {
        fail('invalid-data', cause)
        return step({ type: 'spoiled' })
      }
      inPlace = whole && alone && !pick && !schema && !version
      // Without a load, the first message of a change channel is all the state there is.
      step({ type: 'pushed', whole: whole || (!load && base === undefined) })
      if (whole) made = { text, type }
    },
    repeats: (text) => (made?.text === text ? made.type : null),
    isIndifferent: (text) => made?.text === text || passed === text,
    confirm(text) {
      if (made?.text !== text) return
      const same = made
      asOf = clock.now()
      if (state.proven && !state.load && !error) return
      value = base
      step({ type: 'pushed', whole: true })
      made = same
    },
    close(reason) {
      closed = reason
      alarm.set(undefined)
      loading?.abort()
      for (const { done } of refreshing) done()
      for (const done of [...waiting]) done(reason)
      store.clear()
    },
  }

  const channel: StateChannel<T> = {
    name,
    getSnapshot: store.getSnapshot,
    getInitialSnapshot: store.getInitialSnapshot,
    subscribe(onChange) {
      if (closed) return () => undefined
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
        if (store.size > 0 || closed) return
        turns.run(() => step({ type: 'unsubscribed' }))
        host.engage(-1)
      }
    },
    refresh: () =>
      new Promise((resolve) => {
        if (closed || !options.load) return resolve()
        const active = state.active
        const leave = channel.subscribe(() => undefined)
        turns.run(() => {
          // What begins to be read is loaded anyway.
          if (active || !state.load) step({ type: 'refresh' })
          const done = (): void => {
            leave()
            resolve()
          }
          refreshing = [...refreshing, { request: state.lastRequest + (state.load?.owed ? 1 : 0), done }]
        })
      }),
    update: (change) =>
      turns.run(() => {
        if (closed || shown === undefined) return
        try {
          shown = share(shown, change(shown))
          made = null
          publish()
        } catch (cause) {
          complain(cause)
        }
      }),
    ready: ({ signal } = {}) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closed)
        if (asOf !== null) return resolve(base as T)
        const leave = channel.subscribe(() => undefined)
        const done = (failure: HoldfastError | null): void => {
          waiting.delete(done)
          signal?.removeEventListener('abort', abort)
          leave()
          if (failure) reject(failure)
          else resolve(base as T)
        }
        const abort = (): void => done(host.toError('aborted', name, signal?.reason))
        waiting.add(done)
        if (signal?.aborted) abort()
        else signal?.addEventListener('abort', abort)
      }),
  }
  return {
    channel,
    feed,
    configure(next) {
      options = checkStateOptions(name, next)
      made = passed = null
    },
  }
}

/** The value as the schema gives it back. Throws the issues, or that the schema is asynchronous. */
function validate(schema: StandardSchemaV1 | undefined, data: unknown): unknown {
  if (!schema) return data
  const result = schema['~standard'].validate(data)
  if ('then' in result) throw new TypeError('The schema must be synchronous.')
  if (result.issues) throw new TypeError(result.issues[0]?.message ?? 'The schema refused it.')
  return result.value
}
