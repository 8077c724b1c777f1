// What a close code means: whether to come back, and how.
import type { ErrorCode } from '../errors.ts'

/**
 * How to go on after a close: `fatal` not at all; `refresh` with new credentials once, then fatal; `backoff` as G4 says;
 * `long` no sooner than 10 s; `spread` within the server's window; `message` as backoff, what was being sent is too large;
 * `twice` as backoff, a second time in a row fatal; `policy` as refresh where there is an `auth`, else as twice.
 */
export type CloseClass = 'fatal' | 'refresh' | 'backoff' | 'long' | 'spread' | 'message' | 'twice' | 'policy'

/** The codes that are not simply `backoff`. 4300 to 4399 are all fatal. */
export const closeCodes: ReadonlyMap<number, CloseClass> = new Map<number, CloseClass>([
  [1001, 'spread'],
  [1002, 'twice'],
  [1003, 'twice'],
  [1007, 'twice'],
  [1008, 'policy'],
  [1009, 'message'],
  [1010, 'twice'],
  [1012, 'spread'],
  [1013, 'long'],
  [1015, 'long'],
  [3000, 'refresh'],
  [3003, 'fatal'],
  [4400, 'twice'],
  [4401, 'refresh'],
  [4403, 'fatal'],
  [4404, 'fatal'],
  [4409, 'fatal'],
  [4413, 'message'],
  [4426, 'fatal'],
  [4429, 'long'],
  [4503, 'long'],
])

/** The class of any number a server may close with. */
export function classifyClose(code: number): CloseClass {
  return closeCodes.get(code) ?? (code >= 4300 && code <= 4399 ? 'fatal' : 'backoff')
}

/** Hints in a close reason, `retry_after=5000;spread=10000`, for servers that cannot send `rt.go_away`. */
export function parseReason(reason: string): { readonly min: number | null; readonly spread: number | null } {
  const read = (key: string): number | null => {
    const digits = new RegExp(`(?:^|;)${key}=(\\d{1,15})(?:;|$)`).exec(reason)?.[1]
    return digits === undefined ? null : Math.min(86_400_000, Number(digits))
  }
  return { min: read('retry_after'), spread: read('spread') }
}

/** Close codes that have a code of their own among our errors. */
const meanings: ReadonlyMap<number, ErrorCode> = new Map([
  [1009, 'message-too-large'],
  [3000, 'unauthorized'],
  [3003, 'forbidden'],
  [4401, 'unauthorized'],
  [4403, 'forbidden'],
  [4413, 'message-too-large'],
])

/** The code of the error that a close becomes. */
export function toErrorCode(code: number): ErrorCode {
  return meanings.get(code) ?? 'closed-by-server'
}
