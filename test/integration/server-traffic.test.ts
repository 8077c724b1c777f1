// Real sockets that behave badly, and a server that has a bad moment: nobody else notices.
import { randomBytes } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { connectRaw, endAll, level1, plain, serve, type RawServer } from '../support/raw-client.ts'
import { spawnServer } from '../support/spawn-server.ts'

afterEach(endAll)

/** A socket that has just been upgraded, for bytes that no client library would send. */
async function upgrade({ port }: RawServer): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const key = randomBytes(16).toString('base64')
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  )
  let received = Buffer.alloc(0)
  await new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.on('data', (data: Buffer) => (received = Buffer.concat([received, data])))
  const ended = new Promise<string>((resolve) => {
    socket.on('close', () => {
      // A server's close frame is short and not masked.
      const at = received.lastIndexOf(0x88)
      resolve(at < 0 ? 'cut' : String(received.readUInt16BE(at + 2)))
    })
  })
  return { socket, ended }
}

/** A masked frame (with the mask 0000, so the payload stands as it is). */
function frame(first: number, payload: string | Buffer = ''): Buffer {
  const data = Buffer.from(payload)
  const length = data.length < 126 ? [0x80 | data.length] : [0x80 | 126, data.length >> 8, data.length & 255]
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), data])
}

describe('hostile bytes over real sockets', () => {
  it('[H3] [C5] closes a message over maxPayload with 1009, and takes one that just fits', async () => {
    const heard: unknown[] = []
    const server = await serve({ message: ({ data }) => heard.push(data) })
    const client = server.connect()
    await client.frame('server_ready')
    const empty = JSON.stringify({ type: 'a', data: '' }).length
    client.send({ type: 'a', data: 'x'.repeat(65_536 - empty) })
    await vi.waitFor(() => expect(heard).toHaveLength(1))
    client.send({ type: 'a', data: 'x'.repeat(65_537 - empty) })
    expect(await client.closed).toMatch(/^1009/)
    expect(heard).toHaveLength(1)
  })

  it('[H12] cuts floods of fragments and of pings, and broken frames, each with the code that fits', async () => {
    const server = await serve()
    const floods: [string, Buffer][] = [
      ['1008', Buffer.concat([frame(0x01, '{'), ...Array<Buffer>(70).fill(frame(0x00, ' '))])],
      ['1008', Buffer.concat([frame(0x01), ...Array<Buffer>(70).fill(frame(0x00))])],
      ['1007', frame(0x81, Buffer.from([0xc3, 0x28]))],
      ['1002', frame(0xf1, '{}')],
      ['1002', frame(0x83, '{}')],
      ['1002', Buffer.from([0x81, 0x02, 0x7b, 0x7d])],
      ['4400', frame(0x81, '{')],
      ['1003', Buffer.concat([frame(0x81, '{"type":"client_ready"}'), frame(0x82, '{}')])],
    ]
    for (const [code, bytes] of floods) {
      const { socket, ended } = await upgrade(server)
      socket.write(bytes)
      expect(await ended).toBe(code)
    }
    // A client that pings and never reads the pongs.
    const { socket, ended } = await upgrade(server)
    socket.pause()
    const burst = Buffer.concat(Array<Buffer>(20_000).fill(frame(0x89, 'x'.repeat(125))))
    socket.write(burst)
    await vi.waitFor(() => expect(server.live.stats().sockets).toBe(0), 10_000)
    socket.resume()
    expect(await ended).toBe('cut')
  })

  it('[H11] [C6] closes a compression bomb with 1009; compression is off unless switched on', async () => {
    const off = await serve()
    const without = off.connect(level1, { perMessageDeflate: true })
    await without.frame('server_ready')
    expect(without.socket.extensions).toBe('')
    const on = await serve({
      compression: { level: 1, threshold: 1_024 },
      maxEventBytes: 100_000,
    })
    const client = on.connect(level1, { perMessageDeflate: true })
    await client.frame('server_ready')
    expect(client.socket.extensions).toContain('permessage-deflate')
    await on.live.publish('a', 'x'.repeat(50_000))
    expect(await client.frame('a')).toEqual({ type: 'a', data: 'x'.repeat(50_000) })
    client.send({ type: 'a', data: 'x'.repeat(10_000_000) })
    expect(await client.closed).toMatch(/^1009/)
  })

  it('[R8] [B7] tells who sends too much, then closes it with 4429; the others are served as before', async () => {
    const heard: string[] = []
    const server = await serve({ message: ({ type }) => heard.push(type) })
    const [loud, quiet] = [server.connect(), server.connect()]
    await Promise.all([loud.frame('server_ready'), quiet.frame('server_ready')])
    for (let n = 0; n < 10_000; n++) loud.send({ type: 'loud' })
    quiet.send({ type: 'quiet' })
    expect(await loud.closed).toBe('4429 rate_limited;retry_after=1000')
    expect(loud.frames.slice(1)).toMatchObject([{ type: 'rt.error', code: 'rate_limited' }])
    quiet.send({ type: 'ping' })
    await quiet.frame('pong')
    expect(heard).toContain('quiet')
    expect(heard.filter((type) => type === 'loud').length).toBeLessThan(700)
  })
})

