// The eight usual faults of TCP as the proxy does them, each on one way and on both, seen from bare sockets.
import { afterEach, describe, expect, it } from 'vitest'
import { createProxy } from '../../src/testing/proxy.ts'
import { echo, endAll, open, proxyTo, talk, twentyRoundTrips, until } from '../support/tcp.ts'

afterEach(endAll)

/** How long it takes. */
async function time(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

describe('latency()', () => {
  it.each(['toTarget', 'toClient'] as const)('[E4] takes its time %s alone', async (way) => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.latency(150, 0, way)
    expect(await time(() => talk(client, 'b'))).toBeGreaterThanOrEqual(149)
    proxy.latency(0, 0, way === 'toTarget' ? 'toClient' : 'toTarget')
    expect(await time(() => talk(client, 'c'))).toBeGreaterThanOrEqual(149)
    proxy.latency(0)
    await talk(client, 'd')
  })

  it('[E4] is over when the proxy heals, also for what is under way', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.latency(3_600_000)
    client.socket.write('b')
    await talk(open(server.port), 'long enough for the proxy to read it')
    await proxy.heal()
    await until('the answer', () => client.text() === 'AB')
  })
})

describe('bandwidth()', () => {
  it.each(['toTarget', 'toClient', 'both'] as const)(
    '[E4] lets so many bytes pass in a second, %s',
    async (way) => {
      const server = await echo()
      const proxy = await proxyTo(server.url)
      const client = open(proxy.port)
      await talk(client, 'a')
      proxy.bandwidth(20_000, way)
      const took = await time(() => talk(client, 'x'.repeat(10_000)))
      expect(took).toBeGreaterThan(400)
      // A machine that is busy takes longer, but a lane makes up for late timers.
      expect(took).toBeLessThan(2_000)
      proxy.bandwidth(null)
      await talk(client, 'y'.repeat(1_000_000))
    },
  )

  it('[E4] slows the sender, for not all of it waits in the proxy', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.bandwidth(1_000)
    const bytes = 32 * 1024 * 1024
    client.socket.write(Buffer.alloc(bytes))
    for (let round = 0; round < 5; round += 1) await twentyRoundTrips(server.port)
    expect(client.socket.writableLength).toBeGreaterThan(bytes / 2)
    expect(proxy.connections[0]?.toTarget).toBeLessThan(20_000)
  })

  it('[E4] is at least one byte a second', async () => {
    const proxy = await proxyTo('ws://127.0.0.1:1')
    for (const bytes of [0, -1, NaN]) {
      expect(() => proxy.bandwidth(bytes)).toThrow(`bandwidth: expected at least 1 byte, got ${bytes}.`)
      expect(() => proxy.slice(bytes)).toThrow(/^slice: expected at least 1 byte/)
    }
  })
})

describe('slice()', () => {
  it('[E4] hands on so many bytes at a time, so far apart, on one way', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.slice(3, 5, 'toClient')
    const before = client.pieces.length
    expect(await time(() => talk(client, 'twenty bytes of text'))).toBeGreaterThanOrEqual(29)
    // A busy machine may read two at once, never more in one than was sent.
    expect(client.pieces.slice(before).reduce((sum, size) => sum + size)).toBe(20)
    expect(client.pieces.slice(before).length).toBeGreaterThanOrEqual(4)
    expect(server.sockets[0]?.bytesRead).toBe(21)
    proxy.slice(null)
    await talk(client, 'x'.repeat(100_000))
  })

  it('[E4] of one byte goes both ways', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.slice(1, 3)
    expect(await time(() => talk(client, 'x'.repeat(40)))).toBeGreaterThanOrEqual(40 * 3 - 5)
  })
})

describe('slowClose()', () => {
  it.each(['toTarget', 'toClient'] as const)('[E4] holds up a FIN and nothing else, %s', async (way) => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.slowClose(200, way)
    expect(await time(() => talk(client, 'b'))).toBeLessThan(200)
    const start = performance.now()
    if (way === 'toTarget') client.socket.end('c')
    else server.sockets[0]?.end('C')
    await until('the last words', () =>
      way === 'toTarget' ? server.sockets[0]?.bytesRead === 3 : client.text() === 'ABC',
    )
    const other = way === 'toTarget' ? server.log : client.log
    expect(other).not.toContain('end')
    await until('the end', () => other.includes('end'))
    expect(performance.now() - start).toBeGreaterThanOrEqual(199)
  })
})

