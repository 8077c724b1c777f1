// The server process that other integration tests use keeps what its first lines promise.
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { spawnServer, type ServerProcess } from '../support/spawn-server.ts'

let server: ServerProcess | null = null
afterEach(async () => server?.kill('SIGKILL'))

interface Raw {
  readonly frames: { type: string; data?: { count: number }; [field: string]: unknown }[]
  readonly closed: Promise<number>
  frame(index: number): Promise<Raw['frames'][number]>
  send(frame: unknown): void
}

function connect(url: string, hello: unknown): Raw {
  const socket = new WebSocket(url)
  const frames: Raw['frames'] = []
  let arrived = (): void => undefined
  socket.on('open', () => socket.send(JSON.stringify(hello)))
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Raw['frames'][number])
    arrived()
  })
  return {
    frames,
    closed: new Promise((resolve) => socket.on('close', resolve)),
    async frame(index) {
      while (frames[index] === undefined) await new Promise<void>((resolve) => (arrived = resolve))
      return frames[index]
    },
    send: (frame) => socket.send(JSON.stringify(frame)),
  }
}

it('[C1a] [A6] sends the state after client_ready, then its changes, and the same by HTTP, to level 1', async () => {
  server = await spawnServer({ start: 5 })
  const client = connect(server.url, { type: 'client_ready', v: 1 })
  expect(await client.frame(0)).toMatchObject({ type: 'server_ready', v: 1, reconnect: { window: 500 } })
  expect(await client.frame(1)).toMatchObject({ type: 'queue', data: { count: 5 } })
  await fetch(`${server.httpUrl}/api/queue`, { method: 'POST' })
  expect(await client.frame(2)).toMatchObject({ type: 'queue', data: { count: 6 } })
  const response = await fetch(`${server.httpUrl}/api/queue`)
  expect(await response.json()).toMatchObject({ count: 6, process: server.pid })
})

it('[C1a] the same to a plain client, and from a plain server', async () => {
  for (const kind of ['level1', 'plain'] as const) {
    server = await spawnServer({ kind, start: 1 })
    const client = connect(server.url, { type: 'client_ready' })
    expect(await client.frame(0)).toMatchObject({ type: 'queue', data: { count: 1 } })
    client.send({ type: 'ping', timestamp: 7 })
    expect(await client.frame(1)).toEqual({ type: 'pong', timestamp: 7 })
    await server.stop()
    expect(await client.closed).toBe(1012)
  }
})

it('[D4] is killed, and comes back on its port', async () => {
  server = await spawnServer()
  const client = connect(server.url, { type: 'client_ready' })
  await client.frame(0)
  const { port, pid } = server
  server = await server.restart({ start: 9 })
  expect(await client.closed).toBe(1006)
  expect([server.port, server.pid === pid]).toEqual([port, false])
  const again = connect(server.url, { type: 'client_ready' })
  expect(await again.frame(0)).toMatchObject({ data: { count: 9 } })
})

it('[B7] lets in whom it should, and shows its statistics to nobody else', async () => {
  server = await spawnServer({ tokens: true })
  const bad = connect(server.url, { type: 'client_ready', v: 1 })
  expect(await bad.closed).toBe(4401)
  const good = connect(server.url, { type: 'client_ready', v: 1, auth: { token: 'user-1' } })
  await good.frame(1)
  expect((await fetch(`${server.httpUrl}/api/ws/stats`)).status).toBe(401)
  const headers = { authorization: 'Bearer user-1' }
  const stats: unknown = await (await fetch(`${server.httpUrl}/api/ws/stats`, { headers })).json()
  expect(stats).toMatchObject({
    connections: [{ user: 'user-1', level: 1, channels: ['queue'] }],
    sockets: 1,
  })
})

it('[G6] accepts and closes, accepts and says nothing, or does not even answer HTTP', async () => {
  server = await spawnServer({ kind: 'accept-close', code: 4403 })
  expect(await connect(server.url, {}).closed).toBe(4403)
  await server.kill('SIGKILL')
  server = await spawnServer({ kind: 'mute' })
  const mute = connect(server.url, { type: 'client_ready' })
  await fetch(`${server.httpUrl}/api/close`, { method: 'POST', body: '{"code":4000}' })
  expect([await mute.closed, mute.frames]).toEqual([4000, []])
  await server.kill('SIGKILL')
  server = await spawnServer({ kind: 'hang' })
  const signal = AbortSignal.timeout(200)
  await expect(fetch(server.httpUrl, { signal })).rejects.toThrow('timeout')
})