describe('isolation of clients from each other', () => {
  it('[C1] [S11] [R7] closes a reader that never reads with 4429 and frees its memory, while the others get every frame', async () => {
    const server = await serve({ maxEventBytes: 200_000 })
    const [stuck, reader] = [server.connect(), server.connect()]
    await Promise.all([stuck.frame('server_ready'), reader.frame('server_ready')])
    stuck.socket.pause()
    const data = 'x'.repeat(100_000)
    let published = 0
    // The kernel takes some megabytes first.
    while (server.live.stats().connections.length === 2) {
      await server.live.publish('a', data)
      published += 1
      await reader.frame('a', published - 1)
      for (const link of server.live.stats().connections)
        expect(link.bufferedBytes).toBeLessThan(1_048_576 + 200_000)
    }
    expect(published).toBeGreaterThan(10)
    for (let n = 0; n < 10; n++) await server.live.publish('a', data)
    await reader.frame('a', published + 9)
    await vi.waitFor(() => expect(server.live.stats().sockets).toBe(1), 5_000)
    expect(reader.isClosed()).toBe(false)
  })

  it('[S11] tells a slow reader that wakes up in time why it was closed', async () => {
    const server = await serve({ maxEventBytes: 200_000 })
    const stuck = server.connect()
    await stuck.frame('server_ready')
    stuck.socket.pause()
    while (server.live.stats().connections.length === 1) {
      await server.live.publish('a', 'x'.repeat(100_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    stuck.socket.resume()
    expect(await stuck.closed).toBe('4429 slow')
  })

  it('[C1] survives whatever throws in the app: snapshot, message, authorize, logger, each for one client alone', async () => {
    const fails = (): never => {
      throw new Error('broken')
    }
    const server = await serve({
      events: { queue: z.unknown(), broken: z.unknown() },
      snapshot: (channel) => (channel === 'broken' ? fails() : 'first'),
      authorize: (_, __, channel) => (channel === 'forbidden' ? fails() : true),
      message: ({ type }) => (type === 'sync' ? fails() : Promise.reject(new Error('broken'))),
      logger: { error: fails },
    })
    const client = server.connect()
    expect(await client.frame('queue')).toMatchObject({ data: 'first' })
    client.send({ type: 'sync' })
    client.send({ type: 'async' })
    client.send({ type: 'ping' })
    await client.frame('pong')
    await server.live.publish('broken', 'later')
    expect(await client.frame('broken')).toMatchObject({ data: 'later' })
  })

  it('[C1] [A1] gives its first data to each of 90 clients that open at once, plain and level 1, among some that break off', async () => {
    const server = await serve({ events: { queue: z.unknown() }, snapshot: () => ({ n: 1 }) })
    const rude = Array.from({ length: 10 }, () => server.connect(null))
    for (const { socket } of rude) socket.on('open', () => socket.terminate())
    const clients = Array.from({ length: 90 }, (_, n) => server.connect(n % 2 === 0 ? plain : level1))
    for (const client of clients) expect(await client.frame('queue')).toMatchObject({ data: { n: 1 } })
    await Promise.all(rude.map(({ closed }) => closed))
  })
})

describe('links that are alive, and links that are not', () => {
  it('[C1] loses no client while the event loop is blocked for 4 s, with a heartbeat of 1 s', async () => {
    const server = await spawnServer({ heartbeat: { interval: 1_000, timeout: 1_000 } })
    try {
      const clients = Array.from({ length: 20 }, () => connectRaw(server.url))
      for (const client of clients) await client.frame('queue')
      await fetch(`${server.httpUrl}/api/block`, { method: 'POST', body: '{"ms":4000}' })
      await fetch(`${server.httpUrl}/api/queue`, { method: 'POST' })
      for (const client of clients) await client.frame('queue', 1)
      // And none a beat later.
      await new Promise<void>((resolve) => {
        let beats = 0
        clients[0]!.socket.on('ping', () => ++beats === 3 && resolve())
      })
      expect(clients.filter((client) => client.isClosed())).toEqual([])
    } finally {
      await server.kill('SIGKILL')
    }
  })

  it('[C1] removes a ghost that answers no ping, and keeps a silent client whose WebSocket layer does', async () => {
    const server = await serve({ heartbeat: { interval: 50, timeout: 50 } })
    const silent = server.connect(plain)
    const ghost = server.connect(plain, { autoPong: false })
    const began = performance.now()
    expect(await ghost.closed).toBe('4408 idle')
    expect(performance.now() - began).toBeGreaterThan(150)
    expect(silent.isClosed()).toBe(false)
    expect(server.live.stats().connections).toHaveLength(1)
  })

  it('[G4] announces a reconnect window of 1.2 x connections / accept rate, and tells when it has changed', async () => {
    const server = await serve({ acceptRate: 10, heartbeat: { interval: 100, timeout: 100 } })
    const first = server.connect()
    expect(await first.frame('server_ready')).toMatchObject({ reconnect: { window: 500 } })
    const others = Array.from({ length: 29 }, () => server.connect(plain))
    await vi.waitFor(() => expect(server.live.stats().window).toBe(3_600))
    // It is told again only when it differs by more than a factor of 1.5 from what was told last.
    const told = (): number => {
      const last = first.frames.at(-1) as { type: string; reconnect: { window: number } }
      return last.type === 'rt.notice' ? last.reconnect.window : NaN
    }
    await vi.waitFor(() => expect(told()).toBeGreaterThanOrEqual(2_400), 5_000)
    expect(told()).toBeLessThanOrEqual(3_600)
    for (const { socket } of others) socket.close()
    await vi.waitFor(() => expect(told()).toBeLessThanOrEqual(750), 5_000)
  })
})

describe('a server that drains', () => {
  it('[S3] [S4] lets 50 clients go evenly over the time: level 1 hears rt.go_away first, all end with 1012', async () => {
    const server = await serve({ acceptRate: 10 })
    const clients = Array.from({ length: 50 }, (_, n) => server.connect(n % 2 === 0 ? plain : level1))
    await vi.waitFor(() => expect(server.live.stats().connections).toHaveLength(50))
    const began = performance.now()
    const told: number[] = []
    for (const client of clients) {
      void client.closed.then(() => client.frames.length < 2 && told.push(performance.now() - began))
      void client.frame('rt.go_away').then(() => told.push(performance.now() - began))
    }
    const closing = server.live.close({ drain: 2_000 })
    expect(server.live.close()).toBe(closing)
    expect(await server.connect().closed).toBe('refused 503')
    expect((await fetch(`${server.httpUrl}/health`)).status).toBe(503)
    await closing
    for (const client of clients) expect(await client.closed).toBe('1012 restart')
    // They were told over the first half; the second is the grace of the last.
    expect(told).toHaveLength(50)
    told.sort((a, b) => a - b)
    const [first = 0, last = 0] = [told[0], told.at(-1)]
    expect(last - first).toBeGreaterThan(700)
    for (const quarter of [0, 1, 2, 3]) {
      const from = first + (quarter * (last - first)) / 4
      const share = told.filter((at) => at >= from && at <= from + (last - first) / 4).length
      expect(share).toBeGreaterThan(4)
    }
    const [goAway] = clients[1]!.frames.slice(-1)
    expect(goAway).toEqual({
      type: 'rt.go_away',
      code: 'deploy',
      reconnect: { spread: 6_000 },
      grace: 1_000,
    })
    expect(performance.now() - began).toBeLessThan(4_000)
  })

  it('[A10] at once where no time is given, and leaves no socket, no watch and no listener behind', async () => {
    const server = await serve()
    let looks = 0
    server.live.watch('queue', { every: 10, load: () => ++looks })
    const client = server.connect()
    await client.frame('queue', 2)
    await server.live.close()
    expect(await client.closed).toBe('1012 restart')
    expect(client.frames.at(-1)).toMatchObject({ type: 'rt.go_away', grace: 0 })
    expect(server.live.stats()).toMatchObject({ connections: [], sockets: 0 })
    expect(server.http.listenerCount('upgrade')).toBe(0)
    expect(await server.live.publish('queue', 1)).toMatchObject({ recipients: 0 })
    expect(() => server.live.close({ drain: -1 })).toThrow('close: drain must be a number')
  })

  it('[A10] cuts a client that does not answer its close, so that closing ends', async () => {
    const server = await serve()
    const { socket, ended } = await upgrade(server)
    socket.write(frame(0x81, JSON.stringify(plain)))
    await vi.waitFor(() => expect(server.live.stats().connections).toHaveLength(1))
    await server.live.close()
    expect(await ended).toBe('1012')
  })
})
