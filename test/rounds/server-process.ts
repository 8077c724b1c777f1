// A server at level 3 in a process of its own, with a broker of its own or one that it borrows. Run by server.ts.
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createServer,
  memoryBroker,
  toNodeListener,
  type Published,
  type RealtimeServer,
} from '../../src/server/index.ts'
import { takeCensus, type Census } from '../soak/census.ts'
import { serve, tellNews } from '../soak/child.ts'
import { borrowBroker, type BrokerTold } from '../support/ipc-broker.ts'
import { histories, type Place } from './traffic.ts'

/** How a server is to be. */
export interface ServerSetup {
  /** 0: any free one. */
  readonly port: number
  /** `own`: channels die with the process. `borrowed`: with the process that started it. */
  readonly broker: 'own' | 'borrowed'
}

/** What a server says by itself: one message on each of these channels every so many milliseconds. */
export interface Monologue {
  readonly every: number
  readonly channels: readonly string[]
}

/** What a server holds. */
export type ServerCensus = Census & {
  readonly sockets: number
  /** Bytes that wait for the slowest reader. */
  readonly buffered: number
}

const borrowed = borrowBroker((request) => tellNews(request))
/** How far the clock of its own broker is ahead: memory that is kept for a time is given back by `pass`. */
let ahead = 0
const own = memoryBroker({ clock: { monotonic: () => performance.now() + ahead } })
const said = new Map<string, number>()
let live: RealtimeServer | undefined
const http = createHttpServer(toNodeListener((request) => live?.fetch(request)))

const toPlace = (channel: string): Place => ({ process: process.pid, n: said.get(channel) ?? 0 })

function say(channel: string, padding: string = ''): Promise<Published> | undefined {
  said.set(channel, (said.get(channel) ?? 0) + 1)
  return live?.publish(channel, padding === '' ? toPlace(channel) : { ...toPlace(channel), padding })
}

const answers = {
  listen: ({ port, broker }: ServerSetup) =>
    new Promise<number>((resolve, reject) => {
      live = createServer({
        broker: broker === 'own' ? own : borrowed.broker,
        history: histories,
        authorize: () => true,
        limits: {
          connectionsPerIp: Infinity,
          connectionsPerUser: Infinity,
          subscriptions: 10_000,
          subscriptionsPerMinute: 10_000_000,
          messagesPerMinute: 10_000_000,
        },
        logger: { error: (message, context) => console.error(message, context) },
      })
      live.attach(http)
      http.once('error', reject)
      http.listen(port, '127.0.0.1', () => resolve((http.address() as AddressInfo).port))
    }),
  begin({ every, channels }: Monologue) {
    setInterval(() => channels.forEach((channel) => void say(channel)), every)
  },
  /** Of the broker that it borrows. */
  told: (told: BrokerTold) => borrowed.hear(told),
  /** What a load gives. */
  place: ({ channel }: { readonly channel: string }): Place => toPlace(channel),
  /** So many messages at once, each with so many bytes more. */
  async say({
    channel,
    count,
    bytes,
  }: {
    readonly channel: string
    readonly count: number
    readonly bytes: number
  }) {
    for (let n = 0; n < count; n++) await say(channel, 'x'.repeat(bytes))
  },
  /** One message, and how many links get it. */
  recipients: async ({ channel }: { readonly channel: string }) => (await say(channel))?.recipients ?? 0,
  pass({ ms }: { readonly ms: number }) {
    ahead += ms
  },
  drain: async ({ over }: { readonly over: number }) => {
    await live?.close({ drain: over })
    http.close()
  },
  buffered: () => toBuffered(),
  census: async (): Promise<ServerCensus> => ({
    ...(await takeCensus()),
    sockets: live?.stats().sockets ?? 0,
    buffered: toBuffered(),
  }),
}
export type ServerAnswers = typeof answers

function toBuffered(): number {
  return Math.max(0, ...(live?.stats().connections ?? []).map(({ bufferedBytes }) => bufferedBytes))
}

serve(answers)
