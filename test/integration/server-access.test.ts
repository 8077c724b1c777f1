// Real sockets at the server's door: origins, users, limits of connections, upgrades that drip, and who is shown what.
import { createServer as createHttpServer } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { toNodeListener } from '../../src/server/index.ts'
import { connectRaw, endAll, level1, plain, serve } from '../support/raw-client.ts'

afterEach(endAll)

/** Who says a name is that user. */
const authenticate = ({ request, auth }: { request: Request; auth: unknown }): { id: string } | null => {
  const name = auth ?? request.headers.get('cookie')
  return typeof name === 'string' ? { id: name } : null
}

const as = (id: string, client?: string): unknown => ({
  ...level1,
  auth: id,
  ...(client !== undefined && { client: { id: client, lib: 'raw' } }),
})

describe('origins over real sockets', () => {
  it('[B7] accepts a wrong origin and closes it with 4403, without asking who it is', async () => {
    let asked = 0
    const warned: unknown[] = []
    const server = await serve({
      logger: { warn: (_, context) => warned.push(context) },
      origins: ['https://app.example'],
      authenticate: () => {
        asked += 1
        return { id: 'ann' }
      },
    })
    const evil = server.connect(level1, {
      headers: { origin: 'https://app.example.evil.com', cookie: 's=1' },
    })
    const bare = server.connect(level1, { headers: { cookie: 's=1' } })
    expect(await evil.closed).toBe('4403 origin not allowed')
    expect(await bare.closed).toBe('4403 origin not allowed')
    expect([asked, evil.frames]).toEqual([0, []])
    expect(warned).toEqual([{ origin: 'https://app.example.evil.com' }, {}])
    const good = server.connect(level1, { headers: { origin: 'https://app.example', cookie: 's=1' } })
    await good.frame('server_ready')
    expect(asked).toBe(1)
  })
})

describe('users over real sockets', () => {
  it('[B7] knows a user by cookie or by what client_ready brought, once per link', async () => {
    let asked = 0
    const server = await serve({
      origins: ['https://app.example'],
      authenticate: (context) => {
        asked += 1
        return Promise.resolve(authenticate(context))
      },
      events: {},
      message: ({ user, type }) => void server.live.publish(type, user.id),
    })
    const cookie = server.connect(level1, { headers: { origin: 'https://app.example', cookie: 'bob' } })
    await cookie.frame('server_ready')
    const nobody = server.connect(level1)
    expect(await nobody.closed).toBe('4401 unauthorized')
    const token = server.connect(as('ann'))
    await token.frame('server_ready')
    for (let n = 0; n < 5; n++) token.send({ type: 'ping', timestamp: n })
    await token.frame('pong', 4)
    expect(asked).toBe(3)
    expect(server.live.stats().connections.map((link) => link.user)).toEqual(['bob', 'ann'])
  })

  it('[G2a] [B7] answers the ping that came with client_ready after a slow authentication, and takes no data before', async () => {
    const gates: (() => void)[] = []
    const server = await serve({
      authenticate: () => new Promise((resolve) => gates.push(() => resolve({ id: 'ann' }))),
    })
    const polite = server.connect()
    polite.socket.on('open', () => polite.send({ type: 'ping', timestamp: 7 }))
    const pushy = server.connect()
    pushy.socket.on('open', () => pushy.send({ type: 'order', data: 1 }))
    expect(await pushy.closed).toBe('4401 not authenticated yet')
    expect(polite.frames).toEqual([])
    for (const open of gates) open()
    await polite.frame('pong')
    expect(polite.frames.map((frame) => frame.type)).toEqual(['server_ready', 'pong'])
  })

  it('[A5] replaces the older link of the same client of the same user with 4409, and nobody else’s', async () => {
    const server = await serve({ authenticate })
    const other = server.connect(as('bob', 'c_1'))
    const unnamed = server.connect(as('ann'))
    const older = server.connect(as('ann', 'c_1'))
    for (const client of [other, unnamed, older]) await client.frame('server_ready')
    const newer = server.connect(as('ann', 'c_1'))
    await newer.frame('server_ready')
    expect(await older.closed).toBe('4409 replaced')
    newer.send({ type: 'ping' })
    await newer.frame('pong')
    const users = server.live.stats().connections.map((link) => link.user)
    expect(users.sort()).toEqual(['ann', 'ann', 'bob'])
    expect([other.isClosed(), unnamed.isClosed(), newer.isClosed()]).toEqual([false, false, false])
    // The end of the first, however late, took nothing from the second.
    await server.connect(as('ann', 'c_1')).frame('server_ready')
    expect(await newer.closed).toBe('4409 replaced')
  })

  it('[A5] replaces without users too, by the id of the client alone', async () => {
    const server = await serve()
    const hello = { ...level1, client: { id: 'c_1', lib: 'raw' } }
    const older = server.connect(hello)
    await older.frame('server_ready')
    await server.connect(hello).frame('server_ready')
    expect(await older.closed).toBe('4409 replaced')
  })

  it('[B7] revokes all links of a user at once with 4401', async () => {
    const server = await serve({ authenticate })
    const anns = [server.connect(as('ann')), server.connect(as('ann'))]
    const bob = server.connect(as('bob'))
    for (const client of [...anns, bob]) await client.frame('server_ready')
    await server.live.revoke('ann')
    for (const ann of anns) expect(await ann.closed).toBe('4401 revoked')
    bob.send({ type: 'ping' })
    await bob.frame('pong')
  })

  it('[B7] closes with 4401 when the user’s time is over', async () => {
    const server = await serve({ authenticate: () => ({ id: 'ann', expiresAt: Date.now() + 200 }) })
    const client = server.connect()
    await client.frame('server_ready')
    expect(await client.closed).toBe('4401 expired')
  })

  it('[B7] lets nobody read what authorize does not answer with exactly true', async () => {
    const answers = [
      () => 'yes',
      () => 1,
      () => undefined,
      () => Promise.resolve('yes'),
      () => Promise.reject(new Error('broken')),
    ]
    for (const answer of answers) {
      const server = await serve({ authorize: answer as never })
      const client = server.connect()
      await client.frame('server_ready')
      await server.live.publish('secret', 1)
      client.send({ type: 'ping' })
      await client.frame('pong')
      expect(client.frames.map((frame) => frame.type)).toEqual(['server_ready', 'pong'])
    }
  })

  it('[C1] closes with 4500 when authentication throws or gives no user, and tells nobody why', async () => {
    const logged: unknown[][] = []
    for (const wrong of [
      () => Promise.reject(new Error('database down')),
      () => ({ name: 'ann' }),
      () => undefined,
    ]) {
      const server = await serve({
        authenticate: wrong as never,
        logger: { error: (...args) => logged.push(args) },
      })
      expect(await server.connect().closed).toBe('4500 authentication failed')
    }
    expect(logged.map(([message]) => message)).toEqual(Array<string>(3).fill('authenticate failed.'))
  })
})

