// Rules of the fault proxy between real WebSockets, as a page and a server see what they do.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer, type ServerOptions } from 'ws'
import type { FaultProxy, ProxyRule } from '../../src/testing/proxy.ts'
import { endAll, onEnd, proxyTo, until } from '../support/tcp.ts'

afterEach(endAll)

interface Page {
  readonly socket: WebSocket
  /** What it saw, in order: `open`, texts, and how it ended. */
  readonly seen: readonly string[]
  send(type: string): void
}

/** A server that says `hello` and answers each message with its `type` as text, and a proxy in front of it. */
async function bench(
  options: ServerOptions = {},
): Promise<{ proxy: FaultProxy; got: string[]; page: () => Page }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options })
  await once(server, 'listening')
  const got: string[] = []
  onEnd(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  server.on('connection', (socket) => {
    socket.send('{"type":"hello"}')
    socket.on('error', () => undefined)
    socket.on('message', (text: Buffer) => {
      got.push(text.toString())
      socket.send((JSON.parse(text.toString()) as { type: string }).type)
    })
    socket.on('close', (code) => got.push(String(code)))
  })
  const proxy = await proxyTo(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const page = (): Page => {
    const socket = new WebSocket(proxy.url)
    const seen: string[] = []
    onEnd(() => socket.terminate())
    socket.on('open', () => seen.push('open'))
    socket.on('message', (text: Buffer) => seen.push(text.toString()))
    socket.on('unexpected-response', (request, response) => {
      seen.push(`${response.statusCode} ${response.headers['retry-after'] ?? ''}`.trim())
      request.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', (code, reason) => seen.push(`${code} ${reason.toString()}`.trim()))
    return { socket, seen, send: (type) => socket.send(JSON.stringify({ type })) }
  }
  return { proxy, got, page }
}

const hello = ['open', '{"type":"hello"}']
const whenOpen = (page: Page): Promise<void> => until('the first message', () => page.seen.length >= 2)

describe('rule()', () => {
  it.each([1, 7, 100_000])(
    '[E4] acts on messages between WebSockets, in slices of %i bytes',
    async (bytes) => {
      const { proxy, got, page } = await bench()
      proxy.slice(bytes)
      const rules: ProxyRule[] = [
        { way: 'toTarget', type: 'lost', do: 'suppress' },
        { way: 'toTarget', type: 'twice', do: 'duplicate' },
        { way: 'toTarget', type: 'other', do: { replaceWith: (text) => text.replace('other', 'another') } },
        { way: 'toTarget', type: 'asks', do: { inject: { type: 'news' } } },
        { way: 'toTarget', type: 'tells', do: { inject: { type: 'forged' }, into: 'toTarget' } },
      ]
      for (const rule of rules) proxy.rule(rule)
      const one = page()
      await whenOpen(one)
      for (const type of ['lost', 'twice', 'other', 'asks', 'tells', 'end']) one.send(type)
      await until('the last answer', () => one.seen.includes('end'))
      expect(one.seen.filter((text) => text !== '{"type":"news"}')).toEqual([
        ...hello,
        'twice',
        'twice',
        'another',
        'asks',
        'tells',
        'forged',
        'end',
      ])
      expect(one.seen).toContain('{"type":"news"}')
      expect(
        proxy.events.slice(-6).map(({ what, type, connection }) => `${what} ${type} ${connection}`),
      ).toContain('suppressed lost 1')
      expect(got).toHaveLength(7)
    },
  )

  it('[E4] closes after the handshake with a code, before the page hears a word', async () => {
    const { proxy, got, page } = await bench()
    proxy.rule({ connection: 2, do: { close: 4401, reason: 'who?' } })
    const [first, second] = [page(), page()]
    await until('its end', () => second.seen.length === 2)
    expect(second.seen).toEqual(['open', '4401 who?'])
    await until('its end at the server', () => got.includes('1006'))
    first.send('still here')
    await until('the answer', () => first.seen.includes('still here'))
    await until('one left', () => proxy.connections.length === 1)
  })

  it('[E4] closes those there are, once, after what it injects, when their time has come', async () => {
    const { proxy, page } = await bench()
    const one = page()
    await whenOpen(one)
    const start = performance.now()
    proxy.rule({ after: 300, times: 1, do: { inject: { type: 'bye' }, close: 1012 } })
    await until('its end', () => one.seen.includes('1012'))
    expect(performance.now() - start).toBeGreaterThan(100)
    expect(one.seen).toEqual([...hello, '{"type":"bye"}', '1012'])
    const next = page()
    await whenOpen(next)
    next.send('a')
    await until('the answer', () => next.seen.includes('a'))
  })

  it('[E4] holds up a message and all behind it', async () => {
    const { proxy, page } = await bench()
    const one = page()
    await whenOpen(one)
    proxy.rule({ way: 'toTarget', type: 'slow', do: { delay: 200 } })
    const start = performance.now()
    one.send('slow')
    one.send('fast')
    await until('the answers', () => one.seen.includes('fast'))
    expect(performance.now() - start).toBeGreaterThanOrEqual(199)
    expect(one.seen).toEqual([...hello, 'slow', 'fast'])
  })

  it('[E4] silences one way for good from a message on, for all but the proxy itself', async () => {
    const { proxy, got, page } = await bench()
    const one = page()
    await whenOpen(one)
    proxy.rule({ way: 'toTarget', type: 'ask', do: { inject: { type: 'still' } } })
    proxy.rule({ way: 'toClient', do: 'suppressOnwards' })
    one.send('a')
    one.send('b')
    await until('both at the server', () => got.length === 2)
    one.send('ask')
    // What the proxy says itself still arrives.
    await until('what is injected', () => one.seen.includes('{"type":"still"}'))
    expect(one.seen).toEqual([...hello, '{"type":"still"}'])
  })

  it('[E4] answers in place of the server, as often as it says; other connections open', async () => {
    const { proxy, page } = await bench()
    const answer = { status: 429, headers: { 'retry-after': '7' } }
    proxy.rule({ times: 2, do: { answer } })
    for (const expected of [['429 7'], ['429 7'], hello]) {
      const one = page()
      await until('its end', () => one.seen.length === expected.length)
      expect(one.seen).toEqual(expected)
    }
  })

  it('[E4] refuses a connection by number, and strips the upgrade from others', async () => {
    const { proxy, page } = await bench()
    proxy.rule({ connection: 1, do: 'refuse' })
    proxy.rule({ connection: 2, do: 'stripUpgrade' })
    const first = page()
    await until('its end', () => first.seen.length === 1)
    const second = page()
    await until('its end', () => second.seen.length === 1)
    // What ws says to a request that asks for no WebSocket.
    expect([first.seen, second.seen]).toEqual([['1006'], ['426']])
    expect(proxy.events.filter(({ connection }) => connection === 1).map(({ what }) => what)).toEqual([
      'refused',
    ])
    await whenOpen(page())
  })

  it('[E4] reads messages that would have been compressed, where it was made first', async () => {
    const { proxy, page } = await bench({ perMessageDeflate: { threshold: 0 } })
    const before = page()
    await whenOpen(before)
    expect(before.socket.extensions).toBe('permessage-deflate')
    proxy.rule({ type: 'a', do: 'suppress' })
    before.send('a')
    await until('the answer', () => before.seen.includes('a'))
    expect(proxy.events.map(({ what }) => what)).toContain('unreadable')
    const after = page()
    await whenOpen(after)
    expect(after.socket.extensions).toBe('')
    after.send('a')
    after.send('b')
    await until('the answer', () => after.seen.includes('b'))
    expect(after.seen).not.toContain('a')
  })

  it('[E4] is over when the proxy heals or closes: no timer is left', async () => {
    const { proxy, page } = await bench()
    const timers = (): number => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length
    const one = page()
    await whenOpen(one)
    const before = timers()
    for (let n = 0; n < 10; n += 1) proxy.rule({ after: 3_600_000, do: { close: 4000 } })
    expect(timers()).toBeGreaterThanOrEqual(before + 10)
    proxy.rule({ do: 'suppress' })
    await proxy.heal()
    one.send('a')
    await until('the answer', () => one.seen.includes('a'))
    await proxy.close()
    await until('no more timers than before', () => timers() <= before + 2)
  })
})
