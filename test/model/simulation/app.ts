// The app of one client: a real connection on a simulated machine, its channels, and a record of everything it is told.
import type { Connection } from '../../../src/api.ts'
import type { SendOutcome } from '../../../src/channels/outcome.ts'
import type { StateChannel, StateOptions } from '../../../src/channels/state-snapshot.ts'
import type { StreamChannel } from '../../../src/channels/stream-snapshot.ts'
import { createConnection } from '../../../src/connection.ts'
import type { HoldfastError } from '../../../src/errors.ts'
import { resolveOptions, type ConnectionOptions } from '../../../src/options.ts'
import type {
  Call,
  ChannelShown,
  Fields,
  Happening,
  Outcome,
  Shown,
  StreamShown,
  StreamWord,
} from '../trace/entry.ts'
import { toFacts } from '../trace/facts.ts'
import type { Asking } from './asking.ts'
import type { Machine } from './machine.ts'
import type { ChannelPlan, ClientPlan } from './plan.ts'
import { STREAM } from './process.ts'
import { applyChange, type State } from './truth.ts'
import type { World } from './world.ts'

/** A running app. */
export interface App {
  readonly connection: Connection
  readonly isClosed: boolean
  /** Calls, each recorded. `channel`: a number in [0, 1) that picks one. */
  act(name: Action, channel: number, size: number): void
  /** The next call happens inside the next callback (P15). */
  later(name: Action, channel: number, size: number): void
  sample(): void
  /** What its channels show. */
  held(): readonly ChannelShown[]
  /** What is left of it. */
  leave(): void
}

/** What an app may do. */
export type Action =
  | 'connect'
  | 'disconnect'
  | 'retry'
  | 'reset'
  | 'close'
  | 'ready'
  | 'send'
  | 'burst'
  | 'subscribe'
  | 'unsubscribe'
  | 'update'
  | 'refresh'
  | 'channel-ready'
  | 'configure'
  | 'publish'
  | 'publish-burst'
  | 'request'
  | 'listen'
  | 'leave'

/** What an app needs around it. */
export interface AppHost {
  readonly world: World
  readonly machine: Machine
  readonly asking: Asking
  record(happening: Happening): void
  /** The machines are listened to. */
  readonly traces: boolean
}

interface Held {
  readonly plan: ChannelPlan
  readonly channel: StateChannel<State>
  readonly leaves: Array<() => void>
}

