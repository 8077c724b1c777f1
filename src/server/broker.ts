// The seam between a server and what keeps and spreads its messages: memory, Redis, your own. Types only.

/** A place in the history of a channel. Two positions can be compared only within one epoch. */
export interface Position {
  /** Names one unbroken history, at most 64 characters; another one means that the history began anew. */
  readonly epoch: string
  /** How far the history had come: 0 before the first message, then rising; not beyond 2^53 - 1. */
  readonly offset: number
}

/** One message of a channel, as it was kept. */
export interface Publication extends Position {
  /** The offset of the message before it in this channel: who has that one misses nothing. */
  readonly prev: number
  /** The data as JSON. */
  readonly data: string
}

/** How a message is kept. */
export interface PublishOptions {
  /** Names the message, over all tries to publish it: the same id within `idTtl` is published once. */
  readonly id?: string | undefined
  /** Whose id it is, where a client gave it: no client may make a broker keep ids without end. The id is unique also without it. */
  readonly client?: string | undefined
  /** Milliseconds. @default 120_000 */
  readonly idTtl?: number | undefined
  /** How many messages of the channel are kept, and for how many milliseconds. `false`: none; they only pass. @default 300 for 300_000 */
  readonly history?: History | false | undefined
}

/** How much of a channel is kept. */
export interface History {
  readonly size: number
  /** Milliseconds. */
  readonly ttl: number
}

/** Where a message is. */
export interface Placed extends Position {
  /** It was there already, under the same id. */
  readonly duplicate: boolean
}

/** What has been kept of a channel. */
export interface Past {
  /** The position of the newest message, also when nothing is kept any more, or nothing was ever said. */
  readonly top: Position
  /** Oldest first. */
  readonly items: readonly Publication[]
  /** These are all messages after `since`. False: some are gone, or `since` is of another epoch, or beyond the top. */
  readonly complete: boolean
}

/** Keeps and spreads messages. A rejection means that it could not; the server tells its clients to try again. */
export interface Broker {
  readonly kind: string
  /** Other processes see the same channels. */
  readonly shared: boolean
  /** What an acknowledgement of a publication means: it got here, it outlives this process, it outlives a power cut. */
  readonly ack: 'received' | 'stored' | 'durable'
  /** Messages of one channel get rising offsets, in the order in which they are spread. */
  publish(channel: string, data: string, options?: PublishOptions): Promise<Placed>
  /**
   * Hears what is published from now on, in order and without a hole; where one cannot be ruled out, `onLost` is called, and what
   * was published meanwhile must be read from `history`. Resolves when nothing later can be missed; with an idempotent end.
   */
  subscribe(
    channel: string,
    onPublication: (publication: Publication) => void,
    onLost: () => void,
  ): Promise<() => void>
  /** What came after `since`, or the last messages where it is not given; at most `limit` of them, the newest. */
  history(channel: string, since?: Position | null, limit?: number): Promise<Past>
  /** Ends everything. Idempotent. */
  close(): Promise<void>
}
