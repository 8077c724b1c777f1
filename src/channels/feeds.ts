// The channels of one connection: by name for users, by frame type for what arrives.
import type { Delivery } from '../protocol/channels.ts'
import type { ChannelHost, Feed } from './feed.ts'
import type { ChannelEvent } from './model.ts'
import { createStateChannel } from './state-channel.ts'
import type { StateChannel, StateOptions } from './state-snapshot.ts'
import { createStreamChannel } from './stream-channel.ts'
import type { StreamChannel, StreamOptions } from './stream-snapshot.ts'
import {
  createSubscriptions,
  type SubscribingLink,
  type Subscriptions,
  type SubscriptionsHost,
} from './subscriptions.ts'

/** With more channels than this, repeated text is not looked for before it is parsed. */
const MANY = 64

/** How a link delivers: what the server pushes by itself, or what is subscribed to. */
export type Delivering = 'pushes' | SubscribingLink | null

/** The active channels, and the way to all others. */
export interface Feeds {
  /** The channel of that name; always the same handle, as long as somebody holds or reads it. */
  state<T>(name: string, options: StateOptions<T> | undefined, host: ChannelHost): StateChannel<T>
  stream<T>(name: string, options: StreamOptions<T> | undefined, host: ChannelHost): StreamChannel<T>
  add(feed: Feed): void
  /** Ends what `add` began, once. */
  remove(feed: Feed): void
  readonly size: number
  /** One of them waits for its first load. */
  readonly isLoading: boolean
  /** Tells all active channels. */
  tell(event: ChannelEvent): void
  /** The link delivers in this way from now on. `moved`: it is the one that was joined. */
  link(delivering: Delivering, moved?: boolean): void
  /** The subscriptions, for what comes before a link takes over. */
  readonly subscriptions: Pick<Subscriptions, 'join' | 'answered' | 'isJoined' | 'hear' | 'flush' | 'clear'>
  /** What is published to this channel arrives. */
  isUp(feed: Feed): boolean
  /** Gives a message to those whose type it is. `alone`: nobody else sees it. */
  deliver(type: string, data: unknown, text: string, alone: boolean): void
  /** True, and the channels are told, if this text is to the letter what made the current state, and nobody else could want it. */
  repeat(text: string): boolean
  clear(): readonly Feed[]
}

/** What the feeds need of their connection, besides what subscriptions do. */
export interface FeedsHost extends Omit<SubscriptionsHost, 'up' | 'down' | 'deliver'> {
  /** A message of a channel, before the channel gets it. */
  onMessage(type: string, data: unknown): void
}

