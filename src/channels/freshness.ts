// toFreshness(): live, polling, catching-up, stale or unknown. The only place that decides (G15).
import type { Channel } from './model.ts'
import type { Freshness } from './state-snapshot.ts'

/** How fresh a channel's data is. */
export function toFreshness(channel: Channel): Freshness {
  const { hasData, up, doubted, proven, load, timers, fresh } = channel
  if (!hasData) return 'unknown'
  if (up && !doubted) {
    if (proven) return 'live'
    // A load is under way, or owed: what is there may be about to be replaced.
    if (load || timers.load !== undefined) return 'catching-up'
  }
  return fresh ? 'polling' : 'stale'
}
