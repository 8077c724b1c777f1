// A whole client with every kind of channel on a mock server, and what must hold of it whatever the server does.
import assert from 'node:assert/strict'
import {
  createConnection,
  plain,
  type ConnectionOptions,
  type StandardSchemaV1,
  type TransportEvents,
} from '../../../src/index.ts'
import { mockServer, virtualClock, type MockServer, type VirtualClock } from '../../../src/testing/index.ts'

/** What a hostile server does next. */
export type Deed =
  | { readonly do: 'send'; readonly texts: readonly string[] }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'close'; readonly code: number; readonly reason: string }

export interface Scene {
  readonly clock: VirtualClock
  readonly server: MockServer
  /** One deed, and what must hold after it. */
  suffer(deed: Deed): Promise<void>
  /** The server comes to its senses: the client must be as good as new. Then it is closed, and nothing is left. */
  recover(): Promise<void>
  /** What happened, for the counters that say whether the search went everywhere. */
  readonly seen: ReadonlySet<string>
}

/** The token that the server was given, and knows how to reflect. */
export const canary = 'CANARY-5f1c9a'

/** Level of the server before it turns hostile; null: it has not said anything. */
export type Level = null | 0 | 1

/** An app that trusts what it gets: it reads fields of what may be null. */
interface Trusted {
  readonly n: number
}

const schema: StandardSchemaV1<unknown, Trusted> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'n' in value && typeof value.n === 'number'
        ? { value: value as Trusted }
        : { issues: [{ message: `refused ${canary}` }] },
  },
}

/** Frames and trace entries that one frame of a server may cause, and timers that a client may have at once. */
const MOST_EFFECTS = 60
const MOST_TIMERS = 16

