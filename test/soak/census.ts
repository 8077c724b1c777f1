// takeCensus(): what a process holds, counted after garbage collection.
import { setImmediate } from 'node:timers/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** What a process holds at a moment. Sizes are bytes. */
export interface Census {
  /** Epoch milliseconds. */
  readonly at: number
  /** The heap after a full collection. */
  readonly heap: number
  readonly external: number
  readonly rss: number
  /** What keeps the process alive, by kind. */
  readonly resources: Readonly<Record<string, number>>
  /** The longest that the event loop was blocked since the last census, in milliseconds. */
  readonly blocked: number
  /** CPU seconds used since the start. */
  readonly cpu: number
}

const delay = monitorEventLoopDelay({ resolution: 50 })
delay.enable()

export async function takeCensus(): Promise<Census> {
  const blocked = Math.round(delay.max / 1e6)
  await collect()
  delay.reset()
  const { heapUsed, external, rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const resources = countResources()
  return { at: Date.now(), heap: heapUsed, external, rss, resources, blocked, cpu: (user + system) / 1e6 }
}

/** Collects garbage; what is found dead is told to its FinalizationRegistry in between. */
export async function collect(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('This process needs node --expose-gc.')
  globalThis.gc()
  await setImmediate()
  globalThis.gc()
  await setImmediate()
}

/** What keeps this process alive, by kind. */
export function countResources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = 1 + (counts[kind] ?? 0)
  return counts
}

/** What there is more of than before, as `3 Timeout`. */
export function whatIsLeft(before: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(countResources())
    .map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
    .filter(([, more]) => more > 0)
    .map(([kind, more]) => `${more} ${kind}`)
}
