// Messages on their way: those that wait for a connection, and those that wait for an answer. Bounds and ends (G18 to G21). Pure.

/** One encoded message. */
export interface Outgoing {
  /** `send` leaves and no more is known; the others are answered at levels 2 and 3. */
  readonly kind: 'send' | 'publish' | 'request'
  /** Names it towards the server, over all tries. */
  readonly id: string
  /** Its place among the calls. */
  readonly order: number
  readonly type: string
  /** The data as JSON; undefined: none. */
  readonly data: string | undefined
  readonly bytes: number
  /** Until when it may wait, on the driver's timeline; and whether it may wait at all. */
  readonly until: number
  readonly canWait: boolean
  /** When it left for the first time; null: it did not. */
  readonly sentAt: Moment | null
  /** It left, and nobody knows what became of that: now it is tried again. */
  readonly isAgain: boolean
}

/** An instant on the driver's timeline, which stands still while the machine sleeps, and on the wall. */
export interface Moment {
  readonly now: number
  readonly wall: number
}

/** In the order of the calls. */
export type Outbox = readonly Outgoing[]

/** The outbox with one more message, or null where it is full. */
export function add(
  outbox: Outbox,
  message: Outgoing,
  limits: { readonly messages: number; readonly bytes: number },
): Outbox | null {
  const bytes = outbox.reduce((sum, other) => sum + other.bytes, message.bytes)
  return outbox.length < limits.messages && bytes <= limits.bytes ? [...outbox, message] : null
}

/** What may go on waiting, and what may not. */
export function expire(outbox: Outbox, now: number): readonly [rest: Outbox, expired: Outbox] {
  return [outbox.filter(({ until }) => until > now), outbox.filter(({ until }) => until <= now)]
}

/**
 * After the loss of a link: what may be sent again under the same id, and what may not, since nobody would know whether it was taken
 * before. Only a server that drops duplicates, and only for nine tenths of the time for which it does so (G19).
 */
export function resend(
  flying: Outbox,
  now: Moment,
  level: number,
  dedup: number,
): readonly [again: Outbox, lost: Outbox] {
  const isSafe = (message: Outgoing): boolean => isSafeAgain(message, now, level, dedup)
  return [
    flying.filter(isSafe).map((message) => ({ ...message, isAgain: true })),
    flying.filter((message) => !isSafe(message)),
  ]
}

/** May this be written to a server of that level, which drops duplicates for so long? Of what never left there is none. */
export function isSafeAgain(
  { kind, sentAt }: Outgoing,
  { now, wall }: Moment,
  level: number,
  dedup: number,
): boolean {
  if (sentAt === null) return true
  // The server did not sleep.
  const age = Math.max(now - sentAt.now, wall - sentAt.wall)
  return kind === 'publish' && level === 3 && age < dedup * 0.9
}
