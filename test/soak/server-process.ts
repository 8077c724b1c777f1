// A server of the soak test: this package's own, with the four channels by push and by HTTP. Run by site.ts.
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer, toNodeListener } from '../../src/server/index.ts'
import { createAccount } from '../support/account.ts'
import { countResources, takeCensus, whatIsLeft, type Census } from './census.ts'
import { serve } from './child.ts'
import { addLine, feedNames, type FeedName, type Line, type Truth } from './feeds.ts'

/** What a server holds, and its links. */
export type ServerCensus = Census & { readonly sockets: number; readonly timers: number }

const account = createAccount()
/** What there was before it listened. */
let before: Readonly<Record<string, number>> = {}
const { pid } = process
let tick = 0
let holding = false
let received = 0
const truth: { -readonly [Name in FeedName]: Truth[Name] } = {
  clock: { process: pid, tick: 0 },
  queue: { process: pid, waiting: [] },
  log: [],
  orders: { process: pid, total: 0 },
}

const anything = {
  '~standard': { version: 1, vendor: 'soak', validate: (value: unknown) => ({ value }) },
} as const
const live = createServer({
  runtime: account.runtime,
  events: Object.fromEntries(feedNames.map((name) => [name, anything])),
  // A whole log would be taken for a line, and the orders for a signal.
  snapshot: (name) => (name === 'clock' || name === 'queue' ? truth[name] : undefined),
  authenticate: async ({ auth }) => ({ id: (auth as { readonly token: string }).token }),
  authorize: () => true,
  message: () => (received += 1),
  limits: { connectionsPerIp: Infinity, connectionsPerUser: Infinity },
  logger: { error: (message, context) => console.error(message, context) },
})

function publish(name: FeedName, data: unknown): void {
  void live.publish(name, data)
}

/** About one message a second, all channels together. */
function beat(): void {
  if (holding) return
  tick += 1
  if (tick % 2 === 0) publish('clock', (truth.clock = { process: pid, tick }))
  if (tick % 5 === 0) {
    const waiting = Array.from({ length: tick % 7 }, (_, place) => `order ${tick - place}`)
    publish('queue', (truth.queue = { process: pid, waiting }))
  }
  if (tick % 3 === 0) {
    const line: Line = { id: `${pid}-${tick}`, text: `Something happened at ${tick}.` }
    truth.log = addLine(truth.log, line)
    publish('log', line)
  }
  if (tick % 20 === 0) {
    truth.orders = { process: pid, total: tick }
    publish('orders', null)
  }
}

const http = createHttpServer(
  toNodeListener(async (request) => {
    const name = new URL(request.url).pathname.replace('/api/', '')
    return name in truth ? Response.json(truth[name as FeedName]) : live.fetch(request)
  }),
)
live.attach(http)
let beating: NodeJS.Timeout | undefined

const answers = {
  /** Listens; port 0 is any free one. */
  listen: ({ port }: { readonly port: number }) =>
    new Promise<number>((resolve, reject) => {
      before = countResources()
      beating = setInterval(beat, 1_000)
      http.once('error', reject)
      http.listen(port, '127.0.0.1', () => resolve((http.address() as AddressInfo).port))
    }),
  /** Changes nothing until `go`, and tells what is true. */
  hold: (): { readonly truth: Truth; readonly received: number } => {
    holding = true
    return { truth, received }
  },
  go: () => {
    holding = false
  },
  census: async (): Promise<ServerCensus> => ({
    ...(await takeCensus()),
    sockets: live.stats().sockets,
    timers: account.timers(),
  }),
  /** Sends everybody away, as a deploy would, and tells what is left after that. */
  close: async ({ drain }: { readonly drain: number }): Promise<readonly string[]> => {
    clearInterval(beating)
    const ended = new Promise((resolve) => http.close(resolve))
    await live.close({ drain })
    http.closeAllConnections()
    await ended
    await takeCensus()
    const timers = account.timers() === 0 ? [] : [`${account.timers()} timers of holdfast/server`]
    return [...whatIsLeft(before), ...timers]
  },
}
export type ServerAnswers = typeof answers

serve(answers)
