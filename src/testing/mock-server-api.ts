// What a test can tell a mock server, and ask it. Every behaviour holds for the attempts to come, until another is chosen.
import type { Frame, GoAway } from '../protocol/frames.ts'
import type { Runtime } from '../runtime.ts'
import type { Transport } from '../transports/transport.ts'
import type { AcceptOptions, Behaviour } from './behaviours.ts'
import type { Farewell } from './close-info.ts'
import type { Direction, MockLink } from './mock-link.ts'
import type { MockPage } from './mock-page.ts'

/** Options of `mockServer`. */
export interface MockServerOptions {
  /** Of `runtime.random` and of the network's jitter. @default 1 */
  readonly seed?: number
  /** Milliseconds one way, see `latency()`. @default 0 */
  readonly latency?: number | null
  /** The page of the runtime. @default mockPage({ address: 'https://app.test/' }) */
  readonly page?: MockPage
  /** What the transport says of itself. @default a WebSocket's: only `closeCodes` */
  readonly capabilities?: Partial<Transport['capabilities']>
}

/** `rt.go_away`, and what follows it. */
export interface GoAwayOptions extends Partial<Omit<GoAway, 'type'>> {
  /** What the links still open after `grace` are closed with. @default 1012 */
  readonly closeCode?: number
}

/** A server in the hands of a test. */
export interface MockServer {
  /** Leads to this server, whatever the url. */
  readonly transport: Transport
  /** The clock given, seeded chance, and `page`. */
  readonly runtime: Runtime
  readonly page: MockPage

  /**
   * Accepts: at level 1 unless told otherwise. Ends what `dropsAfter()` and `throws()` said.
   * @example
   * server.accepts({ level: 0 })                                             // a plain server
   * server.accepts({ window: 500, heartbeat: { interval: 15_000, timeout: 5_000 }, session: 's_1' })
   * server.accepts({ greet: (link) => link.push('queue', { length: 3 }) })   // sends its state after the handshake
   * server.accepts({ check: (hello) => (hello.auth === undefined ? 4401 : undefined) })
   */
  accepts(options?: AcceptOptions): void
  /**
   * Refuses. Without a code the attempt never opens and ends with 1006, which is all a page sees of a refused port, a 401
   * or a 503. With a code it opens, and is closed with that code at once.
   * @example
   * server.refuses()
   * server.refuses(4403)
   */
  refuses(code?: number): void
  /**
   * Never opens, never closes: TCP connected, no answer to the upgrade.
   * @example
   * server.hangs()
   * clock.advance(10_000) // the client's own deadline ends the attempt
   */
  hangs(): void
  /**
   * Opens and says nothing: no `server_ready`, no pong.
   * @example
   * server.opensSilently()
   */
  opensSilently(): void
  /**
   * Does what a function does, with each attempt as it arrives. Doing nothing is leaving it hanging.
   * @example
   * server.behaves((link) => {
   *   link.accept()
   *   link.onFrame((frame) => link.push('echo', frame))
   *   link.after(3000, () => link.close(1012))
   * })
   */
  behaves(behaviour: Behaviour): void
  /**
   * Opening throws, as `new WebSocket()` does under a content security policy.
   * @example
   * server.throws(new DOMException('Refused by connect-src', 'SecurityError'))
   */
  throws(error: unknown): void
  /**
   * Ends links: those there are in `ms`, those to come `ms` after they arrive, until the next `accepts()` or its like.
   * Without a code as a cut cable that is noticed: 1006.
   * @example
   * server.dropsAfter(3000)
   * server.dropsAfter(3000, 1012)
   */
  dropsAfter(ms: number, code?: number): void
  /**
   * Everything takes `ms` one way, plus up to `jitter`; nothing overtakes. Opening takes a round trip. null: everything
   * happens within the call, even `opened` within `open()`.
   * @example
   * server.latency(200, 50)
   */
  latency(ms: number | null, jitter?: number): void
  /**
   * The links there are go silent, half-open: what is sent stalls, nobody is told. New attempts are not touched: the old
   * path is dead, a new one may do. For a server that is gone altogether say `hangs()` too.
   * @example
   * server.goesSilent()
   * server.goesSilent('to-client') // the server still hears
   */
  goesSilent(direction?: Direction): void
  /**
   * Ends `goesSilent()`: everything that stalled arrives in one burst, in order.
   * @example
   * server.resumesTalking()
   */
  resumesTalking(): void
  /**
   * Pings stay unanswered from now on, on open links too, while everything else goes on.
   * @example
   * server.ignoresPings()
   */
  ignoresPings(): void
  /** Ends `ignoresPings()`. */
  answersPings(): void
  /**
   * A link the client has closed goes on reporting what arrives, and `closed` (1006) follows after `ms`: a transport that does
   * not detach, over a browser that waits 60 s for a dead path. null: closed links are silent, as with `webSocket()`.
   * @example
   * server.closesLate(60_000)
   */
  closesLate(ms: number | null): void

  /**
   * Sends `{ type, data }` to all open links (at levels 2 and 3: to those who subscribed to the channel `type`), to each as soon as its handshake is done. Before the first link it waits for
   * that one, so that a test can be written from top to bottom; later, what is pushed while nobody is there is lost.
   * @example
   * server.push('queue', { length: 3 })
   */
  push(type: string, data?: unknown): void
  /**
   * At levels 2 and 3: how many messages of each channel can be recovered. @default 300
   * @example
   * server.keeps(0) // whoever was away has a gap
   */
  keeps(messages: number): void
  /**
   * At levels 2 and 3: closes all links with 1012 and forgets every channel, as a server does that keeps them in memory.
   * @example
   * server.restarts()
   */
  restarts(): void
  /**
   * Sends text as it is, at once, to all open links.
   * @example
   * server.send('not JSON')
   */
  send(text: string): void
  /**
   * Sends `rt.go_away` (code `deploy`), and after `grace`, where given, closes the links still open.
   * @example
   * server.goAway({ reconnect: { min: 500, spread: 10_000 }, grace: 5_000 })
   * server.goAway({ reconnect: false })
   */
  goAway(options?: GoAwayOptions): void
  /**
   * Closes all links; those that hang end with 1006. Without a code a page sees 1005, with 1006 there is no close frame.
   * @example
   * server.closeAll(1012, 'restart')
   */
  closeAll(code?: number, reason?: string): void

  /** What clients sent and this server got, frames only, oldest first. */
  readonly received: readonly Frame[]
  /** The same as text, with what is no frame. */
  readonly texts: readonly string[]
  /** How clients ended their links, where the server heard of it. */
  readonly farewells: readonly Farewell[]
  /** Empties `received`, `texts` and `farewells`. */
  forget(): void
  /** The links that clients hold, connecting ones included. */
  readonly links: readonly MockLink[]
  /** How often a client tried. */
  readonly attempts: number
  /** How many attempts were accepted. */
  readonly accepted: number
  /** How many links are open, as their clients see it. */
  readonly open: number
  /** How many attempts are neither open nor ended. */
  readonly connecting: number
}
