// The real server under bytes that no client would send: each ends its own socket, with the code that fits, and nobody else's.
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { runs } from '../model/fuzz/runs.ts'
import { expectCalm, hello, stage } from '../support/hostile-stage.ts'
import { endAll } from '../support/raw-client.ts'
import { openRaw, rawFrame } from '../support/raw-socket.ts'

afterEach(endAll)

const utf8 = (...bytes: readonly number[]): Buffer => Buffer.from(bytes)

describe('bytes that are no WebSocket frames', () => {
  it('[C1 B7] of invalid UTF-8 end their link with 1007, wherever they stand (fault H10)', async () => {
    const scene = await stage()
    const bad: readonly (readonly [string, Buffer])[] = [
      ['a continuation without a start', utf8(0x80)],
      ['a start without its continuation', utf8(0x7b, 0xc3, 0x28)],
      ['an overlong slash', utf8(0xc0, 0xaf)],
      ['an overlong NUL', utf8(0xe0, 0x80, 0x80)],
      ['a surrogate', utf8(0xed, 0xa0, 0x80)],
      ['beyond U+10FFFF', utf8(0xf4, 0x90, 0x80, 0x80)],
      ['cut in the middle', Buffer.from('{"type":"é').subarray(0, -1)],
      ['bytes that UTF-8 never has', utf8(0xfe, 0xff)],
    ]
    for (const [name, bytes] of bad) {
      expect(await scene.attack(Buffer.concat([hello, rawFrame(bytes)])), name).toBe('1007')
      const halves = [
        rawFrame(bytes.subarray(0, 1), { fin: false }),
        rawFrame(bytes.subarray(1), { opcode: 0 }),
      ]
      expect(await scene.attack(Buffer.concat([hello, ...halves])), `${name}, in two`).toBe('1007')
      const reason = Buffer.concat([utf8(0x03, 0xe8), bytes])
      expect(await scene.attack(Buffer.concat([hello, rawFrame(reason, { opcode: 8 })])), name).toBe('1007')
    }
    // What is whole once put together is welcome.
    const [first, second] = [Buffer.from('{"type":"a","data":"é"}').subarray(0, 21), utf8(0xa9, 0x22, 0x7d)]
    const frames = [rawFrame(first, { fin: false }), rawFrame(second, { opcode: 0 })]
    expect(await scene.attack(Buffer.concat([hello, ...frames, rawFrame('', { opcode: 8 })]))).toBe('1005')
    expect(scene.heard).toEqual(['a'])
    await expectCalm(scene)
  })

  it('[C1 B7] with reserved bits, bad opcodes, no mask, or lies about their length end their link with 1002 or 1009', async () => {
    const scene = await stage()
    const attacks: readonly (readonly [string, Buffer])[] = [
      ...[1, 2, 4, 7].map((reserved) => ['1002', rawFrame('{}', { reserved })] as const),
      ...[3, 7, 11, 15].map((opcode) => ['1002', rawFrame('{}', { opcode })] as const),
      ['1002', rawFrame('{}', { masked: false })],
      ['1002', rawFrame('{}', { opcode: 0 })],
      ['1002', Buffer.concat([rawFrame('{', { fin: false }), rawFrame('{}')])],
      ['1002', rawFrame('x'.repeat(126), { opcode: 9 })],
      ['1002', rawFrame('', { opcode: 9, fin: false })],
      ['1002', rawFrame(utf8(0x03), { opcode: 8 })],
      ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000].map(
        (code) => ['1002', rawFrame(utf8(code >> 8, code & 255), { opcode: 8 })] as const,
      ),
      ['1009', rawFrame('', { length: 65_537n })],
      ['1009', rawFrame('', { length: 2n ** 53n })],
      ['1009', rawFrame('', { length: 2n ** 64n - 1n })],
    ]
    for (const [code, bytes] of attacks)
      expect(await scene.attack(Buffer.concat([hello, bytes])), bytes.subarray(0, 16).toString('hex')).toBe(
        code,
      )
    await expectCalm(scene)
  })

  it('[C1 B7] in floods of fragments, empty ones too, end their link with 1008, and pings without pause cost nobody else (fault H12)', async () => {
    const scene = await stage()
    const flood = (first: string, rest: string): Buffer =>
      Buffer.concat([
        rawFrame(first, { fin: false }),
        ...Array<Buffer>(100).fill(rawFrame(rest, { opcode: 0, fin: false })),
      ])
    expect(await scene.attack(Buffer.concat([hello, flood('{', ' ')]))).toBe('1008')
    expect(await scene.attack(Buffer.concat([hello, flood('', '')]))).toBe('1008')
    // 64 fragments are allowed.
    const most = [rawFrame('{"type":"a"}', { fin: false })]
    for (let n = 0; n < 62; n++) most.push(rawFrame('', { opcode: 0, fin: false }))
    most.push(rawFrame(' ', { opcode: 0 }), rawFrame('', { opcode: 8 }))
    expect(await scene.attack(Buffer.concat([hello, ...most]))).toBe('1005')
    expect(scene.heard).toEqual(['a'])
    // Empty frames are no JSON.
    expect(await scene.attack(Buffer.concat([hello, ...Array<Buffer>(1_000).fill(rawFrame())]))).toBe('4400')
    // Pings whose pongs nobody reads: the link is cut, and the server has not kept them.
    const raw = openRaw(scene.server.port)
    await raw.answer
    raw.socket.pause()
    raw.socket.write(Buffer.concat(Array<Buffer>(20_000).fill(rawFrame('x'.repeat(125), { opcode: 9 }))))
    await vi.waitFor(() => expect(scene.server.live.stats().sockets).toBe(1), 10_000)
    raw.socket.resume()
    expect(await raw.ended).toBe('cut')
    await expectCalm(scene)
  })

  it('[C1 B7 INV-20 INV-25] of any kind end their own link and nothing else (fault H10) (fault H12)', async () => {
    const scene = await stage()
    const text = fc.constantFrom(
      '{"type":"client_ready","v":1}',
      '{"type":"ping"}',
      '{"type":"a"}',
      '{',
      '',
      'é€😀',
    )
    const options = fc.record(
      {
        opcode: fc.constantFrom(0, 1, 1, 1, 2, 3, 8, 9, 10, 15),
        fin: fc.boolean(),
        reserved: fc.constantFrom(0, 0, 0, 4, 7),
        masked: fc.constantFrom(true, true, true, false),
        length: fc.constantFrom(0n, 1n, 125n, 126n, 65_535n, 65_536n, 2n ** 63n),
      },
      { requiredKeys: [] },
    )
    const frame = fc
      .tuple(
        fc.oneof(
          text.map((each) => Buffer.from(each)),
          fc.uint8Array({ maxLength: 40 }),
        ),
        options,
      )
      .map(([payload, how]) => rawFrame(Buffer.from(payload), how))
    const piece = fc.oneof(
      { weight: 6, arbitrary: frame },
      { weight: 2, arbitrary: text.map((each) => rawFrame(each)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
    )
    const bytes = fc.array(piece, { maxLength: 8 })
    const codes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), bytes), { maxLength: 12 }), async (links) => {
        const raws = links.map(([polite, pieces]) => {
          const raw = openRaw(scene.server.port)
          void raw.answer.then(() => raw.socket.end(Buffer.concat([...(polite ? [hello] : []), ...pieces])))
          return raw
        })
        for (const { ended } of raws) codes.add(await ended)
      }),
      runs(40),
    )
    const own = ['4400', '4401', '4409', '1003']
    for (const code of codes) expect([...own, 'cut', '1002', '1005', '1007', '1008', '1009']).toContain(code)
    for (const code of ['4400', '4401', '1002', '1007', 'cut']) expect(codes).toContain(code)
    expect(new Set(scene.heard)).toEqual(new Set(['a']))
    await expectCalm(scene)
  })
})