describe('timeout()', () => {
  it('[E4] stalls and then ends with FIN, connections there are and those to come', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.timeout(150)
    const late = open(proxy.port)
    const took = await time(async () => {
      client.socket.write('b')
      await until('both ends', () => client.log.includes('close') && late.log.includes('close'))
    })
    expect(took).toBeGreaterThanOrEqual(145)
    expect([client.text(), client.log, late.log]).toEqual([
      'A',
      ['connect', 'end', 'close'],
      ['connect', 'end', 'close'],
    ])
    expect(
      proxy.events.filter(({ what }) => what === 'timed-out').map(({ connection }) => connection),
    ).toEqual([1, 2])
    await proxy.pass()
    const next = open(proxy.port)
    await talk(next, 'c')
    // Somebody else's time, begun later, is over, and it is still there.
    const other = await proxyTo(server.url)
    other.timeout(150)
    const witness = open(other.port)
    await until('the end of the other', () => witness.log.includes('close'))
    expect(next.log).toEqual(['connect'])
  })

  it('[E4] of 0 never ends, and gives everything back when it heals', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.timeout(100, 'toTarget')
    proxy.timeout(0, 'toTarget')
    client.socket.write('b')
    await twentyRoundTrips(server.port)
    await proxy.heal()
    await until('the answer', () => client.text() === 'AB')
    expect(client.log).toEqual(['connect'])
  })
})

describe('blackHole() on one way', () => {
  it('[E4] loses what goes to the target, and nothing that comes back', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    await proxy.blackHole('toTarget')
    client.socket.write('b')
    server.sockets[0]?.write('news')
    await until('the news', () => client.text() === 'Anews')
    const late = open(proxy.port)
    late.socket.write('late')
    await until('both at the server', () => server.sockets.length === 2)
    await twentyRoundTrips(server.port)
    expect([server.sockets[0]?.bytesRead, server.sockets[1]?.bytesRead, late.text()]).toEqual([1, 0, ''])
    await proxy.heal()
    await until('the burst', () => client.text() === 'AnewsB' && late.text() === 'LATE')
  })

  it('[E4] loses what comes back, and nothing that goes to the target', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    await proxy.blackHole('toClient')
    client.socket.write('b')
    await until('it at the server', () => server.sockets[0]?.bytesRead === 2)
    await twentyRoundTrips(server.port)
    expect(client.text()).toBe('A')
    await proxy.heal()
    await until('the answer', () => client.text() === 'AB')
  })

  it('[E4] tells of a reset on the other way only', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const [client, other] = [open(proxy.port), open(proxy.port)]
    await talk(client, 'a')
    await talk(other, 'b')
    await proxy.blackHole('toClient')
    client.socket.resetAndDestroy()
    await until('the reset at the server', () => server.log.includes('ECONNRESET'))
    server.sockets[1]?.resetAndDestroy()
    await twentyRoundTrips(server.port)
    expect(other.log).toEqual(['connect'])
    await proxy.heal()
    await until('the reset at the client', () => other.log.includes('ECONNRESET'))
  })
})

describe('resetAfter() and resetIdle()', () => {
  it('[E4] reset a connection that has been there for so long', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.resetAfter(100)
    const late = open(proxy.port)
    const took = await time(() =>
      until('both resets', () => [client, late].every(({ log }) => log.includes('close'))),
    )
    expect(took).toBeGreaterThanOrEqual(95)
    expect([client.log, late.log]).toEqual([
      ['connect', 'ECONNRESET', 'close'],
      ['connect', 'ECONNRESET', 'close'],
    ])
    proxy.resetAfter(50)
    const kept = open(proxy.port)
    proxy.resetAfter(null)
    await twentyRoundTrips(proxy.port)
    await talk(kept, 'b')
  })

  it('[E4] reset the one on which nothing passed, and not the one that talks', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const [idle, busy] = [open(proxy.port), open(proxy.port)]
    await talk(idle, 'a')
    proxy.resetIdle(300)
    while (!idle.log.includes('close')) await talk(busy, 'b')
    expect(idle.log).toEqual(['connect', 'ECONNRESET', 'close'])
    await talk(busy, 'c')
    expect(proxy.events.filter(({ what }) => what === 'idle').map(({ connection }) => connection)).toEqual([
      1,
    ])
  })
})

