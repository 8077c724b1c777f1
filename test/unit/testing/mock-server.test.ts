// The mock server: each named behaviour, as a client meets it.
import { describe, expect, it } from 'vitest'
import { createConnection } from '../../../src/index.ts'
import { mockServer, virtualClock } from '../../../src/testing/index.ts'
import type { MockLink, MockServer, VirtualClock } from '../../../src/testing/index.ts'
import { probe } from '../../contract/probe.ts'
import type { Probe } from '../../contract/probe.ts'

const HELLO = '{"type":"client_ready"}'
const ping = (timestamp: number): string => JSON.stringify({ type: 'ping', timestamp })
const pong = (timestamp: number): string => `message {"type":"pong","timestamp":${timestamp}}`

interface Rig {
  readonly clock: VirtualClock
  readonly server: MockServer
  /** Opens a link; as it opens it says hello. */
  readonly connect: () => Probe
}

function rig(options?: Parameters<typeof mockServer>[1]): Rig {
  const clock = virtualClock()
  const server = mockServer(clock, options)
  const connect = (): Probe =>
    probe(server.transport, 'wss://app.test/ws', (event, link) => {
      if (event === 'opened') link?.send(HELLO)
    })
  return { clock, server, connect }
}

describe('mockServer that accepts', () => {
  it('[E4] answers client_ready with server_ready at level 1, and pings with pongs after that', () => {
    const { clock, server } = rig()
    const { link, log } = probe(server.transport, 'wss://app.test/ws')
    expect(log).toEqual([])
    clock.advance(0)
    expect(log).toEqual(['opened'])
    link.send(ping(1))
    clock.advance(0)
    expect(log).toEqual(['opened'])
    link.send(HELLO)
    link.send(ping(2))
    clock.advance(0)
    expect(log.slice(1)).toEqual(['message {"type":"server_ready","v":1}', pong(1), pong(2)])
    expect(server.received.map((frame) => frame.type)).toEqual(['ping', 'client_ready', 'ping'])
    expect([server.attempts, server.accepted, server.open, server.connecting]).toEqual([1, 1, 1, 0])
  })

  it('[E4] answers pings only at level 0', () => {
    const { clock, server, connect } = rig()
    server.accepts({ level: 0 })
    const { link, log } = connect()
    clock.advance(0)
    link.send(ping(5))
    clock.advance(0)
    expect(log).toEqual(['opened', pong(5)])
  })

  it('[E4] says in server_ready what the test wants, nonsense included', () => {
    const { clock, server, connect } = rig()
    server.accepts({
      window: 500,
      heartbeat: { interval: 15_000, timeout: 5_000 },
      session: 's_1',
      extra: { v: '1', max_message_bytes: -1 },
    })
    const { log } = connect()
    clock.advance(0)
    expect(JSON.parse(log[1]?.replace('message ', '') ?? '')).toEqual({
      type: 'server_ready',
      v: '1',
      session: { id: 's_1' },
      heartbeat: { interval: 15_000, timeout: 5_000 },
      reconnect: { window: 500 },
      max_message_bytes: -1,
    })
  })

  it('[E4] takes its time with server_ready, and answers nothing before it', () => {
    const { clock, server, connect } = rig()
    server.accepts({ readyAfter: 3_000 })
    const { link, log } = connect()
    clock.advance(0)
    link.send(ping(1))
    clock.advance(2_999)
    expect(log).toEqual(['opened'])
    clock.advance(1)
    expect(log).toEqual(['opened', 'message {"type":"server_ready","v":1}', pong(1)])
  })

  it('[E4] leaves pings unanswered where told so, before or meanwhile', () => {
    const { clock, server, connect } = rig()
    server.accepts({ level: 0, pongs: false })
    const mute = connect()
    clock.advance(0)
    server.accepts({ level: 0 })
    const other = connect()
    clock.advance(0)
    for (const { link } of [mute, other]) link.send(ping(1))
    clock.advance(0)
    server.ignoresPings()
    for (const { link } of [mute, other]) link.send(ping(2))
    clock.advance(0)
    server.answersPings()
    for (const { link } of [mute, other]) link.send(ping(3))
    clock.advance(0)
    expect([mute.log, other.log]).toEqual([['opened'], ['opened', pong(1), pong(3)]])
  })

  it('[E4] judges each client_ready by a check, once', () => {
    const { clock, server, connect } = rig()
    server.accepts({ check: (hello) => (hello.auth === undefined ? 4401 : undefined) })
    const refused = connect()
    const admitted = probe(server.transport, 'wss://app.test/ws', (event, link) => {
      if (event !== 'opened') return
      link?.send('{"type":"client_ready","auth":{"token":"t"}}')
      link?.send(HELLO)
    })
    clock.advance(0)
    expect(refused.log).toEqual(['opened', 'closed 4401'])
    expect(admitted.log).toEqual(['opened', 'message {"type":"server_ready","v":1}'])
  })

  it('[E4] opens silently: what the test pushes is all that comes', () => {
    const { clock, server, connect } = rig()
    server.opensSilently()
    const { link, log } = connect()
    clock.advance(0)
    link.send(ping(1))
    clock.advance(60_000)
    server.push('queue', 1)
    clock.advance(0)
    expect(log).toEqual(['opened', 'message {"type":"queue","data":1}'])
  })
})

