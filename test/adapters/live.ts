// A real connection to a mock server, for the adapters: connected when the test says so, accounted for at the end.
import { createConnection, type Connection, type ConnectionOptions } from 'holdfast'
import { mockServer, virtualClock, type MockServer, type VirtualClock } from 'holdfast/testing'

/** A connection, the server it leads to and the clock both live by. */
export interface Live {
  readonly live: Connection
  readonly server: MockServer
  readonly clock: VirtualClock
}

/** Longer than a channel and its connection are kept after the last use. */
export const LINGER = 11_000

/** A connection that nobody has used yet. */
export function createLive(options: Partial<ConnectionOptions> = {}): Live {
  const clock = virtualClock()
  const server = mockServer(clock)
  const live = createConnection({
    url: 'wss://app.test/ws',
    transport: server.transport,
    runtime: server.runtime,
    ...options,
  })
  return { live, server, clock }
}

/** How often a readable notified since. */
export function countNotifications(readable: { subscribe(onChange: () => void): () => void }): {
  readonly count: number
  stop(): void
} {
  let count = 0
  const stop = readable.subscribe(() => (count += 1))
  return {
    get count() {
      return count
    },
    stop,
  }
}
