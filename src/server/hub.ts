// The subscriptions of a process: which links hear which channel of the broker, how they join, and whether they still may.
import { PATIENCE, within, type Attempt } from './attempt.ts'
import type { Broker, Past } from './broker.ts'
import type { Link, SharedEffect } from './link.ts'
import type { ResolvedServerOptions } from './options.ts'
import type { User } from './session/model.ts'
import { isReplayable } from './session/subscription.ts'
import { createTurns } from './turns.ts'

/** What the app says; `failed`: it did not. */
export type Verdict = boolean | 'failed'

/** What a hub needs of its server. */
export interface HubHost {
  readonly options: ResolvedServerOptions
  readonly broker: Broker
  readonly attempt: Attempt
  mayRead(user: User, channel: string): Verdict | Promise<Verdict>
  /** Whose link it is now; undefined for one that is gone. */
  userOf(link: Link): User | undefined
  /** The state of a channel as JSON; null where there is none. */
  stateOf(channel: string, user: User): Promise<string | null>
  report(message: string, context: unknown): void
}

/** Links and channels. */
export interface Hub {
  subscribe(link: Link, effect: Subscribe): void
  quit(link: Link, channel: string): void
  /** Resolves when the subscribe of the link to the channel is answered, if there is one. */
  answered(link: Link, channel: string): Promise<void> | undefined
  /** The link's user has other rights: asks again whether it may have what it has. */
  renewed(link: Link): void
  /** The link is gone, and all it had. */
  left(link: Link): void
  /** How many links of this process hear a channel. */
  count(channel: string): number
  close(): void
}

type Subscribe = Extract<SharedEffect, { type: 'subscribe' }>

/** Why a request is not granted. */
export interface Refusal {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
}

/** The same answer for what is forbidden and for what does not exist. */
export const FORBIDDEN: Refusal = {
  code: 'forbidden',
  message: 'There is no such channel for you.',
  retryable: false,
}
/** Somebody who is needed does not answer. */
export const UNAVAILABLE: Refusal = { code: 'unavailable', message: 'Try again later.', retryable: true }

/** A channel that somebody here hears. */
interface Topic {
  readonly links: Set<Link>
  /** The broker tells all from now on. */
  readonly ready: Promise<unknown>
  end(): void
  timer: unknown
}

/** What a link has asked for. Another one of the same channel takes its place. */
interface Wish {
  readonly ref: string
  answered?: Promise<void>
}

/** The tops are looked at so often, give or take a quarter: a message lost on the way is found out by it. */
const CHECK = 40_000
/** One more than is replayed. */
const READ = 301
/** A subscribe is answered before its client gives up, after 10 s. */
const ANSWER = 9_000