describe('mockServer that sends', () => {
  it('[E4] greets, then sends what was pushed before the first link, once', () => {
    const { clock, server, connect } = rig()
    server.accepts({ greet: (link) => link.push('greeting') })
    server.push('queue', { length: 3 })
    const first = connect()
    clock.advance(0)
    expect(first.log.slice(1)).toEqual([
      'message {"type":"server_ready","v":1}',
      'message {"type":"greeting"}',
      'message {"type":"queue","data":{"length":3}}',
    ])
    first.link.close()
    const second = connect()
    clock.advance(0)
    expect(second.log).toHaveLength(3)
  })

  it('[E4] loses what is pushed while nobody is there', () => {
    const { clock, server, connect } = rig()
    connect().link.close()
    const first = connect()
    clock.advance(0)
    first.link.close()
    server.push('queue', 1)
    const second = connect()
    clock.advance(0)
    expect(second.log).toEqual(['opened', 'message {"type":"server_ready","v":1}'])
  })

  it('[E4] holds pushes back until the handshake of each link is done, but not raw text', () => {
    const { clock, server, connect } = rig()
    server.accepts({ level: 0 })
    const ready = connect()
    const mute = probe(server.transport, 'wss://app.test/ws')
    clock.advance(0)
    server.push('queue', 1)
    server.send('not JSON')
    clock.advance(0)
    expect(ready.log.slice(1)).toEqual(['message {"type":"queue","data":1}', 'message not JSON'])
    expect(mute.log.slice(1)).toEqual(['message not JSON'])
    mute.link.send(HELLO)
    clock.advance(0)
    expect(mute.log.slice(2)).toEqual(['message {"type":"queue","data":1}'])
  })

  it('[E4] pushes at once to clients that say no hello, where told not to wait', () => {
    const { clock, server } = rig()
    server.accepts({ level: 0, waits: false })
    const { log } = probe(server.transport, 'wss://app.test/ws')
    clock.advance(0)
    server.push('queue')
    clock.advance(0)
    expect(log).toEqual(['opened', 'message {"type":"queue"}'])
  })

  it('[E4] says go away, and closes after the grace those that stayed', () => {
    const { clock, server, connect } = rig()
    const stays = connect()
    const goes = connect()
    clock.advance(0)
    server.goAway({ reconnect: { min: 500, spread: 1_000 }, grace: 5_000 })
    clock.advance(4_999)
    goes.link.close()
    expect(stays.log.at(-1)).toBe(
      'message {"type":"rt.go_away","code":"deploy","reconnect":{"min":500,"spread":1000},"grace":5000}',
    )
    clock.advance(1)
    expect(stays.log.at(-1)).toBe('closed 1012')
    expect(goes.log.at(-1)).toMatch(/go_away/)
    expect(clock.pending).toBe(0)
  })

  it('[E4] says go away without a grace and closes nothing', () => {
    const { clock, server, connect } = rig()
    const { log } = connect()
    clock.advance(0)
    server.goAway()
    clock.advance(60_000)
    expect(log.at(-1)).toBe('message {"type":"rt.go_away","code":"deploy"}')
  })
})

