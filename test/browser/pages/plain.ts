// The page of most browser tests: one connection, one channel, and a diary of everything that happened to them.
import { createConnection } from 'holdfast'

const diary: Array<readonly [string, unknown]> = []
const note = (what: string, detail: unknown = null): void => void diary.push([what, detail])

const live = createConnection({
  url: `/ws`,
  heartbeat: { probe: 1_000 },
  on: {
    status: ({ status }) => note('status', status),
    error: ({ code }) => note('error', code),
  },
})
const queue = live.state<{ count: number }>('queue', {
  load: ({ signal }) => fetch('/api/queue', { signal }).then((response) => response.json()),
  pollEvery: 1_000,
})
let data: unknown
let notifications = 0
queue.subscribe(() => {
  const snapshot = queue.getSnapshot()
  if (snapshot.data !== data) notifications++
  data = snapshot.data
  note(snapshot.freshness, snapshot.data?.count)
})
for (const type of ['freeze', 'resume', 'visibilitychange']) document.addEventListener(type, () => note(type))
addEventListener('pageshow', ({ persisted }) => note('pageshow', persisted))

Object.assign(globalThis, {
  live,
  queue,
  diary,
  state: () => ({
    status: live.getSnapshot().status,
    freshness: queue.getSnapshot().freshness,
    count: queue.getSnapshot().data?.count,
    notifications,
  }),
})
