// The least fresh of all campaigns, as one more readable value: what the page's headline is about.
import type { Freshness, Readable } from 'holdfast'
import { campaign, campaigns } from './live.ts'
import { freshnessOrder } from './words.ts'

export interface Overall {
  readonly worst: Freshness
  /** How many campaigns there are of each freshness, the freshest first. */
  readonly mix: readonly { readonly freshness: Freshness; readonly count: number }[]
}

const unknown: Overall = { worst: 'unknown', mix: [] }
let current = unknown
const listeners = new Set<() => void>()
let stopWatching: (() => void) | null = null

export const overall: Readable<Overall> = {
  getSnapshot: () => current,
  getInitialSnapshot: () => unknown,
  subscribe: (onChange) => {
    listeners.add(onChange)
    stopWatching ??= watchCampaigns(update)
    return () => {
      listeners.delete(onChange)
      if (listeners.size > 0) return
      stopWatching?.()
      stopWatching = null
    }
  },
}

function update(): void {
  const next = summary()
  if (JSON.stringify(next) === JSON.stringify(current)) return
  current = next
  listeners.forEach((listener) => listener())
}

/** When the campaign that was confirmed longest ago was confirmed; null while one has no data. */
export function oldestAsOf(): number | null {
  const all = ids().map((id) => campaign(id).getSnapshot().asOf)
  return all.reduce(
    (oldest, asOf) => (oldest === null || asOf === null ? null : Math.min(oldest, asOf)),
    all[0] ?? null,
  )
}

/** Calls back after each change of any campaign, also of those that are added later. */
export function watchCampaigns(onChange: () => void): () => void {
  const stops = new Map<string, () => void>()
  const update = (): void => {
    for (const id of ids()) if (!stops.has(id)) stops.set(id, campaign(id).subscribe(onChange))
    onChange()
  }
  const stop = campaigns.subscribe(update)
  update()
  return () => {
    stop()
    stops.forEach((stopOne) => stopOne())
  }
}

function ids(): string[] {
  return (campaigns.getSnapshot().data ?? []).map(({ id }) => id)
}

function summary(): Overall {
  const all = ids().map((id) => campaign(id).getSnapshot().freshness)
  if (all.length === 0) return unknown
  const mix = freshnessOrder
    .map((freshness) => ({ freshness, count: all.filter((one) => one === freshness).length }))
    .filter((part) => part.count > 0)
  return { worst: mix.at(-1)?.freshness ?? 'unknown', mix }
}
