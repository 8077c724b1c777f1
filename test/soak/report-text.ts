// toText(): the report of a run, for people.
import type { Census } from './census.ts'
import type { Watched } from './growth.ts'
import type { Report } from './report.ts'

/** How what is watched is called and counted. */
const watched: Readonly<
  Record<Watched, readonly [name: string, unit: string, size: number, digits: number]>
> = {
  clientHeap: ['client heap', 'kB', 1_000, 2],
  clientRss: ['client RSS', 'kB', 1_000, 2],
  clientTimers: ['client timers', 'timers', 1, 4],
  clientSockets: ['client sockets', 'sockets', 1, 4],
  serverHeap: ['server heap', 'kB', 1_000, 2],
  serverRss: ['server RSS', 'kB', 1_000, 2],
  serverTimers: ['server timers', 'timers', 1, 4],
}

export function toText(report: Report): string {
  const { options, counts, settled, unexpected, failures, last, blocked } = report
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['run', `${report.minutes.toFixed(1)} minutes, ${options.clients} clients, seed ${options.seed}`],
    ['faults', toList(report.faults)],
    ['calm', `${report.calmMinutes.toFixed(1)} minutes in ${report.stretches} stretches`],
    [
      'settled',
      `median ${toSeconds(settled.median)}, at most ${toSeconds(settled.most)} after the last mending`,
    ],
    ['connections', `${counts.made} made, ${counts.connects} links, ${counts.reconnects} reconnects`],
    ['disconnects', `${report.disconnects}, of which no fault explains ${unexpected.disconnects}`],
    ['errors', `${toList(report.errors)}; no fault explains ${unexpected.errors}`],
    ['sends', toList(counts.sent)],
    ['loads', `${counts.loads}, ${counts.loadsFailed} failed; ${counts.changes} notifications`],
    ['bytes', `${toMegabytes(counts.bytesIn)} in, ${toMegabytes(counts.bytesOut)} out`],
    ...(Object.keys(watched) as Watched[]).map((name) => toRow(name, report)),
    ['handles', `clients: ${toList(last.clients?.resources)}; server: ${toList(last.server?.resources)}`],
    ['memory', `clients: ${toMemory(last.clients)}; server: ${toMemory(last.server)}`],
    ['blocked', `clients ${blocked.clients} ms, server ${blocked.server} ms at most in a calm`],
  ]
  return [
    ...rows.map(([name, value]) => `${name.padEnd(15)} ${value}`),
    ...unexpected.first.map(
      ({ at, what, site, client, code, detail }) =>
        `unexpected ${what} at ${new Date(at).toISOString()}, client ${client} (${site}): ${code} ${detail}`,
    ),
    ...failures.map((failure) => `FAILED: ${failure}`),
    failures.length === 0 ? 'Passed.' : `Failed: ${failures.length} failures.`,
  ].join('\n')
}

/** How fast it grows per client, and what that means. */
function toRow(watchedName: Watched, { growth, options }: Report): readonly [string, string] {
  const [name, unit, size, digits] = watched[watchedName]
  const { slope, isFlat } = growth[watchedName]
  if (slope === null) return [name, 'too short a run to tell how it grows']
  const show = (value: number): string => (value / size / options.clients).toFixed(digits)
  const { perHour, error, low, high, points } = slope
  const figures = `${show(perHour)} ± ${show(error)} ${unit}/h per client, 95 % in [${show(low)}, ${show(high)}]`
  const verdict = isFlat === false ? 'GROWS' : low <= 0 ? 'zero is within its noise' : 'below what matters'
  return [name, `${figures}, ${points} points: ${isFlat === null ? 'only told' : verdict}`]
}

function toMemory(census: Census | undefined): string {
  return `heap ${toMegabytes(census?.heap)}, RSS ${toMegabytes(census?.rss)}, CPU ${census?.cpu.toFixed(0)} s`
}

function toList(counts: Readonly<Record<string, number>> = {}): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
  return parts.join(', ') || 'none'
}

function toMegabytes(bytes: number | undefined): string {
  return `${((bytes ?? 0) / 1e6).toFixed(1)} MB`
}

/** Milliseconds in words. */
export function toSeconds(duration: number): string {
  return `${(duration / 1_000).toFixed(1)} s`
}
