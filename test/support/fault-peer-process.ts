// Clients or a server in a process of their own. Started by fault-peer.ts, which says what they report and what they can be told.
import { createServer as createHttpServer } from 'node:http'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { createConnection, systemRuntime, webSocket } from '../../src/index.ts'
import { createServer } from '../../src/server/index.ts'
import { mockPage } from '../../src/testing/index.ts'
import type { Order, PeerOptions, Report } from './fault-peer.ts'

interface Queue {
  readonly count: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as PeerOptions
const page = mockPage()
const print = (line: string): void => void process.stdout.write(`${line}\n`)

function startClient(
  client: number,
  { url, connection, loads }: PeerOptions & { role: 'client' },
): (order: Order) => void {
  const sockets: WebSocket[] = []
  const tell = (what: Report['what'], code: Report['code'] = null, count: number | null = null): void => {
    const { status, quality, latency } = live.getSnapshot()
    const { freshness } = queue.getSnapshot()
    print(JSON.stringify({ at: Date.now(), client, what, status, freshness, quality, latency, code, count }))
  }
  class Recorded extends WebSocket {
    constructor(address: string) {
      super(address)
      sockets.push(this)
      this.on('close', (code) => tell('closed', code))
      queueMicrotask(() => tell('open'))
    }
  }
  const live = createConnection({
    url,
    transport: webSocket({ WebSocket: Recorded }),
    runtime: { ...systemRuntime, page },
    ...connection,
  })
  const queue = live.state<Queue>('queue', loads === true ? { load: () => ({ count: -1 }) } : {})
  live.on('error', ({ code }) => tell('error', code))
  live.on('message', ({ data }) => tell('message', null, (data as Queue).count))
  live.subscribe(() => tell('status'))
  queue.subscribe(() => tell('status'))
  return (order) => {
    if ('signal' in order) return
    const data = 'x'.repeat(order.send)
    for (let times = 0; times < order.times; times++) {
      void live.send('blob', data).then((result) => {
        tell('sent', result.ok ? null : result.error.code, sockets.at(-1)?.bufferedAmount ?? 0)
      })
    }
  }
}

function startServer({ every = 0, padding = 0 }: PeerOptions & { role: 'server' }): void {
  let count = 0
  const queue = (): unknown => ({ count, padding: 'x'.repeat(padding) })
  const live = createServer({
    events: { queue: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } } },
    snapshot: queue,
    authorize: () => true,
    maxEventBytes: 100_000,
    limits: { messagesPerMinute: 1_000_000, connectionsPerIp: Infinity },
  })
  const http = createHttpServer()
  live.attach(http)
  http.listen(8080, () => print('ready'))
  const change = (): void => {
    count += 1
    void live.publish('queue', queue())
  }
  if (every > 0) setInterval(change, every)
}

if (options.role === 'server') startServer(options)
else {
  const given = options
  const clients = Array.from({ length: options.count ?? 1 }, (_, client) => startClient(client, given))
  createInterface({ input: process.stdin }).on('line', (line) => {
    const order = JSON.parse(line) as Order
    if ('signal' in order) page[order.signal]()
    for (const obey of clients) obey(order)
  })
  print('ready')
}
