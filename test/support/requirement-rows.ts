// What the library must do, row by row: the ids that test names begin with, in this project's words.

/** One row. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly text: string
}

/** Rows that come from one place. */
export interface Group {
  readonly title: string
  readonly rows: readonly Row[]
}

const row = (id: string, title: string, text: string): Row => ({ id, title, text })

export const groups: readonly Group[] = [
  {
    title: 'A. The connection',
    rows: [
      row(
        'A1',
        'Ready handshake',
        'The client speaks first, with `client_ready`; the server sends nothing before it, so no first data is lost on a socket that just opened.',
      ),
      row(
        'A2',
        'Keep-alive and quality',
        'A ping with a timestamp at a fixed interval, also on a busy link; the answers give latency and quality by thresholds that are options. A link that stays silent is left within interval + timeout.',
      ),
      row(
        'A3',
        'Staggered start',
        'Many endpoints open one after the other, the most important first, few at once.',
      ),
      row(
        'A4',
        'Circuit breaker',
        'After many failures in a row it pauses, says until when, lets one probe through, and offers "retry now". `maxAttempts` stops for good with no timer left.',
      ),
      row(
        'A5',
        'One manager',
        'One place opens, closes, retries and cleans up. Nobody interested: nothing opened. StrictMode, hot reload and fast remounts make no second socket; the server ends an older link of the same client.',
      ),
      row(
        'A6',
        'HTTP, then the socket',
        'First data comes by HTTP, then the socket opens; polling stops once the socket is live; the two never feed at once.',
      ),
      row(
        'A7',
        'Compare before notifying',
        'The same data changes nothing: no new object, no notification, no render.',
      ),
      row(
        'A8',
        'Errors with context',
        'Every error carries a code, where and when it happened, the frame (cut and redacted) and its cause; the last one is in the snapshot; a `logger` is told every event once.',
      ),
      row(
        'A9',
        'No magic numbers',
        'Every interval, limit and threshold is an option with a documented default; a wrong one throws and names the option.',
      ),
      row(
        'A10',
        'No leaks',
        'After `close()` no timer, listener or socket remains, also after 10 000 reconnects.',
      ),
      row(
        'A11',
        'Load',
        '100 clients with 8 channels each all succeed, quickly and cheaply; so do 800 sockets through a gate.',
      ),
      row('A12', 'Long life', 'A day without an unexpected disconnect and with flat memory.'),
      row(
        'A13',
        'Health that can be seen',
        'Metrics of attempts, failures, latency and messages, a page that draws them, and alert rules.',
      ),
      row(
        'A14',
        'Jittered backoff',
        'Waits grow with the outage up to a bound, scattered from the first retry on; one pure function, replaceable; `exponential()` ships.',
      ),
      row(
        'A15',
        'Addresses',
        '`/ws`, http(s) and ws(s) addresses are resolved against the page; a bad one is a `TypeError`.',
      ),
    ],
  },
  {
    title: 'B. Status updates that never block',
    rows: [
      row(
        'B1',
        'Work never waits for the socket',
        'Nothing awaits it and sends do not block: an app runs whole with every socket refused.',
      ),
      row(
        'B2',
        'Small status messages',
        'The server refuses a status event above 1 kB, names channel, size and limit, and points to REST.',
      ),
      row(
        'B3',
        'No thrashing',
        'Attempts are bounded over all causes: a flapping server cannot cause a storm.',
      ),
      row(
        'B4',
        'Polling by activity',
        'While the socket is away a channel polls, at an interval that may follow its data.',
      ),
      row('B5', 'Signals to load again', 'A message may mean "load again" and carry no data.'),
      row(
        'B6',
        'Heavy data by REST',
        'Long lists come page by page over HTTP, with filters, counts, limits and an error that can be retried.',
      ),
      row('B7', 'Sessions and origins', 'Sessions are kept, origins are checked, nothing internal is shown.'),
      row(
        'B8',
        'Typed events',
        '`campaign_progress`, `phase_transition`, `system_notification`, `proxy_status` and `proxy_list_update` are typed, in the example.',
      ),
      row(
        'B9',
        'Several campaigns at once',
        'Each has a channel of its own on one connection; trouble in one changes nothing for the others.',
      ),
      row(
        'B10',
        'Degradation is visible',
        'An app knows live, polling, catching up and stale, and since when.',
      ),
      row('B11', 'Far less code in the app', 'At least 90 % less than what it replaces, counted.'),
      row('B12', 'Fewer messages', 'At least 80 % fewer than streaming every item, measured.'),
    ],
  },
  {
    title: 'C. The server that keeps its word',
    rows: [
      row(
        'C1',
        'Connections tracked',
        'Heartbeats, removal of ghosts, errors isolated by client; an event loop that hangs for 4 s loses nobody.',
      ),
      row('C1a', 'First data', '`snapshot(channel, user)` is sent once the client is ready.'),
      row(
        'C1b',
        'Event schemas',
        'What is published must be a known type with good data; anything else is refused with a clear error.',
      ),
      row(
        'C1c',
        'Watching',
        '`watch` looks only while somebody is subscribed, and publishes only on change.',
      ),
      row(
        'C2',
        'Delivery to clients that were away',
        'A history by channel, replayed by position: nothing is lost inside the window.',
      ),
      row(
        'C3',
        'Workflows stored',
        'In SQL, the same text embedded and on PostgreSQL; they survive a killed process and are shared by several servers.',
      ),
      row(
        'C3a',
        'Workflows started',
        'A request is answered with an id before the work runs; every status is told.',
      ),
      row(
        'C3b',
        'Workflows cached',
        'Reads of active workflows are cached, never stale after a write elsewhere.',
      ),
      row(
        'C3c',
        'Workflows executed once',
        'A queue with leases: the work of a dead server is taken over, never done twice at once.',
      ),
      row(
        'C4',
        'Health and metrics',
        '`/health`, `/api/ws/stats`, metrics, and an API description generated from the schemas.',
      ),
      row(
        'C5',
        'Configuration by environment',
        'One documented table; a bad value fails at the start and is named.',
      ),
      row(
        'C6',
        'Compression',
        'Off by default, because of what it costs per connection; the reasons are documented.',
      ),
      row('C7', 'Troubleshooting guide', 'Symptom, cause, what to look at, what to change.'),
    ],
  },
  {
    title: 'D. Rooms, sessions, fallback',
    rows: [
      row('D1', 'Rooms as channels', 'Many rooms on one connection.'),
      row(
        'D2',
        'Seven services',
        'Crawl progress, agent chat, project tasks, server logs, test output, project creation and knowledge items on one connection.',
      ),
      row('D3', 'Joining', 'A join gives the present state or history; a card always reaches its end state.'),
      row(
        'D4',
        'Back within 2 s',
        'After a restart of the server the connection is back in under 2 s (95th percentile), and never later than shown.',
      ),
      row('D5', 'Delivery', 'Complete inside the recovery window; an honest gap outside it.'),
      row('D6', 'Other transports', 'HTTP where WebSockets are blocked.'),
      row('D7', 'Beside Socket.IO', 'Works with a Socket.IO server that is already there.'),
      row('D8', 'Several nodes', 'One history over Redis.'),
      row(
        'D9',
        'Acknowledged sends',
        'An outcome for each; no handler is registered twice after a reconnect.',
      ),
    ],
  },
  {
    title: 'E. The library itself',
    rows: [
      row(
        'E1',
        'The package',
        'An npm package in TypeScript, for any framework: ESM, CommonJS and declarations.',
      ),
      row(
        'E2',
        'The top level',
        'package.json, tsup.config.ts, src, examples, test, docs, CHANGELOG.md and little else.',
      ),
      row(
        'E3',
        'Thin adapters',
        'React hooks, Vue composables, vanilla functions, and one script for a script tag.',
      ),
      row('E4', 'A mock transport', 'Published, for the tests of apps.'),
      row('E5', 'A small reference server', 'Bundled, below 1 500 lines.'),
      row('E6', 'Coverage', 'Every line and branch of machine, channels, diff and protocol.'),
      row('E7', 'Lightweight', 'Core and adapters below 3 000 lines, and each entry within its bytes.'),
    ],
  },
]
