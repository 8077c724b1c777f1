// WebSocket frames as bytes: where each begins and ends in a stream, however it is sliced, and frames of our own.

/** The head of one frame. */
export interface FrameHead {
  /** 0 goes on with a message, 1 is text, 2 binary; 8 and more are control frames, which may stand within a message. */
  readonly opcode: number
  /** The last frame of its message. */
  readonly fin: boolean
  /** The payload is compressed. */
  readonly isCompressed: boolean
  readonly mask: Buffer | null
  /** Of the payload. */
  readonly length: number
}

/** A stretch of bytes that belongs to one frame. All stretches, one after the other, are the stream. */
export interface FramePart {
  readonly head: FrameHead
  /** As they came, the head included in the first of a frame. */
  readonly bytes: Buffer
  /** How many of these are payload: the last ones. */
  readonly payload: number
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** Reads one direction of a WebSocket. */
export interface FrameScanner {
  /** The parts in these bytes; an incomplete head waits for its rest. */
  scan(bytes: Buffer): FramePart[]
  /** The bytes of an incomplete head, which then wait no longer. */
  rest(): Buffer
}

/** At the start of a stream of frames. */
export function createFrameScanner(): FrameScanner {
  let unread: Buffer = Buffer.alloc(0)
  let head: FrameHead | null = null
  /** Payload of the current frame still to come. */
  let left = 0

  return {
    scan(bytes) {
      const parts: FramePart[] = []
      let input = unread.length === 0 ? bytes : Buffer.concat([unread, bytes])
      unread = Buffer.alloc(0)
      while (input.length > 0) {
        const size: number = head === null ? sizeOfHead(input) : 0
        if (head === null && input.length < size) {
          unread = input
          break
        }
        const isFirst: boolean = head === null
        const current: FrameHead = head ?? readHead(input, size)
        if (isFirst) left = current.length
        const payload = Math.min(left, input.length - size)
        left -= payload
        const isLast = left === 0
        parts.push({ head: current, bytes: input.subarray(0, size + payload), payload, isFirst, isLast })
        head = isLast ? null : current
        input = input.subarray(size + payload)
      }
      return parts
    },
    rest() {
      const bytes = unread
      unread = Buffer.alloc(0)
      return bytes
    },
  }
}

/** Of the head that begins here; as much as can be told, so at least one byte more than there is. */
function sizeOfHead(bytes: Buffer): number {
  const second = bytes[1]
  if (second === undefined) return 2
  const length = second & 0x7f
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second & 0x80 ? 4 : 0)
}

function readHead(bytes: Buffer, size: number): FrameHead {
  const first = bytes.readUInt8(0)
  const second = bytes.readUInt8(1)
  const short = second & 0x7f
  return {
    opcode: first & 0x0f,
    fin: (first & 0x80) !== 0,
    isCompressed: (first & 0x40) !== 0,
    mask: second & 0x80 ? Buffer.from(bytes.subarray(size - 4, size)) : null,
    length: short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short,
  }
}

/** The payload of a frame that is there in full, unmasked. */
export function payloadOf(parts: readonly FramePart[]): Buffer {
  const payload = Buffer.concat(
    parts.map(({ bytes, payload: count }) => bytes.subarray(bytes.length - count)),
  )
  const mask = parts[0]?.head.mask ?? null
  // `concat` copied, so this changes nothing that passes on.
  if (mask !== null)
    for (const [index, byte] of payload.entries()) payload[index] = byte ^ mask.readUInt8(index % 4)
  return payload
}

/** One unfragmented frame. What a client sends must be masked; a mask of zeros is one. */
export function encodeFrame(opcode: number, payload: Buffer, isMasked: boolean): Buffer {
  const { length } = payload
  const extra = length > 0xffff ? 8 : length > 125 ? 2 : 0
  const head = Buffer.alloc(2 + extra + (isMasked ? 4 : 0))
  head.writeUInt8(0x80 | opcode, 0)
  head.writeUInt8((isMasked ? 0x80 : 0) | (extra === 8 ? 127 : extra === 2 ? 126 : length), 1)
  if (extra === 8) head.writeBigUInt64BE(BigInt(length), 2)
  if (extra === 2) head.writeUInt16BE(length, 2)
  return Buffer.concat([head, payload])
}

/** A close frame. */
export function encodeClose(code: number, reason: string, isMasked: boolean): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
  payload.writeUInt16BE(code, 0)
  payload.write(reason, 2)
  return encodeFrame(8, payload, isMasked)
}
