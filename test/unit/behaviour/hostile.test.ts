// Hostile input, row by row (G23): no bytes from the other side break, hang, grow or mislead the client.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codes, connected, rig, type Rig } from './rig.ts'

const MB = 1_048_576

/** Sends one frame and lets it arrive. */
function feed(r: Rig, text: string): void {
  r.server.send(text)
  r.clock.advance(0)
}

/** The link still does what links do. */
function expectWorking(r: Rig): void {
  const heard: unknown[] = []
  const off = r.live.on('message', ({ data }) => heard.push(data))
  feed(r, '{"type":"still","data":"here"}')
  off()
  expect(heard).toEqual(['here'])
  expect(r.snapshot).toMatchObject({ status: 'connected', error: null })
  expect(r.opens).toHaveLength(1)
}

/** Milliseconds of real time. Generous bounds only: what is looked for is a square where there should be a line. */
function took(run: () => void): number {
  const from = performance.now()
  run()
  return performance.now() - from
}

const garbage: ReadonlyArray<readonly [name: string, text: string]> = [
  ['empty', ''],
  ['not JSON', 'garbage'],
  ['half a frame', '{"type":"queue","data":'],
  ['null', 'null'],
  ['a number', '5'],
  ['a string', '"queue"'],
  ['true', 'true'],
  ['an array', '[{"type":"queue","data":1}]'],
  ['no type', '{"data":1}'],
  ['a type that is no string', '{"type":5}'],
  ['a type that is null', '{"type":null}'],
  ['an object for a type', '{"type":{"toString":"x"}}'],
  ['an empty type', '{"type":""}'],
  ['a type with a space', '{"type":"a b"}'],
  ['a type with a line end', '{"type":"queue\\n"}'],
  ['a type of 65 characters', `{"type":"${'x'.repeat(65)}"}`],
  ['a type of 10 kB', `{"type":"${'x'.repeat(10_240)}"}`],
  ['a type only in the prototype', '{"__proto__":{"type":"queue"}}'],
  ['NUL', '\u0000'],
  ['a byte order mark before a frame', '\ufeff{"type":"queue","data":1}'],
  ['lone surrogates', '\ud800'],
  ['two frames', '{"type":"a"}{"type":"b"}'],
  ['a comment', '{"type":"queue"/* */}'],
  ['NaN', '{"type":"queue","data":NaN}'],
]

describe('garbage', () => {
  it.each(garbage)(
    '[G23 H9 P1] (%s) never throws, is reported as protocol-error, and the link goes on',
    (_name, text) => {
      for (const level of [0, 1] as const) {
        const r = connected({}, (s) => s.accepts({ level }))
        const channel = r.live.state('queue')
        channel.subscribe(() => undefined)
        expect(() => feed(r, text)).not.toThrow()
        expect(codes(r.errors)).toEqual(['protocol-error'])
        expect(r.errors[0]?.context.reason).toBeTruthy()
        expect(channel.getSnapshot().data).toBeUndefined()
        expectWorking(r)
        r.live.close()
      }
    },
  )

  it.each(garbage)(
    '[G2a G23] (%s) as the very first frame makes the server a plain one, and no more',
    (_name, text) => {
      const r = rig()
      r.server.opensSilently()
      r.live.connect()
      r.clock.advance(0)
      expect(() => feed(r, text)).not.toThrow()
      expect(codes(r.errors)).toEqual(['protocol-error'])
      expectWorking(r)
    },
  )

  it('[G23] is reported once a second at most, however much there is', () => {
    const r = connected()
    for (let n = 0; n < 1_000; n++) feed(r, `garbage ${n}`)
    expect(r.errors).toHaveLength(1)
    r.clock.advance(999)
    feed(r, 'garbage')
    expect(r.errors).toHaveLength(1)
    r.clock.advance(1)
    feed(r, 'garbage')
    expect(r.errors).toHaveLength(2)
    for (let n = 0; n < 100; n++) {
      feed(r, 'garbage')
      r.clock.advance(100)
    }
    expect(r.errors.length).toBeLessThanOrEqual(12)
    expectWorking(r)
  })

  it('[G23 H4 M13] of any kind leaves Object.prototype as it was, and never throws', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort()
    const r = connected({}, (s) => s.accepts({ level: 1 }))
    r.live.on('trace', () => undefined)
    const replace = r.live.state('a')
    const change = r.live.state('b', { onMessage: (_, message) => message })
    const reload = r.live.state('c', { load: () => 1, onMessage: 'reload' })
    for (const channel of [replace, change, reload]) channel.subscribe(() => undefined)
    const keys = fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'a',
      'b',
      '',
      'type',
      'data',
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom(null, true, 0, -0, 1e308, '', 'x', '__proto__'),
        fc.array(tie('value'), { maxLength: 4 }),
        fc
          .array(fc.tuple(keys, tie('value')), { maxLength: 4 })
          .map((entries) => Object.fromEntries(entries) as unknown),
      ),
    }))
    const types = fc.constantFrom(
      'a',
      'b',
      'c',
      'ping',
      'pong',
      'server_ready',
      'client_ready',
      'rt.go_away_',
      'rt.error',
      'rt.notice',
      'rt.x',
      '__proto__',
    )
    const frame = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(types, value, value).map(([type, data, extra]) =>
          JSON.stringify({
            v: 1,
            ...(extra as object),
            type,
            data,
            reconnect: data,
            heartbeat: extra,
            timestamp: data,
          }),
        ),
      },
      { weight: 1, arbitrary: fc.string() },
      {
        weight: 1,
        arbitrary: fc.tuple(types, value).map(([type, data]) => JSON.stringify({ type, data }).slice(0, -2)),
      },
      { weight: 1, arbitrary: fc.jsonValue().map((any) => JSON.stringify(any)) },
    )
    fc.assert(
      fc.property(frame, (text) => {
        feed(r, text)
        expect(r.snapshot.status).toBe('connected')
        expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before)
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
      }),
      { numRuns: 2_000, seed: 7 },
    )
    expectWorking(r)
  })
})

