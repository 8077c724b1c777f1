// What an app does with live data, tested without a server, a network or waiting. The testing guide shows this file.
import { createConnection } from 'holdfast'
import { mockServer, virtualClock } from 'holdfast/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

let clock = virtualClock()
let server = mockServer(clock)

/** What the app does: the same code as in its pages, with transport and runtime passed in. */
function startApp() {
  const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
  const load = vi.fn(() => Promise.resolve({ waiting: 1 }))
  const queue = live.state('queue', { load, pollEvery: 5_000 })
  queue.subscribe(() => undefined)
  return { live, queue, load }
}
let app: ReturnType<typeof startApp>

beforeEach(() => {
  clock = virtualClock()
  server = mockServer(clock)
  app = startApp()
})

afterEach(() => {
  app.live.close()
  expect(clock.pending).toBe(0) // nothing is left
})

it('loads first, then shows what is pushed', async () => {
  await clock.advanceAsync(10)
  expect(app.queue.getSnapshot()).toMatchObject({ data: { waiting: 1 }, source: 'poll' })
  server.push('queue', { waiting: 2 })
  await clock.advanceAsync(10)
  expect(app.queue.getSnapshot()).toMatchObject({ data: { waiting: 2 }, freshness: 'live', source: 'push' })
})

it('says so and polls while the server is away, and stops when it is back', async () => {
  await clock.advanceAsync(1_000)
  app.load.mockClear()
  server.refuses()
  server.closeAll(1006)
  await clock.advanceAsync(10)
  expect(app.live.getSnapshot().status).toBe('reconnecting')
  await clock.advanceAsync(10_000)
  expect(app.queue.getSnapshot().freshness).toBe('polling')
  expect(app.load).toHaveBeenCalledTimes(2) // after 2 s, and 5 s later

  server.accepts({ greet: (link) => link.push('queue', { waiting: 7 }) })
  await clock.advanceAsync(30_000)
  expect(app.queue.getSnapshot()).toMatchObject({ data: { waiting: 7 }, freshness: 'live' })
})

it('stops, and says why, when the server refuses who we are', async () => {
  server.accepts({ check: () => 4401 })
  app.live.reset()
  await clock.advanceAsync(60_000)
  expect(app.live.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'unauthorized' } })
})
