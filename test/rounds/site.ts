// createSite(): a server in a process of its own behind a fault proxy, and the three ways to hurt it.
import { memoryBroker, type Broker } from '../../src/server/index.ts'
import { createProxy } from '../../src/testing/proxy.ts'
import { startChild, type Child } from '../soak/child.ts'
import { lendBroker, type BrokerRequest } from '../support/ipc-broker.ts'
import type { Monologue, ServerAnswers } from './server-process.ts'

/** A server that can ask for the broker it is lent. */
export interface Server {
  readonly child: Child<ServerAnswers>
  readonly port: number
}

/** Starts a server; with a broker, that is the one which it uses. */
export async function startServer(
  script: string,
  broker: Broker | null = null,
  port: number = 0,
): Promise<Server> {
  const lent = broker && lendBroker(broker, (told) => void child.ask('told', told).catch(() => undefined))
  const child = startChild<ServerAnswers>(script, (news) => lent?.hear(news as BrokerRequest))
  void child.gone.then(() => lent?.end())
  const kind = broker ? 'borrowed' : 'own'
  return { child, port: await child.ask('listen', { port, broker: kind }) }
}

/** The server of the rounds. */
export interface Site {
  /** Of the proxy. */
  readonly url: string
  server(): Child<ServerAnswers>
  /** The server talks, and each that takes its place. */
  begin(monologue: Monologue): Promise<void>
  /** kill -9, and another one in its place. */
  kill(): Promise<void>
  /** All links end; none comes until `isOver`. */
  cut(isOver: () => Promise<void>): Promise<void>
  /** As `cut`, and then so many links, as they come, end after so many bytes, in the middle of whatever that is. */
  tear(isOver: () => Promise<void>, links: number, bytes: () => number): Promise<void>
  /** SIGSTOP, and SIGCONT when `isOver`. */
  freeze(isOver: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** `broker`: what outlives the server; null: nothing does. */
export async function createSite(script: string, broker: Broker | null): Promise<Site> {
  let server = await startServer(script, broker)
  let monologue: Monologue | null = null
  const { port } = server
  let onTorn = (): void => undefined
  const proxy = await createProxy({
    target: `ws://127.0.0.1:${port}/ws`,
    onEvent: ({ what }) => {
      if (what === 'limit-reached') onTorn()
    },
  })
  return {
    url: proxy.url,
    server: () => server.child,
    async begin(given) {
      monologue = given
      await server.child.ask('begin', given)
    },
    async kill() {
      server.child.kill('SIGKILL')
      await server.child.gone
      server = await startServer(script, broker, port)
      if (monologue) await server.child.ask('begin', monologue)
    },
    async cut(isOver) {
      proxy.refuse()
      proxy.cut()
      await isOver()
      await proxy.pass()
    },
    async tear(isOver, links, bytes) {
      proxy.refuse()
      proxy.cut()
      await isOver()
      await new Promise<void>((resolve) => {
        let left = links
        proxy.cutAfter(bytes(), 'toClient', 'reset')
        onTorn = () => {
          left -= 1
          proxy.cutAfter(left > 0 ? bytes() : null, 'toClient', 'reset')
          if (left === 0) resolve()
        }
        void proxy.pass()
      })
      onTorn = () => undefined
      // The limit stays with those that came in the meantime.
      proxy.cut()
    },
    async freeze(isOver) {
      server.child.kill('SIGSTOP')
      await isOver()
      server.child.kill('SIGCONT')
    },
    async close() {
      server.child.kill('SIGKILL')
      await Promise.all([server.child.gone, proxy.close()])
    },
  }
}

/** A broker for servers that die, and what was said in it. */
export interface Record {
  readonly broker: Broker
  /** What was said on a channel, in order: the n-th has the offset n + 1. */
  said(channel: string): readonly unknown[]
}

/** Calls `onSaid` at each message, before any server is told. */
export async function createRecord(
  channels: readonly string[],
  onSaid: (channel: string) => void,
): Promise<Record> {
  const broker = memoryBroker()
  const all = new Map<string, unknown[]>()
  for (const channel of channels) {
    const list: unknown[] = []
    all.set(channel, list)
    const hear = ({ data }: { readonly data: string }): void => {
      list.push(JSON.parse(data))
      onSaid(channel)
    }
    await broker.subscribe(channel, hear, () => undefined)
  }
  return { broker, said: (channel) => all.get(channel) ?? [] }
}
