// Bytes that no WebSocket library would send: frames made by hand, and a socket to write them to.
import { createHash, randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** What of a frame may be wrong. */
export interface RawFrameOptions {
  /** 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong; what is above 15 spills into the flags. @default 1 */
  readonly opcode?: number
  /** Nothing of this message follows. @default true */
  readonly fin?: boolean
  /** The three reserved bits, as a number from 0 to 7; 4 says "compressed". @default 0 */
  readonly reserved?: number
  /** Clients must, servers must not. @default true */
  readonly masked?: boolean
  /** What the frame says of its length. @default the truth */
  readonly length?: bigint
}

/** One frame. The mask is 0000, so that the payload stands as it is. */
export function rawFrame(payload: string | Buffer = '', options: RawFrameOptions = {}): Buffer {
  const { opcode = 1, fin = true, reserved = 0, masked = true } = options
  const data = Buffer.from(payload)
  const length = options.length ?? BigInt(data.length)
  const bit = masked ? 0x80 : 0
  const size = Buffer.alloc(length < 126 ? 1 : length < 65_536 ? 3 : 9)
  size[0] = bit | (length < 126 ? Number(length) : length < 65_536 ? 126 : 127)
  if (size.length === 3) size.writeUInt16BE(Number(length), 1)
  if (size.length === 9) size.writeBigUInt64BE(length, 1)
  const first = Buffer.from([(fin ? 0x80 : 0) | (reserved << 4) | (opcode & 255)])
  return Buffer.concat([first, size, Buffer.alloc(masked ? 4 : 0), data])
}

/** The request that a WebSocket begins with. */
export function upgradeRequest(headers: readonly string[] = [], path = '/ws'): string {
  const key = randomBytes(16).toString('base64')
  return [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    ...headers,
    '\r\n',
  ].join('\r\n')
}

/** The answer to such a request. */
export function upgradeAnswer(key: string, headers: readonly string[] = []): string {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...headers,
    '\r\n',
  ].join('\r\n')
}

export interface RawSocket {
  readonly socket: Socket
  /** The head of the HTTP answer. */
  readonly answer: Promise<string>
  /** All that came after it so far. */
  received(): Buffer
  /** The code of the close frame it got, or `cut` without one. */
  readonly ended: Promise<string>
}

/** A socket that sends this first. It does not end by itself when the other end does: that is what is looked at. */
export function openRaw(port: number, first: string | Buffer = upgradeRequest()): RawSocket {
  const socket = connect({ port, host: '127.0.0.1' })
  let all = Buffer.alloc(0)
  const body = (): Buffer => {
    const end = all.indexOf('\r\n\r\n')
    return end < 0 ? Buffer.alloc(0) : all.subarray(end + 4)
  }
  socket.on('error', () => undefined)
  socket.on('data', (data: Buffer) => (all = Buffer.concat([all, data])))
  socket.write(first)
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(closeCodeIn(body()))))
  const answer = new Promise<string>((resolve) => {
    const look = (): void => {
      if (all.includes('\r\n\r\n')) resolve(all.subarray(0, all.indexOf('\r\n\r\n')).toString('latin1'))
    }
    socket.on('data', look)
    socket.on('close', () => resolve(all.toString('latin1')))
  })
  return { socket, answer, received: body, ended }
}

/** Walks the frames of a server, which are not masked. */
function closeCodeIn(bytes: Buffer): string {
  for (const { opcode, payload } of framesIn(bytes))
    if (opcode === 8) return payload.length < 2 ? '1005' : String(payload.readUInt16BE(0))
  return 'cut'
}

/** The whole frames in what a server sent. */
export function framesIn(
  bytes: Buffer,
): ReadonlyArray<{ readonly opcode: number; readonly reserved: number; readonly payload: Buffer }> {
  const found = []
  for (let at = 0; at + 2 <= bytes.length;) {
    const [first = 0, short = 0] = bytes.subarray(at)
    const head = short === 127 ? 10 : short === 126 ? 4 : 2
    if (at + head > bytes.length) break
    const length =
      head === 10 ? Number(bytes.readBigUInt64BE(at + 2)) : head === 4 ? bytes.readUInt16BE(at + 2) : short
    const payload = bytes.subarray(at + head, at + head + length)
    if (payload.length < length) break
    found.push({ opcode: first & 15, reserved: (first >> 4) & 7, payload })
    at += head + length
  }
  return found
}
