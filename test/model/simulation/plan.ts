// What will be done to a world: data, so that it can be printed, replayed and shrunk. Types only.
import type { ServerPlan } from './process.ts'
import type { Kind } from './truth.ts'

/** A channel as one client reads it. */
export interface ChannelPlan {
  readonly name: string
  readonly kind: Kind
  readonly loads: boolean
  /** null: the app says `false`; undefined: it says nothing. */
  readonly pollEvery?: number | null | undefined
  readonly versioned: boolean
  readonly picks: boolean
  readonly hasSchema: boolean
  /** Its load pays no attention to being aborted. */
  readonly isStubborn: boolean
}

/** A client, its network and its options. */
export interface ClientPlan {
  readonly name: string
  readonly user: string
  readonly latency: number
  readonly jitter: number
  readonly channels: readonly ChannelPlan[]
  /** It reads a stream and may publish to it; how many of its last messages it asks for at the beginning. */
  readonly stream?: { readonly history: number }
  readonly protocol: 'auto' | 'plain' | 'rt'
  readonly hasAuth: boolean
  readonly asksUrl: boolean
  readonly diagnoses: boolean
  /** Listens to `message`, which is interest, and ends the short cut for repeated text. */
  readonly hearsMessages: boolean
  readonly heartbeat:
    false | { readonly interval?: number; readonly timeout?: number; readonly probe?: number }
  readonly reconnect: {
    readonly minDelay?: number
    readonly minUptime?: number
    readonly maxAttempts?: number
    readonly hiddenDelay?: number
    readonly budget?: { readonly attempts?: number; readonly per?: number }
    readonly circuit?:
      false | { readonly failures?: number; readonly after?: number; readonly coolDown?: number }
  }
  readonly outbox: { readonly messages?: number; readonly bytes?: number; readonly ttl?: number }
  readonly linger: number
  readonly loadFirst: number
  /** What the browser does to the sockets of frozen and cached pages. */
  readonly keepsSockets: boolean
  readonly tells: boolean
}

/** One thing that is done to the world, by its own hand, an app's or its user's. */
export interface Move {
  readonly at: number
  /** What; see `faults.ts` and `workload.ts`. */
  readonly kind: string
  /** Whose; null: the server's, or everybody's. */
  readonly client: number | null
  /** How long, where that matters. */
  readonly ms: number
  /** The rest of what has to be decided, a number in [0, 1). */
  readonly value: number
}

/** Who is replaced by a generator of frames; the rules about honest peers do not count then. */
export type Adversary = 'server' | 'client' | null

/** Everything that is known of a run before it begins. */
export interface Scenario {
  readonly seed: number
  readonly adversary: Adversary
  readonly server: ServerPlan
  readonly kinds: Readonly<Record<string, Kind>>
  readonly clients: readonly ClientPlan[]
  /** In order of time. */
  readonly moves: readonly Move[]
  /** When all faults end. */
  readonly healAt: number
  /** A look at every client so often. */
  readonly sampleEvery: number
}