/** An app whose connection has not been used. */
export function createApp(plan: ClientPlan, host: AppHost): App {
  const { world, machine, asking } = host
  let depth = 0
  let lastId = 0
  let promises = 0
  let isClosed = false
  const tricks: Array<() => void> = []
  const record = (happening: Happening): void => {
    host.record(happening)
    // Whatever happens to it may be what a promise waits for.
    if (promises > 0) world.stir()
  }

  /** Whatever calls back is recorded with how deep it is, and may make calls of its own. */
  const callback = (tell: (depth: number) => void): void => {
    tell(depth)
    depth++
    try {
      tricks.shift()?.()
    } finally {
      depth--
    }
  }

  const follow = (id: number, promise: Promise<unknown>): void => {
    promises++
    world.stir()
    const settle = (outcome: Outcome): void => {
      promises--
      record({ kind: 'settled', id, outcome })
    }
    promise.then(
      (value) => settle(isOutcome(value) ? value : 'resolved'),
      (error: unknown) => settle({ rejected: (error as Partial<HoldfastError>).code ?? String(error) }),
    )
  }

  const options = toOptions(plan, { ...host, record })
  const channels = Object.fromEntries(
    plan.channels.map((each) => [each.name, toStateOptions(each, host) as unknown as StateOptions<never>]),
  )
  record({ kind: 'made', facts: toFacts(resolveOptions(options), channels) })
  const connection = createConnection(options)
  if (host.traces)
    connection.on('trace', ({ machine: name, event, effect }) => {
      if (event !== undefined) record({ kind: 'event', machine: name, event: event as Fields })
      else record({ kind: 'effect', machine: name, effect: effect as Fields })
    })
  connection.on('status', ({ status, previous }) =>
    callback((at) => record({ kind: 'status', status, previous, depth: at })),
  )
  connection.on('error', ({ code, message, context }) =>
    callback((at) =>
      record({ kind: 'error', code, text: `${message} ${JSON.stringify(context)}`, depth: at }),
    ),
  )
  if (plan.hearsMessages)
    connection.on('message', ({ type, data }) =>
      callback((at) => record({ kind: 'message', type, data, depth: at })),
    )
  connection.subscribe(() =>
    callback((at) =>
      record({
        kind: 'snapshot',
        snapshot: toShown(connection),
        depth: at,
        wall: machine.thread.clock.now(),
      }),
    ),
  )
  const held: readonly Held[] = plan.channels.map((channel) => ({
    plan: channel,
    channel: connection.state(channel.name, toStateOptions(channel, host)),
    leaves: [],
  }))

  const stream = connection.stream(STREAM, { history: plan.stream?.history ?? 0 })
  const streamed = (word: StreamWord): void =>
    callback((at) => record({ kind: 'streamed', channel: STREAM, depth: at, ...word }))
  let ears: Array<() => void> = []

  const call = (made: Call, run: () => unknown): void => {
    record({ kind: 'call', call: made, isInside: depth > 0 })
    try {
      const result = run()
      if (result instanceof Promise && 'id' in made) follow(made.id, result)
    } catch (error) {
      record({ kind: 'threw', where: made.name, text: String(error) })
    }
  }

  const act = (name: Action, which: number, size: number): void => {
    const { plan: about, channel, leaves } = held[Math.floor(which * held.length)]!
    switch (name) {
      case 'connect':
      case 'disconnect':
      case 'retry':
      case 'reset':
        return call({ name }, connection[name])
      case 'close':
        call({ name }, connection.close)
        if (!isClosed) world.after(0, () => app.leave())
        isClosed = true
        return
      case 'ready':
        return call({ name, id: ++lastId }, () => connection.ready())
      case 'send': {
        const data = { text: 'x'.repeat(Math.floor(size * size * 2_000)) }
        const made: Call = {
          name,
          id: ++lastId,
          type: 'note',
          bytes: JSON.stringify({ type: 'note', data }).length,
        }
        return call(made, () => connection.send('note', data))
      }
      case 'burst':
        for (let count = 0; count < 3 + size * 12; count++) act('send', which, size)
        return
      case 'subscribe':
        if (leaves.length > 2) return act('unsubscribe', which, size)
        return call({ name, channel: about.name }, () => {
          leaves.push(
            channel.subscribe(() =>
              callback((at) => record({ kind: 'channel', depth: at, ...look(channel) })),
            ),
          )
        })
      case 'unsubscribe':
        if (leaves.length > 0) call({ name, channel: about.name }, () => leaves.shift()?.())
        return
      case 'update':
        return call({ name, channel: about.name }, () =>
          channel.update((state) => ({ ...state, mine: size }) as State),
        )
      case 'refresh':
        return call({ name, id: ++lastId, channel: about.name }, channel.refresh)
      case 'channel-ready':
        return call({ name, id: ++lastId, channel: about.name }, () => channel.ready())
      case 'publish': {
        const data = { from: plan.name, call: ++lastId, text: 'x'.repeat(Math.floor(size * size * 500)) }
        return call({ name, id: lastId, channel: STREAM, data }, () => stream.publish(data))
      }
      case 'publish-burst':
        for (let count = 0; count < 3 + size * 20; count++) act('publish', which, size)
        return
      case 'request': {
        const asked = ++lastId
        return call({ name, id: asked, type: 'ask' }, async () => {
          const answer = await connection.request('ask', asked)
          if (answer !== asked)
            record({ kind: 'threw', where: name, text: `${asked} was answered by ${String(answer)}` })
        })
      }
      case 'listen':
        if (ears.length > 0) return
        return call({ name, channel: STREAM }, () => {
          ears = [
            stream.on('message', (data, facts) => streamed({ what: 'message', data, ...facts })),
            stream.on('gap', ({ reason }) => streamed({ what: 'gap', reason })),
            stream.on('recovered', ({ replayed }) => streamed({ what: 'recovered', count: replayed })),
          ]
        })
      case 'leave':
        if (ears.length === 0) return
        return call({ name, channel: STREAM }, () => {
          for (const off of ears) off()
          ears = []
        })
      case 'configure':
        // As every render of a component does.
        connection.state(about.name, toStateOptions(about, host))
    }
  }

  const app: App = {
    connection,
    get isClosed() {
      return isClosed
    },
    act,
    later: (name, which, size) => void tricks.push(() => act(name, which, size)),
    sample: () =>
      record({
        kind: 'sample',
        snapshot: toShown(connection),
        channels: app.held(),
        ...(ears.length > 0 && { stream: toStreamShown(stream) }),
      }),
    held: () => held.map(({ channel }) => look(channel)),
    leave: () =>
      record({
        kind: 'left',
        leftovers: {
          timers: machine.thread.timers,
          links: machine.links,
          // One of them is the simulator's own.
          listeners: machine.page.listeners - 1,
          promises,
          requests: asking.pending,
        },
      }),
  }
  return app
}

