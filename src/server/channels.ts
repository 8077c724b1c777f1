// What is sent to whom: publications, first data, last states, and the watches that look for changes.
import { HoldfastError, type ErrorCode } from '../errors.ts'
import { isType } from '../protocol/frames.ts'
import type { Attempt } from './attempt.ts'
import type { Link } from './link.ts'
import type { ResolvedServerOptions } from './options.ts'
import type { Published, WatchOptions } from './realtime-server.ts'
import type { User, Wire } from './session/model.ts'

/** What the channels need of their server. */
export interface ChannelsHost {
  readonly options: ResolvedServerOptions
  readonly members: ReadonlyMap<Link, { readonly user: User }>
  readonly attempt: Attempt
  mayRead(user: User, channel: string): boolean | Promise<boolean>
}

/** The channels of a server. */
export interface Channels {
  publish(channel: string, data: unknown): Promise<Published>
  publishIfChanged(channel: string, state: unknown): Promise<Published | null>
  watch(channel: string, options: WatchOptions): () => void
  /** Sends a new link the first data of what its user may read. */
  greet(link: Link, user: User): void
  close(): void
}

interface Watch {
  /** Resolves when the last look is younger than `every`. */
  fresh(): Promise<void> | undefined
  stop(): void
}

/** Clients drop larger frames unread. */
const MAX_FIRST = 1_048_576
const reserved: ReadonlySet<string> = new Set(['client_ready', 'server_ready', 'ping', 'pong'])

