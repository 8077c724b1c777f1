// A client that goes to level 1 and no further, over a server that would: what is pushed there has no place and is not recovered.
import type { Protocol } from '../../src/index.ts'
import { rt } from '../../src/protocol/protocol.ts'

const whole = rt('auto')

/** For `createConnection({ protocol })`. */
export const levelOne: Protocol = {
  ...whole,
  hello: (auth, client) => [
    JSON.stringify({ type: 'client_ready', v: 1, client, ...(auth === undefined ? {} : { auth }) }),
  ],
  decode(text, level) {
    const frame = whole.decode(text, level)
    return frame.kind === 'ready' ? { ...frame, level: 1 } : frame
  },
}
