// The seam between a channel and its connection: what each needs of the other. Types only.
import type { SendOutcome } from './outcome.ts'
import type { ErrorCode, HoldfastError } from '../errors.ts'
import type { Timeline } from '../lib/timeline.ts'
import type { Turns } from '../lib/turns.ts'
import type { Clock } from '../runtime.ts'
import type { ChannelEffect, ChannelEvent } from './model.ts'

/** What a channel needs of its connection. */
export interface ChannelHost {
  readonly turns: Turns
  readonly timeline: Timeline
  readonly clock: Clock
  readonly random: () => number
  readonly linger: number
  readonly grace: number
  /** Somebody has begun, or has ceased, to want what comes over the connection. */
  engage(change: 1 | -1): void
  /** What an active channel would have been told: does a link deliver to it, is it doubted, is the page hidden or offline. */
  surroundings(feed: Feed): { readonly up: boolean; readonly doubted: boolean; readonly away: boolean }
  /** Why there is nothing to expect any more: `close()` was called. */
  readonly closed: HoldfastError | null
  /** A promise is given out: `settle` is called when the connection closes first. Returns the means to forget it. */
  pend(settle: (error: HoldfastError) => void): () => void
  /** A load has settled. */
  onSettled(): void
  /** The channel has become active, or has been forgotten again. */
  enlist(feed: Feed): void
  dismiss(feed: Feed): void
  /** Looks whether time was lost, before deadlines are met. */
  notice(late: boolean): void
  /** An error that speaks of a channel. */
  toError(code: ErrorCode, channel: string, cause: unknown): HoldfastError
  /** Tells everybody who listens. */
  report(error: HoldfastError): void
  /** Publishes to a channel; settles exactly once. */
  publish(channel: string, data: unknown, ttl: number | undefined): Promise<SendOutcome>
  /** A function of the app threw. */
  complain(cause: unknown, channel: string): void
  trace(channel: string, entry: { readonly event: ChannelEvent } | { readonly effect: ChannelEffect }): void
}

/** A channel as its connection sees it. */
export interface Feed {
  readonly types: readonly string[]
  /** How many messages of before it wants, where it was never there. */
  readonly history: number
  /** Its first load has not settled. */
  readonly isLoading: boolean
  dispatch(event: ChannelEvent): void
  /** An app message of one of its types, or, with `isState`, the state of a channel of that name. */
  message(
    type: string,
    data: unknown,
    about: {
      /** The frame, where it was no more than this message. */
      readonly text?: string
      /** Nobody else sees its data. */
      readonly alone?: boolean
      /** It was missed, and the server gives it now. */
      readonly replayed?: boolean
      readonly isState?: boolean
      /** Its place in the channel, where the server gives one. */
      readonly offset?: number | null
    },
  ): void
  /** The frame type of this text, if it is what made the current state. */
  repeats(text: string): string | null
  /** This text would change nothing here: it made the current state, or is another channel's. */
  isIndifferent(text: string): boolean
  /** A text that is indifferent came: what made the current state confirms it. */
  confirm(text: string): void
  /** The connection is closed: nothing happens any more. */
  close(): void
}
