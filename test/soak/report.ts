// toReport(): the verdict on a run and its figures; toText(): the same for people.
import type { Census } from './census.ts'
import { findUnexpected, tally, type Trouble } from './judge.ts'
import { seconds, type SoakOptions, type SoakRecord } from './run.ts'
import { fitSlope, isFlat, median, type Slope } from './slope.ts'

/** All that a run has to say. Slopes are null where it was too short for them. */
export interface Report {
  readonly options: SoakOptions
  readonly minutes: number
  readonly faults: Readonly<Record<string, number>>
  readonly stretches: number
  /** Seconds from the last mending to everything live and equal: the middle, and the most. */
  readonly settled: { readonly median: number; readonly most: number }
  readonly calmMinutes: number
  readonly slopes: Readonly<Record<SlopeName, Slope | null>>
  readonly counts: SoakRecord['counts'] & { readonly reconnects: number }
  readonly disconnects: number
  readonly errors: Readonly<Record<string, number>>
  readonly unexpected: readonly Trouble[]
  /** What was in memory in each calm: the points of the slopes, those of the warm-up too. */
  readonly levels: ReadonlyArray<{ readonly hours: number } & Readonly<Record<SlopeName, number>>>
  /** The longest that an event loop was blocked in a calm, in milliseconds. */
  readonly blocked: { readonly clients: number; readonly server: number }
  readonly cpu: { readonly clients: number; readonly server: number }
  readonly last: {
    readonly clients: SoakRecord['clientCensuses'][number] | null
    readonly server: SoakRecord['serverCensuses'][number] | null
  }
  readonly failures: readonly string[]
}

type SlopeName =
  'clientHeap' | 'clientRss' | 'timers' | 'sockets' | 'serverHeap' | 'serverRss' | 'serverTimers'

/** What would matter, per client and hour: bytes, and things. Below that is noise, whatever its sign. Without a number it is only told. */
const bounds: Readonly<Record<SlopeName, number | null>> = {
  clientHeap: 5_000,
  clientRss: null,
  timers: 0.1,
  sockets: 0.1,
  serverHeap: 5_000,
  serverRss: null,
  serverTimers: 0.1,
}
/** The part of a run that memory needs to find its level. */
const WARM_UP = 0.2

export function toReport(options: SoakOptions, record: SoakRecord): Report {
  const { calms, clientCensuses, serverCensuses, startedAt, endedAt, grace, troubles } = record

  /** One point per calm, the middle of what was seen in it: neighbouring values hang together, calms hardly. */
  const levels = calms.flatMap(({ from, to }) => {
    const seen = (at: number): boolean => at >= from + grace && at <= to
    const clients = clientCensuses.filter(({ at }) => seen(at))
    const servers = serverCensuses.filter(({ at }) => seen(at))
    if (clients.length === 0 || servers.length === 0) return []
    return [
      {
        hours: median(clients.map(({ at }) => (at - startedAt) / 3_600_000)),
        clientHeap: median(clients.map(({ heap }) => heap)),
        clientRss: median(clients.map(({ rss }) => rss)),
        timers: median(clients.map(({ timers }) => timers)),
        sockets: median(clients.map(({ sockets }) => sockets)),
        serverHeap: median(servers.map(({ heap }) => heap)),
        serverRss: median(servers.map(({ rss }) => rss)),
        serverTimers: median(servers.map(({ timers }) => timers)),
      },
    ]
  })
  const warm = levels.filter(({ hours }) => hours * 3_600_000 >= WARM_UP * (endedAt - startedAt))
  const fit = (name: SlopeName): Slope | null =>
    fitSlope(warm.map((level) => ({ at: level.hours, value: level[name] })))
  const names = Object.keys(bounds) as SlopeName[]
  const slopes = Object.fromEntries(names.map((name) => [name, fit(name)])) as Report['slopes']
  const longest = (censuses: readonly Census[]): number =>
    Math.max(
      0,
      ...censuses
        .filter(({ at }) => calms.some(({ from, to }) => at >= from + grace && at <= to))
        .map(({ blocked }) => blocked),
    )
  const growing = names.filter((name) => {
    const slope = slopes[name]
    const bound = bounds[name]
    return slope !== null && bound !== null && !isFlat(slope, bound * options.clients)
  })
  const unexpected = findUnexpected(troubles, record.injected, grace)
  const kinds = (what: Trouble['what']): string[] =>
    troubles.filter((trouble) => trouble.what === what).map(({ code }) => code)
  const settled = calms.slice(1).map((calm) => calm.settled / 1_000)
  return {
    options,
    minutes: (endedAt - startedAt) / 60_000,
    faults: tally(record.injected.map(({ kind, site }) => `${kind} ${site}`)),
    stretches: calms.length - 1,
    settled: { median: median(settled), most: Math.max(...settled) },
    calmMinutes: calms.reduce((total, { from, to }) => total + to - from, 0) / 60_000,
    slopes,
    levels,
    counts: { ...record.counts, reconnects: record.counts.connects - record.counts.made },
    disconnects: kinds('disconnect').length,
    errors: tally(kinds('error')),
    unexpected: unexpected.slice(0, 50),
    blocked: {
      clients: longest(clientCensuses),
      server: longest(serverCensuses),
    },
    cpu: { clients: clientCensuses.at(-1)?.cpu ?? 0, server: serverCensuses.at(-1)?.cpu ?? 0 },
    last: { clients: clientCensuses.at(-1) ?? null, server: serverCensuses.at(-1) ?? null },
    failures: [
      ...record.failures,
      ...(unexpected.length > 0 ? [`${unexpected.length} disconnects or errors that no fault explains`] : []),
      ...growing.map((name) => `${name} grows`),
    ],
  }
}

