// The store contract, kept by a connection and by a state channel.
import { createConnection } from '../../src/index.ts'
import type { Connection } from '../../src/index.ts'
import { mockServer, virtualClock } from '../../src/testing/index.ts'
import type { MockServer, VirtualClock } from '../../src/testing/index.ts'
import { readableContract } from './readable.ts'

interface Rig {
  readonly clock: VirtualClock
  readonly server: MockServer
  readonly live: Connection
  readonly errors: readonly unknown[]
}

function rig(): Rig {
  const clock = virtualClock()
  const server = mockServer(clock)
  const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
  const errors: unknown[] = []
  live.on('error', (error) => void errors.push(error))
  return { clock, server, live, errors }
}

readableContract('a connection', () => {
  const { live, errors } = rig()
  let isHeld = false
  return {
    readable: live,
    change() {
      isHeld = !isHeld
      if (isHeld) live.connect()
      else live.disconnect()
    },
    errors,
    stop: live.close,
  }
})

readableContract('a state channel', () => {
  const { clock, server, live, errors } = rig()
  const readable = live.state<{ number: number }>('count')
  // Interest of its own, so that the link is open before a case begins.
  readable.subscribe(() => undefined)
  clock.advance(1_000)
  let number = 0
  return {
    readable,
    change() {
      number += 1
      server.push('count', { number })
      clock.advance(10)
    },
    errors,
    stop: live.close,
  }
})
