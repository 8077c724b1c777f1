// Levels 2 and 3 over real sockets: subscriptions that recover, publications with one answer, and what nobody may do.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoryBroker, type Broker } from '../../src/server/index.ts'
import { virtualClock } from '../../src/testing/index.ts'
import { endAll, level1, serve, type RawClient, type RawServer } from '../support/raw-client.ts'

afterEach(endAll)

const hello = (id: string, level: 2 | 3 = 3, auth?: unknown): object => ({
  type: 'client_ready',
  v: 1,
  client: { id, lib: 'test/0' },
  caps: level === 3 ? ['channels', 'ack', 'recover'] : ['channels', 'ack'],
  ...(auth === undefined ? {} : { auth }),
})
/** A client whose link is ready. */
async function enter(server: RawServer, ...how: Parameters<typeof hello>): Promise<RawClient> {
  const client = server.connect(hello(...how))
  await client.frame('server_ready')
  return client
}
const authenticate = ({ auth }: { auth: unknown }): { id: string } | null =>
  typeof auth === 'string' ? { id: auth } : null
const offsets = ({ frames }: RawClient): unknown[] =>
  frames.filter(({ type }) => type === 'rt.message').map(({ offset }) => offset)
const subscribe = (channel: string, more: object = {}): object => ({
  type: 'rt.subscribe',
  id: 's1',
  channel,
  ...more,
})