describe('limits of connections over real sockets', () => {
  it('[R5] [B7] refuses the link above 100 of an address with HTTP 429, until one of them is gone', async () => {
    const server = await serve()
    const clients = Array.from({ length: 100 }, () => server.connect())
    for (const client of clients) await client.frame('server_ready')
    expect(await server.connect().closed).toBe('refused 429')
    clients[0]!.socket.close()
    await vi.waitFor(() => expect(server.live.stats().sockets).toBe(99))
    await server.connect().frame('server_ready')
  })

  it('[B7] (fault R10) refuses the link above its own limit with HTTP 503, and those there are live on', async () => {
    const server = await serve({ limits: { connections: 3 } })
    const clients = Array.from({ length: 3 }, () => server.connect())
    for (const client of clients) await client.frame('server_ready')
    expect(await server.connect().closed).toBe('refused 503')
    for (const client of clients) client.socket.send('{"type":"ping","timestamp":1}')
    for (const client of clients) await client.frame('pong')
    clients[0]!.socket.close()
    await vi.waitFor(() => expect(server.live.stats().sockets).toBe(2))
    await server.connect().frame('server_ready')
  })

  it('[R5] [B7] closes the 21st link of a user with 4429, also when all come at once', async () => {
    const server = await serve({ authenticate: async (context) => authenticate(context) })
    const clients = Array.from({ length: 25 }, () => server.connect(as('ann')))
    const refused = await Promise.all(
      clients.map((client) => Promise.race([client.closed, client.frame('server_ready')])),
    )
    expect(refused.filter((how) => how === '4429 too many connections;retry_after=10000')).toHaveLength(5)
    await server.connect(as('bob')).frame('server_ready')
    expect(server.live.stats().connections).toHaveLength(21)
    clients.find((client) => !client.isClosed())!.socket.close()
    await vi.waitFor(() => expect(server.live.stats().connections).toHaveLength(20))
    await server.connect(as('ann')).frame('server_ready')
    expect(await server.connect(as('ann')).closed).toMatch(/^4429/)
  })

  it('[R5] [A5] lets a client of a user with 20 links come back, as its older link makes room', async () => {
    const server = await serve({ authenticate })
    const older = server.connect(as('ann', 'c_1'))
    await older.frame('server_ready')
    for (let n = 0; n < 19; n++) await server.connect(as('ann')).frame('server_ready')
    await server.connect(as('ann', 'c_1')).frame('server_ready')
    expect(await older.closed).toBe('4409 replaced')
    expect(server.live.stats().connections).toHaveLength(20)
  })

  it('[R6] closes with 4408 who opens and says nothing, and drops an upgrade that drips', async () => {
    const http = createHttpServer({ connectionsCheckingInterval: 20 })
    const server = await serve({ handshakeTimeout: 100 }, () => http)
    expect(http.headersTimeout).toBe(10_000)
    expect(await server.connect(null).closed).toBe('4408 handshake timeout')
    http.headersTimeout = 100
    const socket = connectTcp(server.port, '127.0.0.1')
    socket.write('GET /ws HTTP/1.1\r\nHost: x\r\n')
    const answer = await new Promise<string>((resolve) =>
      socket.on('data', (data) => resolve(data.toString())),
    )
    expect(answer).toMatch(/^HTTP\/1.1 408/)
  })
})

