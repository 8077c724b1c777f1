// toGrowth(): what was held in each calm, how fast that grew over the run, and whether it matters.
import type { SoakRecord } from './run.ts'
import { fitSlope, isFlat, median, type Slope } from './slope.ts'

/** What is watched, with the growth that would matter, per client and hour: bytes, and things. Without a number it is only told. */
const bounds = {
  clientHeap: 5_000,
  clientRss: null,
  clientTimers: 0.1,
  clientSockets: 0.1,
  serverHeap: 5_000,
  serverRss: null,
  serverTimers: 0.1,
} as const satisfies Readonly<Record<string, number | null>>

export type Watched = keyof typeof bounds

/** What was held in one calm: medians. */
export type Level = { readonly hours: number } & Readonly<Record<Watched, number>>

/** A slope, and the verdict on it: false is a leak, null where there is none to give. */
export interface Growth {
  readonly slope: Slope | null
  readonly isFlat: boolean | null
}

/** What memory needs to find its level: in the first minutes it is the compiler's that grows. In hours, and of the whole run. */
const WARM_UP = { hours: 1 / 6, part: 0.2 }
const HOUR = 3_600_000

/** One level per calm, the middle of what was seen in it: neighbouring values hang together, calms hardly. */
export function toLevels(record: SoakRecord): readonly Level[] {
  const { startedAt, grace } = record
  return record.calms.flatMap(({ from, to }) => {
    const isInCalm = ({ at }: { readonly at: number }): boolean => at >= from + grace && at <= to
    const clients = record.clientCensuses.filter(isInCalm)
    const servers = record.serverCensuses.filter(isInCalm)
    if (clients.length === 0 || servers.length === 0) return []
    return [
      {
        hours: median(clients.map(({ at }) => (at - startedAt) / HOUR)),
        clientHeap: median(clients.map(({ heap }) => heap)),
        clientRss: median(clients.map(({ rss }) => rss)),
        clientTimers: median(clients.map(({ timers }) => timers)),
        clientSockets: median(clients.map(({ sockets }) => sockets)),
        serverHeap: median(servers.map(({ heap }) => heap)),
        serverRss: median(servers.map(({ rss }) => rss)),
        serverTimers: median(servers.map(({ timers }) => timers)),
      },
    ]
  })
}

/** The slope of everything watched, after the warm-up of a run of so many hours. */
export function toGrowth(
  levels: readonly Level[],
  hours: number,
  clients: number,
): Readonly<Record<Watched, Growth>> {
  const warmAt = Math.max(WARM_UP.hours, WARM_UP.part * hours)
  const warm = levels.filter((level) => level.hours >= warmAt)
  const toOne = (name: Watched): Growth => {
    const slope = fitSlope(warm.map((level) => ({ at: level.hours, value: level[name] })))
    const bound = bounds[name]
    return { slope, isFlat: slope === null || bound === null ? null : isFlat(slope, bound * clients) }
  }
  const names = Object.keys(bounds) as Watched[]
  return Object.fromEntries(names.map((name) => [name, toOne(name)])) as Record<Watched, Growth>
}
