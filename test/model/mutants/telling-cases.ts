// Named cases for who is told what, and what must never be told. Each runs on its own and throws when it fails.
import assert from 'node:assert/strict'
import { createConnection, type ConnectionOptions } from '../../../src/index.ts'
import { mockServer, virtualClock } from '../../../src/testing/index.ts'
import { webSocket, type WebSocketLike } from '../../../src/transports/websocket.ts'

function start(options: Partial<ConnectionOptions> = {}) {
  const clock = virtualClock()
  const server = mockServer(clock, { latency: null })
  const { transport, runtime } = server
  return { clock, server, live: createConnection({ url: '/ws', transport, runtime, ...options }) }
}

/** By name: what must not fail. */
export const tellingCases: Readonly<Record<string, () => void | Promise<void>>> = {
  async '[G24 INV-21] credentials that a server sends back are in no error, log or trace'() {
    const secret = 'canary-7f3a'
    const told: string[] = []
    const log = (...all: unknown[]): void => void told.push(JSON.stringify(all))
    const { clock, server, live } = start({
      auth: () => ({ token: secret }),
      logger: { info: log, warn: log },
    })
    live.on('trace', log)
    live.on('error', ({ message, context }) => log(message, context))
    live.connect()
    await clock.advanceAsync(2_000)
    server.send(`{"token":"${secret}"`)
    server.closeAll(4000, `no ${secret}`)
    await clock.advanceAsync(0)
    assert.ok(told.length > 5)
    assert.deepEqual(
      told.filter((text) => text.includes(secret)),
      [],
    )
  },

  async '[G10] refresh() waits for a load of its own, ready() for the first data'() {
    const { clock, live } = start()
    const answers: ((value: number) => void)[] = []
    const queue = live.state<number>('queue', {
      load: () => new Promise<number>((resolve) => answers.push(resolve)),
    })
    queue.subscribe(() => undefined)
    const done: string[] = []
    void queue.ready().then((value) => done.push(`ready ${value}`))
    await clock.advanceAsync(100)
    void queue.refresh().then(() => done.push('refreshed'))
    await clock.advanceAsync(100)
    answers[0]?.(1)
    await clock.advanceAsync(100)
    assert.deepEqual(done, ['ready 1'])
    answers[1]?.(2)
    await clock.advanceAsync(100)
    assert.deepEqual(done, ['ready 1', 'refreshed'])
  },

  async '[G13 A7] text that was there before is a shortcut for those alone who show what it made'() {
    const { clock, server, live } = start()
    const whole = live.state<number[]>('queue')
    const first = live.state<number>('first', { message: 'queue', pick: (all) => (all as number[])[0] })
    whole.subscribe(() => undefined)
    await clock.advanceAsync(2_000)
    server.push('queue', [1])
    whole.update(() => [9])
    server.push('queue', [1])
    assert.deepEqual(whole.getSnapshot().data, [1])
    first.subscribe(() => undefined)
    server.push('queue', [1])
    assert.equal(first.getSnapshot().data, 1)
  },

  async '[G17] who leaves while others are told is not told any more'() {
    const { clock, server, live } = start()
    const queue = live.state('queue')
    let told = 0
    let leave = (): void => undefined
    queue.subscribe(() => leave())
    leave = queue.subscribe(() => told++)
    await clock.advanceAsync(2_000)
    const before = told
    server.push('queue', 1)
    assert.equal(told, before)
  },

  async '[G23] (fault H3) what is too large is not read'() {
    const { clock, server, live } = start({ maxMessageBytes: 100 })
    const heard: unknown[] = []
    live.on('message', ({ data }) => heard.push(data))
    await clock.advanceAsync(2_000)
    server.push('news', 'x'.repeat(100))
    server.push('news', 'short')
    assert.deepEqual(heard, ['short'])
  },

  '[G1] (fault B20) an error and a close are one loss, and the close says why'() {
    const sockets: WebSocketLike[] = []
    function WebSocket(): WebSocketLike {
      const socket: WebSocketLike = {
        onopen: null,
        onmessage: null,
        onerror: null,
        onclose: null,
        send: () => undefined,
        close: () => undefined,
      }
      sockets.push(socket)
      return socket
    }
    const ends: number[] = []
    const events = {
      opened: () => undefined,
      message: () => undefined,
      closed: ({ code }: { code: number }) => ends.push(code),
    }
    webSocket({ WebSocket: WebSocket as never }).open({ url: 'ws://x' }, events)
    const { onopen, onerror, onclose } = sockets[0]!
    onopen?.({} as never)
    onerror?.({} as never)
    onclose?.({ code: 4401, reason: '', wasClean: true } as never)
    assert.deepEqual(ends, [4401])
  },
}
