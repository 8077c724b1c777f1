// What the checkers look at: everything that happened to some clients of one server, in order. Types only.
import type { SendOutcome } from '../../../src/channels/outcome.ts'
import type { Freshness } from '../../../src/channels/state-snapshot.ts'
import type { ConnectionSnapshot, Status } from '../../../src/machine/snapshot.ts'

/** A call of the app's on a connection or a channel of it. */
export type Call =
  | { readonly name: 'connect' | 'retry' | 'disconnect' | 'reset' | 'close' }
  /** `id` names the promise, see `settled`. */
  | { readonly name: 'send'; readonly id: number; readonly type: string; readonly bytes: number }
  | { readonly name: 'ready'; readonly id: number }
  | { readonly name: 'publish'; readonly id: number; readonly channel: string; readonly data: unknown }
  | { readonly name: 'request'; readonly id: number; readonly type: string }
  /** To a stream, and no more. */
  | { readonly name: 'listen' | 'leave'; readonly channel: string }
  | { readonly name: 'channel-ready' | 'refresh'; readonly id: number; readonly channel: string }
  | { readonly name: 'subscribe' | 'unsubscribe' | 'update'; readonly channel: string }

/** How a promise that was given out ended. */
export type Outcome = SendOutcome | 'resolved' | { readonly rejected: string }

/** What a client was made with, as far as the rules depend on it; defaults filled in. */
export interface ClientFacts {
  readonly heartbeat: {
    readonly interval: number
    readonly timeout: number
    readonly probe: number
    /** What the app left open: there the server's advice counts. */
    readonly advised?: ReadonlyArray<'interval' | 'timeout'>
  } | null
  readonly budget: { readonly attempts: number; readonly windowed: number; readonly per: number }
  readonly minDelay: number
  readonly minUptime: number
  readonly maxAttempts: number
  readonly hasAuth: boolean
  readonly outbox: { readonly messages: number; readonly bytes: number }
  readonly sendWatermark: number
  /** Of each channel: what its messages are, whether it loads, and how often it polls. */
  readonly channels: {
    readonly [name: string]: {
      readonly kind: 'replace' | 'reload' | 'change'
      readonly loads: boolean
      readonly pollEvery: number | null
      readonly versioned: boolean
    }
  }
}

/** What is left of a client: all of it must be zero after `close()`. */
export interface Leftovers {
  readonly timers: number
  readonly links: number
  /** Listeners to the page. */
  readonly listeners: number
  /** Promises given out that have not settled. */
  readonly promises: number
  /** Loads, `auth` and `url` calls whose signal was not aborted and which have not ended. */
  readonly requests: number
}

