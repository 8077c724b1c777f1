// All clients of the soak test, in a process of their own, so that its memory is theirs alone. Run by main.ts.
import { isDeepStrictEqual } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../src/testing/index.ts'
import { createAccount } from '../support/account.ts'
import { collect, countResources, takeCensus, whatIsLeft, type Census } from './census.ts'
import { serve, tellNews } from './child.ts'
import { createClient, type Client, type Counts } from './client.ts'
import { feedNames, type Truth } from './feeds.ts'
import type { SiteName } from './script.ts'
import { counted } from './wire.ts'

/** What the clients hold. */
export type ClientCensus = Census & {
  readonly clients: number
  readonly sockets: number
  readonly timers: number
  /** Connections that were closed and are still in memory. */
  readonly undead: number
}

/** How the clients compare with the servers. */
export interface Comparison {
  readonly channels: number
  /** Channels that are not `live` or not equal, in words. */
  readonly wrong: readonly string[]
}

interface Start {
  readonly clients: number
  readonly seed: number
  readonly urls: Readonly<Record<SiteName, string>>
}

/** Milliseconds from one thing that some client does to the next. */
const PACE = 500
const sites: readonly SiteName[] = ['steady', 'mortal']

const account = createAccount()
/** What there was before the first client. */
let before: Readonly<Record<string, number>> = {}
const wire = counted()
const counts: Counts = { connects: 0, sent: {}, loads: 0, loadsFailed: 0, changes: 0 }
const clients: Client[] = []
let made = 0
let collected = 0
const graves = new FinalizationRegistry(() => {
  collected += 1
})
let holding = false
let acting: NodeJS.Timeout | undefined

function make(index: number, urls: Start['urls']): Client {
  const site = sites[index % sites.length] ?? 'steady'
  const client = createClient({
    index,
    site,
    url: urls[site],
    runtime: account.runtime,
    wire,
    counts,
    tell: tellNews,
  })
  made += 1
  graves.register(client.live, null)
  return client
}

/** One client does something. */
function act(random: () => number, urls: Start['urls']): void {
  if (holding) return
  const index = Math.floor(random() * clients.length)
  const what = random()
  const client = clients[index]
  if (client === undefined) return
  if (what < 0.25) {
    client.close()
    clients[index] = make(index, urls)
  } else if (what < 0.5) client.resubscribe(random())
  else if (what < 0.65) client.refresh()
  else client.send()
}

/** Not inside of what waits afterwards, which would keep the last client alive. */
function closeAll(): void {
  for (const client of clients.splice(0)) client.close()
}

const answers = {
  start: ({ clients: many, seed, urls }: Start) => {
    before = countResources()
    const random = seededRandom(seed)
    for (let index = 0; index < many; index += 1) clients.push(make(index, urls))
    acting = setInterval(() => {
      act(random, urls)
    }, PACE)
  },
  /** Nobody does anything until `go`. */
  hold: () => {
    holding = true
  },
  go: () => {
    holding = false
  },
  compare: (truths: Readonly<Record<SiteName, Truth>>): Comparison => {
    const wrong = clients.flatMap(({ index, site, live, channels }) =>
      feedNames.flatMap((name) => {
        const { freshness, data } = channels[name].getSnapshot()
        if (freshness === 'live' && isDeepStrictEqual(data, truths[site][name])) return []
        const { status } = live.getSnapshot()
        return [`client ${index} (${site}, ${status}): ${name} is ${freshness}, ${JSON.stringify(data)}`]
      }),
    )
    return { channels: clients.length * feedNames.length, wrong }
  },
  census: async (): Promise<ClientCensus> => ({
    ...(await takeCensus()),
    clients: clients.length,
    sockets: wire.open(),
    timers: account.timers(),
    undead: made - collected - clients.length,
  }),
  counts: () => ({ ...counts, ...wire.bytes(), made }),
  /** Closes everything, waits a while for what ends by itself, and tells what is left after that. */
  close: async (): Promise<readonly string[]> => {
    clearInterval(acting)
    closeAll()
    const timers = account.timers()
    const listeners = account.listeners()
    // Dead sockets are given up by ws after 30 s, idle HTTP connections by fetch sooner.
    for (const until = Date.now() + 45_000; Date.now() < until;) {
      await sleep(500)
      await collect()
      if (wire.open() === 0 && made === collected && whatIsLeft(before).length === 0) break
    }
    const left: ReadonlyArray<readonly [number, string]> = [
      [timers, 'timers right after close()'],
      [listeners, 'listeners to the page right after close()'],
      [account.timers(), 'timers'],
      [wire.open(), 'sockets'],
      [made - collected, 'connections in memory'],
    ]
    return [
      ...left.filter(([count]) => count !== 0).map(([count, what]) => `${count} ${what}`),
      ...whatIsLeft(before),
    ]
  },
}
export type ClientAnswers = typeof answers

serve(answers)
