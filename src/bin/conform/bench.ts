// What one case works with: links that end with it, requests with ids of their own, and what the run has seen so far.
import { randomBytes } from 'node:crypto'
import type { Frame } from '../../protocol/frames.ts'
import { openLink, type Link, type Log } from './link.ts'
import type { Settings } from './settings.ts'
import { show } from './show.ts'
import { must } from './verdict.ts'

/** A case's place to work. */
export interface Bench {
  readonly settings: Settings
  readonly seen: Seen
  /** An id that nobody else has, for a request or a client. */
  id(): string
  /** `client_ready` as the level wants it; with the good credentials unless `more` says otherwise. */
  hello(more?: object): object
  /** A link with the upgrade done and nothing said. */
  open(headers?: Readonly<Record<string, string>>): Promise<Link>
  /** The same; hello and a ping are said, and the pong has come. */
  enter(more?: object): Promise<Link>
  /** Subscribes and must get it; the answer. */
  subscribe(link: Link, more?: object): Promise<Frame>
  /** Publishes and must get it; the ack. */
  publish(link: Link, data: unknown, more?: object): Promise<Frame>
  /** Cuts all links of this case. */
  end(): void
}

/** What came in on all links of a run. */
export interface Seen extends Log {
  /** Control frames, at most one hundred of each type. */
  readonly control: readonly Frame[]
  /** What was no frame, the first of it. */
  readonly wrong: readonly string[]
}

/** Nothing seen yet. */
export function createSeen(): Seen {
  const control: Frame[] = []
  const wrong: string[] = []
  const counts = new Map<string, number>()
  return {
    control,
    wrong,
    frame(frame) {
      if (frame.type !== 'server_ready' && !frame.type.startsWith('rt.')) return
      const count = counts.get(frame.type) ?? 0
      // A server that makes up types must not fill our memory.
      if (count >= 100 || counts.size > 100) return
      counts.set(frame.type, count + 1)
      control.push(frame)
    },
    illegal(what) {
      if (wrong.length < 5) wrong.push(what)
    },
  }
}

const run = randomBytes(4).toString('hex')
let ids = 0

/** A bench for one case. */
export function createBench(settings: Settings, seen: Seen): Bench {
  const { auth, level, channel } = settings
  const links: Link[] = []
  const id = (): string => `k${run}-${++ids}`

  const hello = (more: object = {}): object => ({
    type: 'client_ready',
    ...(level > 0 && { v: 1, client: { id: id(), lib: 'holdfast-conform/1' }, caps: capsOf[level] }),
    ...(auth !== undefined && { auth }),
    ...more,
  })

  const open = async (headers: Readonly<Record<string, string>> = {}): Promise<Link> => {
    const link = openLink(settings, headers, seen)
    links.push(link)
    await link.open()
    return link
  }

  const bench: Bench = {
    settings,
    seen,
    id,
    hello,
    open,
    async enter(more) {
      const link = await open()
      link.send(hello(more))
      link.send({ type: 'ping', timestamp: 1 })
      await link.frame('pong after client_ready', ({ type }) => type === 'pong')
      return link
    },
    async subscribe(link, more) {
      const request = { type: 'rt.subscribe', id: id(), channel, ...more }
      link.send(request)
      const answer = await link.answer(request.id)
      must(answer.type === 'rt.subscribed', `The subscribe was answered with ${show(answer)}.`)
      return answer
    },
    async publish(link, data, more) {
      const request = { type: 'rt.publish', id: id(), channel, data, ...more }
      link.send(request)
      const answer = await link.answer(request.id)
      must(answer.type === 'rt.ack', `The publish was answered with ${show(answer)}.`)
      return answer
    },
    end() {
      for (const link of links) link.drop()
    },
  }
  return bench
}

const capsOf = [[], [], ['channels', 'ack'], ['channels', 'ack', 'recover']] as const

/** What the server said when the link opened; undefined at level 0. */
export function readyOf(link: Link): Frame | undefined {
  return link.frames.find(({ type, v }) => type === 'server_ready' && Number.isInteger(v))
}

/** The messages of a channel on a link, in order. */
export function messagesOf(link: Link, channel: unknown): Frame[] {
  return link.frames.filter((frame) => frame.type === 'rt.message' && frame.channel === channel)
}