describe('mockServer that ends links', () => {
  it('[E4] refuses: never opened, 1006, not clean', () => {
    const { clock, server, connect } = rig()
    server.refuses()
    const { log } = connect()
    expect(server.connecting).toBe(1)
    clock.advance(0)
    expect(log).toEqual(['closed 1006, not clean'])
    expect([server.attempts, server.accepted, server.connecting, clock.pending]).toEqual([1, 0, 0, 0])
  })

  it('[E4] refuses with a code: opened, then closed with it', () => {
    const { clock, server, connect } = rig()
    server.refuses(4403)
    const { log } = connect()
    clock.advance(0)
    expect(log).toEqual(['opened', 'closed 4403'])
  })

  it('[E4] hangs: nothing, until the client gives up', () => {
    const { clock, server, connect } = rig()
    server.hangs()
    const { link, log } = connect()
    clock.advance(240_000)
    expect([log, server.connecting, clock.pending]).toEqual([[], 1, 0])
    link.close()
    clock.advance(1_000)
    expect([log, server.connecting, server.links]).toEqual([[], 0, []])
  })

  it('[E4] throws from open() what it is told, until it accepts again', () => {
    const { clock, server, connect } = rig()
    const error = new Error('blocked')
    server.throws(error)
    expect(connect).toThrow(error)
    server.accepts()
    const { log } = connect()
    clock.advance(0)
    expect([log[0], server.attempts, server.accepted]).toEqual(['opened', 2, 1])
  })

  it('[E4] drops links after a time: those there are, and those to come, until told otherwise', () => {
    const { clock, server, connect } = rig()
    const old = connect()
    clock.advance(1_000)
    server.dropsAfter(3_000)
    clock.advance(1_000)
    const next = connect()
    clock.advance(1_999)
    expect([old.log.at(-1), next.log.at(-1)]).not.toContain('closed 1006, not clean')
    clock.advance(1)
    expect(old.log.at(-1)).toBe('closed 1006, not clean')
    clock.advance(1_000)
    expect(next.log.at(-1)).toBe('closed 1006, not clean')
    server.accepts()
    const last = connect()
    clock.advance(60_000)
    expect(last.log).toHaveLength(2)
  })

  it('[E4] drops links with a code, and only once where told twice', () => {
    const { clock, server, connect } = rig()
    const { log } = connect()
    server.dropsAfter(1_000)
    clock.advance(500)
    server.dropsAfter(1_000, 1012)
    clock.advance(999)
    expect(log).toHaveLength(2)
    clock.advance(1)
    expect(log.at(-1)).toBe('closed 1012')
    expect(clock.pending).toBe(0)
  })

  it('[E4] closes all links as a page sees it: codes, reasons, and none', () => {
    const { clock, server, connect } = rig()
    const seen = (code?: number, reason?: string): string | undefined => {
      const { log } = connect()
      clock.advance(0)
      server.closeAll(code, reason)
      clock.advance(0)
      return log.at(-1)
    }
    expect(seen(1012, 'restart')).toBe('closed 1012 restart')
    expect(seen(4401)).toBe('closed 4401')
    expect(seen()).toBe('closed 1005')
    expect(seen(1005, 'lost')).toBe('closed 1005')
    expect(seen(1006, 'lost')).toBe('closed 1006, not clean')
    expect(seen(1015)).toBe('closed 1015, not clean')
  })

  it('[E4] refuses to close with what no server can send', () => {
    const { clock, server, connect } = rig()
    connect()
    clock.advance(0)
    for (const code of [0, 999, 1004, 1016, 2000, 2999, 5000, 1000.5, NaN]) {
      expect(() => server.closeAll(code)).toThrow(TypeError)
    }
    expect(() => server.closeAll(1000, 'x'.repeat(124))).toThrow(/123 bytes/)
    expect(server.open).toBe(1)
  })

  it('[E4] ends hanging attempts with 1006 when it closes all', () => {
    const { clock, server, connect } = rig()
    server.hangs()
    const { log } = connect()
    clock.advance(0)
    server.closeAll(1012)
    clock.advance(0)
    expect(log).toEqual(['closed 1006, not clean'])
  })
})

