// A trace in the order in which links deliver: what comes on a link that is to follow another counts from when it does (G1).
import type { Entry } from './entry.ts'
import { watchHeld, type Held } from './watch.ts'

/** What has happened on a link that is to follow, and does not count yet. */
interface Waiting {
  readonly held: Held
  entries: Entry[]
}

const known = new WeakMap<readonly Entry[], readonly Entry[]>()

/** The trace with each link's entries after those of the link before; entries of links that never delivered are left out. */
export function inDeliveryOrder(trace: readonly Entry[]): readonly Entry[] {
  const before = known.get(trace)
  if (before) return before
  const clients = new Map<string, Waiting>()
  const ordered: Entry[] = []
  for (const entry of trace) {
    let client = clients.get(entry.client)
    if (!client) clients.set(entry.client, (client = { held: watchHeld(), entries: [] }))
    const { held } = client
    const was = held.heir
    held.see(entry)
    const isOfHeir = held.heir !== null && linkOf(entry) === held.heir
    if (isOfHeir) client.entries.push(entry)
    else ordered.push(entry)
    if (held.heir !== null || was === null) continue
    // It delivers now, or it never will.
    if (held.link === was) ordered.push(...client.entries)
    client.entries = []
  }
  known.set(trace, ordered)
  return ordered
}

/** The link an entry is about. */
function linkOf(entry: Entry): unknown {
  if (entry.kind === 'inbound' || entry.kind === 'outbound') return entry.link
  if (entry.kind === 'event' && entry.machine === 'connection') return entry.event.link
  return entry.kind === 'effect' && entry.machine === 'connection' ? entry.effect.link : undefined
}
