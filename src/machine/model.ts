// The vocabulary of the connection machine: what it can be (State), what happens to it (Event), what it asks for (Effect).
import type { ErrorCode } from '../errors.ts'
import type { Offers } from '../protocol/channels.ts'
import type { CloseClass } from '../protocol/close-codes.ts'

/** All instants in here are milliseconds of the driver's own timeline, which only goes forward; `wall` alone is epoch time. */
export type Instant = number

/** Ids of links and requests. One counter gives them all, and none is given twice. */
export type Id = number

/** The named deadlines. A phase holds those it owes; the driver keeps one alarm, set to the earliest. */
export type Slot =
  | 'pong'
  | 'deadline'
  | 'ready'
  | 'level'
  | 'ping'
  | 'overdue'
  | 'stable'
  | 'renew'
  | 'heir'
  | 'away'
  | 'retry'
  | 'linger'

/** When each slot is due. A deadline is state: leaving it out of the next state disarms it. */
export type Timers = { readonly [S in Slot]?: Instant | undefined }

/** Why there is no connection, as data; the driver makes the HoldfastError. */
export interface Failure {
  readonly code: ErrorCode
  readonly closeCode?: number
  readonly reason?: string
  readonly cause?: unknown
}

/** A time without a connection that held for `minUptime`. */
export interface Outage {
  readonly since: Instant
  /** Failed attempts in a row; accepted and closed again before `minUptime` is failed too. */
  readonly failures: number
  /** How many of them, the latest ones, never opened. */
  readonly unopened: number
  /** How many they were when `diagnose` was asked: each third one is asked about once, and then tried (G4). */
  readonly asked: number
  /** How often the circuit has opened. */
  readonly trips: number
}

/** What outlives a link. */
export interface Memory {
  /** `connect()` was called. */
  readonly held: boolean
  /** Somebody subscribed, listens or waits. */
  readonly wanted: boolean
  /** `disconnect()` was called: nobody's interest opens a link. */
  readonly barred: boolean
  readonly hidden: boolean
  /** There was a connection since the last idle. */
  readonly once: boolean
  readonly lastId: Id
  /** This server has sent `server_ready` before: it is required from now on (G2a). */
  readonly greets: boolean
  /** This server has answered a ping before: silence means a dead link (G3). */
  readonly answers: boolean
  /** The server's reconnect window, clamped. */
  readonly window: number | null
  /** The server's heartbeat advice, clamped. */
  readonly advice: { readonly interval: number; readonly timeout: number } | null
  readonly outage: Outage | null
  /** When links were opened, as far back as the budget looks. */
  readonly attempts: readonly Instant[]
  /** Before this instant only `connect()`, `retry()` and `reset()` may try: what was waited for when everybody left. */
  readonly restUntil: Instant
  /** Closes of class `refresh` in a row. */
  readonly refusals: number
  /** Closes of class `twice` in a row. */
  readonly misfits: number
  /** The credentials were refused: `auth` is asked with `expired`. */
  readonly expired: boolean
  readonly failure: Failure | null
}

interface Base {
  readonly memory: Memory
  readonly timers: Timers
}

/** Nobody is interested, or `disconnect()` was called. */
export interface Idle extends Base {
  readonly phase: 'idle'
}

/** An attempt before there is a link to it: each step waits for one answer, named by `request`. */
export interface Connecting extends Base {
  readonly phase: 'connecting'
  readonly step: 'loading' | 'diagnosing' | 'preparing' | 'queued'
  readonly request: Id
}

/** A link was asked for and has not opened. */
export interface Opening extends Base {
  readonly phase: 'opening'
  readonly link: Id
  /** The place in the gate, held until connected. */
  readonly request: Id
}

/** The link is open; `client_ready` and one ping have left. */
export interface Handshaking extends Base {
  readonly phase: 'handshaking'
  readonly link: Id
  readonly request: Id
  readonly openedAt: Instant
  /** Sent along with `client_ready`; none where there is no heartbeat. */
  readonly pings: readonly Ping[]
}

/** A ping that has left and was not answered. */
export interface Ping {
  readonly sentAt: Instant
  readonly timestamp: number
}

/** The link carries messages. */
export interface Connected extends Base {
  readonly phase: 'connected'
  readonly link: Id
  /** 0 plain, 1 and more as told by `server_ready`; null until the first frame decides. */
  readonly level: number | null
  /** What the server takes and promises, by its `server_ready`. */
  readonly offers: Offers
  /** Unanswered pings, oldest first, the last few. */
  readonly pings: readonly Ping[]
  /** When the last ping left. */
  readonly pingedAt: Instant
  /** When the ping left whose deadline is `timers.pong`: anything heard since then is a sign of life. */
  readonly askedAt: Instant
  /** A ping has been unanswered for longer than `quality.poor`. */
  readonly overdue: boolean
  /** That ping was sent because of a local cause: sleep, network, visibility. */
  readonly local: boolean
  /** Since when the link is doubted: nothing is `live` until it answers. */
  readonly doubtedAt: Instant | null
  /** The smoothed round trip; null before this link's first pong. */
  readonly latency: number | null
  /** New credentials are asked for, to go on with this link. */
  readonly request: Id | null
  /** When new credentials were last asked for on this link. */
  readonly renewedAt: Instant
  /** The server said `rt.go_away`: when to move, and when this link ends at the latest. */
  readonly away: { readonly moveAt: Instant; readonly endAt: Instant; readonly failure: Failure } | null
  /** The next link, on its way by the same table while this one still delivers: make before break. */
  readonly heir: Heir | null
}

