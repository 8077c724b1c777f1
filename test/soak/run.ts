// runSoak(): lets clients and servers live through the script, and records everything that happens.
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild, type Child } from './child.ts'
import type { ClientAnswers, ClientCensus } from './client-process.ts'
import type { Injected, Trouble } from './judge.ts'
import { createScript, type Fault, type SiteName } from './script.ts'
import type { ServerCensus } from './server-process.ts'
import { createSite, type Site } from './site.ts'

/** What a run is asked to be. */
export interface SoakOptions {
  readonly minutes: number
  readonly clients: number
  readonly seed: number
}

/** Where the bundled processes are. */
export interface Scripts {
  readonly serverScript: string
  readonly clientScript: string
}

/** A time in which nothing was broken. Instants are epoch milliseconds. */
export interface Calm {
  readonly from: number
  readonly to: number
  /** How long it took from the last mending until everything was live and equal. */
  readonly settled: number
}

/** Everything that was seen. */
export interface SoakRecord {
  readonly startedAt: number
  readonly endedAt: number
  readonly grace: number
  readonly injected: readonly Injected[]
  readonly troubles: readonly Trouble[]
  readonly calms: readonly Calm[]
  readonly clientCensuses: readonly ClientCensus[]
  /** Of the server that is never ended. */
  readonly serverCensuses: readonly ServerCensus[]
  readonly counts: Awaited<ReturnType<ClientAnswers['counts']>>
  /** What was not as it must be, in words. */
  readonly failures: readonly string[]
}

/** INV-30: so long after the last mending everything is live. */
const LIVENESS = 60_000
/** In calm, what was sent a moment ago needs a moment. */
const MOMENT = 5_000
/** ws gives dead sockets up after 30 s. After that there is one socket per client. */
const SOCKETS_GONE = 35_000

export async function runSoak(
  { minutes, clients: many, seed }: SoakOptions,
  { serverScript, clientScript }: Scripts,
  say: (line: string) => void,
): Promise<SoakRecord> {
  const pace = Math.min(1, Math.max(0.1, minutes / 10))
  const grace = Math.max(2_000, 10_000 * pace)
  const startedAt = Date.now()
  const deadline = startedAt + minutes * 60_000
  const injected: Injected[] = []
  const troubles: Trouble[] = []
  const calms: Calm[] = []
  const clientCensuses: ClientCensus[] = []
  const serverCensuses: ServerCensus[] = []
  const failures: string[] = []

  const steady = await createSite('steady', serverScript)
  const mortal = await createSite('mortal', serverScript)
  const sites: Readonly<Record<SiteName, Site>> = { steady, mortal }
  const clients: Child<ClientAnswers> = startChild(clientScript, (news) => troubles.push(news as Trouble))
  await clients.ask('start', { clients: many, seed, urls: { steady: steady.url, mortal: mortal.url } })

  let counting: Promise<void> | null = null
  const count = async (): Promise<void> => {
    const [client, server] = await Promise.all([clients.ask('census'), steady.server().ask('census')])
    clientCensuses.push(client)
    serverCensuses.push(server)
  }
  // A stopped server answers later; nobody is asked twice meanwhile.
  const timer = setInterval(
    () => {
      counting ??= count().finally(() => {
        counting = null
      })
    },
    Math.max(1_000, 5_000 * pace),
  )

  const hold = async (): Promise<{ readonly wrong: readonly string[]; readonly received: number }> => {
    await clients.ask('hold')
    const [here, there] = await Promise.all([steady.server().ask('hold'), mortal.server().ask('hold')])
    const { wrong } = await clients.ask('compare', { steady: here.truth, mortal: there.truth })
    return { wrong, received: here.received + there.received }
  }
  const go = async (): Promise<void> => {
    await Promise.all([steady.server().ask('go'), mortal.server().ask('go'), clients.ask('go')])
  }
  /** Holds everything until a condition is met, at most that long. Gives what is wrong at last. */
  const until = async (
    within: number,
    look: () => Promise<readonly string[]>,
  ): Promise<readonly string[]> => {
    const end = Date.now() + within
    for (;;) {
      const wrong = await look()
      if (wrong.length === 0 || Date.now() > end) return wrong
      await sleep(250)
    }
  }
  const complain = (when: string, wrong: readonly string[]): void => {
    if (wrong.length === 0) return
    failures.push(`${when}: ${wrong.length} wrong, as ${wrong.slice(0, 3).join('; ')}`)
  }
  const balance = async (): Promise<number> => {
    const { sent } = await clients.ask('counts')
    return (sent['written'] ?? 0) - (await hold()).received
  }

  const suffer = async ({ kind, sites: names, lasts, rest }: Fault): Promise<string> => {
    injected.push(...(await Promise.all(names.map((name) => sites[name].inflict(kind, lasts)))))
    await sleep(rest)
    return `${kind} ${names.length === 2 ? 'both' : names.join()} ${seconds(lasts)}`
  }

  const beCalm = async (lasts: number, mendedAt: number): Promise<Calm> => {
    const when = `stretch ${calms.length}`
    complain(`${when}, after the faults`, await until(LIVENESS, async () => (await hold()).wrong))
    const from = Date.now()
    await sleep(200)
    // What was written while links broke may be lost; from here on nothing is.
    const lost = await balance()
    await go()
    await sleep(lasts)
    const isLong = lasts > SOCKETS_GONE
    const end = await until(MOMENT, async () => {
      const { wrong } = await hold()
      const more = (await balance()) - lost
      const { sockets } = await clients.ask('census')
      return [
        ...wrong,
        ...(more === 0 ? [] : [`${more} sends were written and not received`]),
        ...(isLong && sockets !== many ? [`${sockets} sockets for ${many} clients`] : []),
      ]
    })
    complain(`${when}, at the end of the calm`, end)
    const calm = { from, to: Date.now(), settled: from - mendedAt }
    await go()
    return calm
  }

  const next = createScript(seed, pace)
  calms.push(await beCalm(3_000 * pace, startedAt))
  while (Date.now() < deadline) {
    const { faults, calm } = next()
    const told: string[] = []
    for (const fault of faults) if (Date.now() < deadline) told.push(await suffer(fault))
    const mendedAt = Math.max(...injected.map(({ to }) => to))
    const seen = await beCalm(Math.min(calm, Math.max(MOMENT, deadline - Date.now())), mendedAt)
    calms.push(seen)
    const last = clientCensuses.at(-1)
    say(
      `${seconds(Date.now() - startedAt)}: ${told.join(', ')}; settled ${seconds(seen.settled)}, calm ${seconds(seen.to - seen.from)}; ` +
        `heap ${((last?.heap ?? 0) / 1e6).toFixed(2)} MB, ${last?.sockets} sockets, ${last?.timers} timers, ${failures.length} failures`,
    )
  }

  clearInterval(timer)
  await (counting as Promise<void> | null)
  const counts = await clients.ask('counts')
  const ends: ReadonlyArray<readonly [string, readonly string[]]> = [
    ['the clients', await clients.ask('close')],
    ['the steady server', await steady.close()],
    ['the mortal server', await mortal.close()],
  ]
  clients.kill('SIGKILL')
  for (const [who, left] of ends) complain(`left of ${who} after close()`, left)
  return {
    startedAt,
    endedAt: Date.now(),
    grace,
    injected,
    troubles,
    calms,
    clientCensuses,
    serverCensuses,
    counts,
    failures,
  }
}

/** Milliseconds as seconds. */
export function seconds(duration: number): string {
  return `${(duration / 1_000).toFixed(1)} s`
}
