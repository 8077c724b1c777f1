// explain(): what an error code means, and what happens next, in one sentence.
import type { ErrorCode } from './errors.ts'
import type { State } from './machine/model.ts'

const words: { readonly [C in ErrorCode]?: string } = {
  'connect-failed': 'The connection could not be opened',
  'connect-timeout': 'The connection did not open in time',
  'handshake-timeout': 'The server did not send server_ready in time',
  'heartbeat-timeout': 'Nothing came after a ping in time',
  'closed-by-server': 'The connection was closed',
  unauthorized: 'The server refused the credentials',
  forbidden: 'The server forbids this connection',
  'protocol-error': 'A frame was not understood and is ignored',
  'message-too-large': 'A message was too large',
  'invalid-message': 'The message cannot be written as a frame; it was not sent',
  'invalid-data': 'Data was refused; the last good value stays',
  'load-failed': 'The load failed',
  'load-timeout': 'The load took too long and was aborted',
  'auth-failed': 'The credentials could not be had',
  'queue-full': 'Too much is waiting; the message was not sent',
  expired: 'The message waited too long and was not sent',
  'budget-spent': 'There were too many attempts lately',
  rejected: 'The server refused something',
  'listener-failed': 'A function of the app threw; everything else goes on',
  'no-websocket': 'There is no WebSocket here; pass one with transport: webSocket({ WebSocket })',
  blocked: 'This page may not connect there',
  aborted: 'It was aborted',
  'not-connected': 'There is no connection; the message was not sent',
  closed: 'The connection is closed for good',
}

/** What happened. */
export function explain(code: ErrorCode, detail: string | undefined): string {
  return `${words[code] ?? code}${detail ? ` (${detail})` : ''}`
}

/** What happens next: told where the code is about the loss of a connection. */
export function foretell(code: ErrorCode, state: State, wall: number): string {
  if (state.memory.failure?.code !== code) return '.'
  if (state.phase === 'failed') return '; not retrying until connect() is called.'
  return state.phase === 'waiting'
    ? `; next attempt in ${((state.retryAt - wall) / 1_000).toFixed(1)} s.`
    : '.'
}
