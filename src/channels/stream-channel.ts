// createStreamChannel(): every message of a channel in order, the last of them as a snapshot, and gaps told where there are any.
import { check, checkNumber, has } from '../lib/check.ts'
import { createEmitter } from '../lib/emitter.ts'
import { validate } from '../lib/standard-schema.ts'
import { createStore } from '../lib/store.ts'
import { createAlarm } from '../lib/timeline.ts'
import type { ChannelHost, Feed } from './feed.ts'
import type { Gap, MessageFacts, StreamChannel, StreamOptions, StreamSnapshot } from './stream-snapshot.ts'

/** The handle for users, and the means to bring its options up to date. */
export interface StreamChannelParts<T> {
  readonly channel: StreamChannel<T>
  readonly feed: Feed
  configure(options: StreamOptions<T>): void
}

const nothing = (): void => undefined

/** An iterator that is further behind than this is ended. */
const BEHIND = 1_000

/**
 * A stream channel at rest.
 * @throws TypeError naming the option that cannot work
 */
export function createStreamChannel<T>(
  name: string,
  given: StreamOptions<T>,
  host: ChannelHost,
): StreamChannelParts<T> {
  const { turns, timeline, clock } = host
  let options = checkStreamOptions(name, given)
  const initial: StreamSnapshot<T> = { items: [], freshness: 'unknown', gap: null }
  let current = initial
  let users = 0
  let active = false
  let over = false
  let doubted = false
  let up = false
  /** It was up before: what was missed since counts. */
  let joined = false
  let replayed = 0
  let last: number | null = null
  let toldAt = -Infinity

  const complain = (cause: unknown): void => host.complain(cause, name)
  const store = createStore(initial, complain, { schedule: turns.run, mayTell: () => !host.closed })
  const events = createEmitter<{
    message: readonly [T, MessageFacts]
    gap: Gap
    recovered: { readonly replayed: number }
  }>(complain)

  /** Snapshots may wait until they are worth a render; what leads to one does not. */
  const telling = createAlarm(clock, timeline, () => turns.run(tell))
  const tell = (): void => {
    toldAt = timeline.now()
    telling.set(undefined)
    store.set(current)
  }
  /** What is shown of a loss may not wait (G15). */
  const show = (gap: Gap | null = current.gap): void => {
    const freshness = up && !doubted ? 'live' : joined ? 'stale' : 'unknown'
    if (freshness === current.freshness && gap === current.gap) return
    current = { ...current, freshness, gap }
    tell()
  }

  const lingering = createAlarm(clock, timeline, () =>
    turns.run(() => {
      up = doubted = active = false
      forget()
      host.dismiss(feed)
    }),
  )
  const forget = (): void => {
    joined = up
    last = null
    current = initial
    tell()
    show()
  }

  /** Somebody listens, until the returned end. */
  const enter = (): (() => void) => {
    let left = false
    turns.run(() => {
      if (users++ > 0 || over) return
      lingering.set(undefined)
      if (!active) {
        active = true
        ;({ up, doubted } = host.surroundings(feed))
        joined = up
        show()
        host.enlist(feed)
      }
    })
    host.engage(1)
    return () => {
      if (left || over) return
      left = true
      turns.run(() => {
        if (--users === 0 && !over) lingering.set(timeline.now() + host.linger)
      })
      host.engage(-1)
    }
  }

  const feed: Feed = {
    get types() {
      return [name]
    },
    get history() {
      return options.history ?? 0
    },
    isLoading: false,
    dispatch(event) {
      switch (event.type) {
        case 'up': {
          // What the server replayed came before this word.
          const { recovered } = event
          const missed = joined && !recovered
          // Handed over from one link to the next without a break, or not there before: nothing had to be recovered.
          const isBack = joined && !up
          up = joined = true
          doubted = false
          const gap: Gap | null = missed
            ? { since: last, reason: recovered === null ? 'no-history' : 'not-recovered' }
            : null
          show(gap)
          if (gap) turns.run(() => events.emit('gap', gap))
          else if (recovered && isBack) {
            const facts = { replayed }
            turns.run(() => events.emit('recovered', facts))
          }
          replayed = 0
          return
        }
        case 'down':
          up = doubted = false
          replayed = 0
          show()
          return
        case 'doubted':
        case 'trusted':
          doubted = event.type === 'doubted'
          show()
          return
        case 'reset':
          up = doubted = false
          forget()
          return
        default:
      }
    },
    message(_type, data, { replayed: isReplayed = false, isState = false, offset = null }) {
      if (isState) return
      let item: T
      try {
        item = validate(options.schema, data) as T
      } catch (cause) {
        host.report(host.toError('invalid-data', name, cause))
        return
      }
      last = offset
      if (isReplayed) replayed++
      const { keep = 100 } = options
      // None of them for 0, which `slice(-0)` would take for all.
      current = { ...current, items: keep === 0 ? [] : [...current.items, item].slice(-keep) }
      const at = toldAt + (options.notifyEvery ?? 16)
      if (at <= timeline.now()) tell()
      else telling.set(at)
      turns.run(() => events.emit('message', [item, { offset, replayed: isReplayed }]))
    },
    repeats: () => null,
    // Every message counts, also one that is as the one before.
    isIndifferent: () => false,
    confirm: nothing,
    close() {
      over = true
      lingering.set(undefined)
      telling.set(undefined)
      store.clear()
      events.clear()
      for (const end of [...iterators]) end()
    },
  }

  const iterators = new Set<() => void>()
  const iterate = (): AsyncIterator<T> => {
    const ready: T[] = []
    const wakes = new Set<() => void>()
    let ended = host.closed !== null
    const end = (): void => {
      ended = true
      iterators.delete(end)
      off()
      wake()
    }
    const wake = (): void => {
      for (const done of wakes) done()
      wakes.clear()
    }
    const off = ended
      ? nothing
      : channel.on('message', (item) => {
          // It is told by its end that it is too far behind: leaving messages out would look like there were none.
          if (ready.push(item) > BEHIND) end()
          wake()
        })
    iterators.add(end)
    return {
      async next() {
        while (ready.length === 0 && !ended) await new Promise<void>((resolve) => wakes.add(resolve))
        if (ready.length === 0) return { done: true, value: undefined }
        return { done: false, value: ready.shift() as T }
      },
      return() {
        ready.length = 0
        end()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  const channel: StreamChannel<T> = {
    name,
    getSnapshot: store.getSnapshot,
    getInitialSnapshot: store.getInitialSnapshot,
    subscribe(onChange) {
      if (host.closed) return nothing
      const off = store.subscribe(onChange)
      const leave = enter()
      return () => {
        off()
        leave()
      }
    },
    on(event: 'message' | 'gap' | 'recovered', listener: (...args: never[]) => void) {
      if (host.closed) return nothing
      const off =
        event === 'message'
          ? events.on('message', ([item, facts]) =>
              (listener as (item: T, facts: MessageFacts) => void)(item, facts),
            )
          : events.on(event, listener as (event: unknown) => void)
      const leave = enter()
      return () => {
        off()
        leave()
      }
    },
    publish: (data, { ttl } = {}) => host.publish(name, data, ttl),
    [Symbol.asyncIterator]: iterate,
  }
  return {
    channel,
    feed,
    configure(next) {
      options = checkStreamOptions(name, next)
    },
  }
}

function checkStreamOptions<T>(name: string, options: StreamOptions<T>): StreamOptions<T> {
  if (typeof name !== 'string' || name === '')
    throw new TypeError('the name of a channel must be a string, not empty')
  const at = (option: string): string => `stream('${name}'): ${option}`
  checkNumber(at('keep'), options.keep, 0, 100_000)
  checkNumber(at('history'), options.history, 0, 300)
  checkNumber(at('notifyEvery'), options.notifyEvery, 0, 86_400_000)
  check(
    at('schema'),
    options.schema,
    (schema) => has()(schema) || typeof schema === 'function',
    'a Standard Schema',
  )
  return options
}
