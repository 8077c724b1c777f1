// The channels of one connection: by name for users, by frame type for what arrives.
import type { ChannelHost, Feed } from './feed.ts'
import type { ChannelEvent } from './model.ts'
import { createStateChannel, type StateChannelParts } from './state-channel.ts'
import type { StateChannel, StateOptions } from './state-snapshot.ts'

/** With more channels than this, repeated text is not looked for before it is parsed. */
const MANY = 64

/** The active channels, and the way to all others. */
export interface Feeds {
  /** The channel of that name; always the same handle, as long as somebody holds or reads it. */
  state<T>(name: string, options: StateOptions<T> | undefined, host: ChannelHost): StateChannel<T>
  add(feed: Feed): void
  /** Ends what `add` began, once. */
  remove(feed: Feed): void
  readonly size: number
  /** One of them waits for its first load. */
  readonly isLoading: boolean
  /** Tells all active channels. */
  tell(event: ChannelEvent): void
  /** Gives a message to those whose type it is. `alone`: nobody else sees it. */
  deliver(type: string, data: unknown, text: string, alone: boolean): void
  /** True, and the channels are told, if this text is to the letter what made the current state, and nobody else could want it. */
  repeat(text: string): boolean
  clear(): readonly Feed[]
}

/** No channels yet. */
export function createFeeds(): Feeds {
  /** With the frame types it was added for. */
  const active = new Map<Feed, readonly string[]>()
  const byType = new Map<string, Set<Feed>>()
  const handles = new Map<string, WeakRef<StateChannel<never>>>()
  const parts = new WeakMap<object, StateChannelParts<never>>()
  const forgotten = new FinalizationRegistry<string>((name) => {
    if (!handles.get(name)?.deref()) handles.delete(name)
  })
  return {
    state<T>(name: string, options: StateOptions<T> | undefined, host: ChannelHost) {
      const handle = handles.get(name)?.deref()
      const known = handle && (parts.get(handle) as unknown as StateChannelParts<T>)
      if (known) {
        // Who only reads leaves the options as they are.
        if (options) known.configure(options)
        return known.channel
      }
      const made = createStateChannel(name, options ?? {}, host)
      handles.set(name, new WeakRef(made.channel as unknown as StateChannel<never>))
      parts.set(made.channel, made as unknown as StateChannelParts<never>)
      forgotten.register(made.channel, name)
      return made.channel
    },
    add(feed) {
      active.set(feed, feed.types)
      for (const type of feed.types) byType.set(type, (byType.get(type) ?? new Set()).add(feed))
    },
    remove(feed) {
      for (const type of active.get(feed) as readonly string[]) {
        const left = byType.get(type)
        left?.delete(feed)
        if (left?.size === 0) byType.delete(type)
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
    tell(event) {
      for (const feed of [...active.keys()]) feed.dispatch(event)
    },
    deliver(type, data, text, alone) {
      const concerned = byType.get(type)
      if (!concerned) return
      const only = alone && concerned.size === 1
      for (const feed of [...concerned]) feed.message(type, data, text, only)
    },
    repeat(text) {
      if (active.size > MANY) return false
      for (const feed of active.keys()) {
        const type = feed.repeats(text)
        if (type === null) continue
        const concerned = [...(byType.get(type) as ReadonlySet<Feed>)]
        if (!concerned.every((other) => other.isIndifferent(text))) return false
        for (const other of concerned) other.confirm(text)
        return true
      }
      return false
    },
    clear() {
      const left = [...active.keys()]
      active.clear()
      byType.clear()
      return left
    },
  }
}
