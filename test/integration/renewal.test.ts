// Credentials that run out on a link that lives: the server says so, the client brings new ones, and nothing is interrupted.
import { afterEach, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createConnection, webSocket, type Connection } from '../../src/index.ts'
import { endAll, serve } from '../support/raw-client.ts'

const open: Connection[] = []
afterEach(async () => {
  for (const live of open.splice(0)) live.close()
  await endAll()
})

/** Each token is good for ten seconds. */
const authenticate = ({ auth }: { auth: unknown }): { id: string; expiresAt: number } | null =>
  typeof auth === 'string' ? { id: 'ann', expiresAt: Date.now() + 10_000 } : null

it('[G7 B7] keeps a link over several lives of its credentials', async () => {
  const server = await serve({ authenticate })
  const reasons: string[] = []
  const statuses: string[] = []
  const live = createConnection({
    url: server.url,
    transport: webSocket({ WebSocket }),
    auth: ({ reason }) => Promise.resolve(`token ${reasons.push(reason)}`),
    on: { status: ({ status }) => statuses.push(status) },
  })
  open.push(live)
  const heard: unknown[] = []
  live.stream('chat').on('message', (item) => heard.push(item))
  await vi.waitFor(() => expect(reasons.length).toBeGreaterThanOrEqual(3), 40_000)
  await server.live.publish('chat', 'still here')
  await vi.waitFor(() => expect(heard).toEqual(['still here']))
  expect(reasons).toEqual(['connect', ...reasons.slice(1).map(() => 'expired')])
  expect(statuses).toEqual(['connecting', 'connected'])
})

it('[G7 B7] closes the link where the new credentials are another one’s', async () => {
  let calls = 0
  const server = await serve({
    authenticate: ({ auth }) =>
      auth === null ? null : { id: calls++ === 0 ? 'ann' : 'bob', expiresAt: Date.now() + 2_000 },
  })
  const live = createConnection({
    url: server.url,
    transport: webSocket({ WebSocket }),
    auth: () => Promise.resolve('token'),
    on: { error: () => undefined },
  })
  open.push(live)
  live.connect()
  await vi.waitFor(() => expect(live.getSnapshot().status).toBe('failed'), 10_000)
  expect(live.getSnapshot().error?.code).toBe('forbidden')
})
