// WebSockets that other code has wrapped: events in any order, twice, too early, too late, or binary.
import { expect, it } from 'vitest'
import { webSocket } from '../../../src/index.ts'
import { codes, rig, type Rig } from '../behaviour/rig.ts'

type Handler = ((event: never) => unknown) | null

/** A WebSocket whose events a test fires. It goes on firing them, whoever was taken off, as a wrapper may that kept what it saw first. */
interface Wrapped {
  fire(what: 'open' | 'message' | 'error' | 'close', event?: unknown): void
  readonly sent: string[]
  readonly closes: number[]
}

/** A rig over such sockets; `onMade` runs when the handlers of a new one are set. */
function wrapped(onMade: (socket: Wrapped, attempt: number) => void): Rig & { readonly sockets: Wrapped[] } {
  const sockets: Wrapped[] = []
  class Socket implements Wrapped {
    readonly sent: string[] = []
    readonly closes: number[] = []
    private readonly kept = new Map<string, (event: never) => unknown>()
    constructor() {
      sockets.push(this)
    }
    fire(what: string, event: unknown = {}): void {
      this.kept.get(what)?.(event as never)
    }
    set onopen(run: Handler) {
      if (run) this.kept.set('open', run)
    }
    set onmessage(run: Handler) {
      if (run) this.kept.set('message', run)
    }
    set onerror(run: Handler) {
      if (run && !this.kept.has('error')) this.kept.set('error', run)
    }
    set onclose(run: Handler) {
      if (!run) return
      this.kept.set('close', run)
      onMade(this, sockets.length)
    }
    send(text: string): void {
      this.sent.push(text)
    }
    close(code: number): void {
      this.closes.push(code)
    }
  }
  return Object.assign(rig({ random: 0.5, transport: webSocket({ WebSocket: Socket }) }), { sockets })
}

const plainAnswer = { data: '{"type":"queue","data":1}' }
const gone = { code: 1006, reason: '', wasClean: false }

it.each([
  ['error, then close', ['error', 'close']],
  ['close, then error', ['close', 'error']],
  ['both, twice', ['error', 'close', 'error', 'close']],
  ['close, then open, then close', ['close', 'open', 'close']],
  ['error, a message, close', ['error', 'message', 'close']],
] as const)('[G1 G2 G23] (fault B20) (fault N1) %s of an attempt is one failure', (_order, events) => {
  const r = wrapped((socket, attempt) => {
    if (attempt > 1) return
    r.clock.setTimeout(() => {
      for (const event of events) socket.fire(event, event === 'message' ? plainAnswer : gone)
    }, 10)
  })
  const heard: unknown[] = []
  r.live.on('message', ({ data }) => heard.push(data))
  r.live.connect()
  r.clock.advance(10)
  expect(codes(r.errors)).toEqual(['connect-failed'])
  expect(r.snapshot).toMatchObject({ status: 'connecting', attempt: 1 })
  r.clock.advance(2_000)
  expect(r.sockets).toHaveLength(2)
  expect(heard).toEqual([])
})

it('[G1 G2] (fault B20) opens and speaks within the constructor: connected all the same', () => {
  const r = wrapped((socket) => {
    socket.fire('open')
    socket.fire('message', plainAnswer)
  })
  const heard: unknown[] = []
  r.live.on('message', ({ data }) => heard.push(data))
  r.live.connect()
  expect(r.snapshot.status).toBe('connected')
  expect(heard).toEqual([1])
  expect(r.sockets[0]?.sent.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual([
    'client_ready',
    'ping',
  ])
})

it('[G1 G2] (fault B20) fails within the constructor, again and again: one failure each, in the usual time', () => {
  const r = wrapped((socket) => {
    socket.fire('error')
    socket.fire('close', gone)
  })
  r.live.connect()
  r.clock.advance(60_000)
  expect(r.errors).toHaveLength(r.sockets.length)
  expect(r.sockets.length).toBeGreaterThan(5)
  expect(r.sockets.length).toBeLessThan(25)
})

it('[G1 G2] (fault B20) opens twice and speaks after its end: one handshake, and nothing of the old link is heard', () => {
  const r = wrapped((socket) => {
    r.clock.setTimeout(() => {
      socket.fire('open')
      socket.fire('open')
      socket.fire('message', plainAnswer)
    }, 10)
  })
  const heard: unknown[] = []
  r.live.on('message', ({ data }) => heard.push(data))
  r.live.connect()
  r.clock.advance(10)
  expect(r.statuses).toEqual(['connecting', 'connected'])
  const [old] = r.sockets
  expect(old?.sent).toHaveLength(2)
  old?.fire('close', { code: 1012, reason: '', wasClean: true })
  r.clock.advance(2_000)
  expect(r.statuses).toEqual(['connecting', 'connected', 'reconnecting', 'connected'])
  old?.fire('message', { data: '{"type":"queue","data":"late"}' })
  old?.fire('error')
  old?.fire('close', gone)
  old?.fire('open')
  r.clock.advance(3_000)
  expect(heard).toEqual([1, 1])
  expect(r.statuses).toHaveLength(4)
  expect(r.sockets).toHaveLength(2)
})

it('[G1 G23] (fault B20) events without the fields they have by standard are borne', () => {
  const r = wrapped((socket) => {
    r.clock.setTimeout(() => {
      socket.fire('open', undefined)
      socket.fire('message', plainAnswer)
    }, 10)
  })
  r.live.connect()
  r.clock.advance(20)
  r.sockets[0]?.fire('message', {})
  r.sockets[0]?.fire('close', {})
  expect(codes(r.errors)).toEqual(['closed-by-server'])
  expect(r.errors[0]?.context.closeCode).toBe(1005)
})

it('[G23] (fault P1) binary frames are not read, and neither throw nor end the link', () => {
  const r = wrapped((socket) => {
    r.clock.setTimeout(() => {
      socket.fire('open')
      socket.fire('message', plainAnswer)
    }, 10)
  })
  const heard: unknown[] = []
  r.live.on('message', ({ data }) => heard.push(data))
  r.live.connect()
  r.clock.advance(20)
  const bytes = new TextEncoder().encode(plainAnswer.data)
  for (const data of [bytes, bytes.buffer, new Blob([bytes]), [bytes], null, undefined, 7])
    r.sockets[0]?.fire('message', { data })
  r.sockets[0]?.fire('message', plainAnswer)
  expect(heard).toEqual([1, 1])
  expect(r.errors).toEqual([])
  expect(r.snapshot.status).toBe('connected')
})