describe('frames that are too large', () => {
  const large = (bytes: number): string => `{"type":"queue","data":"${'x'.repeat(bytes - 26)}"}`

  it('[G23 M12] are dropped before they are parsed: 1 MiB is the most', () => {
    const r = connected()
    const channel = r.live.state<string>('queue')
    channel.subscribe(() => undefined)
    expect(new TextEncoder().encode(large(MB)).length).toBe(MB)
    feed(r, large(MB))
    expect(channel.getSnapshot().data).toHaveLength(MB - 26)
    feed(r, large(MB + 1))
    expect(channel.getSnapshot().data).toHaveLength(MB - 26)
    expect(codes(r.errors)).toEqual(['message-too-large'])
    expect(r.errors[0]?.context.frame).toHaveLength(256)
    expectWorking(r)
  })

  it('[A9 G23] are measured in UTF-8 bytes against maxMessageBytes', () => {
    const r = connected({ maxMessageBytes: 100 })
    const heard: unknown[] = []
    r.live.on('message', ({ data }) => heard.push(data))
    const frame = (text: string): string => JSON.stringify({ type: 'q', data: text })
    const room = 100 - frame('').length
    feed(r, frame('x'.repeat(room)))
    feed(r, frame('€'.repeat(Math.floor(room / 3))))
    feed(r, frame('x'.repeat(room + 1)))
    r.clock.advance(1_000)
    feed(r, frame('€'.repeat(Math.floor(room / 3) + 1)))
    expect(heard.map((data) => (data as string)[0])).toEqual(['x', '€'])
    expect(codes(r.errors)).toEqual(['message-too-large', 'message-too-large'])
  })

  it('[G23] three in a minute end the link with 4413, and a long wait follows', () => {
    const r = connected({ random: 0 })
    feed(r, large(MB + 1))
    r.clock.advance(20_000)
    feed(r, large(MB + 1))
    r.clock.advance(20_000)
    expect(r.snapshot.status).toBe('connected')
    feed(r, large(MB + 1))
    expect(r.snapshot.status).toBe('reconnecting')
    expect(r.server.farewells.at(-1)).toMatchObject({ code: 4413 })
    expect(r.snapshot.retryAt! - r.clock.now()).toBeGreaterThanOrEqual(10_000)
  })

  it('[G23] two in a minute, for ever, end nothing', () => {
    const r = connected()
    for (let n = 0; n < 20; n++) {
      feed(r, large(MB + 1))
      r.clock.advance(30_001)
    }
    expectWorking(r)
  })

  it('[G23 H3] of a few MB of brackets cost next to nothing', () => {
    const r = connected()
    const bomb = '['.repeat(8 * MB)
    expect(took(() => feed(r, bomb))).toBeLessThan(500)
    expectWorking(r)
  })
})

