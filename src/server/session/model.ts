// One link as the server sees it: what its session is, what it hears and what it orders. Types only.
import type { Past, Position, Publication } from '../broker.ts'
import type { RateState } from './rate.ts'

/** Who a link belongs to, as `authenticate` says. */
export interface User {
  /** Links of the same id are counted, replaced and revoked together. */
  readonly id: string
  /** Epoch milliseconds; the link is closed with 4401 when they have come. */
  readonly expiresAt?: number | undefined
}

/** Text ready to be written; the same bytes for every link that gets them. */
export type Wire = string | Uint8Array

/** What a session needs to know of the server's options. */
export interface SessionSettings {
  readonly heartbeat: { readonly interval: number; readonly timeout: number }
  readonly handshakeTimeout: number
  readonly maxPayload: number
  readonly limits: {
    readonly bufferedBytes: number
    readonly connectionsPerUser: number
    readonly messagesPerMinute: number
    readonly subscriptions: number
    readonly subscriptionsPerMinute: number
  }
}

/** What is true at the moment of a step: the link's public id, both clocks, the last sign of life, the advised window. */
export interface SessionContext {
  readonly settings: SessionSettings
  /** What an acknowledgement of a publication means here. */
  readonly ack: string
  readonly id: string
  readonly now: number
  readonly wall: number
  readonly heardAt: number
  readonly window: number
}

/** What both ends speak: 0 plain, 1 handshake, 2 channels, 3 recovery. */
export type Level = 0 | 1 | 2 | 3

/** `pong` answers the ping that came along with `client_ready` (G2a). */
export interface Waiting {
  readonly phase: 'waiting'
  readonly rate: RateState
  readonly pong: string | null
}

/** `client_ready` has come. `revoked`: whom the app revoked while it was not known yet who this is. */
export interface Authenticating extends Omit<Waiting, 'phase'> {
  readonly phase: 'authenticating'
  readonly level: Level
  readonly client: string | null
  readonly revoked: readonly string[]
}

/** What a link gets of a channel. `ref` is the id of the subscribe; what speaks of an older one means nothing. */
export interface Subscription {
  readonly ref: string
  /** Where the client was; null: it was not. */
  readonly since: Position | null
  /** The last message that was sent; null while the past is being read. */
  readonly position: Position | null
  /** What was published meanwhile. */
  readonly early: readonly Publication[]
  /** The top that was seen at the last look, when it was ahead. */
  readonly behind: number | null
}

/** `missed`: beats in a row without a sign of life. `window`: what this client was told last. */
export interface Open {
  readonly phase: 'open'
  readonly rate: RateState
  readonly level: Level
  readonly user: User
  readonly client: string | null
  readonly pongs: RateState
  /** How many subscribes are left for now. */
  readonly churn: RateState
  readonly subscriptions: ReadonlyMap<string, Subscription>
  readonly beatAt: number
  readonly missed: number
  readonly window: number
  readonly congested: boolean
  readonly leaving: boolean
  /** The client was told that its credentials run out. */
  readonly warned: boolean
}

/** A link that lives. */
export type Living = Waiting | Authenticating | Open

/** The life of a link. After `closed` nothing happens. */
export type SessionState = Living | { readonly phase: 'closed' }

/** Named timers; each is armed at most once at a time. */
export type Slot = 'handshake' | 'beat' | 'drain' | 'expiry' | 'leave'

/**
 * What happens to a link. `frame`: null is a binary one. `authenticated`: null is nobody, `failed` no answer; `others` are
 * links of that user which stay. `congested`: so many bytes still wait after a write. `flushed`: all before the last `mark` left.
 * `replaced`: a newer link of the same client is open. `leave`: the server drains.
 */
export type SessionEvent =
  | { readonly type: 'frame'; readonly text: string | null }
  | { readonly type: 'authenticated'; readonly user: User | null | 'failed'; readonly others: number }
  | { readonly type: 'push'; readonly channel: string; readonly wire: Wire }
  | { readonly type: 'congested'; readonly bytes: number }
  | { readonly type: 'timer'; readonly slot: Slot; readonly late: number }
  | { readonly type: 'revoked'; readonly userId: string }
  | { readonly type: 'leave'; readonly grace: number }
  | { readonly type: 'flushed' | 'replaced' | 'closed' }
  /** The answer to an `rt.auth`. */
  | { readonly type: 'renewed'; readonly id: string; readonly user: User | null | 'failed' }
  /** What became of a publication, or of a message with an id. */
  | { readonly type: 'answered'; readonly id: string; readonly ack: object }
  | {
      readonly type: 'failed'
      readonly id: string
      readonly code: string
      readonly message: string
      readonly retryable: boolean
    }
  | ChannelEvent

/**
 * What concerns one subscription. `joined`: whatever is published comes as `publication` from now on, and this was before; `data` is
 * a state at `past.top` or later. `refused`: the app or the broker said no, to the subscribe or later. `lost`: the broker may have missed something.
 */
export type ChannelEvent =
  | {
      readonly type: 'joined'
      readonly channel: string
      readonly ref: string
      readonly past: Past
      readonly data: string | null
    }
  | {
      readonly type: 'refused'
      readonly channel: string
      readonly ref: string
      readonly code: string
      readonly message: string
      readonly retryable: boolean
    }
  | { readonly type: 'publication'; readonly channel: string; readonly publication: Publication }
  | { readonly type: 'top'; readonly channel: string; readonly top: Position }
  | { readonly type: 'lost'; readonly channel: string }

/**
 * What a session orders. `mark` asks for `flushed`; `ignored` counts a frame that meant nothing. `isReplay`: belongs to the answer
 * to a subscribe. `renewed`: the user is this one from now on.
 */
export type SessionEffect =
  | { readonly type: 'send'; readonly wire: Wire; readonly channel?: string; readonly isReplay?: boolean }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  | { readonly type: 'authenticate'; readonly auth: unknown; readonly client: string | null }
  | { readonly type: 'opened'; readonly user: User; readonly client: string | null; readonly level: Level }
  | {
      readonly type: 'message'
      readonly user: User
      readonly name: string
      readonly data: unknown
      /** Names the answer that is expected; null: none. */
      readonly id: string | null
    }
  | { readonly type: 'renew'; readonly id: string; readonly auth: unknown }
  | { readonly type: 'renewed'; readonly user: User }
  /** `limit`: so much of the past is wanted where there is no `since`. */
  | {
      readonly type: 'subscribe'
      readonly channel: string
      readonly ref: string
      readonly since: Position | null
      readonly limit: number
      readonly user: User
    }
  | { readonly type: 'quit'; readonly channel: string }
  | {
      readonly type: 'publish'
      readonly id: string
      readonly channel: string
      readonly data: unknown
    }
  | { readonly type: 'arm'; readonly slot: Slot; readonly delay: number }
  | { readonly type: 'disarm'; readonly slot: Slot }
  | { readonly type: 'ping' }
  | { readonly type: 'mark' }
  | { readonly type: 'ignored' }

/** The next state, and what to do. */
export type SessionStep = readonly [state: SessionState, effects: readonly SessionEffect[]]
