// Sends that wait for a connection: their bounds and their ends (G18, G19, G21). Pure.

/** One encoded message that has not left. */
export interface Outgoing {
  readonly text: string
  readonly bytes: number
  /** Until when it may wait, on the driver's timeline; and whether it may wait at all. */
  readonly until: number
  readonly canWait: boolean
  /** Names the promise that waits for its outcome. */
  readonly id: number
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
