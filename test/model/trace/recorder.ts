// recordConnection(): a connection like any other, which writes down everything that happens to it, as entries of a trace.
import { createConnection } from '../../../src/index.ts'
import type { Connection, ConnectionOptions, StateChannel, StateOptions } from '../../../src/index.ts'
import { resolveOptions, type ResolvedOptions } from '../../../src/options.ts'
import type { Entry, Fields, Leftovers, Shown } from './entry.ts'
import { toFacts } from './facts.ts'
import { createEar, recordCalls, recordChannel, toChannelShown, type Ear } from './recorded-app.ts'
import { recordAsking, recordRuntime, recordTransport, type Counts, type Write } from './recorded-world.ts'

/** Where a record goes, and whose it is. */
export interface RecordOptions {
  /** The name of the client in the trace. */
  readonly client: string
  /** True time in milliseconds, the same for all clients of a trace. @default performance.now() */
  readonly now?: () => number
  readonly record: (entry: Entry) => void
  /** The channels the app will read, with their options. */
  readonly channels?: { readonly [name: string]: StateOptions<never> }
}

/** A client on record. */
export interface RecordedClient {
  /** What the app is given; its calls and promises are on record. */
  readonly live: Connection
  /** One of the channels named in the options, on record too. */
  channel(name: string): StateChannel<unknown>
  /** Looks at all snapshots from outside. */
  sample(): void
  /** Writes down what is left of the client, and says so. Promises settle in microtasks: let them, first. */
  left(): Leftovers
}

/**
 * Makes a connection and records it: what it was made with; the app's calls, and how the promises they gave out ended; every
 * event and effect of its machines (`on('trace')`); status, snapshots, channels, messages and errors as they are told, with
 * the depth of callbacks they are told in; what the logger hears; text that reaches and leaves the link that is held; the
 * page's signals; `load`, `auth`, `url` and `diagnose` as they are asked and answered; whatever throws. Any transport and any
 * runtime will do, also those of a page: nothing here needs Node.
 */
export function recordConnection(given: ConnectionOptions, options: RecordOptions): RecordedClient {
  const { client, record, now = () => performance.now(), channels = {} } = options
  const resolved = resolveOptions(given)
  const { clock } = resolved.runtime
  const counts: Counts = { timers: 0, links: 0, listeners: 0, promises: 0, requests: 0 }
  const write: Write = (happening) => record({ ...happening, at: now(), felt: clock.monotonic(), client })
  write({ kind: 'made', facts: toFacts(resolved, channels) })

  const ear = createEar(write, counts)
  const live = createConnection(withRecord(resolved, ear, counts))
  const look = (): Shown => {
    const { error, ...snapshot } = live.getSnapshot()
    return { ...snapshot, error: error && error.message }
  }
  live.subscribe(() => write({ kind: 'snapshot', snapshot: look(), depth: ear.depth, wall: clock.now() }))
  const handles = new Map(
    Object.entries(channels).map(([name, channel]) => {
      const { load } = channel
      const recorded = load ? { ...channel, load: recordAsking('load', name, load, write, counts) } : channel
      return [name, recordChannel(live.state(name, recorded), ear)]
    }),
  )

  return {
    live: recordCalls(live, ear),
    channel(name) {
      const handle = handles.get(name)
      if (!handle) throw new Error(`No channel ${name} was named in the options.`)
      return handle
    },
    sample: () =>
      write({
        kind: 'sample',
        snapshot: look(),
        channels: [...handles.values()].map(toChannelShown),
        held: { ...counts },
      }),
    left() {
      const leftovers = { ...counts }
      write({ kind: 'left', leftovers })
      return leftovers
    },
  }
}

/** The options, with every port and every listener on record. */
function withRecord(
  { given, transport, runtime }: ResolvedOptions,
  ear: Ear,
  counts: Counts,
): ConnectionOptions {
  const { write } = ear
  const { url, auth, diagnose, logger, on = {} } = given
  let opened: number | undefined
  const log =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, context?: unknown): void => {
      write({ kind: 'log', text: `${message} ${JSON.stringify(context)}` })
      logger?.[level]?.(message, context)
    }
  return {
    ...given,
    transport: recordTransport(transport, write, counts, () => opened),
    runtime: recordRuntime(runtime, write, counts),
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    ...(typeof url === 'function' ? { url: recordAsking('url', '', url, write, counts) } : {}),
    ...(auth ? { auth: recordAsking('auth', '', auth, write, counts) } : {}),
    ...(diagnose ? { diagnose: recordAsking('diagnose', '', diagnose, write, counts) } : {}),
    on: {
      status(event) {
        write({ kind: 'status', status: event.status, previous: event.previous, depth: ear.depth })
        ear.within(() => on.status?.(event))
      },
      error(error) {
        const text = `${error.message} ${JSON.stringify(error.context)}`
        write({ kind: 'error', code: error.code, text, depth: ear.depth })
        ear.within(() => on.error?.(error))
      },
      trace(entry) {
        const { machine, event, effect } = entry
        if (event) write({ kind: 'event', machine, event: event as Fields })
        if (effect) write({ kind: 'effect', machine, effect: effect as Fields })
        if (machine === 'connection' && (effect as Fields | undefined)?.type === 'open')
          opened = Number((effect as Fields).link)
        on.trace?.(entry)
      },
      // To listen to messages is interest in them: nobody listens who was not asked to.
      ...(on.message ? { message: ear.listen('message', on.message) } : {}),
    },
  }
}