describe('data that is too deep or too wide', () => {
  const deep = (depth: number, leaf: string): string => `${'['.repeat(depth)}${leaf}${']'.repeat(depth)}`

  it.each([65, 1_000, 50_000, 500_000])(
    '[G23 H1 M11] (%i levels) is taken as changed, without a throw',
    (depth) => {
      const r = connected()
      const channel = r.live.state('queue')
      let told = 0
      channel.subscribe(() => told++)
      feed(r, `{"type":"queue","data":${deep(depth, '1')}}`)
      feed(r, `{"type":"queue","data": ${deep(depth, '1')}}`) // the same, in another text
      expect(channel.getSnapshot().freshness).toBe('live')
      expect(told).toBe(2)
      expectWorking(r)
    },
  )

  it('[G23 H1] in every field of every control frame changes nothing', () => {
    const r = connected()
    r.live.on('trace', () => undefined)
    r.live.on('message', () => undefined)
    const bomb = deep(200_000, '1')
    for (const type of [
      'ping',
      'pong',
      'server_ready',
      'client_ready',
      'rt.notice',
      'rt.error',
      'rt.subscribed',
    ]) {
      for (const field of ['timestamp', 'v', 'reconnect', 'heartbeat', 'code', 'message', 'id', 'session'])
        expect(() => feed(r, `{"type":"${type}","${field}":${bomb}}`), `${type}.${field}`).not.toThrow()
    }
    expectWorking(r)
  })

  it('[G23 H2] (100 001 values) is taken as changed, in bounded time', () => {
    const r = connected({ maxMessageBytes: 64 * MB })
    const channel = r.live.state('queue')
    let told = 0
    channel.subscribe(() => told++)
    const wide = JSON.stringify(Array.from({ length: 100_001 }, (_, n) => n))
    feed(r, `{"type":"queue","data":${wide}}`)
    feed(r, `{"type":"queue","data": ${wide}}`)
    expect(told).toBe(2)
    const small = JSON.stringify(Array.from({ length: 90_000 }, (_, n) => n))
    feed(r, `{"type":"queue","data":${small}}`)
    feed(r, `{"type":"queue","data": ${small}}`)
    expect(told).toBe(3)
    expectWorking(r)
  })

  it('[G23 M12] costs at most 50 ms for 64 kB, measured at 1 MB', () => {
    const r = connected()
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    const shapes = [
      `{"type":"queue","data":[${'[],'.repeat(300_000)}1]}`,
      `{"type":"queue","data":[${'{},'.repeat(300_000)}1]}`,
      `{"type":"queue","data":{${Array.from({ length: 60_000 }, (_, n) => `"k${n}":${n % 7}`).join()}}}`,
      `{"type":"queue","data":"${'\\u0000'.repeat(150_000)}"}`,
      `{"type":"queue","data":${'9'.repeat(900_000)}}`,
    ]
    for (const shape of shapes) {
      feed(r, shape)
      expect(took(() => feed(r, shape.replace('"data":', '"data": ')))).toBeLessThan(16 * 50)
    }
    expectWorking(r)
  })
})