describe('mockServer on its network', () => {
  it('[E4] takes its time one way: opening and answers take two', () => {
    const { clock, server, connect } = rig({ latency: 100 })
    const { link, log } = connect()
    clock.advance(199)
    expect(log).toEqual([])
    clock.advance(1)
    expect(log).toEqual(['opened'])
    clock.advance(200)
    expect(log).toHaveLength(2)
    server.closeAll(1012)
    link.send(ping(1))
    clock.advance(100)
    expect([log.at(-1), server.texts]).toEqual(['closed 1012', [HELLO]])
    expect(clock.pending).toBe(0)
  })

  it('[E4] varies the latency by the seed, and nothing overtakes', () => {
    const arrivals = (seed: number): string[] => {
      const { clock, server, connect } = rig({ seed })
      const { log } = connect()
      clock.advance(0)
      server.latency(10, 100)
      const start = clock.monotonic()
      for (let number = 0; number < 20; number += 1) server.push('n', number)
      server.latency(0)
      server.push('n', 20)
      const times: string[] = []
      for (let ms = 0; ms <= 110; ms += 1) {
        while (times.length < log.length - 2)
          times.push(`${log[times.length + 2]} ${clock.monotonic() - start}`)
        clock.advance(1)
      }
      return times
    }
    const times = arrivals(5)
    expect(times.map((entry) => /"data":(\d+)/.exec(entry)?.[1])).toEqual(
      Array.from({ length: 21 }, (_, number) => String(number)),
    )
    expect(arrivals(5)).toEqual(times)
    expect(arrivals(6)).not.toEqual(times)
  })

  it('[E4] happens within the call, where told so', () => {
    const { clock, server } = rig({ latency: null })
    server.behaves((link) => {
      link.accept()
      link.push('now')
      link.close(1000)
    })
    expect(probe(server.transport, 'wss://app.test/ws').log).toEqual([
      'opened',
      'message {"type":"now"}',
      'closed 1000',
    ])
    server.accepts()
    const { link, log } = probe(server.transport, 'wss://app.test/ws')
    link.send(HELLO)
    expect(log).toEqual(['opened', 'message {"type":"server_ready","v":1}'])
    expect([link.bufferedBytes, clock.pending]).toEqual([0, 0])
  })

  it('[E4] goes silent: nothing arrives either way, then everything in one burst, in order', () => {
    const { clock, server, connect } = rig({ latency: 10 })
    const { link, log } = connect()
    clock.advance(100)
    server.goesSilent()
    server.push('n', 1)
    link.send(ping(1))
    clock.advance(20_000)
    expect([log.length, server.received.length, server.open]).toEqual([2, 1, 1])
    expect(link.bufferedBytes).toBe(ping(1).length)
    const fresh = connect()
    clock.advance(100)
    expect(fresh.log).toHaveLength(2)
    server.push('n', 2)
    server.resumesTalking()
    clock.advance(0)
    expect(log.slice(2)).toEqual(['message {"type":"n","data":1}'])
    clock.advance(10)
    expect(log.slice(3)).toEqual(['message {"type":"n","data":2}', pong(1)])
    expect(link.bufferedBytes).toBe(0)
  })

  it('[E4] goes silent one way', () => {
    const { clock, server, connect } = rig()
    const { link, log } = connect()
    clock.advance(0)
    server.goesSilent('to-client')
    link.send(ping(1))
    clock.advance(0)
    expect([server.received.length, log.length]).toEqual([2, 2])
    server.resumesTalking()
    server.goesSilent('to-server')
    link.send(ping(2))
    server.push('n', 1)
    clock.advance(0)
    expect(log.slice(2)).toEqual([pong(1), 'message {"type":"n","data":1}'])
    expect(server.received).toHaveLength(2)
  })

  it('[E4] does not tell the client of a close, nor the server of a farewell, over a silent link', () => {
    const { clock, server, connect } = rig()
    const told = connect()
    const leaves = connect()
    clock.advance(0)
    server.goesSilent()
    leaves.link.send(ping(1))
    leaves.link.close(4000, 'bye')
    server.closeAll(1012)
    clock.advance(60_000)
    expect([told.log.length, server.farewells, server.open]).toEqual([2, [], 1])
    server.resumesTalking()
    clock.advance(0)
    expect([told.log.at(-1), server.open, server.received.length]).toEqual(['closed 1012', 0, 2])
  })

  it('[E4] leaves no timer behind when the client closes, and gets what was sent before', () => {
    const { clock, server, connect } = rig({ latency: 50 })
    server.dropsAfter(9_000)
    const { link, log } = connect()
    clock.advance(200)
    server.push('n', 1)
    link.send(ping(7))
    link.close(4000, 'bye')
    expect(server.texts.at(-1)).toBe(ping(7))
    expect(server.farewells).toEqual([{ code: 4000, reason: 'bye' }])
    expect([clock.pending, server.open]).toEqual([0, 0])
    clock.advance(10_000)
    expect(log).toHaveLength(2)
    server.forget()
    expect([server.texts, server.received, server.farewells]).toEqual([[], [], []])
  })

  it('[E4] reports nothing after close(), also where everything happens within the call', () => {
    const { clock, server, connect } = rig()
    const { link, log } = connect()
    clock.advance(0)
    server.latency(5)
    link.send(ping(1))
    server.latency(null)
    link.close()
    expect([log.length, server.received.length]).toEqual([2, 2])
  })

  it('[E4] closes late, where told so: events go on after close(), then 1006', () => {
    const { clock, server, connect } = rig()
    server.closesLate(60_000)
    const { link, log } = connect()
    clock.advance(0)
    link.close(4000)
    link.close()
    link.send(ping(1))
    server.push('n', 1)
    clock.advance(59_999)
    expect(log.slice(2)).toEqual(['message {"type":"n","data":1}'])
    expect([server.open, server.links.length, server.texts]).toEqual([0, 0, [HELLO]])
    clock.advance(1)
    expect(log.at(-1)).toBe('closed 1006, not clean')
    server.closesLate(null)
    const other = connect()
    clock.advance(0)
    other.link.close()
    clock.advance(60_000)
    expect([other.log.length, clock.pending]).toEqual([2, 0])
  })
})