describe('a server at level 3', () => {
  it('[G7] takes new credentials from anybody where nobody is asked for any', async () => {
    const server = await serve()
    const client = await enter(server, 'c_1')
    client.send({ type: 'rt.auth', id: 'a1', auth: 'whatever' })
    expect(await client.frame('rt.ack')).toMatchObject({ id: 'a1' })
  })

  it('[C1 G14] sends a subscriber what is published, and after a cut what it missed, once and in order', async () => {
    const server = await serve()
    const first = await enter(server, 'c_1')
    first.send(subscribe('chat:1'))
    const { epoch } = await first.frame('rt.subscribed')
    await server.live.publish('chat:1', 'one')
    expect(await first.frame('rt.message')).toMatchObject({
      channel: 'chat:1',
      ref: 's1',
      data: 'one',
      epoch,
      offset: 1,
    })
    first.socket.terminate()
    for (const word of ['two', 'three']) await server.live.publish('chat:1', word)
    const second = await enter(server, 'c_1')
    second.send(subscribe('chat:1', { since: { epoch, offset: 1 } }))
    expect(await second.frame('rt.subscribed')).toMatchObject({ recovered: true, replay: 2, offset: 3 })
    await server.live.publish('chat:1', 'four')
    await second.frame('rt.message', 2)
    expect(offsets(second)).toEqual([2, 3, 4])
  })

  it('[C1 G19] publishes what a client sends once, however often it is sent, and says where it is', async () => {
    const server = await serve({ authorize: () => true })
    const [ann, bob] = [await enter(server, 'c_1'), await enter(server, 'c_2')]
    bob.send(subscribe('chat:1'))
    await bob.frame('rt.subscribed')
    for (let n = 0; n < 3; n++) ann.send({ type: 'rt.publish', id: 'p-1', channel: 'chat:1', data: 'x' })
    await ann.frame('rt.ack', 2)
    const acks = ann.frames.filter(({ type }) => type === 'rt.ack')
    expect(acks.map(({ id, offset, duplicate }) => [id, offset, duplicate])).toEqual([
      ['p-1', 1, undefined],
      ['p-1', 1, true],
      ['p-1', 1, true],
    ])
    // The same id of another client is another message.
    bob.send({ type: 'rt.publish', id: 'p-1', channel: 'chat:1', data: 'y' })
    await bob.frame('rt.message', 1)
    expect(bob.frames.filter(({ type }) => type === 'rt.message').map(({ data }) => data)).toEqual(['x', 'y'])
  })

  it('[INV-24 C1] lets nobody subscribe or publish without a yes, and says the same to all', async () => {
    const server = await serve({
      authenticate,
      authorize: ({ id }, action, channel) =>
        channel === `user:${id}` ? true : action === 'subscribe' && channel === 'news',
    })
    const ann = await enter(server, 'c_1', 3, 'ann')
    ann.send(subscribe('user:bob'))
    ann.send({ type: 'rt.publish', id: 'p1', channel: 'news', data: 1 })
    ann.send({ type: 'rt.subscribe', id: 's2', channel: 'user:ann' })
    await ann.frame('rt.subscribed')
    await vi.waitFor(() => expect(ann.frames.filter(({ type }) => type === 'rt.error')).toHaveLength(2))
    expect(
      ann.frames
        .flatMap(({ type, id, code }) => (type === 'rt.error' ? [`${String(id)} ${String(code)}`] : []))
        .sort(),
    ).toEqual(['p1 forbidden', 's1 forbidden'])
    expect(await server.live.publish('user:bob', 1)).toMatchObject({ recipients: 0 })
    expect(await server.live.publish('user:ann', 1)).toMatchObject({ recipients: 1 })
  })

  it('[C3] keeps in a personal channel what waits for a client that is away', async () => {
    const server = await serve({
      authenticate,
      authorize: ({ id }, _, channel) => channel === `user:${id}`,
      history: { user: { size: 2, ttl: 60_000 } },
    })
    for (const n of [1, 2, 3]) await server.live.publish('user:ann', n)
    const ann = await enter(server, 'c_1', 3, 'ann')
    ann.send(subscribe('user:ann', { params: { history: 10 } }))
    expect(await ann.frame('rt.subscribed')).toMatchObject({ recovered: false, replay: 2, offset: 3 })
    await ann.frame('rt.message', 1)
    expect(offsets(ann)).toEqual([2, 3])
  })

  it('[C1a C1c] gives the state of a channel along with the answer, at its position', async () => {
    const server = await serve()
    await server.live.publishIfChanged('queue', { length: 3 })
    const client = await enter(server, 'c_1')
    client.send(subscribe('queue'))
    expect(await client.frame('rt.subscribed')).toMatchObject({ offset: 1, data: { length: 3 } })
    await server.live.publishIfChanged('queue', { length: 3 })
    await server.live.publishIfChanged('queue', { length: 4 })
    expect(await client.frame('rt.message')).toMatchObject({ offset: 2, data: { length: 4 } })
    expect(client.frames.some(({ type }) => type === 'queue')).toBe(false)
  })

  it('[C1] answers a request with what the app gives, and one that nobody answers with rejected', async () => {
    const server = await serve({
      message: ({ type, data }) => {
        if (type === 'bad') throw new Error('no')
        return { twice: Number(data) * 2 }
      },
    })
    const client = await enter(server, 'c_1', 2)
    client.send({ type: 'double', id: 'r1', data: 21 })
    client.send({ type: 'bad', id: 'r2' })
    expect(await client.frame('rt.ack')).toMatchObject({ id: 'r1', data: { twice: 42 } })
    expect(await client.frame('rt.error')).toMatchObject({ id: 'r2', code: 'rejected' })
  })

  it('[G7] takes new credentials on an open link', async () => {
    const server = await serve({ authenticate })
    const ann = await enter(server, 'c_1', 2, 'ann')
    ann.send({ type: 'rt.auth', id: 'a1', auth: 'ann' })
    expect(await ann.frame('rt.ack')).toMatchObject({ id: 'a1' })
    ann.send({ type: 'rt.auth', id: 'a2', auth: 'bob' })
    expect(await ann.closed).toBe('4403 another user')
  })

  it('[G18] (fault S17) says what can be tried again while its broker is away, and serves again after', async () => {
    const inner = memoryBroker()
    let isAway = true
    const guard =
      <A extends unknown[], R>(run: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> =>
        isAway ? Promise.reject(new Error('broker away')) : run(...args)
    const broker: Broker = {
      ...inner,
      subscribe: guard(inner.subscribe),
      publish: guard(inner.publish),
      history: guard(inner.history),
    }
    const server = await serve({ broker, authorize: () => true, logger: {} })
    const client = await enter(server, 'c_1')
    client.send(subscribe('a'))
    client.send({ type: 'rt.publish', id: 'p1', channel: 'a', data: 1 })
    await client.frame('rt.error', 1)
    for (const error of client.frames.filter(({ type }) => type === 'rt.error'))
      expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    isAway = false
    client.send(subscribe('a', { id: 's2' }))
    await client.frame('rt.subscribed')
    client.send({ type: 'rt.publish', id: 'p1', channel: 'a', data: 1 })
    expect(await client.frame('rt.ack')).toMatchObject({ id: 'p1' })
    expect(await client.frame('rt.message')).toMatchObject({ ref: 's2' })
  })

  it('[C1 G22] lets a client hear what it publishes right after it subscribed, however long that takes', async () => {
    const answers: (() => void)[] = []
    const server = await serve({
      authorize: (_, action) =>
        action === 'publish' || new Promise((resolve) => answers.push(() => resolve(true))),
    })
    const client = await enter(server, 'c_1')
    client.send([subscribe('a'), { type: 'rt.publish', id: 'p1', channel: 'a', data: 'mine' }])
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    answers[0]?.()
    expect(await client.frame('rt.message')).toMatchObject({ data: 'mine', offset: 1 })
    expect(await client.frame('rt.ack')).toMatchObject({ id: 'p1', offset: 1 })
    expect(client.frames.findIndex(({ type }) => type === 'rt.subscribed')).toBe(1)
  })

  it('[INV-24 B7] publishes nothing more for who was revoked', async () => {
    let allow = (): void => undefined
    let asked = 0
    const server = await serve({
      authenticate,
      authorize: () => {
        asked += 1
        return new Promise((resolve) => (allow = () => resolve(true)))
      },
    })
    const ann = await enter(server, 'c_1', 3, 'ann')
    for (let n = 0; n < 5; n++) ann.send({ type: 'rt.publish', id: `p${n}`, channel: 'a', data: n })
    await vi.waitFor(() => expect(asked).toBe(1))
    await server.live.revoke('ann')
    expect(await ann.closed).toBe('4401 revoked')
    allow()
    // By then all that could go on has gone on.
    await enter(server, 'c_2', 3, 'bob')
    expect(await server.live.publish('a', 'probe')).toMatchObject({ offset: 1 })
    expect(asked).toBe(1)
  })

  it('[G18 R7] (fault S17) answers every publication while its broker hangs, and lets none wait without end', async () => {
    const clock = virtualClock()
    const inner = memoryBroker({ clock })
    let hangs = true
    const broker: Broker = {
      ...inner,
      publish: (...args) => (hangs ? new Promise(() => undefined) : inner.publish(...args)),
    }
    const server = await serve({ broker, authorize: () => true, runtime: { clock, random: Math.random } })
    const client = await enter(server, 'c_1')
    for (let n = 0; n < 20; n++) client.send({ type: 'rt.publish', id: `p${n}`, channel: 'a', data: n })
    client.send({ type: 'ping' })
    await client.frame('pong')
    for (let passed = 0; passed < 12_000; passed += 1_000) await clock.advanceAsync(1_000)
    await client.frame('rt.error', 19)
    for (const error of client.frames.filter(({ type }) => type === 'rt.error'))
      expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    hangs = false
    client.send({ type: 'rt.publish', id: 'p0', channel: 'a', data: 0 })
    expect(await client.frame('rt.ack')).toMatchObject({ id: 'p0', offset: 1 })
  })

  it('[INV-24 G7] goes by the rights of the newest credentials, at every level', async () => {
    const server = await serve({
      // Time stands still: it is not the next look at the top that finds out.
      runtime: { clock: virtualClock(), random: Math.random },
      authenticate: ({ auth }) => ({ id: 'ann', role: auth }),
      authorize: (user, _, channel) => channel === 'open' || ('role' in user && user.role === 'admin'),
    })
    const hellos = [{ ...level1, auth: 'admin' }, hello('c_2', 3, 'admin')]
    const [first, third] = hellos.map((words) => server.connect(words)) as [RawClient, RawClient]
    for (const client of [first, third]) await client.frame('server_ready')
    third.send([subscribe('secret'), subscribe('open', { id: 's2' })])
    await third.frame('rt.subscribed', 1)
    for (const client of [first, third]) {
      client.send({ type: 'rt.auth', id: 'a1', auth: 'guest' })
      await client.frame('rt.ack')
    }
    expect(await third.frame('rt.unsubscribed')).toMatchObject({
      channel: 'secret',
      ref: 's1',
      code: 'forbidden',
      retry: false,
    })
    expect(await server.live.publish('secret', 1)).toMatchObject({ recipients: 0 })
    expect(await server.live.publish('open', 2)).toMatchObject({ recipients: 2 })
    await first.frame('open')
    await third.frame('rt.message')
    for (const { frames } of [first, third])
      expect(
        frames.filter(
          ({ type, channel }) => type === 'secret' || (type === 'rt.message' && channel === 'secret'),
        ),
      ).toEqual([])
    third.send({ type: 'rt.publish', id: 'p1', channel: 'secret', data: 3 })
    expect(await third.frame('rt.error')).toMatchObject({ id: 'p1', code: 'forbidden' })
  })

  it('[INV-24 G18] is unavailable, not forbidden, while authorize throws, and sends nothing below level 2', async () => {
    let throws = true
    const server = await serve({
      authorize: () => {
        if (throws) throw new Error('database away')
        return true
      },
      logger: {},
    })
    const [client, below] = [await enter(server, 'c_1'), server.connect(level1)]
    await below.frame('server_ready')
    client.send([subscribe('a'), { type: 'rt.publish', id: 'p1', channel: 'a', data: 1 }])
    await client.frame('rt.error', 1)
    for (const error of client.frames.filter(({ type }) => type === 'rt.error'))
      expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    expect(await server.live.publish('a', 'unseen')).toMatchObject({ recipients: 0 })
    throws = false
    client.send([subscribe('a', { id: 's2' }), { type: 'rt.publish', id: 'p1', channel: 'a', data: 1 }])
    expect(await client.frame('rt.message')).toMatchObject({ ref: 's2', data: 1 })
    expect((await below.frame('a')).data).toBe(1)
  })

  it('[C1 P14] publishes to channels that are no types: to subscribers', async () => {
    const server = await serve()
    const [client, below] = [await enter(server, 'c_1'), server.connect(level1)]
    await below.frame('server_ready')
    client.send(subscribe('orders/42'))
    await client.frame('rt.subscribed')
    expect(await server.live.publish('orders/42', 'new')).toMatchObject({ recipients: 1 })
    expect(await client.frame('rt.message')).toMatchObject({ channel: 'orders/42', data: 'new' })
    await server.live.publish('orders', 1)
    await below.frame('orders')
    expect(below.frames.map(({ type }) => type)).toEqual(['server_ready', 'orders'])
  })

  it('[S11 G14] replays 60 channels of 280 kB to a reader who reads, without calling it slow', async () => {
    const server = await serve({ maxEventBytes: 2_000 })
    const channels = Array.from({ length: 60 }, (_, n) => `c${n}`)
    const data = 'x'.repeat(950)
    const epochs = await Promise.all(
      channels.map(async (channel) => {
        for (let n = 0; n < 279; n++) void server.live.publish(channel, data)
        return (await server.live.publish(channel, data)).epoch
      }),
    )
    const client = await enter(server, 'c_1')
    client.send(
      channels.map((channel, n) => ({
        ...subscribe(channel, { since: { epoch: epochs[n], offset: 0 } }),
        id: `s${n}`,
      })),
    )
    await Promise.race([client.frame('rt.message', 60 * 280 - 1), client.closed])
    expect(client.isClosed()).toBe(false)
    const verdicts = client.frames.filter(({ type }) => type === 'rt.subscribed')
    expect(verdicts.filter(({ recovered, replay }) => recovered === true && replay === 280)).toHaveLength(60)
  })

  it('[G21] holds on to no channel that nobody hears any more', async () => {
    const inner = memoryBroker()
    let heard = 0
    const broker: Broker = {
      ...inner,
      async subscribe(...args) {
        const leave = await inner.subscribe(...args)
        heard += 1
        return () => {
          heard -= 1
          leave()
        }
      },
    }
    const server = await serve({ broker })
    const [one, two] = [await enter(server, 'c_1'), await enter(server, 'c_2')]
    for (const client of [one, two]) client.send(subscribe('a'))
    for (const client of [one, two]) await client.frame('rt.subscribed')
    one.send({ type: 'rt.subscribe', id: 's2', channel: 'b' })
    await one.frame('rt.subscribed', 1)
    expect(heard).toBe(2)
    one.send({ type: 'rt.unsubscribe', id: 'u1', channel: 'a' })
    await one.frame('rt.unsubscribed')
    expect(heard).toBe(2)
    one.socket.terminate()
    await vi.waitFor(() => expect(heard).toBe(1))
    two.socket.close()
    await vi.waitFor(() => expect(heard).toBe(0))
  })
})
