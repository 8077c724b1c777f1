// explain(): an error code as a sentence: what happened, and what happens next.
import type { ErrorCode } from './errors.ts'
import type { State } from './machine/model.ts'

/** What happens next, for codes that are not about the loss of a connection. */
const next: { readonly [C in ErrorCode]?: string } = {
  'load-failed': 'the last good value stays',
  'load-timeout': 'the last good value stays',
  'invalid-data': 'the last good value stays',
  'protocol-error': 'the frame is ignored',
  rejected: 'the connection goes on',
  'invalid-message': 'not sent',
  'queue-full': 'not sent',
  expired: 'not sent',
  'not-connected': 'not sent',
  'listener-failed': 'everything else goes on',
}

/** "Heartbeat timeout (no answer to a ping); next attempt in 0.7 s." */
export function explain(code: ErrorCode, detail: string | undefined, state: State, wall: number): string {
  const what = code.charAt(0).toUpperCase() + code.slice(1).replaceAll('-', ' ')
  const then = state.memory.failure?.code === code ? foretell(state, wall) : next[code]
  return what + (detail ? ` (${detail})` : '') + (then ? `; ${then}.` : '.')
}

function foretell(state: State, wall: number): string | undefined {
  if (state.phase === 'failed') return 'not retrying until connect() is called'
  if (state.phase !== 'waiting') return undefined
  return `next attempt in ${((state.retryAt - wall) / 1_000).toFixed(1)} s`
}