/** What a link becomes that is to follow another. */
export type Heir = Connecting | Opening | Handshaking | Connected

/** Between attempts. */
export interface Waiting extends Base {
  readonly phase: 'waiting'
  /** When the next attempt starts, for people: epoch milliseconds. */
  readonly retryAt: number
  /** Before this instant only `connect()` and `retry()` may try: hints, budget and `minDelay`. */
  readonly floorAt: Instant
  /** The circuit is open. */
  readonly suspended: boolean
}

/** A fatal cause; only `connect()` or `reset()` leads out. */
export interface Failed extends Base {
  readonly phase: 'failed'
}

/** After `close()`. */
export interface Closed extends Base {
  readonly phase: 'closed'
}

export type State = Idle | Connecting | Opening | Handshaking | Connected | Waiting | Failed | Closed
export type Phase = State['phase']

/** How a page or a clock says that the world may have changed. */
export type Signal =
  'online' | 'offline' | 'visible' | 'hidden' | 'restored' | 'frozen' | 'resumed' | 'network'

/** What may happen. Those with a `link` or `request` the state does not hold are dropped before they reach the table. */
export type Event =
  | { readonly type: 'connect' | 'disconnect' | 'retry' | 'reset' | 'close' | 'wanted' | 'unwanted' }
  | { readonly type: 'loaded' }
  | {
      readonly type: 'diagnosed'
      readonly request: Id
      readonly verdict: 'retry' | 'refresh' | 'fatal' | number
    }
  | { readonly type: 'unprepared'; readonly request: Id; readonly failure: Failure; readonly fatal: boolean }
  | { readonly type: 'prepared' | 'admitted'; readonly request: Id }
  /** `joined`: on an heir's link, whatever must be answered before it takes over has been answered. */
  | { readonly type: 'opened' | 'plain' | 'heard' | 'flooded' | 'joined'; readonly link: Id }
  | {
      readonly type: 'closed'
      readonly link: Id
      readonly failure: Failure
      readonly class: CloseClass
      readonly min: number | null
      readonly spread: number | null
    }
  | {
      readonly type: 'ready'
      readonly link: Id
      readonly level: number
      readonly offers: Offers
      readonly window: number | null
      readonly heartbeat: { readonly interval: number; readonly timeout: number } | null
    }
  | { readonly type: 'pong'; readonly link: Id; readonly timestamp: number | null }
  | {
      readonly type: 'away'
      readonly link: Id
      readonly min: number
      readonly spread: number
      readonly grace: number
      readonly final: boolean
      readonly reason: string
    }
  | {
      readonly type: 'advice'
      readonly link: Id
      readonly window: number | null
      readonly expiresIn: number | null
    }
  | { readonly type: 'due'; readonly slot: Slot }
  | { readonly type: 'page'; readonly signal: Signal }
  | { readonly type: 'woke'; readonly slept: boolean }

/** What the driver is asked to do. */
export type Effect =
  | { readonly type: 'diagnose'; readonly request: Id; readonly failures: number }
  | { readonly type: 'prepare'; readonly request: Id; readonly reason: 'connect' | 'expired' }
  | { readonly type: 'renew' | 'queue' | 'cancel'; readonly request: Id }
  | { readonly type: 'open'; readonly link: Id }
  | { readonly type: 'hello'; readonly link: Id }
  | { readonly type: 'ping'; readonly link: Id; readonly timestamp: number }
  | { readonly type: 'drop'; readonly link: Id; readonly code: number; readonly reason: string }
  | { readonly type: 'report'; readonly failure: Failure }

/** What the machine is told with every event, and what was configured. */
export interface Context {
  readonly now: Instant
  /** Epoch milliseconds. */
  readonly wall: number
  /** Uniform in [0, 1). */
  readonly random: number
  /** When the link last delivered anything. */
  readonly heardAt: Instant
  /** Channels still wait for their first load. */
  readonly loading: boolean
  readonly tuning: Tuning
}

/** The options the machine looks at, resolved. */
export interface Tuning {
  readonly authTimeout: number
  readonly connectTimeout: number
  readonly handshakeTimeout: number
  readonly linger: number
  readonly loadFirst: number
  /** null: the transport or the app wants no pings. What the app left open is null: the server's advice counts there. */
  readonly heartbeat: {
    readonly interval: number | null
    readonly timeout: number | null
    readonly probe: number
  } | null
  readonly quality: { readonly excellent: number; readonly good: number; readonly poor: number }
  readonly reconnect: {
    readonly minDelay: number
    readonly maxDelay: number
    readonly hiddenDelay: number
    readonly minUptime: number
    readonly maxAttempts: number
    readonly budget: { readonly attempts: number | null; readonly per: number }
    readonly delay: ((attempt: number, outage: number, random: number) => number) | null
    readonly circuit: {
      readonly failures: number
      readonly after: number | null
      readonly coolDown: number
      readonly maxCoolDown: number
    } | null
  }
  /** `plain` never waits for `server_ready`, `rt` requires it, `auto` finds out. */
  readonly greeting: 'auto' | 'plain' | 'rt'
  readonly hasAuth: boolean
  readonly hasDiagnose: boolean
}

/** The next state, and what to do. */
export type Step<S extends State = State> = readonly [S, readonly Effect[]]
