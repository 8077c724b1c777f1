// One client of the soak test: a connection with four channels, which tells every disconnect and every error.
import { createConnection, webSocket } from '../../src/index.ts'
import type { Connection, HoldfastError, Runtime, StateChannel, StateOptions } from '../../src/index.ts'
import { addLine, feedNames, type FeedName, type Line } from './feeds.ts'
import type { Trouble } from './judge.ts'
import type { SiteName } from './script.ts'
import type { Wire } from './wire.ts'

/** What all clients together did. */
export interface Counts {
  connects: number
  /** Sends, by outcome. */
  readonly sent: Record<string, number>
  loads: number
  loadsFailed: number
  /** Notifications of channels. */
  changes: number
}

/** What a client is made of. */
export interface ClientParts {
  readonly index: number
  readonly site: SiteName
  readonly url: string
  readonly runtime: Runtime
  readonly wire: Wire
  readonly counts: Counts
  tell(trouble: Trouble): void
}

/** A client that does things. */
export interface Client {
  readonly index: number
  readonly site: SiteName
  readonly live: Connection
  readonly channels: Readonly<Record<FeedName, StateChannel<unknown>>>
  /** Lets one channel go and takes it again; which one, `chance` in [0, 1) says. */
  resubscribe(chance: number): void
  refresh(): void
  send(): void
  close(): void
}

export function createClient({ index, site, url, runtime, wire, counts, tell }: ClientParts): Client {
  const report = (what: Trouble['what'], error: HoldfastError | null): void => {
    const { closeCode, channel } = error?.context ?? {}
    const parts = [closeCode, channel, error?.message, toCause(error?.cause)]
    const detail = parts.filter((part) => part !== undefined).join(' ')
    tell({ what, at: Date.now(), site, client: index, code: error?.code ?? 'none', detail })
  }
  const live = createConnection({
    url,
    runtime,
    transport: webSocket({ WebSocket: wire.WebSocket }),
    auth: async () => ({ token: `user-${index}` }),
    on: {
      status({ status, previous, snapshot }) {
        if (status === 'connected') counts.connects += 1
        else if (previous === 'connected' && status !== 'closed') report('disconnect', snapshot.error)
      },
      error: (error) => report('error', error),
    },
  })

  const load =
    (name: FeedName) =>
    async ({ signal }: { readonly signal: AbortSignal }): Promise<unknown> => {
      counts.loads += 1
      try {
        const answer = await fetch(new URL(`/api/${name}`, url.replace('ws', 'http')), { signal })
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
        return await answer.json()
      } catch (error) {
        counts.loadsFailed += 1
        throw error
      }
    }
  const options: Readonly<Record<FeedName, StateOptions<unknown>>> = {
    clock: {},
    queue: { load: load('queue') },
    log: {
      load: load('log'),
      onMessage: (log, line) => addLine((log ?? []) as readonly Line[], line as Line),
    },
    orders: { load: load('orders'), onMessage: 'reload' },
  }
  const channels = Object.fromEntries(
    feedNames.map((name) => [name, live.state(name, options[name])]),
  ) as Record<FeedName, StateChannel<unknown>>
  const subscribe = (name: FeedName): (() => void) => channels[name].subscribe(() => (counts.changes += 1))
  const stops = new Map(feedNames.map((name) => [name, subscribe(name)]))

  return {
    index,
    site,
    live,
    channels,
    resubscribe(chance) {
      const name = feedNames[Math.floor(chance * feedNames.length)] ?? 'clock'
      stops.get(name)?.()
      stops.set(name, subscribe(name))
    },
    refresh: () => void channels.queue.refresh(),
    send() {
      void live.send('note', { from: index, text: 'hello' }).then((outcome) => {
        const word = outcome.ok ? outcome.outcome : outcome.error.code
        counts.sent[word] = 1 + (counts.sent[word] ?? 0)
      })
    },
    close: () => live.close(),
  }
}

/** Why, at the bottom: what fetch throws says only that it failed. */
function toCause(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const { code } = cause as { readonly code?: unknown }
  return toCause(cause.cause) ?? `(${typeof code === 'string' ? code : cause.name}: ${cause.message})`
}
