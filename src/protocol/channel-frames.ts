// The frames of levels 2 and 3 as types: channels, positions, requests and their answers.

/** A place in the history of a channel. */
export interface FramePosition {
  readonly epoch: string
  readonly offset: number
}

/** Asks for a channel. `id` names the subscription from then on; `since` (level 3) is where the client was. */
export interface Subscribe {
  readonly type: 'rt.subscribe'
  readonly id: string
  readonly channel: string
  /** `history`: how many of the last messages, where there is no `since`. */
  readonly params?: { readonly history?: number }
  readonly since?: FramePosition
}

/**
 * The answer: the position now. `replay` messages follow before any live one; with `recovered` they are all that was missed.
 * `data`: the state at that position.
 */
export interface Subscribed {
  readonly type: 'rt.subscribed'
  readonly id: string
  readonly channel: string
  readonly epoch?: string
  readonly offset?: number
  readonly recovered?: boolean
  readonly replay?: number
  readonly data?: unknown
}

/** One message of a channel. `prev` is the offset of the one before, where it is not `offset` - 1. */
export interface Message {
  readonly type: 'rt.message'
  readonly channel: string
  readonly ref: string
  readonly data: unknown
  readonly epoch?: string
  readonly offset?: number
  readonly prev?: number
}

/** Gives a channel up. */
export interface Unsubscribe {
  readonly type: 'rt.unsubscribe'
  readonly id: string
  readonly channel: string
}

/** The answer (`id`), or the server's own wish (`ref`, `code`); with `retry` the client may subscribe again. */
export interface Unsubscribed {
  readonly type: 'rt.unsubscribed'
  readonly channel: string
  readonly id?: string
  readonly ref?: string
  readonly code?: string
  readonly retry?: boolean
}

/** Publishes once, however often it is sent under the same id. */
export interface Publish {
  readonly type: 'rt.publish'
  readonly id: string
  readonly channel: string
  readonly data: unknown
  /** It was sent before. */
  readonly retry?: boolean
}

/** New credentials for the link as it is; the user stays the same. */
export interface Renew {
  readonly type: 'rt.auth'
  readonly id: string
  readonly auth: unknown
}

/** The good answer to a request; the other one is `rt.error` with that id. */
export interface Ack {
  readonly type: 'rt.ack'
  readonly id: string
  readonly epoch?: string
  readonly offset?: number
  readonly duplicate?: boolean
  readonly data?: unknown
}