/** What happened. Those of a callback carry `depth`: how many callbacks of this client were under way already; 0 is right. */
export type Happening =
  | { readonly kind: 'made'; readonly facts: ClientFacts }
  /** As `on('trace')` tells it: an event that entered a machine, or an effect that left it, after its event. */
  | { readonly kind: 'event'; readonly machine: string; readonly event: Fields }
  | { readonly kind: 'effect'; readonly machine: string; readonly effect: Fields }
  /** `on('status')`. */
  | { readonly kind: 'status'; readonly status: Status; readonly previous: Status; readonly depth: number }
  /** The connection's store told its subscribers. `wall`: the client's epoch time, by which `retryAt` is read. */
  | { readonly kind: 'snapshot'; readonly snapshot: Shown; readonly depth: number; readonly wall?: number }
  /** A channel's store told its subscribers. */
  | ({ readonly kind: 'channel'; readonly depth: number } & ChannelShown)
  /** `on('message')`. */
  | { readonly kind: 'message'; readonly type: string; readonly data: unknown; readonly depth: number }
  /** What a stream tells who listens. */
  | ({ readonly kind: 'streamed'; readonly channel: string; readonly depth: number } & StreamWord)
  /** A message got its place in a channel of the server's. */
  | ({ readonly kind: 'logged'; readonly channel: string } & Logged)
  /** `on('error')`, and what the logger was told: whatever text reaches a person. */
  | { readonly kind: 'error'; readonly code: string; readonly text: string; readonly depth: number }
  | { readonly kind: 'log'; readonly text: string }
  /** `isInside`: made inside a callback of this client's. */
  | { readonly kind: 'call'; readonly call: Call; readonly isInside?: boolean }
  | { readonly kind: 'settled'; readonly id: number; readonly outcome: Outcome }
  /** The app's own functions: `load` of a channel (`key` is its name), `auth`, `url`, `diagnose`. What is aborted is answered. */
  | { readonly kind: 'asked'; readonly what: 'load' | 'auth' | 'url' | 'diagnose'; readonly key: string }
  | { readonly kind: 'answered'; readonly what: 'load' | 'auth' | 'url' | 'diagnose'; readonly key: string }
  /**
   * Text reached, or left, a link that the client holds. `buffered`: bytes that wait in the socket after a write. `link`: which one it
   * is, as the machine numbers them; without it, the only one.
   */
  | { readonly kind: 'inbound'; readonly text: string; readonly link?: number }
  | { readonly kind: 'outbound'; readonly text: string; readonly buffered: number; readonly link?: number }
  /** A look from outside, without being told: what the snapshots say at this moment. Never while nothing of the client runs. */
  | {
      readonly kind: 'sample'
      readonly snapshot: Shown
      readonly channels: readonly ChannelShown[]
      /** A stream that is listened to. */
      readonly stream?: StreamShown
      /** Bytes and messages that wait to be sent, where they can be told. */
      readonly waiting?: { readonly messages: number; readonly bytes: number }
      /** What the client holds of the world, where it can be told. */
      readonly held?: Leftovers
    }
  /** The page: what it told, and times in which nothing ran. */
  | { readonly kind: 'page'; readonly signal: string }
  | { readonly kind: 'slept' | 'froze' | 'blocked'; readonly ms: number }
  /** After `close()` and its turn, and again at the very end. */
  | { readonly kind: 'left'; readonly leftovers: Leftovers }
  /** Something threw that must not: `step`, a method, a callback into us. */
  | { readonly kind: 'threw'; readonly where: string; readonly text: string }
  /** The server: what its sessions were told and ordered, by the client whose link it is; and what it takes for the truth. */
  | {
      readonly kind: 'session'
      readonly link: string
      readonly event?: Fields
      readonly effect?: Fields
      readonly phase: string
    }
  /** `soon`: it is about to become true, nobody knows at which moment; told again once it is. */
  | { readonly kind: 'truth'; readonly channel: string; readonly value: unknown; readonly soon?: boolean }
  /** The simulated world did something to the client, or to everybody; in words. */
  | { readonly kind: 'moved'; readonly what: string }
  /** All faults are healed: a minute later, or from `well` on, INV-30 counts. */
  | { readonly kind: 'healed' | 'well' }

/** One thing that happened. */
export type Entry = Happening & {
  /** True time, in milliseconds, the same for everybody. */
  readonly at: number
  /** The client's own monotonic clock; as `at` for what is not a client's. */
  readonly felt: number
  /** Whose; '' for the server and the world. */
  readonly client: string
}

/** A snapshot without its error object. */
export type Shown = Omit<ConnectionSnapshot, 'error'> & { readonly error: string | null }

/** What a channel shows. */
export interface ChannelShown {
  readonly channel: string
  readonly freshness: Freshness
  readonly data: unknown
  readonly source: 'push' | 'poll' | 'initial' | null
  readonly error: string | null
  readonly asOf: number | null
}

/** A message with its place, a gap, or the word that there is none. */
export type StreamWord =
  | {
      readonly what: 'message'
      readonly data: unknown
      readonly offset: number | null
      readonly replayed: boolean
    }
  | { readonly what: 'gap'; readonly reason: string }
  | { readonly what: 'recovered'; readonly count: number }

/** What a stream shows. */
export interface StreamShown {
  readonly channel: string
  readonly freshness: Freshness
  readonly last: unknown
}

/** A message as the server keeps it. */
export interface Logged {
  readonly epoch: string
  readonly offset: number
  readonly prev: number
  readonly data: unknown
}

/** An event or effect, as data. */
export type Fields = { readonly type: string; readonly [field: string]: unknown }

/** What a checker finds wrong. */
export interface Violation {
  readonly invariant: string
  /** What was seen and what the rule says, in a sentence. */
  readonly what: string
  readonly entry: Entry
}

/** One invariant over a whole trace, as a pure function; `[]` where it holds. A trace may have many clients. */
export interface Checker {
  readonly id: `INV-${number}`
  /** The rule, in a sentence; for docs. */
  readonly rule: string
  check(trace: readonly Entry[]): readonly Violation[]
}
