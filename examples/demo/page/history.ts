// What the last minutes looked like: spans of status and freshness, the latency, and what was done to the server meanwhile.
import type { Freshness, Readable, Status } from 'holdfast'
import { campaign, campaigns, live } from './live.ts'
import { watchCampaigns } from './overall.ts'

/** How far back the timeline shows. */
export const span = 120_000
const every = 250

/** A state and when it began; it lasts until the next one. */
export interface Span<S extends string = Status | Freshness> {
  readonly from: number
  readonly state: S
}

export interface History {
  readonly now: number
  readonly connection: readonly Span<Status>[]
  readonly lanes: readonly { readonly name: string; readonly spans: readonly Span<Freshness>[] }[]
  /** One sample per tick; null where there was none. */
  readonly latency: readonly { readonly at: number; readonly value: number | null }[]
  readonly marks: readonly { readonly at: number; readonly label: string }[]
}

let connection: readonly Span<Status>[] = []
let latency: History['latency'] = []
let marks: History['marks'] = []
const lanes = new Map<string, { name: string; spans: readonly Span<Freshness>[] }>()
const listeners = new Set<() => void>()
let current = snapshot()

/** Notes a deed on the timeline. */
export function mark(label: string): void {
  marks = [...marks, { at: Date.now(), label }]
}

/** Renewed four times a second: time passes even when nothing happens. */
export const history: Readable<History> = {
  getSnapshot: () => current,
  getInitialSnapshot: () => current,
  subscribe: (onChange) => {
    listeners.add(onChange)
    return () => listeners.delete(onChange)
  },
}

/** Starts to take notes. */
export function recordHistory(): void {
  const recordConnection = (): void => {
    connection = extended(connection, live.getSnapshot().status)
  }
  live.subscribe(recordConnection)
  recordConnection()
  watchCampaigns(() => {
    for (const { id, name } of campaigns.getSnapshot().data ?? []) {
      const lane = lanes.get(id)
      lanes.set(id, { name, spans: extended(lane?.spans ?? [], campaign(id).getSnapshot().freshness) })
    }
  })
  setInterval(() => {
    const { status, latency: value } = live.getSnapshot()
    latency = [...latency, { at: Date.now(), value: status === 'connected' ? value : null }]
    forget(Date.now() - span)
    current = snapshot()
    listeners.forEach((listener) => listener())
  }, every)
}

function snapshot(): History {
  return { now: Date.now(), connection, lanes: [...lanes.values()], latency, marks }
}

function extended<S extends string>(spans: readonly Span<S>[], state: S): readonly Span<S>[] {
  return spans.at(-1)?.state === state ? spans : [...spans, { from: Date.now(), state }]
}

function forget(before: number): void {
  // A span counts until the next one begins, so the last one that began earlier is still on the picture.
  const recent = <S extends string>(spans: readonly Span<S>[]): readonly Span<S>[] =>
    spans.filter((_, index) => (spans[index + 1]?.from ?? Infinity) > before)
  connection = recent(connection)
  for (const [id, lane] of lanes) lanes.set(id, { ...lane, spans: recent(lane.spans) })
  latency = latency.filter(({ at }) => at > before)
  marks = marks.filter(({ at }) => at > before)
}