function toOptions(plan: ClientPlan, { machine, asking, record }: AppHost): ConnectionOptions {
  const log = (text: string, context?: unknown): void =>
    record({ kind: 'log', text: `${text} ${JSON.stringify(context)}` })
  return {
    url: plan.asksUrl ? () => asking.ask('url', '', () => '/ws') : '/ws',
    transport: machine.transport,
    runtime: machine.runtime,
    protocol: plan.protocol,
    heartbeat: plan.heartbeat,
    reconnect: plan.reconnect,
    outbox: plan.outbox,
    linger: plan.linger,
    loadFirst: plan.loadFirst,
    logger: { info: log, warn: log, error: log },
    ...(plan.hasAuth && {
      auth: ({ reason, signal }) => asking.token(plan.name, plan.user, reason, signal),
    }),
    ...(plan.diagnoses && { diagnose: ({ signal }) => asking.diagnose(signal) }),
  }
}

function toStateOptions(
  { name, kind, loads, pollEvery, versioned, picks, hasSchema, isStubborn }: ChannelPlan,
  { asking }: AppHost,
): StateOptions<State> {
  return {
    onMessage: kind === 'change' ? applyChange : kind,
    ...(loads && { load: ({ signal }) => asking.load(name, isStubborn ? null : signal, signal) }),
    ...(pollEvery !== undefined && { pollEvery: pollEvery ?? false }),
    ...(versioned && { version: ({ n }) => n }),
    ...(picks && { pick: (payload) => payload }),
    ...(hasSchema && { schema: stateSchema }),
  }
}

const stateSchema: NonNullable<StateOptions<State>['schema']> = {
  '~standard': {
    version: 1,
    vendor: 'simulation',
    validate: (value) =>
      typeof (value as State | null)?.n === 'number'
        ? { value: value as State }
        : { issues: [{ message: 'no state' }] },
  },
}

function toStreamShown({ name, getSnapshot }: StreamChannel<unknown>): StreamShown {
  const { items, freshness } = getSnapshot()
  return { channel: name, freshness, last: items.at(-1) }
}

function toShown(connection: Connection): Shown {
  const snapshot = connection.getSnapshot()
  return { ...snapshot, error: snapshot.error?.code ?? null }
}

function look(channel: StateChannel<State>): ChannelShown {
  const { freshness, data, source, error, asOf } = channel.getSnapshot()
  return { channel: channel.name, freshness, data, source, error: error?.code ?? null, asOf }
}

function isOutcome(value: unknown): value is SendOutcome {
  return typeof value === 'object' && value !== null && 'outcome' in value
}