/** Makes the channels. */
export function createChannels({ options, members, attempt, mayRead }: ChannelsHost): Channels {
  const { maxEventBytes, snapshot } = options
  const { clock } = options.runtime
  const events = options.events && new Map(Object.entries(options.events))
  const states = new Map<string, { readonly text: string; readonly wire: Wire }>()
  const watches = new Map<string, Watch>()
  /** What waits for the app, by link and channel. */
  const turns = new Map<string, { readonly last: Promise<void>; readonly bytes: number }>()
  let closed = false

  const toLimit = (channel: string): number =>
    typeof maxEventBytes === 'function' ? maxEventBytes(channel) : maxEventBytes

  function encode(channel: string, data: unknown, limit: number): { text: string; wire: Wire } {
    const refuse = (code: ErrorCode, why: string, cause?: unknown): never => {
      throw new HoldfastError(code, `"${channel}" was not sent: ${why}`, { channel }, cause)
    }
    if (!isType(channel) || reserved.has(channel) || channel.startsWith('rt.'))
      return refuse('invalid-message', 'a channel needs 1 to 64 of A-Z a-z 0-9 _ . : - and no reserved word.')
    const schema = events?.get(channel) ?? events?.get(channel.split(':', 1)[0] ?? '')
    if (events !== undefined && schema === undefined)
      return refuse('invalid-message', `it is not among the events (${[...events.keys()].join(', ')}).`)
    const result = schema === undefined ? { value: data } : schema['~standard'].validate(data)
    if (result instanceof Promise) return refuse('invalid-data', 'its schema is asynchronous.')
    if (result.issues !== undefined) {
      const issues = result.issues.map((issue) => issue.message).join('; ')
      return refuse('invalid-data', `its data does not fit the schema: ${issues}.`, result.issues)
    }
    let text: string
    try {
      text = JSON.stringify({ type: channel, data: result.value })
    } catch (cause) {
      return refuse('invalid-message', 'its data cannot be written as JSON.', cause)
    }
    const wire = Buffer.from(text)
    if (wire.length <= limit) return { text, wire }
    const size = `its frame has ${wire.length} bytes, the limit is ${limit}`
    return refuse('message-too-large', `${size}. Send what changed, and let clients fetch the data by REST.`)
  }

  /** One thing after the other per link and channel, so that the order stays while the app thinks. Gives the bytes that wait. */
  function inTurn(key: string, size: number, run: () => Promise<void>): number {
    const before = turns.get(key)
    const bytes = size + (before?.bytes ?? 0)
    const last: Promise<void> = (before?.last ?? Promise.resolve()).then(run).then(() => {
      if (turns.get(key)?.last === last) turns.delete(key)
    })
    turns.set(key, { last, bytes })
    return bytes
  }

  function send(channel: string, wire: Wire): Published {
    let recipients = 0
    for (const [link, { user }] of members) {
      const push = (): void => link.dispatch({ type: 'push', channel, wire })
      const key = `${link.id} ${channel}`
      const allowed = turns.has(key) ? null : mayRead(user, channel)
      if (allowed === false) continue
      recipients += 1
      if (allowed === true) {
        push()
        continue
      }
      const bytes = inTurn(key, wire.length, async () => {
        if (await (allowed ?? mayRead(user, channel))) push()
      })
      // Who cannot be answered for is as a reader who does not read: it may come back, and start with a fresh state.
      if (bytes > options.limits.bufferedBytes) link.dispatch({ type: 'congested', bytes })
    }
    return { recipients }
  }

  function sendIfChanged(channel: string, state: unknown): Published | null {
    if (state === undefined) states.delete(channel)
    if (state === undefined) return null
    const next = encode(channel, state, toLimit(channel))
    if (states.get(channel)?.text === next.text) return null
    states.set(channel, next)
    return send(channel, next.wire)
  }

  async function firstData(channel: string, user: User): Promise<Wire | null> {
    const data: unknown = events?.has(channel) === true ? await snapshot?.(channel, user) : undefined
    if (data !== undefined) return encode(channel, data, MAX_FIRST).wire
    const before = states.get(channel)
    // While nobody was there nothing was looked at. What the look finds new is on its way to this link too.
    await watches.get(channel)?.fresh()
    return before !== undefined && states.get(channel) === before ? before.wire : null
  }

  function watch(channel: string, { every, load }: WatchOptions): () => void {
    if (!(Number.isFinite(every) && every >= 1 && every <= 86_400_000))
      throw new TypeError('watch: every must be from 1 to 86400000.')
    if (typeof load !== 'function') throw new TypeError('watch: load must be a function.')
    if (watches.has(channel)) throw new TypeError(`watch: "${channel}" is watched already.`)
    let lookedAt = -Infinity
    let looking: Promise<void> | null = null
    let timer: unknown
    const isWatched = (): boolean => watches.get(channel) === entry
    const look = async (): Promise<void> => {
      let late = false
      const news = async (): Promise<void> => {
        const state: unknown = await load()
        if (!late && isWatched()) sendIfChanged(channel, state)
      }
      await attempt(`Watching "${channel}"`, news, undefined)
      late = true
      lookedAt = clock.monotonic()
      looking = null
    }
    const somebody = async (): Promise<boolean> => {
      for (const { user } of members.values()) if (await mayRead(user, channel)) return true
      return false
    }
    const tick = async (): Promise<void> => {
      if (await somebody()) await (looking ??= look())
      if (isWatched()) timer = clock.setTimeout(() => void tick(), every)
    }
    const entry: Watch = {
      fresh: () => (clock.monotonic() - lookedAt < every ? undefined : (looking ??= look())),
      stop() {
        clock.clearTimeout(timer)
        if (isWatched()) watches.delete(channel)
      },
    }
    if (closed) return entry.stop
    watches.set(channel, entry)
    void tick()
    return entry.stop
  }

  return {
    publish: (channel, data) => settle(() => send(channel, encode(channel, data, toLimit(channel)).wire)),
    publishIfChanged: (channel, state) => settle(() => sendIfChanged(channel, state)),
    watch,
    greet(link, user) {
      const keys = snapshot === undefined ? [] : (events?.keys() ?? [])
      for (const channel of new Set([...keys, ...states.keys(), ...watches.keys()]))
        inTurn(`${link.id} ${channel}`, 0, async () => {
          if (!(await mayRead(user, channel))) return
          const wire = await attempt(`First data of "${channel}"`, () => firstData(channel, user), null)
          if (wire !== null) link.dispatch({ type: 'push', channel, wire })
        })
    },
    close() {
      closed = true
      for (const { stop } of watches.values()) stop()
    },
  }
}

/** Runs now; a throw becomes a rejection. */
function settle<T>(run: () => T): Promise<T> {
  return new Promise((resolve) => resolve(run()))
}
