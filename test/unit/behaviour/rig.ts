// A connection to a mock server on a virtual clock, with a record of everything it says: what every behaviour test starts with.
import { expect, onTestFinished } from 'vitest'
import {
  createConnection,
  type Clock,
  type Connection,
  type ConnectionOptions,
  type ConnectionSnapshot,
  type HoldfastError,
  type Status,
  type Transport,
} from '../../../src/index.ts'
import {
  mockServer,
  virtualClock,
  type MockPage,
  type MockServer,
  type MockServerOptions,
  type VirtualClock,
} from '../../../src/testing/index.ts'

/** Connection options, and what else a test may want to decide. */
export interface RigOptions extends Partial<ConnectionOptions> {
  /** A constant instead of seeded chance: 0.5 is the middle of every jitter. */
  readonly random?: number | (() => number)
  readonly network?: MockServerOptions
}

/** What a test holds. */
export interface Rig {
  readonly clock: VirtualClock
  readonly server: MockServer
  readonly page: MockPage
  readonly live: Connection
  /** Milliseconds since the rig was made, on the monotonic clock. */
  at(): number
  /** When the transport was asked for a link. */
  readonly opens: number[]
  readonly statuses: Status[]
  readonly errors: HoldfastError[]
  readonly snapshot: ConnectionSnapshot
  /** The types of the frames that left, oldest first. */
  sent(type?: string): string[]
  /** When frames of that type left. */
  times(type: string): number[]
}

/** A rig at rest: nobody is interested yet. Whatever a test leaves behind is closed after it. */
export function rig(options: RigOptions = {}): Rig {
  const { random, network, on, ...rest } = options
  const clock = virtualClock()
  const server = mockServer(clock, network)
  const opens: number[] = []
  const statuses: Status[] = []
  const errors: HoldfastError[] = []
  const departures: Array<readonly [type: string, at: number]> = []
  const at = (): number => clock.monotonic() - 5_000
  const transport: Transport = {
    ...server.transport,
    open(context, events) {
      opens.push(at())
      const link = server.transport.open(context, events)
      return {
        send(text) {
          departures.push([toType(text), at()])
          link.send(text)
        },
        get bufferedBytes() {
          return link.bufferedBytes
        },
        close: link.close,
      }
    },
  }
  const chance =
    random === undefined ? server.runtime.random : typeof random === 'number' ? () => random : random
  const live = createConnection({
    url: '/ws',
    transport,
    runtime: { ...server.runtime, random: chance },
    on: {
      ...on,
      status(event) {
        statuses.push(event.status)
        on?.status?.(event)
      },
      error(event) {
        errors.push(event)
        on?.error?.(event)
      },
    },
    ...rest,
  })
  onTestFinished(() => live.close())
  return {
    clock,
    server,
    page: server.page,
    live,
    at,
    opens,
    statuses,
    errors,
    get snapshot() {
      return live.getSnapshot()
    },
    sent: (type) => departures.map(([sent]) => sent).filter((sent) => type === undefined || sent === type),
    times: (type) => departures.filter(([sent]) => sent === type).map(([, when]) => when),
  }
}

function toType(text: string): string {
  const frame: unknown = JSON.parse(text)
  return String((frame as { readonly type?: unknown }).type)
}

/** A rig whose connection is held, connected, and has been for longer than `minUptime`. */
export function connected(options: RigOptions = {}, prepare?: (server: MockServer) => void): Rig {
  const made = rig(options)
  prepare?.(made.server)
  made.live.connect()
  made.clock.advance(6_000)
  return made
}

/** The codes of the errors there were. */
export function codes(errors: readonly HoldfastError[]): string[] {
  return errors.map(({ code }) => code)
}

/** One call of a load, in the hands of a test. */
export interface LoadCall {
  readonly signal: AbortSignal
  readonly at: number
  answer(value: unknown): void
  fail(error: unknown): void
}

/** A `load` that answers when told to. */
export interface Loads {
  readonly calls: LoadCall[]
  readonly load: (context: { readonly signal: AbortSignal }) => Promise<unknown>
}

/** Loads that are answered by hand. */
export function loads(clock: VirtualClock): Loads {
  const calls: LoadCall[] = []
  return {
    calls,
    load: ({ signal }) =>
      new Promise((answer, fail) => {
        calls.push({ signal, at: clock.monotonic() - 5_000, answer, fail })
      }),
  }
}

/** A rig whose server refuses; every jitter is at its middle. */
export function refused(options: RigOptions = {}): Rig {
  const r = rig({ random: 0.5, ...options })
  r.server.refuses()
  return r
}

/** Runs every `ms` for as long as the clock is moved. */
export function every(clock: Clock, run: () => void, ms: number): () => void {
  let timer: unknown
  const next = (): void => {
    timer = clock.setTimeout(() => {
      run()
      next()
    }, ms)
  }
  next()
  return () => clock.clearTimeout(timer)
}

/** No timer, no listener, no link. */
export function expectNothingLeft(r: Rig): void {
  expect(r.clock.pending).toBe(0)
  expect(r.page.listeners).toBe(0)
  expect(r.server.open + r.server.connecting).toBe(0)
}
