// What clients publish: in their order, after their own subscribes, and nothing for a link that is gone.
import { isHoldfastError } from '../errors.ts'
import type { Clock } from '../runtime.ts'
import type { Channels } from './channels.ts'
import { FORBIDDEN, UNAVAILABLE, type Hub, type Refusal, type Verdict } from './hub.ts'
import type { Link, SharedEffect } from './link.ts'
import type { SessionEvent, User } from './session/model.ts'
import { createTurns } from './turns.ts'

type Post = Extract<SharedEffect, { type: 'publish' }>

/** So long a publication waits for those before it: its client gives up after 10 s, and where somebody hangs no more may wait than comes meanwhile. */
const WAIT = 8_000

/** What publications need of their server. */
export interface PostsHost {
  readonly clock: Clock
  /** The open links. */
  readonly members: ReadonlyMap<Link, { readonly user: User; readonly client: string | null }>
  readonly publish: Channels['publish']
  readonly answered: Hub['answered']
  mayPublish(user: User, channel: string): Verdict | Promise<Verdict>
  report(message: string, context: unknown): void
}

/** Makes the function that takes publications; each is answered, unless its link is gone. */
export function createPosts({
  clock,
  members,
  publish,
  answered,
  mayPublish,
  report,
}: PostsHost): (link: Link, post: Post) => void {
  const turns = createTurns<Link>()

  const place = async (link: Link, post: Post): Promise<SessionEvent | null> => {
    const { id, channel, data } = post
    const member = members.get(link)
    if (member === undefined) return null
    const verdict = await mayPublish(member.user, channel)
    if (!members.has(link)) return null
    if (verdict !== true) return failed(post, verdict === false ? FORBIDDEN : UNAVAILABLE)
    try {
      const client = member.client === null ? undefined : JSON.stringify([member.user.id, member.client])
      // Nobody can use up, or ask for, the ids of another one.
      const key = client && `${client} ${id}`
      const { epoch, offset, duplicate } = await publish(channel, data, key, client)
      return { type: 'answered', id, ack: { epoch, offset, ...(duplicate ? { duplicate } : {}) } }
    } catch (error) {
      if (isHoldfastError(error))
        return failed(post, {
          code: error.code.replaceAll('-', '_'),
          message: error.message,
          retryable: false,
        })
      report(`Publishing to ${JSON.stringify(channel)} failed.`, error)
      return failed(post, UNAVAILABLE)
    }
  }

  return (link, post) => {
    // It hears what it says itself.
    const joined = answered(link, post.channel)
    const cameAt = clock.monotonic()
    void turns.run(link, async () => {
      const isLate = clock.monotonic() - cameAt > WAIT
      if (!isLate) await joined
      const answer = isLate ? failed(post, UNAVAILABLE) : await place(link, post)
      if (answer) link.dispatch(answer)
    })
  }
}

function failed({ id }: Post, refusal: Refusal): SessionEvent {
  return { type: 'failed', id, ...refusal }
}