describe('cutAfter()', () => {
  it.each([0, 1, 5, 100, 65_536])('[E4] gives the target exactly %i bytes, then FIN', async (bytes) => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    proxy.cutAfter(bytes, 'toTarget')
    const client = open(proxy.port)
    client.socket.write('x'.repeat(100_000))
    await until('the end', () => server.log.includes('end') && client.log.includes('close'))
    expect(server.sockets[0]?.bytesRead).toBe(bytes)
    await until('nothing left', () => proxy.connections.length === 0)
  })

  it.each([1, 5, 65_536])('[E4] gives the client exactly %i bytes, then RST', async (bytes) => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    proxy.cutAfter(bytes, 'toClient', 'reset')
    const client = open(proxy.port)
    client.socket.write('x'.repeat(100_000))
    await until('the end', () => client.log.includes('close') && server.log.includes('close'))
    expect([client.text().length, client.log]).toEqual([bytes, ['connect', 'ECONNRESET', 'close']])
    expect(server.log).toEqual(['connection', 'ECONNRESET', 'close'])
    proxy.cutAfter(null)
    await talk(open(proxy.port), 'c'.repeat(100_000))
  })

  it('[E4] ends with RST also when it heals meanwhile', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    proxy.cutAfter(1, 'toClient', 'reset')
    const client = open(proxy.port)
    client.socket.write('ab')
    await until('the byte', () => client.text() === 'A')
    await proxy.heal()
    await until('the end', () => client.log.includes('close'))
  })
})

describe('down: refuse() and cut()', () => {
  it('[E4] end what is there and let nobody in, until pass()', async () => {
    const server = await echo()
    const proxy = await proxyTo(server.url)
    const client = open(proxy.port)
    await talk(client, 'a')
    proxy.refuse()
    proxy.cut()
    await until('the reset', () => client.log.includes('close'))
    const refused = open(proxy.port)
    await until('the refusal', () => refused.log.includes('ECONNREFUSED'))
    await proxy.pass()
    await talk(open(proxy.port), 'b')
  })
})

describe('the log and the end', () => {
  it('[E4] keeps the last 1 000 events and tells all', async () => {
    let told = 0
    const proxy = await proxyTo('ws://127.0.0.1:1', { onEvent: () => (told += 1) })
    for (let n = 0; n < 1_500; n += 1) proxy.refuse()
    expect([told, proxy.events.length]).toEqual([1_501, 1_000])
    await proxy.heal()
    expect(proxy.events.at(-1)?.what).toBe('listening')
  })

  it('[E4] leaves no timer behind, whatever was to end it', async () => {
    const server = await echo()
    const timers = (): number => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length
    const proxy = await createProxy({ target: server.url })
    const client = open(proxy.port)
    await talk(client, 'a')
    await twentyRoundTrips(server.port)
    const before = timers()
    proxy.resetAfter(3_600_000)
    proxy.resetIdle(3_600_000)
    proxy.slice(1, 3_600_000)
    client.socket.write('abc')
    await until('the first byte', () => client.text() === 'AA')
    proxy.timeout(3_600_000)
    proxy.rule({ after: 3_600_000, do: { close: 4000 } })
    expect(timers()).toBeGreaterThanOrEqual(before + 3)
    await proxy.close()
    await until('no more timers than before', () => timers() <= before + 2)
  })
})

it('[E4] ends while the end of a connection that was cut is still being sent', async () => {
  const server = await echo()
  const proxy = await createProxy({ target: server.url })
  const client = open(proxy.port)
  await talk(client, 'a')
  proxy.finish()
  proxy.cut()
  await proxy.close()
  expect(proxy.connections).toEqual([])
})
