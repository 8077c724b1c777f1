// What is sent to whom: publications, first data, last states, and the watches that look for changes.
import { HoldfastError, type ErrorCode } from '../errors.ts'
import { isChannel, isType } from '../protocol/frames.ts'
import { PATIENCE, within, type Attempt } from './attempt.ts'
import type { Link } from './link.ts'
import type { ResolvedServerOptions } from './options.ts'
import type { Published, WatchOptions } from './realtime-server.ts'
import type { Level, User, Wire } from './session/model.ts'
import { createTurns } from './turns.ts'

/** What the channels need of their server. */
export interface ChannelsHost {
  readonly options: ResolvedServerOptions
  /** The open links. Those below level 2 get every channel that they may read; the others subscribe. */
  readonly members: ReadonlyMap<Link, { readonly user: User; readonly level: Level }>
  readonly attempt: Attempt
  /** How many links have subscribed to a channel. */
  subscribers(channel: string): number
  mayRead(user: User, channel: string): boolean | Promise<boolean>
}

/** The channels of a server. */
export interface Channels {
  /** `client`: whose the id is. */
  publish(channel: string, data: unknown, id?: string, client?: string): Promise<Published>
  publishIfChanged(channel: string, state: unknown): Promise<Published | null>
  watch(channel: string, options: WatchOptions): () => void
  /** The state of a channel as JSON, for who subscribes to it; null where there is none. */
  stateOf(channel: string, user: User): Promise<string | null>
  /** Sends a new link the first data of what its user may read. */
  greet(link: Link, user: User): void
  close(): void
}

/** A message ready to be sent: its data as JSON, and the whole frame for levels 0 and 1. */
interface Encoded {
  readonly data: string
  readonly wire: Wire
}

interface Watch {
  /** Resolves when the last look is younger than `every`. */
  fresh(): Promise<void> | undefined
  stop(): void
}

/** Clients drop frames over 1 MiB unread; what else is in the frame has room, too. */
const MAX_FIRST = 1_048_576 - 2_048
const reserved: ReadonlySet<string> = new Set(['client_ready', 'server_ready', 'ping', 'pong'])

