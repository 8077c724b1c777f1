// The catalogue of faults: what can go wrong, and what holds then. The ids stand in test names as `(fault N9)`.

/** One row. */
export interface Fault {
  readonly id: string
  readonly what: string
  /** What a user of the library can rely on. */
  readonly holds: string
  /** What the tests do not show, and why. */
  readonly note: string
  /** True where a test must show it. False: it needs a later level of the protocol, or it is not built yet. */
  readonly required: boolean
}

/** Faults of one kind. */
export interface Family {
  readonly title: string
  readonly rows: readonly Fault[]
}

/**
 * A family of lines `id | what | holds | note`. A note that begins with "Later:" says that no test can show the row yet:
 * it needs a broker on Redis or PostgreSQL, or patches on the wire.
 */
function family(title: string, table: string): Family {
  const rows = table
    .trim()
    .split('\n')
    .map((line): Fault => {
      const [id = '', what = '', holds = '', note = ''] = line.split('|').map((cell) => cell.trim())
      return { id, what, holds, note, required: !note.startsWith('Later:') }
    })
  return { title, rows }
}

/** Every fault, by family. */
export const families: readonly Family[] = [
  family(
    'Network',
    `
N1 | Connection refused, host unreachable, name not found | One failure per attempt, growing waits, the circuit opens, channels poll |
N2 | SYN black hole: no answer at all | The attempt ends after \`connectTimeout\`, its socket is closed, and the next does not queue behind it |
N3 | TCP accepted, no HTTP answer | As N2 |
N4 | Upgrade answered with 401 or 403 | \`diagnose\` decides; without it one refresh of the credentials at the third attempt; no hot loop |
N5 | Upgrade answered with 429 or 503 and Retry-After | \`diagnose\` answers \`{ after }\`, which is waited for, clamped, with a spread |
N6 | Upgrade answered with 200, 302 or the page of a captive portal | A failure, never \`connected\`; polls count only if their answer is valid |
N7 | Reset in the middle of a message | Nothing of half a message is delivered; a new link, and nothing is live until it is proven |
N8 | FIN without a close frame (1006) | As N7 |
N9 | Silent black hole in both directions | Left within interval + timeout; the quality falls before; nothing is live from that moment |
N10 | Lost from server to client only | Found by missing sign of life: own sends are none |
N11 | Lost from client to server only | Pings stay unanswered: left, or, where the server goes on pushing, kept with quality \`disconnected\` | Acknowledged sends (level 2) will fail by their own deadline.
N12 | A stall, then a burst of old frames | In order, once; as of the moment of arrival; latencies are true; one reconnect at most |
N13 | 2 s of latency, with jitter | No disconnect while the round trip is below the timeout; the quality says it |
N14 | 2 kB/s | What waits in the socket and in the outbox stays bounded; a link kept busy by pushes is not left |
N15 | Bytes one at a time, 10 ms apart | A message comes whole or not at all |
N16 | Cut after exactly k bytes | Every k ends in a legal state; nothing of half a message is delivered |
N17 | Idle links cut by a middlebox | A shorter heartbeat keeps the link; else a clean reconnect |
N18 | Another network: the old path is dead, the new one works | Left 4 s after the sign of the change at the latest, live again in a median of 6 s |
N19 | Flapping: 3 s up, 3 s down, for 10 minutes | Attempts stay within the budget; two status events a flap; nothing leaks |
N20 | A bad certificate | A failure like any other, told with its code, tried ever more rarely |
N21 | A proxy that lets HTTP pass and no WebSocket | Polls begin, the socket is retried rarely, and comes back when the path heals |
N22 | A relay delivers a frame twice | Delivered twice at levels 0 and 1: state is compared, so nothing changes |
N23 | A relay loses a frame within a link | Level 3: the hole is seen by its position, with the next message or by the server's look at the top, and what is missing is asked for. Below, unnoticed until the next whole state |
N24 | Two servers with different histories | Another epoch is another history: an honest gap, never a wrong \`recovered\` |
`,
  ),
  family(
    'Server',
    `
S1 | \`kill -9\` | Seen in milliseconds, a jittered reconnect; a send that was written is not sent again |
S2 | SIGSTOP for 5 s or 60 s | 5 s: no disconnect. 60 s: left within interval + timeout; what the old link says after it thaws is not heard |
S3 | SIGTERM of a rolling deploy, with many clients | 1012 or \`rt.go_away\`; all come back, spread; the busiest moment has at most three times its share |
S4 | \`rt.go_away\` with a spread, then a close | New sends wait for the new link; the move is within the spread, and no failure |
S5 | Accepts and closes at once, every time | Being accepted is no success: waits grow, the circuit opens |
S6 | Accepts and never says \`server_ready\` | Where it is required: a failure after \`handshakeTimeout\`. Else: a plain server |
S7 | Answers no ping but pushes | The link is kept; quality \`disconnected\`, or \`unknown\` if it never answered |
S8 | Answers pings but its broker is dead | The subscriptions end with \`insufficient_state\`, to be tried again: nothing of them is live meanwhile |
S9 | The acknowledgement of a send is lost | Level 3 sends again under the same id, and it is published once; below, what was written is never sent again |
S10 | An acknowledgement of nothing we know, or twice | Each publication settles once; the rest is ignored |
S11 | A reader that is too slow | It alone is closed, with 4429; memory stays flat; it comes back and gets the newest state |
S12 | Restart with an empty history | Another epoch: a gap is told, and offsets begin anew |
S13 | Redis loses its last entries |  | Later: brokers
S14 | Redis drops a message | The server sees the hole and ends the subscription with \`insufficient_state\`; the client asks for what is missing | By any broker: there is none on Redis yet.
S15 | PostgreSQL commits out of order |  | Later: brokers
S16 | NOTIFY is lost |  | Later: brokers
S17 | The broker is away for 60 s | What is asked for is refused as \`unavailable\`, to be tried again; the server lives, and serves again after |
S18 | The server's clock jumps by an hour | Delivery goes on; a user whose time is over is out within 30 s |
S19 | The client is back while its old link is half-open | The older link is ended, and its late end does not touch the new one |
S20 | Client and server of different versions | What is unknown is ignored, in both directions |
S21 | Advice that is absurd: \`heartbeat.interval: 1\`, \`retry_after: -1\` | Clamped or ignored; never a hot loop |
S22 | An answer to a subscription that is over | Each subscribe has its own ref: what speaks of an older one is not heard |
`,
  ),
  family(
    'Browser and page',
    `
B1 | A hidden tab whose timers run once a second, then once a minute | The link is kept and hears every push; no false disconnect |
B2 | Frozen, then resumed: frames are lost | One reconnect; nothing is live until proven |
B3 | Back-forward cache, out and back | Exactly one reconnect, none while cached; the page stays fit for the cache |
B4 | Back from a cache that kept no close event | A probe on \`pageshow\`, whatever \`readyState\` says | By mock: WebKit is not among the browsers of the tests.
B5 | A laptop sleeps for 8 h, its monotonic clock stands still | A probe at once; not live until it is answered | By virtual clock: the sleep of a real laptop needs hardware.
B6 | iOS kills sockets in the background without an event | A probe when the page is visible, left within 3 s | By mock: needs an iPhone.
B7 | A tab is discarded and loaded again | A fresh start, nothing kept | By reload: headless Chromium does not discard.
B8 | \`offline\` though the link works | A probe; it stays live |
B9 | \`online\` without a network | Attempts stay within the budget |
B10 | \`online\`, \`visible\` and a timer in one moment | One attempt, one probe |
B11 | Another network without \`online\` or \`offline\` | One probe |
B12 | The main thread is blocked for 30 s | A probe, not the end: a pong that is there already counts |
B13 | The page is closed while sends wait | Nothing blocks; what was written may arrive; nothing is promised |
B14 | StrictMode, fast remounts, hot reload | One socket, one subscription |
B15 | Server rendering, workers, no \`window\` | Importing touches nothing; nothing runs before it is used | Node only: not run on Deno and Bun.
B16 | A content security policy, or \`ws:\` on an https page: the constructor throws | A failure with a clear code, final the second time; channels poll |
B17 | An insecure page: no \`crypto.randomUUID\` | Everything works |
B18 | More sockets than the browser allows | A failure, never a throw; the others are not touched |
B19 | Twenty tabs wake together | They do not come back together; a refusal by the server's limit ends in no loop |
B20 | A WebSocket that was wrapped: events in any order, twice, late, or within the constructor | Any order is borne; one failure is one failure |
`,
  ),
  family(
    'Clocks and timers',
    `
C1 | The wall clock is set by a day, either way | No disconnect, one more probe at most |
C2 | The monotonic clock goes back 5 ms | No negative latency, no timer stands still |
C3 | A timer fires 30 s late | A probe, not the end |
C4 | A timer fires early | Armed again for the rest |
C5 | All timers fire at once after a pause | Nothing is done twice |
C6 | A pong with a timestamp we never sent | No latency of it; still a sign of life |
C7 | A pong 40 s late | Its true round trip, quality \`poor\` |
C8 | 60 days, 2^31 ms, 10^6 reconnects | No overflow, ids stay unique, memory stays flat | 20 000 reconnects, in the machine alone.
C9 | A test framework fakes \`Date\` and \`setTimeout\` | The runtime given rules; without one, the faked ones do |
`,
  ),
  family(
    'Misuse of the protocol',
    `
P1 | Binary frames | The client does not read them and goes on; the server closes with 1003 |
P2 | Data before \`server_ready\`, or before authentication | The client drops what it may not take; the server closes with 4401 |
P3 | A second \`client_ready\` or \`server_ready\` | The server closes with 4409; the client takes it as new advice |
P4 | Subscribed twice to a channel | The newer subscribe takes the place of the older one |
P5 | A send after the end | Refused or queued by rule, settled once |
P6 | Positions that go back, repeat, or are none | What was seen is left out; what does not follow is asked for anew |
P7 | Another epoch within a link | Not delivered as if it followed: it is asked for anew |
P8 | A server that claims to have recovered | Its claim is checked against what it sends |
P9 | A replay larger than announced | It is no run to the announced top: asked for once more, then taken as lost |
P10 | An error without code, with a huge text, with HTML | Typed, cut to 256 characters, nothing ends |
P11 | Close codes that cannot be, or none | A normal loss, never a throw |
P12 | A server that echoes what we say | Pings are answered, 10 a second at most |
P13 | Pongs that are answered with pongs | A pong is never answered |
P14 | The app's type is a reserved word | Delivered unchanged on a plain server |
P15 | \`connect()\`, \`close()\`, \`send()\` and subscribe within listeners | No recursion; nothing is lost or done twice |
P16 | \`auth\` throws, hangs, gives nothing, or the same expired token | A deadline, one forced refresh, then the end; no loop |
P17 | \`load\` rejects, hangs, or answers too late | Retried with growing waits; the last good value stays; late answers are dropped |
`,
  ),
  family(
    'Hostile payloads',
    `
H1 | Deep nesting | Not compared, but delivered |
H2 | Wide arrays and objects | Compared up to a bound, in bounded time |
H3 | 48 MB of \`[],\` | Dropped before it is parsed |
H4 | \`__proto__\`, \`constructor\`, \`prototype\` as keys | No prototype is ever touched |
H5 | \`toString\` or \`__proto__\` as type | A type like any other |
H6 | \`__proto__\` as channel | A name like any other |
H7 | Keys twice, wrong types | As JSON has it; the server closes with 4400 |
H8 | 1e999, -0, 2^53 + 1, NaN | As JSON reads them; never as a duration or a limit |
H9 | Lone surrogates, NUL, line separators, a type of 1 MB | Through unchanged, or a protocol error |
H10 | Invalid UTF-8 | 1007; both sides go on |
H11 | A decompression bomb | 1009; compression is off by default |
H12 | Floods of fragments, pings, empty frames | Bounded; the server cuts them |
H13 | Text that makes a pattern slow | Linear time |
H14 | Paths into prototypes | No path of a message is ever followed | Later: there are no patches on the wire yet.
H15 | HTML and control characters in errors and reasons | Cut and escaped, never rendered by us |
H16 | The app sends what cannot be written: getters, circles | \`failed\`, \`invalid-message\`, nothing queued |
H17 | A secret compressed beside what others wrote | Compression is off by default |
`,
  ),
  family(
    'Resources',
    `
R1 | The outbox is full | The new send fails as \`queue-full\` |
R2 | The socket's buffer grows | Nothing more is written above \`sendWatermark\` |
R3 | 100 000 messages a second | Each is handled as it comes: nothing queues, equal state notifies nobody |
R4 | 10 000 channels, 10 000 listeners | Each frame finds its own; leaving frees everything |
R5 | 1 000 connections of one address, 100 of one user | 429 above the limit of an address, 4429 above that of a user |
R6 | Slowloris: bytes that drip, links that say nothing | Dropped, or closed with 4408 |
R7 | A reader that never reads | As S11 |
R8 | 10 000 messages a second of one client | Told once, then closed with 4429; others are served as before |
R9 | A storm of subscriptions and names | So many channels for a link and so many subscribes a minute, and no more |
R10 | The server is full | New links are refused with 503, those there are stay | By its limit: running out of file descriptors is not tried.
R11 | Storage that throws or is full | None is used |
`,
  ),
]

/** Every id. */
export const faultIds: readonly string[] = families.flatMap(({ rows }) => rows.map(({ id }) => id))
