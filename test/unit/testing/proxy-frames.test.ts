// The fault proxy's reading of WebSocket frames: the same frames and the same bytes, however they are sliced.
import fc from 'fast-check'
import * as ws from 'ws'
import { describe, expect, it } from 'vitest'
import {
  createFrameScanner,
  encodeClose,
  encodeFrame,
  payloadOf,
  type FramePart,
} from '../../../src/testing/proxy-frames.ts'

/** What the types of ws leave out. */
interface Frame {
  readonly opcode: number
  readonly fin: boolean
  readonly mask: boolean
  readonly payload: Uint8Array
}
/** Exported by ws, and missing from its types. */
const { Receiver, Sender } = ws as unknown as { readonly Receiver: unknown; readonly Sender: unknown }
const senderOf = Sender as {
  frame(data: Buffer, options: object): Buffer[]
}

function toBytes({ opcode, fin, mask, payload }: Frame): Buffer {
  return Buffer.concat(
    senderOf.frame(Buffer.from(payload), {
      opcode,
      fin,
      mask,
      rsv1: false,
      readOnly: true,
      maskBuffer: Buffer.alloc(4),
    }),
  )
}

/** Frames put together from the parts of all these slices. */
function scan(slices: readonly Buffer[]): { frames: FramePart[][]; bytes: Buffer; rest: Buffer } {
  const scanner = createFrameScanner()
  const parts = slices.flatMap((slice) => scanner.scan(slice))
  const frames: FramePart[][] = []
  for (const part of parts) {
    if (part.isFirst) frames.push([part])
    else frames.at(-1)!.push(part)
  }
  return { frames, bytes: Buffer.concat(parts.map((part) => part.bytes)), rest: scanner.rest() }
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((place) => Math.min(place, bytes.length)), bytes.length].sort((a, b) => a - b)
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}

const frame = fc.record({
  opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
  fin: fc.boolean(),
  mask: fc.boolean(),
  // Each of the three sizes a length is written in.
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom(125, 126, 127, 65_535, 65_536).map((length) => new Uint8Array(length).fill(7)),
  ),
})
const places = fc.array(fc.oneof(fc.nat(60), fc.nat(140_000)), { maxLength: 40 })

describe('createFrameScanner', () => {
  it('[E4] finds the same frames and passes the same bytes, however the stream is sliced', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), places, (frames, at) => {
        const stream = Buffer.concat(frames.map(toBytes))
        const found = scan(cut(stream, at))
        expect(found.bytes.equals(stream)).toBe(true)
        expect(found.rest.length).toBe(0)
        expect(
          found.frames.map(([first]) => [first?.head.opcode, first?.head.fin, first?.head.mask !== null]),
        ).toEqual(frames.map(({ opcode, fin, mask }) => [opcode, fin, mask]))
        found.frames.forEach((parts, index) => {
          expect(payloadOf(parts).equals(frames[index]!.payload)).toBe(true)
          expect([parts[0]!.isFirst, parts.at(-1)!.isLast]).toEqual([true, true])
        })
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('[E4] reads masked text byte by byte', () => {
    const bytes = Buffer.concat(
      senderOf.frame(Buffer.from('{"type":"ping"}'), {
        opcode: 1,
        fin: true,
        mask: true,
        rsv1: false,
        readOnly: true,
        generateMask: (mask: Buffer) => mask.set([1, 2, 3, 4]),
        maskBuffer: Buffer.alloc(4),
      }),
    )
    const { frames } = scan([...bytes].map((byte) => Buffer.from([byte])))
    expect(frames).toHaveLength(1)
    expect(frames[0]![0]!.head.mask).toEqual(Buffer.from([1, 2, 3, 4]))
    expect(payloadOf(frames[0]!).toString()).toBe('{"type":"ping"}')
  })

  it('[E4] holds back no more than an incomplete head, and gives it back', () => {
    const whole = encodeFrame(1, Buffer.alloc(70_000), true)
    for (let length = 0; length <= 20; length += 1) {
      const scanner = createFrameScanner()
      const parts = scanner.scan(whole.subarray(0, length))
      const passed = Buffer.concat(parts.map(({ bytes }) => bytes)).length
      expect(passed).toBe(length < 14 ? 0 : length)
      expect(scanner.rest().length).toBe(length - passed)
      expect(scanner.rest().length).toBe(0)
    }
  })

  it('[E4] tells what is compressed, and a length beyond every buffer', () => {
    const scanner = createFrameScanner()
    const [compressed] = scanner.scan(Buffer.from([0xc1, 0x01, 0x00]))
    expect(compressed?.head).toMatchObject({ opcode: 1, isCompressed: true, length: 1 })
    const [huge] = scanner.scan(
      Buffer.concat([Buffer.from([0x82, 127]), Buffer.alloc(8, 0xff), Buffer.from('x')]),
    )
    expect(huge).toMatchObject({ payload: 1, isFirst: true, isLast: false })
  })
})

describe('frames of the proxy’s own', () => {
  /** What a WebSocket makes of these bytes. */
  function received(bytes: Buffer, isServer: boolean): unknown[] {
    const events: unknown[] = []
    const receiver = new (Receiver as new (options: object) => NodeJS.WritableStream)({ isServer })
    receiver.on('message', (data: Buffer) => events.push(data.toString()))
    receiver.on('conclude', (code: number, reason: Buffer) => events.push([code, reason.toString()]))
    receiver.on('error', (error: Error) => events.push(error.message))
    receiver.write(bytes)
    return events
  }

  it.each([0, 1, 125, 126, 65_535, 65_536])(
    '[E4] of %i bytes are what a WebSocket reads, masked or not',
    async (length) => {
      const text = 'x'.repeat(length)
      for (const isMasked of [true, false]) {
        expect(received(encodeFrame(1, Buffer.from(text), isMasked), isMasked)).toEqual([text])
      }
    },
  )

  it('[E4] close with a code and a reason', () => {
    expect(received(encodeClose(4401, 'wer da? – ich', false), false)).toEqual([[4401, 'wer da? – ich']])
    expect(received(encodeClose(1000, '', true), true)).toEqual([[1000, '']])
  })
})
