// What stands between a socket and its session: writes, timers, and the order of events, with a socket that is none.
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createLink, type Link } from '../../../src/server/link.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import { settings } from './drive-session.ts'

interface FakeSocket extends EventEmitter {
  readonly OPEN: 1
  readyState: number
  bufferedAmount: number
  readonly sent: string[]
  send(text: string): void
  readonly closes: string[]
  pings: number
  /** What a ping was given to call when it has left. */
  flushed: (() => void) | null
}

interface World {
  readonly link: Link
  readonly socket: FakeSocket
  readonly clock: ReturnType<typeof virtualClock>
  readonly log: string[]
  hear(frame: unknown): void
}

/** A link whose user is known at once, and who gets a push `first` when it opens. */
function createWorld(originAllowed = true): World {
  const clock = virtualClock()
  const log: string[] = []
  const socket: FakeSocket = Object.assign(new EventEmitter(), {
    OPEN: 1 as const,
    readyState: 1,
    bufferedAmount: 0,
    sent: [] as string[],
    closes: [] as string[],
    pings: 0,
    flushed: null as (() => void) | null,
    send(text: string) {
      socket.sent.push(text)
    },
    close(code: number, reason: string) {
      socket.readyState = 2
      socket.closes.push(`${code} ${reason}`)
    },
    ping(_data: unknown, _mask: unknown, then?: () => void) {
      socket.pings += 1
      socket.flushed = then ?? null
    },
  })
  const link = createLink(socket as never, 's_1', originAllowed, {
    clock,
    settings,
    ack: 'received',
    window: () => 500,
    run(of, effect) {
      log.push(effect.type)
      if (effect.type === 'authenticate')
        of.dispatch({ type: 'authenticated', user: { id: 'ann' }, others: 0 })
      if (effect.type === 'opened') of.dispatch({ type: 'push', channel: 'first', wire: 'first' })
    },
    left: () => log.push('left'),
  })
  const hear = (frame: unknown): void =>
    void socket.emit('message', Buffer.from(JSON.stringify(frame)), false)
  return { link, socket, clock, log, hear }
}

const push = (channel: string) => ({ type: 'push', channel, wire: channel }) as const

describe('a link', () => {
  it('[C1] does one thing after the other: what a step causes comes after all of that step', () => {
    const { socket, log, hear } = createWorld()
    hear({ type: 'client_ready', v: 1 })
    expect(log).toEqual(['authenticate', 'opened'])
    expect(socket.sent).toHaveLength(2)
    expect(socket.sent[1]).toBe('first')
  })

  it.each(['closed by its session', 'closed by the socket', 'broken'])(
    '[A10] leaves no timer behind when it is %s, and tells so once',
    (how) => {
      const { link, socket, clock, log, hear } = createWorld()
      hear({ type: 'client_ready' })
      socket.bufferedAmount = 1
      link.dispatch(push('a'))
      expect(clock.pending).toBe(2)
      if (how === 'closed by its session') link.dispatch({ type: 'replaced' })
      if (how === 'broken') socket.emit('error', new Error('reset'))
      socket.emit('close')
      socket.emit('close')
      expect(clock.pending).toBe(0)
      expect(log.filter((entry) => entry === 'left')).toHaveLength(1)
    },
  )

  it('[C1] bears an error of the socket at any time, also of one that was refused', () => {
    for (const allowed of [true, false]) {
      const { socket } = createWorld(allowed)
      expect(() => socket.emit('error', new Error('reset'))).not.toThrow()
    }
  })

  it('[B7] reads nothing of a socket whose origin was refused', () => {
    const { socket, clock } = createWorld(false)
    expect([socket.closes, socket.listenerCount('message'), clock.pending]).toEqual([
      ['4403 origin not allowed'],
      0,
      0,
    ])
  })

  it('[S11] writes nothing to a socket that is closing, where it would only pile up', () => {
    const { link, socket, hear } = createWorld()
    hear({ type: 'client_ready' })
    socket.readyState = 2
    link.dispatch(push('a'))
    expect(socket.sent).toEqual(['first'])
  })

  it('[S11] sees what waits for a slow reader, and when it has left', () => {
    const { link, socket, clock, hear } = createWorld()
    hear({ type: 'client_ready' })
    socket.bufferedAmount = 500
    link.dispatch(push('a'))
    expect(socket.pings).toBe(1)
    socket.bufferedAmount = 0
    socket.flushed?.()
    clock.advance(14_000)
    expect(socket.closes).toEqual([])
    socket.bufferedAmount = 1_048_577
    link.dispatch(push('a'))
    expect(socket.closes).toEqual(['4429 slow'])
  })

  it('[S11 G14] is not called slow for what the server replays, and is for what comes on top of it', async () => {
    const { link, socket, hear } = createWorld()
    hear({ type: 'client_ready', v: 1, caps: ['channels', 'recover'] })
    socket.send = (text) => {
      socket.bufferedAmount += text.length
    }
    const data = JSON.stringify('x'.repeat(10_000))
    const items = Array.from({ length: 100 }, (_, n) => ({ epoch: 'e', offset: n + 1, prev: n, data }))
    const replay = (channel: string): void => {
      hear({ type: 'rt.subscribe', id: channel, channel, since: { epoch: 'e', offset: 0 } })
      const past = { top: { epoch: 'e', offset: 100 }, items, complete: true }
      link.dispatch({ type: 'joined', channel, ref: channel, past, data: null })
    }
    link.dispatch({ type: 'push', channel: 'a', wire: 'x'.repeat(100_000) })
    replay('a')
    expect(socket.bufferedAmount).toBeGreaterThan(1_048_576)
    expect([socket.closes, socket.pings]).toEqual([[], 1])
    // All of it leaves; then the next.
    const left = link.flushed()
    socket.bufferedAmount = 0
    socket.flushed?.()
    await left
    replay('b')
    link.dispatch({ type: 'push', channel: 'a', wire: 'x'.repeat(1_048_576) })
    expect(socket.closes).toEqual([])
    // The replay leaves, and what was pushed after it does not.
    const gone = link.flushed()
    socket.bufferedAmount = 1_048_576
    socket.flushed?.()
    await gone
    link.dispatch({ type: 'push', channel: 'a', wire: 'x' })
    expect(socket.closes).toEqual(['4429 slow'])
  })

  it('[C1] is kept alive by pings and pongs of the WebSocket layer alone', () => {
    for (const event of ['ping', 'pong']) {
      const { socket, clock, log, hear } = createWorld()
      hear({ type: 'client_ready' })
      for (let beat = 0; beat < 10; beat++) {
        clock.advance(15_000)
        socket.emit(event)
      }
      expect([socket.pings, log.includes('left')]).toEqual([10, false])
    }
  })

  it('[C4] tells the last 128 channels it was sent, and when it was last heard', () => {
    const { link, clock, hear } = createWorld()
    const since = clock.now()
    expect(link.stats()).toMatchObject({ user: '', level: 0, channels: [] })
    hear({ type: 'client_ready', v: 1 })
    for (let n = 0; n < 200; n++) link.dispatch(push(`c:${n}`))
    clock.advance(7_000)
    hear({ type: 'rt.unknown' })
    clock.advance(3_000)
    const { channels, ...stats } = link.stats()
    expect([channels.length, channels[0], channels[127]]).toEqual([128, 'c:72', 'c:199'])
    expect(stats).toEqual({
      id: 's_1',
      user: 'ann',
      level: 1,
      since,
      lastInboundAt: since + 7_000,
      bufferedBytes: 0,
      ignored: 1,
    })
  })
})
