// The head of an HTTP request or answer, as the fault proxy reads it, changes it and answers it.

/** An answer in place of the server's. */
export interface ProxyAnswer {
  readonly status: number
  /** `content-length` and `connection: close` are added. @default none */
  readonly headers?: Readonly<Record<string, string>>
  /** @default empty */
  readonly body?: string
}

/** Longer heads are not read. */
const LONGEST = 16 * 1024

/** Where a head ends: after how many bytes; null if more must come; `none` where this is no HTTP. */
export function endOfHead(bytes: Buffer): number | null | 'none' {
  const start = bytes.toString('latin1', 0, 4)
  if (![...METHODS, 'HTTP'].some((word) => word.startsWith(start) || start.startsWith(word))) return 'none'
  const end = bytes.indexOf('\r\n\r\n')
  if (end >= 0) return end + 4
  return bytes.length > LONGEST ? 'none' : null
}

/** What a request may begin with, as far as it is looked at. */
const METHODS = ['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'PATC', 'OPTI']

/** Does this request ask for a WebSocket? */
export function isUpgrade(head: Buffer): boolean {
  return /^GET [\s\S]*\r\nupgrade: *websocket *\r\n/i.test(head.toString('latin1'))
}

/** Did this answer open a WebSocket? */
export function isSwitching(head: Buffer): boolean {
  return /^HTTP\/1\.1 101 /.test(head.toString('latin1', 0, 13))
}

/** The same head without these headers, whose names are in lower case. */
export function withoutHeaders(head: Buffer, names: readonly string[]): Buffer {
  const lines = head.toString('latin1').split('\r\n')
  const kept = lines.filter((line) => !names.includes(line.slice(0, line.indexOf(':')).toLowerCase()))
  return Buffer.from(kept.join('\r\n'), 'latin1')
}

/** A whole answer, after which the connection ends. */
export function encodeAnswer({ status, headers = {}, body = '' }: ProxyAnswer): Buffer {
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`HTTP/1.1 ${status} \r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}
