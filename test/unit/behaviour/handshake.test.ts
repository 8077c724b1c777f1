// The handshake (G2a): who speaks first, how the server's level is found, and what waits for it.
import { describe, expect, it } from 'vitest'
import type { SendOutcome } from '../../../src/index.ts'
import { codes, rig } from './rig.ts'

describe('the handshake', () => {
  it('[A1 G2a] sends client_ready and one ping together as soon as the link opens', () => {
    const { clock, server, live, sent } = rig()
    server.opensSilently()
    live.connect()
    clock.advance(0)
    expect(sent()).toEqual(['client_ready', 'ping'])
    expect(server.received[0]).toMatchObject({
      type: 'client_ready',
      v: 1,
      caps: ['channels', 'recover'],
      client: {
        id: expect.stringMatching(/^c_[\w-]{8,62}$/) as string,
        lib: expect.stringMatching(/^\S+\/\d+\.\d+\.\d+/) as string,
      },
    })
    expect(server.received[1]).toEqual({ type: 'ping', timestamp: clock.now() })
  })

  it('[A1 G2a] keeps its client id over reconnects, and two connections have two', () => {
    const ids = [rig(), rig({ network: { seed: 2 } })].map(({ clock, server, live }) => {
      live.connect()
      clock.advance(10_000)
      server.closeAll(1006)
      clock.advance(10_000)
      const hellos = server.received.filter(({ type }) => type === 'client_ready')
      expect(hellos).toHaveLength(2)
      const [first, second] = hellos.map(({ client }) => (client as { id: string }).id)
      expect(first).toBe(second)
      return first
    })
    expect(ids[0]).not.toBe(ids[1])
  })

  it('[A1 A6] gets the first data of a server that speaks only after client_ready, 800 of 800 times', () => {
    let got = 0
    for (let n = 0; n < 800; n++) {
      const { clock, server, live } = rig({ network: { seed: n } })
      server.accepts({ level: n % 2 === 0 ? 0 : 1, greet: (link) => link.push('queue', { n }) })
      const queue = live.state<{ n: number }>('queue')
      queue.subscribe(() => undefined)
      clock.advance(10)
      if (queue.getSnapshot().data?.n === n && queue.getSnapshot().freshness === 'live') got++
      expect(server.attempts).toBe(1)
      live.close()
    }
    expect(got).toBe(800)
  })

  it('[G2a] takes a server whose first frame is server_ready with an integer v for level 1', () => {
    const { clock, server, live } = rig()
    server.accepts({ window: 900 })
    const seen: unknown[] = []
    live.on('message', (message) => seen.push(message))
    clock.advance(0)
    expect(live.getSnapshot().status).toBe('connected')
    server.send('{"type":"rt.unheard_of","data":1}') // a control type: not the app's
    clock.advance(0)
    expect(seen).toEqual([])
  })

  it.each([
    ['without v', '{"type":"server_ready"}'],
    ['with a fraction', '{"type":"server_ready","v":1.5}'],
    ['with a string', '{"type":"server_ready","v":"1"}'],
    ['after another frame', '{"type":"hello"}\n{"type":"server_ready","v":1}'],
  ])('[G2a P14] takes a server_ready %s for a message of the app', (_what, text) => {
    const { clock, server, live } = rig()
    const seen: string[] = []
    live.on('message', ({ type }) => seen.push(type))
    server.opensSilently()
    clock.advance(0)
    for (const frame of text.split('\n')) server.send(frame)
    server.send('{"type":"rt.go_away"}')
    clock.advance(0)
    expect(live.getSnapshot().status).toBe('connected')
    expect(seen.slice(-2)).toEqual(['server_ready', 'rt.go_away'])
  })

  it('[G2a P14] delivers the types error, ack, message and subscribe of a plain server unchanged', () => {
    const { clock, server, live } = rig()
    const seen: unknown[] = []
    live.on('message', (message) => seen.push(message))
    server.accepts({ level: 0 })
    clock.advance(0)
    for (const type of ['error', 'ack', 'message', 'subscribe']) server.push(type, { type })
    clock.advance(0)
    expect(seen).toEqual(['error', 'ack', 'message', 'subscribe'].map((type) => ({ type, data: { type } })))
  })

  it('[G2a] counts as connected after 1 s of silence, not sooner', () => {
    const { clock, server, live } = rig()
    server.opensSilently()
    live.connect()
    clock.advance(999)
    expect(live.getSnapshot().status).toBe('connecting')
    clock.advance(1)
    expect(live.getSnapshot().status).toBe('connected')
  })

  it('[G2a] does not take a slow level-1 server for a plain one: sends wait for its level', async () => {
    const { clock, server, live, sent } = rig()
    server.accepts({ readyAfter: 3_000 })
    live.connect()
    clock.advance(1_500)
    expect(live.getSnapshot().status).toBe('connected')
    const outcomes: SendOutcome[] = []
    void live.send('note', 1).then((outcome) => outcomes.push(outcome))
    await clock.advanceAsync(1_400)
    expect(sent('note')).toEqual([])
    expect(outcomes).toEqual([])
    await clock.advanceAsync(200)
    expect(sent('note')).toEqual(['note'])
    expect(outcomes).toEqual([{ ok: true, outcome: 'written' }])
    // It is known for level 1: what it says in rt.* is control.
    const seen: string[] = []
    live.on('message', ({ type }) => seen.push(type))
    server.send('{"type":"rt.notice","reconnect":{"window":300}}')
    clock.advance(0)
    expect(seen).toEqual([])
  })

  it('[G2a] lets sends wait for the level no longer than handshakeTimeout', async () => {
    const { clock, server, live, times } = rig()
    server.opensSilently()
    live.connect()
    clock.advance(2_000)
    const outcome = live.send('note', 1)
    await clock.advanceAsync(2_999)
    expect(times('note')).toEqual([])
    await clock.advanceAsync(1)
    expect(times('note')).toEqual([5_000])
    expect(await outcome).toEqual({ ok: true, outcome: 'written' })
  })

  it('[G2a G3] finds the level without a heartbeat too', async () => {
    const { clock, server, live, sent } = rig({ heartbeat: false })
    server.opensSilently()
    live.connect()
    clock.advance(2_000)
    const outcome = live.send('note', 1)
    await clock.advanceAsync(3_000)
    expect(await outcome).toEqual({ ok: true, outcome: 'written' })
    expect(sent()).toEqual(['client_ready', 'note'])
  })

  it('[G2a S6] requires server_ready of a server that sent it before, within handshakeTimeout', () => {
    const { clock, server, live, errors, statuses } = rig({ random: 0.5 })
    live.connect()
    clock.advance(10_000)
    server.accepts({ level: 0 })
    server.closeAll(1006)
    clock.advance(1_000) // at random 0.5 the next attempt is 625 ms later
    server.push('queue', 'before server_ready')
    clock.advance(4_600)
    expect(live.getSnapshot().status).toBe('reconnecting')
    expect(codes(errors)).not.toContain('handshake-timeout')
    clock.advance(100)
    expect(codes(errors)).toContain('handshake-timeout')
    expect(server.farewells.at(-1)).toMatchObject({ code: 4408 })
    expect(statuses.filter((status) => status === 'connected')).toHaveLength(1)
    server.accepts()
    clock.advance(10_000)
    expect(live.getSnapshot().status).toBe('connected')
  })

  it('[G2a P2] drops what comes before a required server_ready', () => {
    const { clock, server, live } = rig({ protocol: 'rt' })
    const seen: unknown[] = []
    live.on('message', ({ data }) => seen.push(data))
    server.behaves((link) => {
      link.accept()
      link.push('queue', 'early')
      link.after(500, () => {
        link.send('{"type":"server_ready","v":1}')
        link.push('queue', 'in time')
      })
    })
    clock.advance(1_000)
    expect(seen).toEqual(['in time'])
  })

  it(`[G2a] never waits for server_ready with protocol 'plain', and says only the type`, () => {
    const { clock, server, live } = rig({ protocol: 'plain' })
    server.opensSilently()
    live.connect()
    clock.advance(0)
    expect(live.getSnapshot().status).toBe('connected')
    expect(server.received[0]).toEqual({ type: 'client_ready' })
  })

  it(`[G2a] with protocol 'rt' a server that never sends server_ready is a failure`, () => {
    const { clock, server, live, errors, statuses } = rig({ protocol: 'rt', random: 0.5 })
    server.accepts({ level: 0 })
    live.connect()
    clock.advance(5_000)
    expect(statuses).toEqual(['connecting'])
    expect(codes(errors).at(-1)).toBe('handshake-timeout')
    expect(live.getSnapshot()).toMatchObject({ status: 'connecting', attempt: 1 })
  })

  it('[G2a S6] takes as long as handshakeTimeout says', () => {
    const { clock, server, live, errors } = rig({ protocol: 'rt', handshakeTimeout: 700 })
    server.opensSilently()
    live.connect()
    clock.advance(699)
    expect(errors).toEqual([])
    clock.advance(1)
    expect(codes(errors)).toEqual(['handshake-timeout'])
  })

  it('[G2a P3] takes a second server_ready for new advice, without a second event', () => {
    const { clock, server, live, statuses } = rig({ random: 0.999 })
    const seen: unknown[] = []
    live.connect()
    clock.advance(6_000)
    live.on('message', (message) => seen.push(message))
    server.send('{"type":"server_ready","v":1,"reconnect":{"window":100000}}')
    clock.advance(0)
    expect(statuses).toEqual(['connecting', 'connected'])
    expect(seen).toEqual([])
    server.closeAll(1006)
    clock.advance(0)
    expect(live.getSnapshot().retryAt! - clock.now()).toBeCloseTo(99_900, -2)
  })

  it('[P12 P13] answers a ping, never a pong, and ignores its own client_ready', () => {
    const { clock, server, live } = rig()
    const seen: unknown[] = []
    live.on('message', (message) => seen.push(message))
    clock.advance(0)
    server.forget()
    server.send('{"type":"ping","timestamp":77}')
    server.send('{"type":"pong","timestamp":77}')
    server.send('{"type":"client_ready"}')
    clock.advance(0)
    expect(server.received).toEqual([{ type: 'pong', timestamp: 77 }])
    expect(seen).toEqual([])
  })
})
