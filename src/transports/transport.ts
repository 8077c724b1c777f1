// The contract between the core and whatever carries text: a WebSocket, a mock, something else.

/** Why a link ended. Codes are those of RFC 6455; 1006 where there was none. */
export interface CloseInfo {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** What a link reports. After `closed` nothing follows; the core never waits for it. */
export interface TransportEvents {
  /** The link can carry text. `recovered`: a transport with recovery of its own lost nothing. */
  opened(info?: { readonly recovered?: boolean }): void
  /** A text frame arrived. Binary frames are not reported. */
  message(text: string): void
  /** The link ended, or never opened. At most once. */
  closed(info: CloseInfo): void
}

/** One socket or stream. */
export interface Link {
  /** Hands text over. Before `opened` and after the end it does nothing. */
  send(text: string): void
  /** UTF-8 bytes handed over and not yet on the network; 0 where that cannot be told. */
  readonly bufferedBytes: number
  /**
   * Ends the link; never throws. Codes a page may not use (all but 1000 and 3000..4999) become 1000.
   * `keepSession`: a transport with recovery of its own keeps what the next attempt resumes from.
   */
  close(code?: number, reason?: string, options?: { readonly keepSession?: boolean }): void
}

/** Makes links. One transport object serves every attempt of a connection. */
export interface Transport {
  readonly name: string
  readonly capabilities: {
    /** The transport finds dead links by itself: no pings are sent over it. */
    readonly ownsHeartbeat: boolean
    /** The transport replays by itself what was missed. */
    readonly ownsRecovery: boolean
    /** `closed` carries the server's own codes. */
    readonly closeCodes: boolean
  }
  /**
   * Starts one attempt. Events may fire at once, within the call.
   * A throw counts as a failed attempt: SecurityError as `blocked`, a missing WebSocket as `no-websocket`.
   */
  open(context: { readonly url: string }, events: TransportEvents): Link
}
