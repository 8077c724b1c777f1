// The server as an app holds it: types only.
import type { Server } from 'node:http'
import type { Position } from './broker.ts'
import type { Level } from './session/model.ts'

/** What became of a publication: where it is in the history of its channel, and who gets it. */
export interface Published extends Position {
  /** It was published before, under the same id. */
  readonly duplicate: boolean
  /** Links of this process that get it, those among them for which `authorize` is still thinking. */
  readonly recipients: number
}

/** How `watch` looks. */
export interface WatchOptions {
  /** Milliseconds from one look to the next. */
  readonly every: number
  /** Gives the state, or a promise of it; undefined: there is none. What it throws is logged. */
  load(): unknown
}

/** One link in the statistics. Instants are epoch milliseconds. */
export interface LinkStats {
  readonly id: string
  readonly user: string
  /** The conformance level the client speaks. */
  readonly level: Level
  readonly since: number
  readonly lastInboundAt: number
  /** The channels it was sent, the last 128 of them. */
  readonly channels: readonly string[]
  readonly bufferedBytes: number
  /** Frames that meant nothing: too many, or control frames that are not known here. */
  readonly ignored: number
}

/** What the server can tell of itself. */
export interface ServerStats {
  readonly connections: readonly LinkStats[]
  /** Sockets, those in the handshake or closing among them. */
  readonly sockets: number
  /** The reconnect window advised now. */
  readonly window: number
}

/** The server. It opens no port: attach it to an `http.Server`. */
export interface RealtimeServer {
  /** Takes over the upgrades of one path. Returns an idempotent detach, which closes no link. */
  attach(server: Server): () => void
  /**
   * Answers `GET /health` and `GET /api/ws/stats`; undefined for other paths. Statistics are for users whom `authenticate`
   * knows (401) and `authorize` allows `stats` (403).
   */
  fetch(request: Request): Promise<Response | undefined>
  /**
   * Sends to every link at level 0 or 1 whose user may subscribe `{ type: channel, data }`, and to subscribers at levels 2 and 3 what they
   * may recover later; a channel whose name is no legal type is for subscribers only. `id`: the same one within two minutes is published
   * once. Rejects with a HoldfastError what is not among `events` (`invalid-message`), does not fit its schema (`invalid-data`) or is over
   * `maxEventBytes` (`message-too-large`); with another Error when the broker fails, or takes longer than 4 s.
   */
  publish(channel: string, data: unknown, options?: { readonly id?: string | undefined }): Promise<Published>
  /** As `publish`, but null and nothing sent when the JSON is that of the last state; new links get that state first. undefined forgets it. */
  publishIfChanged(channel: string, state: unknown): Promise<Published | null>
  /** Looks every so often, but only while somebody may read the channel, and publishes what changed. Returns a stop. Throws TypeError. */
  watch(channel: string, options: WatchOptions): () => void
  /** Closes that user's links with 4401. */
  revoke(userId: string): Promise<void>
  stats(): ServerStats
  /**
   * Ends all links, spread over `drain` milliseconds (default 0): from level 1 on they are told `rt.go_away` first, up to half of that time
   * before, then all get 1012.
   * New links are refused with 503. Resolves when every socket is gone. Idempotent.
   */
  close(options?: { readonly drain?: number }): Promise<void>
}