describe('mockServer with a behaviour of the test', () => {
  it('[E4] hands each attempt over with its url, and what arrives', () => {
    const { clock, server } = rig()
    const heard: string[] = []
    server.behaves((link) => {
      link.accept({ recovered: true })
      link.accept()
      link.onText((text) => heard.push(`text ${text}`))
      link.onFrame((frame) => heard.push(`frame ${frame.type}`))
      link.onClosed(({ code }) => heard.push(`closed ${code}`))
      heard.push(`${link.id} ${link.url} ${link.status}`)
    })
    const { link, log } = probe(server.transport, 'wss://app.test/a?b')
    clock.advance(0)
    link.send('HELLO')
    link.send('{"type":"x"}')
    link.close()
    expect(log).toEqual(['opened, recovered true'])
    expect(heard).toEqual([
      '1 wss://app.test/a?b connecting',
      'text HELLO',
      'text {"type":"x"}',
      'frame x',
      'closed 1000',
    ])
    expect([server.texts.length, server.received.length, server.accepted]).toEqual([2, 1, 1])
  })

  it('[E4] calls back later, unless cancelled or ended', () => {
    const { clock, server } = rig()
    const heard: string[] = []
    const links: MockLink[] = []
    server.behaves((link) => {
      links.push(link)
      link.after(10, () => heard.push('hanging'))
      link.after(20, () => link.accept())
      link.after(30, () => heard.push('cancelled'))()
      link.after(40, () => heard.push('never'))
      link.onClosed(({ code }) => heard.push(`closed ${code}`))
    })
    const { link, log } = probe(server.transport, 'wss://app.test/ws')
    clock.advance(30)
    expect(log).toEqual(['opened'])
    link.close()
    links[0]?.after(1, () => heard.push('never'))
    links[0]?.send('x')
    links[0]?.drop()
    clock.advance(100)
    expect(heard).toEqual(['hanging', 'closed 1000'])
    expect([log, links[0]?.status]).toEqual([['opened'], 'closed'])
  })

  it('[E4] hears 1006 of an attempt given up while its answer was under way', () => {
    const { clock, server } = rig({ latency: 10 })
    const heard: number[] = []
    server.behaves((link) => {
      link.accept()
      link.onClosed(({ code }) => heard.push(code))
    })
    const { link, log } = probe(server.transport, 'wss://app.test/ws')
    clock.advance(15)
    link.close(4000)
    clock.advance(100)
    expect([heard, log, clock.pending]).toEqual([[1006], [], 0])
  })
})

describe('the runtime of mockServer', () => {
  it('[E4] is the clock, seeded chance and a page with an address', () => {
    const { clock, server } = rig({ seed: 9 })
    expect(server.runtime.clock).toBe(clock)
    expect(server.runtime.page).toBe(server.page)
    expect(server.page.address()).toBe('https://app.test/')
    expect(server.runtime.random()).toBe(rig({ seed: 9 }).server.runtime.random())
    expect(server.runtime.random()).not.toBe(rig({ seed: 10 }).server.runtime.random())
    expect(rig({ capabilities: { ownsHeartbeat: true } }).server.transport.capabilities).toEqual({
      ownsHeartbeat: true,
      ownsRecovery: false,
      closeCodes: true,
    })
  })
})

describe('a mock server at level 3', () => {
  it.each([
    [0, []],
    [2, ['b', 'c']],
  ])('[E4] that keeps %i messages gives no more of before', (kept, expected) => {
    const clock = virtualClock()
    const server = mockServer(clock)
    server.accepts({ level: 3 })
    server.keeps(kept)
    const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
    live.stream('log').subscribe(() => undefined)
    clock.advance(1_000)
    for (const word of ['a', 'b', 'c']) server.push('log', word)
    clock.advance(1_000)
    const other = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
    const heard: unknown[] = []
    other.stream('log', { history: 10 }).on('message', (item) => heard.push(item))
    clock.advance(1_000)
    expect(heard).toEqual(expected)
    live.close()
    other.close()
  })
})
