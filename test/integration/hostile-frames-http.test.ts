// The HTTP side of the server under garbage: upgrades that are none, heads that are too long or never end, bodies nobody asked for.
import { createServer as createHttpServer } from 'node:http'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { runs } from '../model/fuzz/runs.ts'
import { expectCalm, stage } from '../support/hostile-stage.ts'
import { endAll, serve } from '../support/raw-client.ts'
import { openRaw, upgradeRequest } from '../support/raw-socket.ts'

afterEach(endAll)

/** The first line of an answer, without its words. */
function statusOf(answer: string): string {
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'none'
}

describe('requests that are no upgrades', () => {
  it('[C1 B7] get a status, and no socket: wrong keys, versions, methods, paths and sizes', async () => {
    const scene = await stage()
    const good = upgradeRequest()
    const attacks: readonly (readonly [string, string])[] = [
      ['101', good],
      ['400', good.replace(/Sec-WebSocket-Key: .*/, 'Sec-WebSocket-Key: short')],
      ['400', good.replace(/Sec-WebSocket-Key: .*\r\n/, '')],
      ['400', good.replace('Version: 13', 'Version: 12')],
      ['400', good.replace('Upgrade: websocket', 'Upgrade: websocketx')],
      ['405', good.replace('GET', 'POST')],
      ['404', good.replace('/ws', '/elsewhere')],
      ['404', good.replace('/ws', '//ws')],
      ['404', good.replace('/ws', '/ws/../ws')],
      ['101', good.replace('/ws', '/ws?__proto__=1&%00%ff')],
      ['101', good.replace('Host: 127.0.0.1', 'Host: __proto__:99999<script>')],
      ['101', good.replace('Host: 127.0.0.1', 'Host: 127.0.0.1\r\nX-Forwarded-For: __proto__, , \xff')],
      ['431', good.replace('Host:', `X-Long: ${'x'.repeat(17_000)}\r\nHost:`)],
      ['400', good.replace('Host:', 'X\u0000: y\r\nHost:')],
      ['400', good.replace('HTTP/1.1', 'HTTP/9.9')],
      ['400', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n'],
      ['400', 'GET\r\n\r\n'],
      ['200', 'GET /health HTTP/1.1\r\nHost: x:99999\r\n\r\n'],
      ['405', 'DELETE /health HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['500', 'TRACE /health HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['400', 'POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
      ['400', 'POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ]
    for (const [status, request] of attacks) {
      const raw = openRaw(scene.server.port, Buffer.from(request, 'latin1'))
      expect(statusOf(await raw.answer), request.slice(0, 200)).toBe(status)
      raw.socket.destroy()
    }
    await expectCalm(scene)
  })

  it('[C1 B7] whose bodies are cut off, or never come, end without a trace', async () => {
    const scene = await stage()
    for (const path of ['/health', '/api/ws/stats', '/elsewhere', '/ws'])
      for (const head of ['Content-Length: 1000000', 'Transfer-Encoding: chunked', 'Expect: 100-continue']) {
        const raw = openRaw(scene.server.port, `POST ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\nhalf`)
        await raw.answer
        raw.socket.resetAndDestroy()
        await raw.ended
      }
    await expectCalm(scene)
  })

  it('[C1 B7] that are reset while they are answered end without a trace', async () => {
    const scene = await stage()
    const raws = ['/elsewhere', '/ws', '/health'].flatMap((path) =>
      Array.from({ length: 20 }, () => openRaw(scene.server.port, upgradeRequest([], path))),
    )
    for (const { socket } of raws) socket.on('connect', () => setImmediate(() => socket.resetAndDestroy()))
    for (const { ended } of raws) expect(await ended).toBe('cut')
    await expectCalm(scene)
  })

  it('[C1 B7] that drip are answered with 408, and a socket that says nothing is let go (fault R6)', async () => {
    const http = createHttpServer({ connectionsCheckingInterval: 20 })
    const server = await serve({}, () => http)
    expect(http.headersTimeout).toBe(10_000)
    http.headersTimeout = 100
    for (const first of ['', 'G', 'GET /ws HTTP/1.1\r\nHost: x\r\n', upgradeRequest().slice(0, -2)]) {
      const raw = openRaw(server.port, first)
      const drip = setInterval(() => raw.socket.write('x'), 20)
      expect(statusOf(await raw.answer)).toMatch(/^(408|400)$/)
      clearInterval(drip)
      raw.socket.destroy()
    }
    expect(server.live.stats().sockets).toBe(0)
  })

  it('[C1 B7 INV-20] of any kind end their own socket and nothing else', async () => {
    const scene = await stage({ trustedProxies: 1 })
    const line = fc.constantFrom(
      ...[
        'Host: x',
        'Host: [::',
        'Connection: Upgrade',
        'Connection: keep-alive, Upgrade',
        'Upgrade: websocket',
      ],
      ...[
        'Upgrade: h2c',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Version: 8',
        'Origin: null',
        'Cookie: a=1',
      ],
      ...['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Protocol: ,'],
      ...['Sec-WebSocket-Extensions: permessage-deflate; x=', 'Authorization: \xff', 'Content-Length: 3'],
      ...[
        'Transfer-Encoding: chunked',
        'X-Forwarded-For: ,,',
        '__proto__: 1',
        ': empty',
        'no colon',
        ' folded',
      ],
    )
    const start = fc
      .tuple(
        fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD', 'CONNECT', 'TRACE', 'QUERY', 'X'),
        fc.constantFrom(
          '/ws',
          '/ws',
          '/health',
          '/api/ws/stats',
          '*',
          'x:80',
          'http://a@b/ws',
          '/%',
          '/\xff',
        ),
        fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2', ''),
      )
      .map((words) => words.join(' '))
    const request = fc
      .tuple(
        start,
        fc.array(line, { maxLength: 9 }),
        fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r'),
        fc.string(),
      )
      .map(([first, lines, end, rest]) => [first, ...lines, '', rest].join(end))
    const good = upgradeRequest()
    const cut = fc
      .tuple(fc.nat(good.length), fc.string({ unit: 'binary', maxLength: 5 }), fc.nat(3))
      .map(([at, piece, gone]) => good.slice(0, at) + piece + good.slice(at + gone))
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(request, cut), { maxLength: 12 }), async (texts) => {
        const raws = texts.map((text) => openRaw(scene.server.port, Buffer.from(text, 'latin1')))
        for (const { socket } of raws) socket.end()
        for (const { ended, answer } of raws) {
          await ended
          seen.add(statusOf(await answer))
        }
      }),
      runs(30),
    )
    for (const status of ['101', '400', '404']) expect(seen).toContain(status)
    // Pages that were refused were told of; nothing broke.
    await vi.waitFor(() => expect(scene.server.live.stats().sockets).toBe(1), 5_000)
    for (const [message] of scene.logged.splice(0) as [string][])
      expect(message).toMatch(/^A page was refused/)
    await expectCalm(scene)
  })
})