/** Makes the channels. */
export function createChannels({
  options,
  members,
  attempt,
  subscribers,
  mayRead: mayHear,
}: ChannelsHost): Channels {
  const { broker, history, maxEventBytes, snapshot } = options
  const { clock } = options.runtime
  const events = options.events && new Map(Object.entries(options.events))
  const states = new Map<string, Encoded>()
  const watches = new Map<string, Watch>()
  /** What waits for the app, by link and channel. */
  const turns = new Map<string, { readonly last: Promise<void>; readonly bytes: number }>()
  /** What waits until it is known whether it was published before, by channel, and what comes after it. */
  const announcing = createTurns<string>()
  let closed = false

  /** Below level 2 a channel is the type of a frame, and what cannot be one is not sent. */
  const mayRead = (user: User, channel: string): boolean | Promise<boolean> =>
    isType(channel) && mayHear(user, channel)

  const toLimit = (channel: string): number =>
    typeof maxEventBytes === 'function' ? maxEventBytes(channel) : maxEventBytes

  /** What is configured by name, or by the part of it before the first colon. */
  const byPrefix = <T>(map: ReadonlyMap<string, T>, channel: string): T | undefined =>
    map.get(channel) ?? map.get(channel.split(':', 1)[0] ?? '')
  const histories = new Map(Object.entries(history))

  function encode(channel: string, value: unknown, limit: number): Encoded {
    const refuse = (code: ErrorCode, why: string, cause?: unknown): never => {
      throw new HoldfastError(code, `${JSON.stringify(channel)} was not sent: ${why}`, { channel }, cause)
    }
    if (!isChannel(channel) || reserved.has(channel) || channel.startsWith('rt.'))
      return refuse(
        'invalid-message',
        'a channel has 1 to 255 printable characters, and no name that the protocol keeps.',
      )
    const schema = events && byPrefix(events, channel)
    if (events !== undefined && schema === undefined)
      return refuse('invalid-message', `it is not among the events (${[...events.keys()].join(', ')}).`)
    const result = schema === undefined ? { value } : schema['~standard'].validate(value)
    if (result instanceof Promise) return refuse('invalid-data', 'its schema is asynchronous.')
    if (result.issues !== undefined) {
      const issues = result.issues.map((issue) => issue.message).join('; ')
      return refuse('invalid-data', `its data does not fit the schema: ${issues}.`, result.issues)
    }
    let data: string
    try {
      data = JSON.stringify(result.value ?? null)
    } catch (cause) {
      return refuse('invalid-message', 'its data cannot be written as JSON.', cause)
    }
    const wire = Buffer.from(`{"type":${JSON.stringify(channel)},"data":${data}}`)
    if (wire.length <= limit) return { data, wire }
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

  /** To all below level 2. Gives how many they are. */
  function send(channel: string, wire: Wire): number {
    let recipients = 0
    for (const [link, { user, level }] of members) {
      if (level > 1) continue
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
    return recipients
  }

  async function announce(
    channel: string,
    { data, wire }: Encoded,
    id?: string,
    client?: string,
  ): Promise<Published> {
    const how = { id, client, history: byPrefix(histories, channel) }
    const placing = settle(() => broker.publish(channel, data, how))
    const publishing = within(clock, PATIENCE, () => placing)
    const push = (): number => send(channel, wire) + subscribers(channel)
    // Only what has an id may have been published before.
    const pushing =
      id === undefined && !announcing.has(channel)
        ? push()
        : announcing.run(channel, async () => (id !== undefined && (await publishing).duplicate ? 0 : push()))
    // Placed too late: its client was told to try again, and that will be a duplicate. Who does not subscribe hears it now.
    if (id !== undefined)
      publishing
        .catch(() => placing.then(({ duplicate }) => (duplicate ? 0 : announcing.run(channel, push))))
        .catch(() => undefined)
    const [placed, recipients] = await Promise.all([publishing, pushing])
    return { ...placed, recipients }
  }

  async function announceIfChanged(channel: string, state: unknown): Promise<Published | null> {
    if (state === undefined) states.delete(channel)
    if (state === undefined) return null
    const next = encode(channel, state, toLimit(channel))
    if (states.get(channel)?.data === next.data) return null
    states.set(channel, next)
    try {
      return await announce(channel, next)
    } catch (error) {
      // Subscribers did not hear it: it is news the next time, too.
      if (states.get(channel) === next) states.delete(channel)
      throw error
    }
  }

  async function firstData(channel: string, user: User): Promise<Encoded | null> {
    const data: unknown = events?.has(channel) === true ? await snapshot?.(channel, user) : undefined
    if (data !== undefined) return encode(channel, data, MAX_FIRST)
    const before = states.get(channel)
    // While nobody was there nothing was looked at. What the look finds new is on its way to this link too.
    await watches.get(channel)?.fresh()
    return before !== undefined && states.get(channel) === before ? before : null
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
        if (!late && isWatched()) await announceIfChanged(channel, state)
      }
      await attempt(`Watching "${channel}"`, news, undefined)
      late = true
      lookedAt = clock.monotonic()
      looking = null
    }
    const somebody = async (): Promise<boolean> => {
      if (subscribers(channel) > 0) return true
      for (const { user, level } of members.values())
        if (level < 2 && (await mayRead(user, channel))) return true
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
        if (!isWatched()) return
        watches.delete(channel)
        // Nobody looks any more whether it still is as it was.
        states.delete(channel)
      },
    }
    if (closed) return entry.stop
    watches.set(channel, entry)
    void tick()
    return entry.stop
  }

  return {
    // Not yet asynchronous here: what is published first is first.
    publish: (channel, data, id, client) =>
      settle(() => announce(channel, encode(channel, data, toLimit(channel)), id, client)),
    publishIfChanged: announceIfChanged,
    async stateOf(channel, user) {
      const limit = Math.min(PATIENCE, options.handshakeTimeout)
      const first = () => firstData(channel, user)
      return (await attempt(`First data of ${JSON.stringify(channel)}`, first, null, limit))?.data ?? null
    },
    watch,
    greet(link, user) {
      const keys = snapshot === undefined ? [] : (events?.keys() ?? [])
      for (const channel of [...new Set([...keys, ...states.keys(), ...watches.keys()])].filter(isType))
        inTurn(`${link.id} ${channel}`, 0, async () => {
          if (!(await mayRead(user, channel))) return
          const first = await attempt(`First data of "${channel}"`, () => firstData(channel, user), null)
          if (first !== null) link.dispatch({ type: 'push', channel, wire: first.wire })
        })
    },
    close() {
      closed = true
      for (const { stop } of watches.values()) stop()
    },
  }
}

/** Runs now; a throw becomes a rejection. */
function settle<T>(run: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve) => resolve(run()))
}
