// createStage(): two servers, the process of the clients, and what can be asked of all of them together.
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from './child.ts'
import type { ClientAnswers, ClientCensus } from './client-process.ts'
import type { Trouble } from './judge.ts'
import type { SiteName } from './script.ts'
import type { ServerCensus } from './server-process.ts'
import { createSite, type Site } from './site.ts'

/** Where the bundled processes are. */
export interface Scripts {
  readonly serverScript: string
  readonly clientScript: string
}

/** What all clients together did. */
export type ClientCounts = ReturnType<ClientAnswers['counts']>

/** What the stage looks like while nobody moves. */
export interface Still {
  /** Channels that are not `live` or not what their server holds to be true, in words. */
  readonly wrong: readonly string[]
  /** Messages that clients wrote and no server got. */
  readonly lost: number
}

/** Everything that runs. */
export interface Stage {
  readonly sites: Readonly<Record<SiteName, Site>>
  /** What the clients met with so far. */
  readonly troubles: readonly Trouble[]
  readonly clientCensuses: readonly ClientCensus[]
  /** Of the server that is never ended. */
  readonly serverCensuses: readonly ServerCensus[]
  /** No server publishes and no client does anything until `go`. Gives how they compare. */
  hold(): Promise<Still>
  go(): Promise<void>
  /** Sockets that the clients have open. */
  sockets(): Promise<number>
  counts(): Promise<ClientCounts>
  /** Closes everything, and tells what is left of whom. */
  close(): Promise<ReadonlyArray<readonly [who: string, left: readonly string[]]>>
}

/** Starts everything. `every`: milliseconds from one census to the next. */
export async function createStage(
  { clients: many, seed }: { readonly clients: number; readonly seed: number },
  every: number,
  { serverScript, clientScript }: Scripts,
): Promise<Stage> {
  const troubles: Trouble[] = []
  const clientCensuses: ClientCensus[] = []
  const serverCensuses: ServerCensus[] = []
  const steady = await createSite('steady', serverScript)
  const mortal = await createSite('mortal', serverScript)
  const clients = startChild<ClientAnswers>(clientScript, (news) => troubles.push(news as Trouble))
  await clients.ask('start', { clients: many, seed, urls: { steady: steady.url, mortal: mortal.url } })

  let ended = false
  const countOn = async (): Promise<void> => {
    while (!ended) {
      // A stopped server answers later; nobody is asked twice meanwhile.
      const [client, server] = await Promise.all([clients.ask('census'), steady.server().ask('census')])
      clientCensuses.push(client)
      serverCensuses.push(server)
      await sleep(every)
    }
  }
  const counting = countOn()

  return {
    sites: { steady, mortal },
    troubles,
    clientCensuses,
    serverCensuses,
    async hold() {
      await clients.ask('hold')
      const [here, there] = await Promise.all([steady.server().ask('hold'), mortal.server().ask('hold')])
      const { wrong } = await clients.ask('compare', { steady: here.truth, mortal: there.truth })
      const { sent } = await clients.ask('counts')
      return { wrong, lost: (sent['written'] ?? 0) - here.received - there.received }
    },
    async go() {
      await Promise.all([steady.server().ask('go'), mortal.server().ask('go'), clients.ask('go')])
    },
    sockets: async () => (await clients.ask('census')).sockets,
    counts: () => clients.ask('counts'),
    async close() {
      ended = true
      await counting
      const left = [
        ['the clients', await clients.ask('close')],
        ['the steady server', await steady.close()],
        ['the mortal server', await mortal.close()],
      ] as const
      clients.kill('SIGKILL')
      return left
    },
  }
}