/** A client, connected or about to be. `traced`: somebody listens to everything, which changes the way that frames take. */
export async function createScene(level: Level, traced: boolean, protocol: 'auto' | 'plain'): Promise<Scene> {
  const clock = virtualClock()
  const server = mockServer(clock)
  const seen = new Set<string>()
  const said: string[] = []
  const broken: string[] = []
  let complainedAt = -Infinity
  let effects = 0
  let sent = 0
  let last = ''
  let report: TransportEvents['closed'] = () => undefined
  const say = (...what: unknown[]): void =>
    void said.push(JSON.stringify(what, (name, value: unknown) => (name === 'cause' ? undefined : value)))

  /** What a listener throws is nobody's: it is kept until the next look. */
  const claim = (holds: boolean, what: string): void => {
    if (!holds) broken.push(what)
  }
  const watch = (entry: object): void => {
    effects += 1
    if ('machine' in entry) say(entry)
  }
  const options: ConnectionOptions = {
    url: 'wss://app.test/ws',
    protocol: protocol === 'plain' ? plain() : 'auto',
    auth: () => ({ token: canary }),
    transport: {
      ...server.transport,
      open(context, events) {
        const link = server.transport.open(context, events)
        report = events.closed
        return {
          ...link,
          send(text) {
            // What leaves is well-formed and small, whatever came in.
            claim(text.length < 512, `sent ${text.length}`)
            seen.add(`sent ${(JSON.parse(text) as { readonly type: string }).type}`)
            sent += 1
            link.send(text)
          },
        }
      },
    },
    runtime: server.runtime,
    logger: { debug: say, info: say, warn: say, error: say },
    on: {
      status({ status }) {
        claim(status !== last, `${status} twice`)
        last = status
        seen.add(status)
      },
      error(error) {
        seen.add(error.code)
        say(error.message, error.context)
        claim(error.message.length < 2_048 && (error.context.frame ?? '').length <= 6 * 256, 'too long')
        if (error.context.frame === undefined) return
        // Bad frames are told of once a second, whatever is bad about them.
        claim(clock.monotonic() - complainedAt >= 1_000, 'two complaints in a second')
        complainedAt = clock.monotonic()
      },
      ...(traced ? { trace: watch, message: watch } : {}),
    },
  }
  const live = createConnection(options)
  const load = (): Trusted => ({ n: 0 })
  const channels = [
    live.state<Trusted>('queue', { load }),
    live.state<Trusted>('versioned', { load, message: 'queue', version: ({ n }) => n }),
    live.state<number>('changes', {
      load: () => 0,
      onMessage: (now, change) => (now ?? 0) + (change as Trusted).n,
    }),
    live.state<Trusted>('signals', { load, onMessage: 'reload', spread: 0 }),
    live.state<Trusted>('checked', { message: ['queue', 'other'], schema }),
    live.state<Trusted>('part', {
      message: ['parts', 'rows', 'queue'],
      pick: (payload) => (payload as { readonly a: Trusted }).a,
    }),
    live.state<Trusted>('own', {
      load,
      pollEvery: (data) => (data as unknown as { readonly every: number } | undefined)?.every ?? 10_000,
      message: 'rows',
      compare: (before, after) => before.n === after.n,
    }),
    live.state('all', { message: ['__proto__', 'toString', 'other', 'queue'] }),
  ]
  let told = 0
  for (const channel of channels)
    channel.subscribe(() => {
      told += 1
      const { freshness, data } = channel.getSnapshot()
      seen.add(`${channel.name} ${freshness}`)
      // An app that takes for granted what it should not: it throws at null.
      if (freshness === 'live') readN(data as Trusted)
    })
  if (level === null) server.opensSilently()
  else server.accepts({ level })
  live.connect()
  await clock.advanceAsync(level === null ? 10 : 3_000)

  const look = (frames: number, ms: number): void => {
    // Bounded work, counted: neither a frame nor a second costs more than so much, and nothing piles up.
    const turns = frames + Math.ceil(ms / 1_000) + 1
    assert.deepEqual(broken, [])
    assert.ok(effects <= turns * MOST_EFFECTS, `${effects} effects`)
    assert.ok(told <= turns * channels.length * 2, `${told} notifications`)
    // Ten pongs a second, and what a link begins with.
    assert.ok(sent <= (Math.ceil(ms / 1_000) + 1) * 14, `${sent} frames sent`)
    assert.ok(clock.pending <= MOST_TIMERS, `${clock.pending} timers`)
    assert.ok(server.links.length <= 1)
    effects = told = sent = 0
    server.forget()
    for (const line of said.splice(0)) assert.ok(!line.includes(canary), line.slice(0, 300))
  }

  return {
    clock,
    server,
    seen,
    async suffer(deed) {
      if (deed.do === 'wait') {
        await clock.advanceAsync(deed.ms)
        look(0, deed.ms)
        return
      }
      if (deed.do === 'close') {
        // Any code, as a transport might tell it; and then the same link ends once more.
        report({ ...deed, wasClean: true })
        server.closeAll(1006)
      } else for (const text of deed.texts) server.send(text.replaceAll('CANARY', canary))
      await clock.advanceAsync(0)
      look(deed.do === 'send' ? deed.texts.length : 1, 0)
    },
    async recover() {
      server.accepts({ level: protocol === 'plain' ? 0 : 1 })
      server.closeAll(1006)
      live.disconnect()
      // Beyond the attempt budget.
      await clock.advanceAsync(301_000)
      live.connect()
      await clock.advanceAsync(10_000)
      for (const type of ['queue', 'rows', 'changes']) server.push(type, { n: 7 })
      await clock.advanceAsync(1_000)
      assert.equal(live.getSnapshot().status, 'connected')
      for (const channel of channels.filter(({ name }) => name === 'queue' || name === 'own')) {
        assert.deepEqual(channel.getSnapshot().data, { n: 7 })
        assert.deepEqual([channel.getSnapshot().freshness, channel.getSnapshot().error], ['live', null])
      }
      live.close()
      assert.deepEqual([clock.pending, server.page.listeners, server.open], [0, 0, 0])
    },
  }
}

function readN({ n }: Trusted): number {
  return n
}
