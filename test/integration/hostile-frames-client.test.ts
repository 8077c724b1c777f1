// The client over the real `ws`, at a server that writes bytes by hand: whatever breaks the link, the next good one is used.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, vi, type TestContext } from 'vitest'
import { WebSocket } from 'ws'
import {
  createConnection,
  webSocket,
  type Connection,
  type ConnectionOptions,
  type HoldfastError,
} from '../../src/index.ts'
import { watchPrototypes } from '../model/fuzz/prototypes.ts'
import { runs } from '../model/fuzz/runs.ts'
import { rawFrame, upgradeAnswer, type RawFrameOptions } from '../support/raw-socket.ts'

/** What a server writes, which does not mask. */
const fromServer = (payload: string | Buffer = '', options: RawFrameOptions = {}): Buffer =>
  rawFrame(payload, { masked: false, ...options })
const ready = fromServer('{"type":"server_ready","v":1}')
const news = fromServer('{"type":"news","data":"good"}')

const quick = { timeout: 10_000, interval: 5 }

interface Scene {
  readonly live: Connection
  readonly errors: readonly HoldfastError[]
  readonly heard: readonly unknown[]
  /** The next link gets these bytes after its upgrade, and hears nothing more. */
  next(bytes: Buffer, headers?: readonly string[]): void
  /** Cuts the link there is; the next one is a good one, and its news must arrive. */
  expectRecovery(): Promise<void>
}

