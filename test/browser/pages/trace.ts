// A page whose connection is on record, as a trace that tests fetch and hold the checkers to.
import type { Entry } from '../../model/trace/entry.ts'
import { recordConnection } from '../../model/trace/recorder.ts'

const trace: Entry[] = []
const client = recordConnection(
  { url: '/ws', heartbeat: { probe: 1_000 } },
  {
    client: 'page',
    // The server's clock begins elsewhere; by epoch time the two records become one.
    now: () => performance.timeOrigin + performance.now(),
    record: (entry) => trace.push(entry),
    channels: {
      queue: {
        load: ({ signal }) => fetch('/api/queue', { signal }).then((response) => response.json()),
        pollEvery: 1_000,
      },
    },
  },
)
const queue = client.channel('queue')
queue.subscribe(() => undefined)
const looking = setInterval(client.sample, 50)

Object.assign(globalThis, {
  live: client.live,
  shows: () => JSON.stringify([client.live.getSnapshot().status, queue.getSnapshot()]),
  /** Everything that happened, up to and including the close. */
  async finish() {
    clearInterval(looking)
    client.sample()
    client.live.close()
    await new Promise((resolve) => setTimeout(resolve))
    client.left()
    return JSON.stringify(trace)
  },
})