/** A hub without subscriptions. */
export function createHub({ options, broker, attempt, mayRead, userOf, stateOf, report }: HubHost): Hub {
  const { clock, random } = options.runtime
  const topics = new Map<string, Topic>()
  const wishes = new Map<Link, Map<string, Wish>>()
  const writes = createTurns<Link>()

  const open = (channel: string): Topic => {
    const links = new Set<Link>()
    const tell = (event: Parameters<Link['dispatch']>[0]): void => {
      for (const link of [...links]) link.dispatch(event)
    }
    const subscribing = broker.subscribe(
      channel,
      (publication) => tell({ type: 'publication', channel, publication }),
      () => tell({ type: 'lost', channel }),
    )
    const topic: Topic = {
      links,
      ready: within(clock, PATIENCE, () => subscribing),
      timer: undefined,
      end() {
        clock.clearTimeout(topic.timer)
        subscribing.then((end) => end()).catch(() => undefined)
      },
    }
    const check = async (): Promise<void> => {
      for (const link of links) void confirm(link, channel)
      try {
        const { top } = await within(clock, PATIENCE, () => broker.history(channel, null, 0))
        if (topics.get(channel) === topic) tell({ type: 'top', channel, top })
      } catch (error) {
        report(`Looking at the top of ${JSON.stringify(channel)} failed.`, error)
      }
      if (topics.get(channel) === topic) arm()
    }
    const arm = (): void => {
      // In whole seconds: Node keeps a list for every duration that there is, until it would have been over.
      topic.timer = clock.setTimeout(
        () => void check(),
        1_000 * Math.round((CHECK / 1_000) * (0.75 + random() / 2)),
      )
    }
    topics.set(channel, topic)
    arm()
    return topic
  }

  const refuse = (link: Link, channel: string, { ref }: Wish, refusal: Refusal): void =>
    link.dispatch({ type: 'refused', channel, ref, ...refusal })

  /** Asks again. Where the app cannot say, it stays as it is until the next time. */
  const confirm = async (link: Link, channel: string): Promise<void> => {
    const wish = wishes.get(link)?.get(channel)
    const user = userOf(link)
    if (wish === undefined || user === undefined || (await mayRead(user, channel)) !== false) return
    if (userOf(link) === user) refuse(link, channel, wish, FORBIDDEN)
  }

  const leave = (link: Link, channel: string): void => {
    const topic = topics.get(channel)
    if (!topic?.links.delete(link) || topic.links.size > 0) return
    topics.delete(channel)
    topic.end()
  }

  /** One replay or state after the other, when the reader has taken what was written before: no more of them wait in its socket. */
  const write = <T>(link: Link, run: () => T | Promise<T>): Promise<T> =>
    writes.run(link, async () => {
      await link.flushed()
      return run()
    })

  const join = async (
    link: Link,
    { channel, ref, since, limit, user }: Subscribe,
    isWanted: () => boolean,
  ): Promise<Refusal | null> => {
    const verdict = await mayRead(user, channel)
    if (verdict !== true) return verdict === false ? FORBIDDEN : UNAVAILABLE
    if (!isWanted()) return null
    const topic = topics.get(channel) ?? open(channel)
    topic.links.add(link)
    await topic.ready
    const answer = (past: Past, data: string | null): void => {
      if (isWanted()) link.dispatch({ type: 'joined', channel, ref, past, data })
    }
    const read = (): Promise<Past> => broker.history(channel, since, since === null ? limit : READ)
    const past = await write(link, async () => {
      if (!isWanted()) return null
      const found = await within(clock, PATIENCE, read)
      if (since === null) return found
      if (!isReplayable(found)) return { ...found, items: [], complete: false }
      answer(found, null)
      return null
    })
    if (past === null) return null
    // The position was read before the state: what is in both must not be missing from both.
    const data = await stateOf(channel, user)
    await write(link, () => answer(past, data))
    return null
  }

  return {
    subscribe(link, effect) {
      const { channel, ref } = effect
      const own = wishes.get(link) ?? new Map<string, Wish>()
      const wish: Wish = { ref }
      wishes.set(link, own.set(channel, wish))
      const isWanted = (): boolean => wishes.get(link)?.get(channel) === wish
      const run = (): Promise<Refusal | null> => join(link, effect, isWanted)
      const what = `Subscribing to ${JSON.stringify(channel)}`
      wish.answered = attempt<Refusal | null>(what, run, UNAVAILABLE, ANSWER).then((refusal) => {
        if (refusal && isWanted()) refuse(link, channel, wish, refusal)
      })
    },
    quit(link, channel) {
      wishes.get(link)?.delete(channel)
      leave(link, channel)
    },
    answered: (link, channel) => wishes.get(link)?.get(channel)?.answered,
    renewed(link) {
      for (const channel of wishes.get(link)?.keys() ?? []) void confirm(link, channel)
    },
    left(link) {
      for (const channel of wishes.get(link)?.keys() ?? []) leave(link, channel)
      wishes.delete(link)
    },
    count: (channel) => topics.get(channel)?.links.size ?? 0,
    close() {
      for (const topic of topics.values()) topic.end()
      topics.clear()
    },
  }
}
