// What `server_ready` says of a server besides its advice, as the machine is told it.
import type { Offers } from '../../src/protocol/channels.ts'

/** Some offers of a level. */
export function atLevel(level: 1 | 2 | 3): { readonly level: number; readonly offers: Offers } {
  return {
    level,
    offers: {
      batch: level > 1,
      ack: level > 2 ? 'stored' : 'received',
      dedup: level > 2 ? 120_000 : 0,
      limit: 65_536,
    },
  }
}