/** The report for people. */
export function toText(report: Report): string {
  const { options, counts, slopes, settled, unexpected, failures, last } = report
  const perClient = (slope: Slope | null, unit: number, digits: number, name: string): string => {
    if (slope === null) return 'too short a run to tell'
    const [value, error, low, high] = [slope.perHour, slope.error, slope.low, slope.high].map((number) =>
      (number / unit / options.clients).toFixed(digits),
    )
    return `${value} ± ${error} ${name}/h per client, 95 % in [${low}, ${high}], ${slope.points} points`
  }
  const list = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none'
  const megabytes = (bytes: number | undefined): string => `${((bytes ?? 0) / 1e6).toFixed(1)} MB`
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['run', `${report.minutes.toFixed(1)} minutes, ${options.clients} clients, seed ${options.seed}`],
    ['faults', list(report.faults)],
    ['quiet', `${report.stretches} stretches, ${report.calmMinutes.toFixed(1)} minutes in all`],
    [
      'settled',
      `median ${seconds(1_000 * settled.median)}, at most ${seconds(1_000 * settled.most)} after the last mending`,
    ],
    ['connections', `${counts.made} made, ${counts.connects} links, ${counts.reconnects} reconnects`],
    [
      'disconnects',
      `${report.disconnects}, without a fault ${unexpected.filter(({ what }) => what === 'disconnect').length}`,
    ],
    ['errors', list(report.errors)],
    ['sends', list(counts.sent)],
    ['loads', `${counts.loads}, ${counts.loadsFailed} failed; ${counts.changes} notifications`],
    ['bytes', `${megabytes(counts.bytesIn)} in, ${megabytes(counts.bytesOut)} out`],
    ['client heap', `${megabytes(last.clients?.heap)}; ${perClient(slopes.clientHeap, 1_000, 2, 'kB')}`],
    ['client RSS', `${megabytes(last.clients?.rss)}; ${perClient(slopes.clientRss, 1_000, 2, 'kB')}`],
    ['client timers', `${last.clients?.timers}; ${perClient(slopes.timers, 1, 4, 'timers')}`],
    ['client sockets', `${last.clients?.sockets}; ${perClient(slopes.sockets, 1, 4, 'sockets')}`],
    ['server heap', `${megabytes(last.server?.heap)}; ${perClient(slopes.serverHeap, 1_000, 2, 'kB')}`],
    ['server RSS', `${megabytes(last.server?.rss)}; ${perClient(slopes.serverRss, 1_000, 2, 'kB')}`],
    ['server timers', `${last.server?.timers}; ${perClient(slopes.serverTimers, 1, 4, 'timers')}`],
    [
      'handles',
      `clients ${list(last.clients?.resources ?? {})}; server ${list(last.server?.resources ?? {})}`,
    ],
    ['blocked', `clients ${report.blocked.clients} ms, server ${report.blocked.server} ms at most, in calm`],
    ['cpu', `clients ${report.cpu.clients.toFixed(0)} s, server ${report.cpu.server.toFixed(0)} s`],
  ]
  return [
    ...rows.map(([name, value]) => `${name.padEnd(15)} ${value}`),
    ...unexpected.map(
      ({ at, what, site, client, code, detail }) =>
        `unexpected ${what} at ${new Date(at).toISOString()}, client ${client} (${site}): ${code} ${detail}`,
    ),
    ...failures.map((failure) => `FAILED: ${failure}`),
    failures.length === 0 ? 'Passed: no failure.' : `Failed: ${failures.length} failures.`,
  ].join('\n')
}
