// The fault proxy, between real sockets: each thing it can do to them.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createProxy } from '../../src/testing/proxy.ts'
import { echo, endAll, onEnd, open, proxyTo, talk, twentyRoundTrips, until } from '../support/tcp.ts'

afterEach(endAll)

describe('createProxy', () => {
  it('[E4] passes bytes and both kinds of ending on', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'abc')
    await talk(client, 'x'.repeat(1_000_000))
    expect(proxy.connections).toMatchObject([{ id: 1, toTarget: 1_000_003, toClient: 1_000_003 }])
    client.socket.end()
    await until('the end', () => server.log.includes('close'))
    expect(server.log).toEqual(['connection', 'end', 'close'])
    await until('nothing left', () => proxy.connections.length === 0)
    const other = open(proxy.port)
    await talk(other, 'abc')
    server.sockets.at(-1)?.resetAndDestroy()
    await until('the reset', () => other.log.includes('close'))
    expect(other.log).toEqual(['connect', 'ECONNRESET', 'close'])
    await until('nothing left', () => proxy.connections.length === 0)
    expect(proxy.events.map(({ what, connection }) => `${what} ${connection}`)).toEqual([
      'listening null',
      'opened 1',
      'closed 1',
      'opened 2',
      'closed 2',
    ])
  })

  it('[E4] gives the address to connect to: the path of the target behind its own port', async () => {
    const server = await echo()
    const proxy = await proxyTo(`${server.url}/ws?a=b`)
    expect(proxy.url).toBe(`ws://127.0.0.1:${proxy.port}/ws?a=b`)
    for (const target of ['', 'localhost:3000', 'ftp://x']) {
      await expect(createProxy({ target })).rejects.toThrow(/^target: expected/)
    }
    await expect(createProxy({ target: server.url, port: proxy.port })).rejects.toThrow(/EADDRINUSE/)
  })

  it('[E4] refuses, and passes again on the same port; connections there are go on', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const old = open(proxy.port)
    await talk(old, 'a')
    proxy.refuse()
    const refused = open(proxy.port)
    await until('the refusal', () => refused.log.includes('close'))
    expect(refused.log).toEqual(['ECONNREFUSED', 'close'])
    await talk(old, 'b')
    await proxy.pass()
    await talk(open(proxy.port), 'c')
    expect(server.log).toEqual(['connection', 'connection'])
  })

  it('[E4] resets where the target refuses', async () => {
    const gone = await echo()
    await endAll()
    const proxy = await proxyTo(gone.url)
    const client = open(proxy.port)
    await until('the end', () => client.log.includes('close'))
    expect(client.log.slice(1)).toEqual(['ECONNRESET', 'close'])
    expect(proxy.events.map(({ what }) => what)).toContain('target-refused')
  })

  it('[E4] hangs: takes the connection, never answers, and sees it given up', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    await proxy.hang()
    const client = open(proxy.port)
    client.socket.write('anybody?')
    await until('the hung connection', () => proxy.events.at(-1)?.what === 'hung')
    await proxy.pass()
    await proxy.heal()
    await twentyRoundTrips(proxy.port)
    expect([client.log, client.text(), server.log.length]).toEqual([['connect'], '', 1])
    client.socket.destroy()
    await until('nothing left', () => proxy.connections.length === 0)
  })

  it('[E4] is a black hole: nothing arrives, nobody is told, until it heals', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    const breaks = open(proxy.port)
    const leaves = open(proxy.port)
    for (const each of [client, breaks, leaves]) await talk(each, 'a')
    await proxy.blackHole()
    const late = open(proxy.port)
    late.socket.write('late')
    client.socket.write('b')
    server.sockets[0]?.write('from the server')
    breaks.socket.resetAndDestroy()
    leaves.socket.end('c')
    await until('four connections', () => proxy.connections.length === 4)
    await twentyRoundTrips(server.port)
    expect([client.log, client.text(), late.log, late.text()]).toEqual([['connect'], 'A', ['connect'], ''])
    expect(server.sockets[0]?.bytesRead).toBe(1)
    expect(server.sockets.slice(0, 3).map((socket) => socket.readyState)).toEqual(['open', 'open', 'open'])
    await proxy.heal()
    await until('the burst', () => client.text() === 'Afrom the serverB' && late.text() === 'LATE')
    await until('the reset', () => server.log.includes('ECONNRESET'))
    await until('the end', () => leaves.log.includes('close'))
    expect(leaves.text()).toBe('AC')
    expect(client.log).toEqual(['connect'])
  })

  it('[E4] is a black hole also for what is under way', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const other = await proxyTo(server.url)
    const client = open(proxy.port)
    const witness = open(other.port)
    await talk(client, 'a')
    await talk(witness, 'a')
    proxy.latency(300)
    other.latency(300)
    client.socket.write('b')
    await talk(open(server.port), 'long enough for the proxy to read it')
    await proxy.blackHole()
    await talk(witness, 'later, and there and back')
    expect(server.sockets[0]?.bytesRead).toBe(1)
    await proxy.heal()
    await until('the answer', () => client.text() === 'AB')
  })

  it('[E4] cuts with a reset, both ways', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.cut()
    await until('both ends', () => client.log.includes('close') && server.log.includes('close'))
    expect(client.log).toEqual(['connect', 'ECONNRESET', 'close'])
    expect(server.log).toEqual(['connection', 'ECONNRESET', 'close'])
    await talk(open(proxy.port), 'b')
  })

  it('[E4] finishes without a reset, both ways', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.finish()
    await until('both ends', () => client.log.includes('close') && server.log.includes('close'))
    expect(client.log).toEqual(['connect', 'end', 'close'])
    expect(server.log).toEqual(['connection', 'end', 'close'])
    await until('nothing left', () => proxy.connections.length === 0)
  })

  it('[E4] cuts and finishes connections that hang or stall', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    await proxy.hang()
    const hung = open(proxy.port)
    await until('it to hang', () => proxy.connections.length === 1)
    proxy.finish()
    await until('its end', () => hung.log.includes('close'))
    expect(hung.log).toEqual(['connect', 'end', 'close'])
    await until('nothing left', () => proxy.connections.length === 0)
    await proxy.blackHole()
    const stalled = open(proxy.port)
    await until('it to stall', () => proxy.connections.length === 1)
    proxy.cut()
    await until('its end', () => stalled.log.includes('close'))
    expect(stalled.log).toEqual(['connect', 'ECONNRESET', 'close'])
  })

  it('[E4] takes its time, in order, each way', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.latency(60, 20)
    const start = performance.now()
    for (const text of ['b', 'c', 'd']) client.socket.write(text)
    await until('the answers', () => client.text() === 'ABCD')
    const took = performance.now() - start
    expect(took).toBeGreaterThanOrEqual(119)
    proxy.latency(0)
    await talk(client, 'e')
    client.socket.end()
    await until('the end', () => server.log.includes('close'))
  })

  it('[E4] does not read on while much is under way, so that a slow path slows the sender', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.latency(3_600_000)
    const bytes = 64 * 1024 * 1024
    client.socket.write(Buffer.alloc(bytes))
    // Long enough to read it all several times over.
    for (let round = 0; round < 5; round += 1) await twentyRoundTrips(server.port)
    expect(client.socket.writableLength).toBeGreaterThan(bytes / 2)
  })

  it('[E4] waits for a reader that does not read, and loses nothing', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    client.socket.pause()
    const bytes = 64 * 1024 * 1024
    server.sockets[0]?.write(Buffer.alloc(bytes, 'x'))
    for (let round = 0; round < 5; round += 1) await twentyRoundTrips(server.port)
    expect(server.sockets[0]?.writableLength).toBeGreaterThan(bytes / 2)
    client.socket.resume()
    await until('all of it', () => client.text().length === bytes + 1)
  })

  it('[E4] carries much more than it holds', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    proxy.latency(40)
    const text = 'x'.repeat(8 * 1024 * 1024)
    client.socket.write(text)
    await until('all of it', () => client.text().length === text.length)
    expect(proxy.connections).toMatchObject([{ toTarget: text.length, toClient: text.length }])
  })

  it.each([0, 1, 5, 100, 65_536])('[E4] cuts after exactly %i bytes to the client', async (bytes) => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const before = open(proxy.port)
    await talk(before, 'a')
    proxy.cutAfter(bytes)
    const client = open(proxy.port)
    client.socket.write('x'.repeat(100_000))
    await until('the end', () => client.log.includes('close'))
    expect([client.text().length, client.log[1]]).toEqual([bytes, 'end'])
    expect(proxy.events.map(({ what }) => what)).toContain('limit-reached')
    proxy.cutAfter(null)
    await talk(before, 'b'.repeat(1000))
    await talk(open(proxy.port), 'c'.repeat(1000))
  })

  it('[E4] heals everything at once', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    proxy.latency(60_000)
    proxy.cutAfter(0)
    proxy.refuse()
    await proxy.heal()
    await talk(open(proxy.port), 'a')
    expect(proxy.events.map(({ what }) => what)).toEqual([
      'listening',
      'refusing',
      'healed',
      'listening',
      'opened',
    ])
  })

  it('[E4] tells each event as it happens', async () => {
    const server = await echo()
    const seen: string[] = []
    const proxy = await proxyTo(server.url, { onEvent: ({ what }) => seen.push(what) })
    await talk(open(proxy.port), 'a')
    proxy.cut()
    await until('the end', () => seen.includes('closed'))
    expect(seen).toEqual(['listening', 'opened', 'cut', 'closed'])
    expect(proxy.events.map(({ what }) => what)).toEqual(seen)
  })

  it('[E4] leaves no socket behind when closed, whatever state it is in, and closes once', async () => {
    const server = await echo()
    const proxy = await createProxy({ target: server.url })
    const client = open(proxy.port)
    await talk(client, 'a')
    await proxy.blackHole()
    const stalled = open(proxy.port)
    await until('it to stall', () => proxy.connections.length === 2)
    await proxy.hang()
    const hung = open(proxy.port)
    await until('it to hang', () => proxy.connections.length === 3)
    const closed = proxy.close()
    expect(proxy.close()).toBe(closed)
    await closed
    expect(proxy.connections).toEqual([])
    for (const { log } of [client, stalled, hung]) await until('the end', () => log.includes('close'))
    await until('the end at the server', () => server.log.includes('close'))
    const after = open(proxy.port)
    await until('the refusal', () => after.log.includes('ECONNREFUSED'))
  })

  it('[E4] leaves no timer behind when closed', async () => {
    const server = await echo()
    // The test runner has timers of its own that come and go: the fewest seen in a while are those that stay.
    const timers = async (): Promise<number> => {
      const seen: number[] = []
      for (let n = 0; n < 10; n++) {
        await twentyRoundTrips(server.port)
        seen.push(process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length)
      }
      return Math.min(...seen)
    }
    const proxy = await createProxy({ target: server.url })
    const client = open(proxy.port)
    await talk(client, 'a')
    const before = await timers()
    proxy.latency(3_600_000)
    client.socket.write('never arrives')
    expect(await timers()).toBeGreaterThan(before)
    await proxy.close()
    expect(await timers()).toBeLessThanOrEqual(before)
  })
})

describe('a WebSocket through createProxy', () => {
  it('[E4] ends as a page would see it: 1006 by reset and by FIN, the code of the server otherwise', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    onEnd(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const proxy = await proxyTo(`ws://127.0.0.1:${port}/`)
    const closeCode = (onOpen: () => void): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(proxy.url)
        socket.on('error', () => undefined)
        socket.on('open', onOpen)
        socket.on('close', resolve)
      })
    expect(await closeCode(() => proxy.cut())).toBe(1006)
    expect(await closeCode(() => proxy.finish())).toBe(1006)
    expect(await closeCode(() => server.clients.forEach((socket) => socket.close(4403)))).toBe(4403)
    proxy.cutAfter(50)
    expect(await closeCode(() => expect.unreachable())).toBe(1006)
  })
})
