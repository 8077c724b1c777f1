// What a close looks like from the other side: the codes and reasons that a WebSocket lets through.
import type { CloseInfo } from '../transports/transport.ts'

/** How a client ended its link, as the server sees it. */
export interface Farewell {
  readonly code: number
  readonly reason: string
}

/** The longest close reason, in UTF-8 bytes. */
const LONGEST_REASON = 123

/** UTF-8 bytes of a text. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

/**
 * How a page sees it when a server closes with this code: 1006 and 1015 are no close frames at all, so not clean and
 * without a reason; no code is 1005.
 * @throws TypeError for a code or a reason no server can send
 */
export function toCloseInfo(code: number = 1005, reason: string = ''): CloseInfo {
  const exists = Number.isInteger(code) && ((code >= 1000 && code <= 1015) || (code >= 3000 && code <= 4999))
  if (!exists || code === 1004) throw new TypeError(`No server can close with ${code}.`)
  if (byteLength(reason) > LONGEST_REASON)
    throw new TypeError(`A close reason holds ${LONGEST_REASON} bytes.`)
  const wasClean = code !== 1006 && code !== 1015
  return { code, reason: wasClean && code !== 1005 ? reason : '', wasClean }
}

/** What of a page's own close reaches the server: only 1000 and 3000..4999, and 123 bytes of reason. */
export function toFarewell(code: number = 1000, reason: string = ''): Farewell {
  let kept = ''
  let room = LONGEST_REASON
  for (const character of reason) {
    room -= byteLength(character)
    if (room < 0) break
    kept += character
  }
  return { code: code >= 3000 && code <= 4999 ? code : 1000, reason: kept }
}