/** No channels yet. */
export function createFeeds(host: FeedsHost): Feeds {
  /** With the frame types it was added for. */
  const active = new Map<Feed, readonly string[]>()
  const byType = new Map<string, Set<Feed>>()
  /** How a link delivers now; and what was recovered, of the channels that are subscribed to. */
  let delivering: Delivering = null
  const recoveries = new Map<string, boolean>()
  const handles = new Map<string, WeakRef<object>>()
  const parts = new WeakMap<object, object>()
  const forgotten = new FinalizationRegistry<string>((name) => {
    if (!handles.get(name)?.deref()) handles.delete(name)
  })
  const typesOf = (feed: Feed): readonly string[] => active.get(feed) ?? feed.types
  /** The same kind and name give the same handle, as long as somebody holds it. Who only reads leaves the options as they are. */
  const toHandle = <C extends object, O extends object>(
    key: string,
    options: O | undefined,
    make: (options: O) => { readonly channel: C; configure(options: O): void },
  ): C => {
    const handle = handles.get(key)?.deref()
    const known = handle && (parts.get(handle) as ReturnType<typeof make>)
    if (known) {
      if (options) known.configure(options)
      return known.channel
    }
    const made = make(options ?? ({} as O))
    handles.set(key, new WeakRef(made.channel))
    parts.set(made.channel, made)
    forgotten.register(made.channel, key)
    return made.channel
  }

  const isUp = (feed: Feed): boolean =>
    delivering === 'pushes' ||
    (typesOf(feed).length > 0 && typesOf(feed).every((type) => recoveries.has(type)))
  const concerned = (type: string): readonly Feed[] => [...(byType.get(type) ?? [])]
  const tell = (event: ChannelEvent): void => {
    for (const feed of [...active.keys()]) feed.dispatch(event)
  }
  const deliver = (channel: string, { data, position }: Delivery, replayed: boolean): void => {
    host.onMessage(channel, data)
    const about = { replayed, offset: position?.offset ?? null }
    for (const feed of concerned(channel)) feed.message(channel, data, about)
  }

  const subscriptions = createSubscriptions({
    ...host,
    up(channel, recovered, items, data) {
      // What was missed comes before the word that nothing is missing.
      for (const item of items) deliver(channel, item, true)
      recoveries.set(channel, recovered)
      for (const feed of concerned(channel)) {
        if (isUp(feed))
          feed.dispatch({ type: 'up', recovered: typesOf(feed).every((type) => recoveries.get(type)) })
        if (data !== undefined) feed.message(channel, data, { isState: true })
      }
    },
    down(channel) {
      const before = concerned(channel).filter(isUp)
      recoveries.delete(channel)
      for (const feed of before) feed.dispatch({ type: 'down' })
    },
    deliver: (channel, delivery) => deliver(channel, delivery, false),
  })

  return {
    state: <T>(name: string, options: StateOptions<T> | undefined, channelHost: ChannelHost) =>
      toHandle(`state ${name}`, options, (given: StateOptions<T>) =>
        createStateChannel(name, given, channelHost),
      ),
    stream: <T>(name: string, options: StreamOptions<T> | undefined, channelHost: ChannelHost) =>
      toHandle(`stream ${name}`, options, (given: StreamOptions<T>) =>
        createStreamChannel(name, given, channelHost),
      ),
    add(feed) {
      active.set(feed, feed.types)
      for (const type of feed.types) {
        const others = byType.get(type)
        byType.set(type, (others ?? new Set()).add(feed))
        if (!others) subscriptions.want(type, feed.history)
      }
    },
    remove(feed) {
      for (const type of typesOf(feed)) {
        const left = byType.get(type)
        left?.delete(feed)
        if (left?.size !== 0) continue
        byType.delete(type)
        recoveries.delete(type)
        subscriptions.drop(type)
      }
      active.delete(feed)
    },
    get size() {
      return active.size
    },
    get isLoading() {
      for (const feed of active.keys()) if (feed.isLoading) return true
      return false
    },
    tell,
    link(next, moved = false) {
      if (moved && next !== null && next !== 'pushes' && delivering !== 'pushes') {
        delivering = next
        subscriptions.move()
        return
      }
      if (delivering === 'pushes') tell({ type: 'down' })
      else if (delivering) subscriptions.link(null)
      delivering = next
      if (next === 'pushes') {
        // What is pushed has no place: a later link continues nothing.
        subscriptions.restart()
        tell({ type: 'up', recovered: null })
      } else if (next) subscriptions.link(next)
    },
    isUp,
    subscriptions,
    deliver(type, data, text, alone) {
      const feeds = concerned(type)
      for (const feed of feeds) feed.message(type, data, { text, alone: alone && feeds.length === 1 })
    },
    repeat(text) {
      if (active.size > MANY) return false
      for (const feed of active.keys()) {
        const type = feed.repeats(text)
        if (type === null) continue
        const others = concerned(type)
        if (!others.every((other) => other.isIndifferent(text))) return false
        for (const other of others) other.confirm(text)
        return true
      }
      return false
    },
    clear() {
      const left = [...active.keys()]
      active.clear()
      byType.clear()
      subscriptions.clear()
      return left
    },
  }
}