describe('the server beside other things on one HTTP server', () => {
  it('[E5] answers other upgrades with 404 only where nobody else listens, and lets go when detached', async () => {
    const http = createHttpServer()
    const server = await serve({ path: '/live' }, () => http)
    const at = (path: string): string => server.url.replace('/ws', path)
    expect(await connectRaw(at('/other')).closed).toBe('refused 404')
    await connectRaw(at('/live?x=1')).frame('server_ready')
    http.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Teapot\r\n\r\n')
    })
    expect(await connectRaw(at('/other')).closed).toBe('refused 418')
    const detach = server.live.attach(http)
    detach()
    detach()
    await server.live.close()
    expect(http.listenerCount('upgrade')).toBe(1)
  })

  it('[E5] serves any web-standard handler on node:http: bodies, headers, statuses, and no word of what broke', async () => {
    const handler = async (request: Request): Promise<Response | undefined> => {
      if (request.url.endsWith('/throw')) throw new Error('secret')
      if (request.method !== 'POST') return undefined
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ])
      return new Response((await request.text()).toUpperCase(), { status: 201, headers })
    }
    const server = await serve({}, () => createHttpServer(toNodeListener(handler)))
    const posted = await fetch(server.httpUrl, { method: 'POST', body: 'abc' })
    expect([posted.status, await posted.text(), posted.headers.getSetCookie()]).toEqual([
      201,
      'ABC',
      ['a=1', 'b=2'],
    ])
    expect((await fetch(server.httpUrl)).status).toBe(404)
    const broken = await fetch(`${server.httpUrl}/throw`)
    expect([broken.status, await broken.text()]).toEqual([500, '{"error":"internal error"}'])
  })
})

describe('health and statistics', () => {
  const get = async (url: string, path: string, headers = {}): Promise<[number, unknown]> => {
    const response = await fetch(url + path, { headers })
    return [response.status, await response.json()]
  }

  it('[C4] says that it is well to everybody, and nothing else', async () => {
    const server = await serve()
    expect(await get(server.httpUrl, '/health')).toEqual([200, { status: 'ok' }])
    expect((await fetch(`${server.httpUrl}/health`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${server.httpUrl}/health`, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${server.httpUrl}/other`)).status).toBe(404)
  })

  it('[C4] [B7] shows its links, with id, since, last inbound and channels, to users who may see them', async () => {
    const began = Date.now()
    const server = await serve({
      authenticate,
      authorize: ({ id }, action) => action === 'subscribe' || id === 'admin',
    })
    const path = '/api/ws/stats'
    expect(await get(server.httpUrl, path)).toEqual([401, { error: 'no statistics for you' }])
    expect(await get(server.httpUrl, path, { cookie: 'ann' })).toEqual([
      403,
      { error: 'no statistics for you' },
    ])
    const client = server.connect({ ...plain, auth: 'ann' })
    client.socket.on('open', () => client.send({ type: 'ping' }))
    await client.frame('pong')
    await server.live.publish('queue', 1)
    const [status, stats] = await get(server.httpUrl, path, { cookie: 'admin' })
    expect([status, stats]).toEqual([
      200,
      {
        connections: [
          {
            id: expect.stringMatching(/^s_\w+$/) as unknown,
            user: 'ann',
            level: 0,
            since: expect.any(Number) as unknown,
            lastInboundAt: expect.any(Number) as unknown,
            channels: ['queue'],
            bufferedBytes: 0,
            ignored: 0,
          },
        ],
        sockets: 1,
        window: 500,
      },
    ])
    const [link] = server.live.stats().connections
    for (const at of [link!.since, link!.lastInboundAt]) expect(at - began).toBeLessThan(60_000)
    expect(link!.lastInboundAt).toBeGreaterThanOrEqual(link!.since)
  })

  it('[C4] [B7] shows them to nobody where nobody is known, or nobody is allowed', async () => {
    const anonymous = await serve({ authorize: () => true })
    expect((await get(anonymous.httpUrl, '/api/ws/stats'))[0]).toBe(401)
    const lax = await serve({ authenticate: () => ({ id: 'ann' }) })
    expect((await get(lax.httpUrl, '/api/ws/stats'))[0]).toBe(403)
    const broken = await serve({ authenticate: () => Promise.reject(new Error('database down')) })
    expect((await get(broken.httpUrl, '/api/ws/stats'))[0]).toBe(500)
  })
})
