// memoryBroker(): channels and their history in the memory of one process.
import type { Broker, History, Past, Placed, Publication, PublishOptions } from './broker.ts'
import type { Clock } from '../runtime.ts'

/** Options of {@link memoryBroker}. */
export interface MemoryBrokerOptions {
  /** How long epoch and top of a channel outlive its messages and readers: who was away for less recovers. @default 86_400_000 */
  readonly metaTtl?: number | undefined
  /** For tests. @default the system's */
  readonly clock?: Pick<Clock, 'monotonic'> | undefined
  /** Uniform in [0, 1), for epochs; for tests. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** A channel. Nothing in it is older than its time allows once `expire` has looked. */
interface Log {
  readonly epoch: string
  readonly listeners: Set<(publication: Publication) => void>
  readonly ids: Map<
    string,
    { readonly placed: Placed; readonly until: number; readonly client: string | undefined }
  >
  /** The ids of each client, oldest first. */
  readonly clients: Map<string, Set<string>>
  items: Array<{ readonly publication: Publication; readonly until: number }>
  top: number
  touchedAt: number
}

const HISTORY: History = { size: 300, ttl: 300_000 }
const ID_TTL = 120_000
/** Ids that are kept of one client in one channel: more than the server's default rate allows within their time. */
const MOST_IDS = 2_000
/** How often all channels are looked through for what is too old. */
const SWEEP = 10_000

/** Keeps channels in memory: for one process, until it ends. An acknowledgement says `received`. */
export function memoryBroker(options: MemoryBrokerOptions = {}): Broker {
  const {
    metaTtl = 86_400_000,
    clock = { monotonic: () => performance.now() },
    random = Math.random,
  } = options
  const logs = new Map<string, Log>()
  const process = Math.floor(random() * 2 ** 53).toString(36)
  let sweptAt = clock.monotonic()
  /** Histories that were forgotten: no epoch comes back after one of them. */
  let forgotten = 0

  /** The channel as it is now; it begins with the first who asks. */
  const open = (channel: string): Log => {
    const now = clock.monotonic()
    if (now - sweptAt >= SWEEP) sweep(now)
    let log = logs.get(channel)
    if (!log) {
      log = {
        epoch: `${process}.${forgotten}`,
        listeners: new Set(),
        ids: new Map(),
        clients: new Map(),
        items: [],
        top: 0,
        touchedAt: now,
      }
      logs.set(channel, log)
    }
    expire(log, now)
    log.touchedAt = now
    return log
  }

  // No timer: memory that nobody asks for grows no further either.
  const sweep = (now: number): void => {
    sweptAt = now
    for (const [channel, log] of logs) {
      expire(log, now)
      const isBare = log.listeners.size === 0 && log.items.length === 0 && log.ids.size === 0
      // Where nothing was ever said there is nothing to remember: it begins again as it was.
      if (!isBare || (log.top > 0 && now - log.touchedAt < metaTtl)) continue
      logs.delete(channel)
      if (log.top > 0) forgotten++
    }
  }

  const place = (channel: string, data: string, how: PublishOptions): Placed => {
    const { id, client, idTtl = ID_TTL, history = HISTORY } = how
    const log = open(channel)
    const known = id === undefined ? undefined : log.ids.get(id)
    if (known) return { ...known.placed, duplicate: true }
    const { epoch, top: prev } = log
    const publication: Publication = { epoch, offset: ++log.top, prev, data }
    const placed: Placed = { epoch, offset: log.top, duplicate: false }
    const now = log.touchedAt
    if (id !== undefined) log.ids.set(id, { placed, until: now + idTtl, client })
    if (id !== undefined && client !== undefined) {
      const own = log.clients.get(client) ?? new Set()
      log.clients.set(client, own.add(id))
      const [oldest] = own
      if (own.size > MOST_IDS && oldest !== undefined) forget(log, oldest)
    }
    // Without a history what was kept before has a hole behind it: it is of no use any more.
    if (history === false) log.items = []
    else {
      log.items.push({ publication, until: now + history.ttl })
      if (log.items.length > history.size) log.items.splice(0, log.items.length - history.size)
    }
    for (const listener of [...log.listeners]) listener(publication)
    return placed
  }

  return {
    kind: 'memory',
    shared: false,
    ack: 'received',
    publish: (channel, data, how = {}) => settle(() => place(channel, data, how)),
    subscribe: (channel, onPublication) =>
      settle(() => {
        const { listeners } = open(channel)
        const listener = (publication: Publication): void => onPublication(publication)
        listeners.add(listener)
        return () => void listeners.delete(listener)
      }),
    history: (channel, since = null, limit = Infinity) => settle(() => toPast(open(channel), since, limit)),
    close() {
      logs.clear()
      return Promise.resolve()
    },
  }
}

function toPast(log: Log, since: { epoch: string; offset: number } | null, limit: number): Past {
  const { epoch, top } = log
  const kept = log.items.map(({ publication }) => publication)
  if (!since)
    return { top: { epoch, offset: top }, items: limit > 0 ? kept.slice(-limit) : [], complete: true }
  const isOurs = since.epoch === epoch && since.offset <= top
  const later = isOurs ? kept.filter(({ offset }) => offset > since.offset) : []
  const reachesBack = since.offset === top || (later[0] !== undefined && later[0].prev <= since.offset)
  const items = limit > 0 ? later.slice(-limit) : []
  return {
    top: { epoch, offset: top },
    items,
    complete: isOurs && reachesBack && items.length === later.length,
  }
}

/** Both in the order in which they came: the oldest ends first, unless it was to be kept longer, and then what is behind it waits. */
function expire(log: Log, now: number): void {
  const first = log.items.findIndex(({ until }) => until > now)
  if (first !== 0) log.items.splice(0, first < 0 ? log.items.length : first)
  for (const [id, { until }] of log.ids) {
    if (until > now) break
    forget(log, id)
  }
}

function forget(log: Log, id: string): void {
  const client = log.ids.get(id)?.client
  log.ids.delete(id)
  if (client === undefined) return
  const own = log.clients.get(client)
  own?.delete(id)
  if (own?.size === 0) log.clients.delete(client)
}

/** Runs now; a throw becomes a rejection. */
function settle<T>(run: () => T): Promise<T> {
  return new Promise((resolve) => resolve(run()))
}
