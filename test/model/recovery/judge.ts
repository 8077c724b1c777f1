// What a client of one channel may have been told, by the log: each message once, in order, and no gap that it was not told of.
import type { Told } from './world.ts'

/** The first thing that was told wrongly, as a sentence; null where all is well. */
export function judge(told: readonly Told[]): string | null {
  let epoch: string | null = null
  let last = -1
  let live = false
  for (const entry of told) {
    if (entry.what === 'down') {
      live = false
      continue
    }
    if (entry.what === 'up') {
      if (live) return 'it was told of the link twice'
      live = true
      // INV-10: recovered means that what was told reaches the top that was announced.
      if (entry.recovered && (entry.epoch !== epoch || entry.top !== last))
        return `recovered was claimed at ${entry.epoch}:${entry.top}, but it had got to ${epoch}:${last}`
      epoch = entry.epoch
      last = entry.top
      continue
    }
    if (entry.data !== `${entry.epoch}:${entry.offset}`)
      return `${String(entry.data)} came as ${entry.epoch}:${entry.offset}`
    // INV-8 and INV-9: the next one, of the same history.
    if (entry.epoch !== epoch || entry.offset !== last + 1)
      return `${entry.epoch}:${entry.offset} came after ${epoch}:${last}`
    last = entry.offset
  }
  return null
}
