// toReport(): the verdict on a run, and its figures.
import type { Census } from './census.ts'
import { toGrowth, toLevels, type Growth, type Level, type Watched } from './growth.ts'
import { findUnexpected, tally, type Trouble } from './judge.ts'
import type { SoakOptions, SoakRecord } from './run.ts'
import { median } from './slope.ts'

type Counts = Readonly<Record<string, number>>

/** All that a run has to say. */
export interface Report {
  readonly options: SoakOptions
  readonly minutes: number
  /** How often each fault was injected, by kind and server. */
  readonly faults: Counts
  readonly stretches: number
  readonly calmMinutes: number
  /** Milliseconds from the last mending of a stretch until everything was live and equal. */
  readonly settled: { readonly median: number; readonly most: number }
  readonly counts: SoakRecord['counts'] & { readonly reconnects: number }
  readonly disconnects: number
  /** Errors that connections told, by code. */
  readonly errors: Counts
  /** What no fault explains: how many, and the first of them. */
  readonly unexpected: {
    readonly disconnects: number
    readonly errors: number
    readonly first: readonly Trouble[]
  }
  readonly growth: Readonly<Record<Watched, Growth>>
  /** The points of the slopes, those of the warm-up too. */
  readonly levels: readonly Level[]
  /** The last look at each process. */
  readonly last: { readonly clients: Census | undefined; readonly server: Census | undefined }
  /** The longest that an event loop was blocked in a calm, in milliseconds. */
  readonly blocked: { readonly clients: number; readonly server: number }
  readonly failures: readonly string[]
}

const SHOWN = 20

export function toReport(options: SoakOptions, record: SoakRecord): Report {
  const { calms, troubles, injected, grace, clientCensuses, serverCensuses } = record
  const duration = record.endedAt - record.startedAt
  const unexpected = findUnexpected(troubles, injected, calms, grace)
  const levels = toLevels(record)
  const growth = toGrowth(levels, duration / 3_600_000, options.clients)
  const growing = Object.entries(growth).filter(([, { isFlat }]) => isFlat === false)
  const settled = calms.map((calm) => calm.settled)
  const blocked = (censuses: readonly Census[]): number => {
    const inCalm = censuses.filter(({ at }) => calms.some(({ from, to }) => at >= from + grace && at <= to))
    return Math.max(0, ...inCalm.map((census) => census.blocked))
  }
  return {
    options,
    minutes: duration / 60_000,
    faults: tally(injected.map(({ kind, site }) => `${kind} ${site}`)),
    stretches: calms.length,
    calmMinutes: calms.reduce((total, { from, to }) => total + to - from, 0) / 60_000,
    settled: { median: median(settled), most: Math.max(...settled) },
    counts: { ...record.counts, reconnects: record.counts.connects - record.counts.made },
    disconnects: only('disconnect', troubles).length,
    errors: tally(only('error', troubles).map(({ code }) => code)),
    unexpected: {
      disconnects: only('disconnect', unexpected).length,
      errors: only('error', unexpected).length,
      first: unexpected.slice(0, SHOWN),
    },
    growth,
    levels,
    last: { clients: clientCensuses.at(-1), server: serverCensuses.at(-1) },
    blocked: { clients: blocked(clientCensuses), server: blocked(serverCensuses) },
    failures: [
      ...record.failures,
      ...(unexpected.length === 0
        ? []
        : [`${unexpected.length} disconnects or errors that no fault explains`]),
      ...growing.map(([name]) => `${name} grows`),
    ],
  }
}

function only(what: Trouble['what'], troubles: readonly Trouble[]): readonly Trouble[] {
  return troubles.filter((trouble) => trouble.what === what)
}
