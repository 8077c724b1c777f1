// The subscriptions of a process: which links hear which channel of the broker, how they join, and what they publish.
import type { Broker } from './broker.ts'
import type { Link, SharedEffect } from './link.ts'
import type { ResolvedServerOptions } from './options.ts'
import type { User } from './session/model.ts'

/** What a hub needs of its server. */
export interface HubHost {
  readonly options: ResolvedServerOptions
  readonly broker: Broker
  mayRead(user: User, channel: string): boolean | Promise<boolean>
  /** The state of a channel as JSON; null where there is none. */
  stateOf(channel: string, user: User): Promise<string | null>
  report(message: string, context: unknown): void
}

/** Links and channels. */
export interface Hub {
  subscribe(link: Link, effect: Extract<SharedEffect, { type: 'subscribe' }>): void
  quit(link: Link, channel: string): void
  /** The link is gone, and all it had. */
  left(link: Link): void
  /** How many links of this process hear a channel. */
  count(channel: string): number
  close(): void
}

/** A channel that somebody here hears. */
interface Topic {
  readonly links: Set<Link>
  /** The end of the broker's subscription, once it has begun. */
  readonly ready: Promise<() => void>
  timer: unknown
}

/** The tops are looked at so often, give or take a quarter: a message lost on the way is found out by it. */
const CHECK = 40_000
/** One more than is replayed. */
const READ = 301

/** A hub without subscriptions. */
export function createHub({ options, broker, mayRead, stateOf, report }: HubHost): Hub {
  const { clock, random } = options.runtime
  const topics = new Map<string, Topic>()
  /** What each link has asked for: by channel, the ref of the last subscribe. */
  const wishes = new Map<Link, Map<string, string>>()

  const open = (channel: string): Topic => {
    const links = new Set<Link>()
    const tell = (event: Parameters<Link['dispatch']>[0]): void => {
      for (const link of [...links]) link.dispatch(event)
    }
    const ready = broker.subscribe(
      channel,
      (publication) => tell({ type: 'publication', channel, publication }),
      () => tell({ type: 'lost', channel }),
    )
    const topic: Topic = { links, ready, timer: undefined }
    const check = async (): Promise<void> => {
      try {
        const { top } = await broker.history(channel, null, 0)
        if (topics.get(channel) === topic) tell({ type: 'top', channel, top })
      } catch (error) {
        report(`Looking at the top of "${channel}" failed.`, error)
      }
      if (topics.get(channel) === topic) arm()
    }
    const arm = (): void => {
      topic.timer = clock.setTimeout(() => void check(), CHECK * (0.75 + random() / 2))
    }
    topics.set(channel, topic)
    arm()
    return topic
  }

  const leave = (link: Link, channel: string): void => {
    const topic = topics.get(channel)
    if (!topic?.links.delete(link) || topic.links.size > 0) return
    topics.delete(channel)
    clock.clearTimeout(topic.timer)
    topic.ready.then((end) => end()).catch(() => undefined)
  }

  const join = async (
    link: Link,
    { channel, ref, since, limit, user }: Extract<SharedEffect, { type: 'subscribe' }>,
  ): Promise<void> => {
    const isWanted = (): boolean => wishes.get(link)?.get(channel) === ref
    const refuse = (code: string, message: string, retryable: boolean): void =>
      link.dispatch({ type: 'refused', channel, ref, code, message, retryable })
    try {
      // The same answer for what is forbidden and for what does not exist.
      if (!(await mayRead(user, channel)))
        return refuse('forbidden', 'There is no such channel for you.', false)
      if (!isWanted()) return
      const topic = topics.get(channel) ?? open(channel)
      topic.links.add(link)
      await topic.ready
      // The position is read before the state: what is in both must not be missing from both.
      const past = await broker.history(channel, since, since === null ? limit : READ)
      const data = since !== null && past.complete ? null : await stateOf(channel, user)
      if (isWanted()) link.dispatch({ type: 'joined', channel, ref, past, data })
    } catch (error) {
      report(`Subscribing to "${channel}" failed.`, error)
      if (isWanted()) refuse('unavailable', 'Try again later.', true)
    }
  }

  return {
    subscribe(link, effect) {
      const wish = wishes.get(link) ?? new Map<string, string>()
      wishes.set(link, wish.set(effect.channel, effect.ref))
      void join(link, effect)
    },
    quit(link, channel) {
      wishes.get(link)?.delete(channel)
      leave(link, channel)
    },
    left(link) {
      for (const channel of wishes.get(link)?.keys() ?? []) leave(link, channel)
      wishes.delete(link)
    },
    count: (channel) => topics.get(channel)?.links.size ?? 0,
    close() {
      for (const { timer, ready } of topics.values()) {
        clock.clearTimeout(timer)
        ready.then((end) => end()).catch(() => undefined)
      }
      topics.clear()
    },
  }
}