async function createScene(
  { onTestFinished }: Pick<TestContext, 'onTestFinished'>,
  options: Partial<ConnectionOptions> = {},
): Promise<Scene> {
  let bytes: Buffer = Buffer.concat([ready, news])
  let headers: readonly string[] = []
  const sockets = new Set<Duplex>()
  const http: Server = createServer()
  http.on('upgrade', (request, socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.write(upgradeAnswer(request.headers['sec-websocket-key'] ?? '', headers))
    socket.write(bytes)
    socket.resume()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const errors: HoldfastError[] = []
  const heard: unknown[] = []
  const live = createConnection({
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    transport: webSocket({ WebSocket }),
    connectTimeout: 2_000,
    reconnect: { delay: () => 1, circuit: false, budget: { attempts: 100_000 } },
    on: { error: (error) => errors.push(error) },
    ...options,
  })
  live.on('message', ({ type, data }) => type === 'news' && heard.push(data))
  onTestFinished(() => {
    live.close()
    cut()
    http.close()
  })
  return {
    live,
    errors,
    heard,
    next(hostile, more = []) {
      bytes = hostile
      headers = more
      cut()
      live.connect()
      live.retry()
    },
    async expectRecovery() {
      bytes = Buffer.concat([ready, news])
      headers = []
      cut()
      heard.length = 0
      // A code that forbids to come back is obeyed until somebody asks.
      await vi.waitFor(() => {
        if (live.getSnapshot().status === 'failed') live.connect()
        else live.retry()
        expect(heard).toContain('good')
        expect(live.getSnapshot().status).toBe('connected')
      }, quick)
    },
  }
}

describe.concurrent('a server that writes no WebSocket frames', () => {
  const half = Buffer.from('{"type":"news","data":"é').subarray(0, -1)
  const flood = (count: number, options: RawFrameOptions, payload = ''): Buffer =>
    Buffer.concat(Array<Buffer>(count).fill(fromServer(payload, options)))
  const attacks: readonly (readonly [string, Buffer])[] = [
    ['invalid UTF-8', fromServer(Buffer.from([0xc3, 0x28]))],
    ['a character cut in half', fromServer(half)],
    ['a surrogate in UTF-8', fromServer(Buffer.from([0xed, 0xa0, 0x80]))],
    ['a close reason that is no UTF-8', fromServer(Buffer.from([0x03, 0xe8, 0xff]), { opcode: 8 })],
    ['a close code that is none', fromServer(Buffer.from([0x03, 0xed]), { opcode: 8 })],
    ['reserved bits', fromServer('{}', { reserved: 3 })],
    ['an opcode that is none', fromServer('{}', { opcode: 11 })],
    ['a masked frame', rawFrame('{}')],
    ['a length of 2^63', fromServer('', { length: 2n ** 63n })],
    ['a compressed frame nobody agreed on', fromServer('{}', { reserved: 4 })],
    [
      'a flood of fragments',
      Buffer.concat([fromServer('{', { fin: false }), flood(20_000, { opcode: 0, fin: false }, ' ')]),
    ],
    [
      'a flood of empty fragments',
      Buffer.concat([fromServer('', { fin: false }), flood(20_000, { opcode: 0, fin: false })]),
    ],
  ]
  it.for(attacks)(
    '[G3 G23] bytes that break the rules (%s): the link is left in time, and the next one is used (fault H10) (fault H11) (fault H12)',
    async ([, bytes], context) => {
      // `ws` waits for an answer to its close, and this server gives none: silence ends the link.
      const scene = await createScene(context, { heartbeat: { interval: 300, timeout: 200 } })
      scene.next(Buffer.concat([ready, bytes]))
      await vi.waitFor(() => expect(scene.errors.length).toBeGreaterThan(0), quick)
      for (const { code } of scene.errors) expect(['closed-by-server', 'heartbeat-timeout']).toContain(code)
      await scene.expectRecovery()
    },
  )

  it('[G23] in floods of pings, empty frames and binary ones keeps the link, and is told once a second (fault H12) (fault P1)', async (context) => {
    const scene = await createScene(context)
    await scene.expectRecovery()
    const floods = [flood(5_000, { opcode: 9 }, 'x'), flood(5_000, {}), flood(5_000, { opcode: 2 }, '{}')]
    const seen = scene.errors.length
    scene.next(Buffer.concat([ready, ...floods, fromServer('{"type":"news","data":"after"}')]))
    await vi.waitFor(() => expect(scene.heard).toContain('after'), quick)
    const bad = scene.errors.slice(seen).filter(({ code }) => code === 'protocol-error')
    expect(bad.length).toBeGreaterThan(0)
    expect(bad.length).toBeLessThanOrEqual(3)
    await scene.expectRecovery()
  })

  it('[G23 M12] with a bomb that inflates to 20 MB is dropped unread, and the link goes on (fault H3) (fault H11)', async (context) => {
    const scene = await createScene(context)
    await scene.expectRecovery()
    const zeros = `{"type":"news","data":"${'0'.repeat(20_000_000)}"}`
    const deflated = (text: string): Buffer =>
      fromServer(deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4), { reserved: 4 })
    scene.next(Buffer.concat([ready, deflated(zeros), deflated('{"type":"news","data":"after"}')]), [
      'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover',
    ])
    await vi.waitFor(() => expect(scene.heard).toContain('after'), quick)
    expect(scene.heard.every((data) => String(data).length < 10)).toBe(true)
    expect(scene.errors.map(({ code }) => code)).toContain('message-too-large')
    await scene.expectRecovery()
  })

  it('[G4 G23 INV-20] but bytes of any kind: never a throw, and a good link afterwards (fault H10) (fault H12)', async (context) => {
    const untouched = watchPrototypes()
    const scene = await createScene(context)
    const text = fc.constantFrom(
      '{"type":"news","data":1}',
      '{"type":"rt.go_away","reconnect":false}',
      '{',
      '',
      'é😀',
    )
    const options = fc.record(
      {
        opcode: fc.constantFrom(0, 1, 1, 1, 2, 3, 8, 9, 10, 15),
        fin: fc.boolean(),
        reserved: fc.constantFrom(0, 0, 0, 4, 7),
        masked: fc.constantFrom(false, false, false, true),
        length: fc.constantFrom(0n, 1n, 126n, 65_536n, 2n ** 63n),
      },
      { requiredKeys: [] },
    )
    const code = fc.integer({ min: 0, max: 65_535 }).map((code) => Buffer.from([code >> 8, code & 255]))
    const frame = fc
      .tuple(
        fc.oneof(
          text.map((each) => Buffer.from(each)),
          code,
          fc.uint8Array({ maxLength: 40 }),
        ),
        options,
      )
      .map(([payload, how]) => fromServer(Buffer.from(payload), how))
    const piece = fc.oneof(
      { weight: 5, arbitrary: frame },
      { weight: 2, arbitrary: text.map((each) => fromServer(each)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
    )
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(piece, { maxLength: 8 }), async (polite, pieces) => {
        scene.next(Buffer.concat([...(polite ? [ready] : []), ...pieces]))
        await scene.expectRecovery()
        untouched()
      }),
      runs(50),
    )
  })
})
