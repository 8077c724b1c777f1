// The damage a visitor can do: the words page and supervisor share.

/** One press of a button. */
export type Damage =
  | {
      readonly do:
        'kill' | 'start' | 'freeze' | 'thaw' | 'deploy' | 'expire-token' | 'repeat' | 'garbage' | 'restore'
    }
  | { readonly do: 'network'; readonly network: Network }
  | { readonly do: 'scope'; readonly scope: Scope }
  | { readonly do: 'latency'; readonly latency: number }
  | { readonly do: 'close'; readonly code: number }

/** What the wire does: work, refuse every connection, or swallow every byte without a word. */
export type Network = 'fine' | 'refuse' | 'black-hole'

/** What suffers from the wire: the WebSocket alone, or REST calls as well. */
export type Scope = 'socket' | 'socket-and-http'

/** How things stand, for the page's buttons. */
export interface Condition {
  readonly server: 'running' | 'stopped' | 'frozen' | 'deploying'
  readonly network: Network
  readonly scope: Scope
  /** Added to every byte in each direction, in milliseconds. */
  readonly latency: number
}