describe('names that mean something to JavaScript', () => {
  it.each(['toString', 'hasOwnProperty', '__proto__', 'constructor', 'valueOf', 'prototype'])(
    '[G23 H5 H6] %s is a type and a channel like any other',
    (name) => {
      const r = connected()
      const channel = r.live.state(name)
      const other = r.live.state('other')
      channel.subscribe(() => undefined)
      other.subscribe(() => undefined)
      feed(r, `{"type":"${name}","data":{"n":1}}`)
      expect(channel.getSnapshot()).toMatchObject({ data: { n: 1 }, freshness: 'live' })
      expect(other.getSnapshot().data).toBeUndefined()
      expect(r.live.state(name)).toBe(channel)
      expect(r.errors).toEqual([])
      expectWorking(r)
    },
  )

  it('[G23 H4 M13] as keys of data stay own keys, and nothing is assigned through them', () => {
    const r = connected()
    const channel = r.live.state<Record<string, unknown>>('queue')
    channel.subscribe(() => undefined)
    const text = (leaf: number): string =>
      `{"type":"queue","data":{"__proto__":{"polluted":${leaf},"kept":{"a":1}},"constructor":{"prototype":{"polluted":1}},"same":{"b":2}}}`
    feed(r, text(1))
    const first = channel.getSnapshot().data!
    feed(r, text(2))
    const second = channel.getSnapshot().data!
    const own = Object.getOwnPropertyDescriptor(second, '__proto__')?.value as {
      polluted: number
      kept: unknown
    }
    expect(own.polluted).toBe(2)
    expect(Object.getPrototypeOf(second)).toBe(Object.prototype)
    expect(second.same).toBe(first.same)
    expect(second.constructor).toBe(first.constructor)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('[G23 H7] twice in one object: the last one counts, as JSON has it', () => {
    const r = connected()
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    feed(r, '{"type":"other","type":"queue","data":1,"data":2}')
    expect(channel.getSnapshot().data).toBe(2)
  })

  it('[G23 H8] odd numbers go through as JSON reads them', () => {
    const r = connected()
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    feed(r, '{"type":"queue","data":[1e999,-1e999,-0,9007199254740993]}')
    expect(channel.getSnapshot().data).toEqual([Infinity, -Infinity, -0, 9_007_199_254_740_992])
  })

  it('[G23 H9] lone surrogates, line separators and marks go through unchanged', () => {
    const r = connected()
    const channel = r.live.state('queue')
    channel.subscribe(() => undefined)
    feed(r, '{"type":"queue","data":"\\ud800\\u2028\\u202e\\u0000"}')
    expect(channel.getSnapshot().data).toBe('\ud800\u2028\u202e\u0000')
  })
})

describe('floods', () => {
  it('[G23 H12 P12] of pings get 10 pongs a second at most', () => {
    const r = connected()
    for (let n = 0; n < 1_000; n++) feed(r, `{"type":"ping","timestamp":${n}}`)
    expect(r.sent('pong')).toHaveLength(10)
    r.clock.advance(1_000)
    for (let n = 0; n < 1_000; n++) feed(r, `{"type":"ping","timestamp":${n}}`)
    expect(r.sent('pong')).toHaveLength(20)
    expectWorking(r)
  })

  it('[G23 P12] a ping gets its timestamp back if that is a number or a short text, else none', () => {
    const r = connected()
    r.server.forget()
    for (const timestamp of ['5', '"x"', 'null', '{}', '[1]', 'true', `"${'x'.repeat(65)}"`])
      feed(r, `{"type":"ping","timestamp":${timestamp}}`)
    feed(r, '{"type":"ping"}')
    const pong = { type: 'pong' }
    expect(r.server.received).toEqual([
      { ...pong, timestamp: 5 },
      { ...pong, timestamp: 'x' },
      pong,
      pong,
      pong,
      pong,
      pong,
      pong,
    ])
  })

  it('[G23] of 100 000 answers to nothing are ignored, in O(1) memory and time each', () => {
    const r = connected()
    const before = JSON.stringify(r.snapshot)
    const ms = [0, 1, 2, 3].map((round) =>
      took(() => {
        for (let n = 0; n < 25_000; n++) {
          r.server.send(
            `{"type":"rt.subscribed","id":"${round}-${n}","channel":"c${n}","epoch":"x","offset":-1,"recovered":true}`,
          )
          if (n % 100 === 0) r.clock.advance(0)
        }
        r.clock.advance(0)
      }),
    )
    expect(ms[3]).toBeLessThan(5 * ms[0]! + 500) // the last ones cost what the first did
    expect(JSON.stringify(r.snapshot)).toBe(before)
    expect(r.errors).toEqual([])
    expectWorking(r)
  })

  it('[G23] of server_ready, notices and go_aways change only what they may', () => {
    const r = connected()
    for (let n = 0; n < 1_000; n++) {
      feed(r, `{"type":"server_ready","v":${n},"session":{"id":"s_${n}"}}`)
      feed(r, `{"type":"rt.notice","reconnect":{"window":${n}}}`)
    }
    expect(r.statuses).toEqual(['connecting', 'connected'])
    expect(r.opens).toHaveLength(1)
    expectWorking(r)
  })
})

describe('text that makes patterns slow', () => {
  it.each([
    ['a type of 1 MB', `{"type":"${'a.'.repeat(500_000)}!"}`],
    ['a type of 1 MB of dashes', `{"type":"${'-'.repeat(1_000_000)}"}`],
    ['a frame of 1 MB of spaces', `${' '.repeat(1_000_000)}{"type":"queue"`],
    ['garbage of 1 MB', 'retry_after='.repeat(80_000)],
    ['an error of 1 MB', `{"type":"rt.error","code":"x","message":"${'@/'.repeat(500_000)}"}`],
  ])('[G23 H13] (%s) takes linear time', (_name, text) => {
    const r = connected({ auth: undefined })
    feed(r, text)
    expect(took(() => feed(r, text))).toBeLessThan(300)
    expectWorking(r)
  })

  it('[G23 H13] is cut in close reasons', () => {
    const reason = `${'retry_after=1'.repeat(80_000)};`
    let close = (): void => undefined
    const r = rig({
      transport: {
        name: 'odd',
        capabilities: { ownsHeartbeat: true, ownsRecovery: false, closeCodes: true },
        open(_context, events) {
          events.opened()
          events.message('{"type":"server_ready","v":1}')
          close = () => events.closed({ code: 4000, reason, wasClean: true })
          return { send: () => undefined, bufferedBytes: 0, close: () => undefined }
        },
      },
    })
    r.live.connect()
    r.clock.advance(10)
    expect(took(() => close())).toBeLessThan(300)
    expect(r.errors[0]?.context.reason?.length).toBeLessThanOrEqual(256)
    expect(r.errors[0]?.message.length).toBeLessThan(400)
  })

  it('[G23 G24 H13] is redacted in linear time, with as many secrets as are kept', async () => {
    let n = 0
    const r = rig({
      random: 0,
      reconnect: { circuit: false },
      auth: () => `secret-${String(n++)}-${'s'.repeat(1_000)}`,
    })
    r.server.refuses(1011)
    r.live.connect()
    await r.clock.advanceAsync(9_000)
    r.server.accepts()
    await r.clock.advanceAsync(20_000)
    expect(r.snapshot.status).toBe('connected')
    const text = `garbage ${'s'.repeat(1_000_000)}`
    expect(took(() => feed(r, text))).toBeLessThan(1_500)
  })
})

describe('lies', () => {
  it('[G23] (fault C6) a server that echoes what we say is answered once a ping, and nothing more', () => {
    const r = rig()
    r.server.behaves((link) => {
      link.accept()
      link.onText((text) => link.send(text))
    })
    r.live.connect()
    r.clock.advance(60_000)
    expect(r.snapshot.status).toBe('connected')
    expect(r.sent('pong').length).toBeLessThanOrEqual(r.sent('ping').length)
  })

  it('[G23 P14] of a plain server in rt.* frames are messages of the app', () => {
    const r = connected({}, (s) => s.accepts({ level: 0 }))
    const heard: string[] = []
    r.live.on('message', ({ type }) => heard.push(type))
    for (const type of ['rt.go_away', 'rt.error', 'rt.notice', 'server_ready'])
      feed(r, `{"type":"${type}","v":1,"reconnect":false}`)
    expect(heard).toEqual(['rt.go_away', 'rt.error', 'rt.notice', 'server_ready'])
    r.clock.advance(60_000)
    expect(r.opens).toHaveLength(1)
  })

  it('[G23] a redirect is no advice we know', () => {
    const r = connected()
    feed(
      r,
      '{"type":"rt.notice","reconnect":{"window":500,"url":"wss://evil.test/ws"},"url":"wss://evil.test/ws"}',
    )
    feed(
      r,
      '{"type":"rt.go_away","code":"moved","reconnect":{"min":0,"spread":0,"url":"wss://evil.test/ws"},"grace":0}',
    )
    r.clock.advance(10_000)
    expect(r.server.links.map(({ url }) => url)).toEqual(['wss://app.test/ws'])
  })
})
