// Wrong options are refused at once, by name (A9); urls in every spelling (A15).
import { describe, expect, it } from 'vitest'
import {
  createConnection,
  plain,
  webSocket,
  type ConnectionOptions,
  type StateOptions,
} from '../../src/index.ts'
import { mockPage, mockServer, virtualClock } from '../../src/testing/index.ts'

const url = 'wss://app.test/ws'

/** `reconnect.circuit.after` as an object: { reconnect: { circuit: { after: value } } }. */
function nest(path: string, value: unknown): object {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object
}

function make(options: object): () => void {
  return () => createConnection({ url, ...options }).close()
}

const noNumbers = [NaN, -1, '5', null, {}, true, 1n]
const noFunctions = [5, 'x', {}, true, null]
const noObjects = [5, 'x', true, null]

/** Every option, and what it must refuse. */
const wrong: Readonly<Record<string, readonly unknown[]>> = {
  auth: noFunctions,
  authTimeout: [...noNumbers, 0, Infinity, 86_400_001],
  transport: [...noObjects, {}, { open: 5 }],
  protocol: ['auto ', 'rt v1', 5, true, null, {}],
  connectTimeout: [...noNumbers, 0, Infinity],
  handshakeTimeout: [...noNumbers, 0, Infinity],
  requestTimeout: [...noNumbers, 0, Infinity],
  heartbeat: noObjects,
  'heartbeat.interval': [...noNumbers, 0, Infinity],
  'heartbeat.timeout': [...noNumbers, 0, Infinity, 15_001],
  'heartbeat.probe': [...noNumbers, 0, Infinity],
  quality: [...noObjects, false],
  'quality.excellent': [...noNumbers, Infinity],
  'quality.good': [...noNumbers, Infinity],
  'quality.poor': [...noNumbers, Infinity],
  reconnect: [...noObjects, false],
  'reconnect.minDelay': [...noNumbers, Infinity],
  'reconnect.maxDelay': [...noNumbers, 0, Infinity],
  'reconnect.hiddenDelay': [...noNumbers, Infinity],
  'reconnect.minUptime': [...noNumbers, Infinity],
  'reconnect.maxAttempts': [...noNumbers, 0],
  'reconnect.budget': [...noObjects, false],
  'reconnect.budget.attempts': [...noNumbers, 0],
  'reconnect.budget.per': [...noNumbers, 0, Infinity],
  'reconnect.delay': noFunctions,
  'reconnect.circuit': noObjects,
  'reconnect.circuit.failures': [...noNumbers, 0],
  'reconnect.circuit.after': [...noNumbers, Infinity],
  'reconnect.circuit.coolDown': [...noNumbers, 0, Infinity],
  'reconnect.circuit.maxCoolDown': [...noNumbers, 0, Infinity],
  diagnose: noFunctions,
  priority: [NaN, '5', null, {}, true],
  gate: [...noObjects, {}, { queue: 5 }],
  linger: [...noNumbers, Infinity],
  loadFirst: [...noNumbers, Infinity],
  maxMessageBytes: [...noNumbers, 0],
  sendWatermark: [...noNumbers, 0],
  outbox: [...noObjects, false],
  'outbox.messages': [...noNumbers, 0],
  'outbox.bytes': [...noNumbers, 0],
  'outbox.ttl': [...noNumbers, Infinity],
  logger: noObjects,
  on: noObjects,
  'on.status': noFunctions,
  'on.message': noFunctions,
  'on.error': noFunctions,
  'on.trace': noFunctions,
  runtime: [...noObjects, {}, { clock: {} }],
}

describe('createConnection()', () => {
  it.each(Object.entries(wrong))('[A9] refuses a wrong %s with a TypeError that names it', (path, values) => {
    for (const value of values) {
      const options = nest(path, value)
      expect(make(options), `${path}: ${typeof value} ${String(value)}`).toThrow(TypeError)
      expect(make(options), `${path}: ${String(value)}`).toThrow(
        new RegExp(`\\b${path.replaceAll('.', '\\.')}\\b`),
      )
    }
  })

  it('[A9] refuses options that are none', () => {
    for (const options of [undefined, null, 'wss://app.test', 5])
      expect(() => createConnection(options as never)).toThrow(TypeError)
  })

  it('[A9] takes every option at its bounds, and undefined for each', () => {
    const right: Array<readonly [string, unknown]> = [
      ['heartbeat', false],
      ['heartbeat.interval', 86_400_000],
      ['heartbeat.timeout', 1],
      ['reconnect.circuit', false],
      ['reconnect.maxAttempts', Infinity],
      ['reconnect.minDelay', 0],
      ['reconnect.budget.attempts', 1],
      ['priority', -5],
      ['priority', Infinity],
      ['linger', 0],
      ['maxMessageBytes', Infinity],
      ['protocol', 'rt'],
      ['protocol', plain()],
      ['transport', webSocket()],
      ['logger', {}],
      ['outbox.ttl', 86_400_000],
      ...Object.keys(wrong).map((path) => [path, undefined] as const),
    ]
    for (const [path, value] of right) expect(make(nest(path, value)), path).not.toThrow()
  })

  it('[A9] knows every option the type has', () => {
    // Fails to compile when an option is added that has no row above.
    const rows: Record<Exclude<keyof ConnectionOptions, 'url'>, true> = {
      auth: true,
      authTimeout: true,
      transport: true,
      protocol: true,
      connectTimeout: true,
      handshakeTimeout: true,
      requestTimeout: true,
      heartbeat: true,
      quality: true,
      reconnect: true,
      diagnose: true,
      priority: true,
      gate: true,
      linger: true,
      loadFirst: true,
      maxMessageBytes: true,
      sendWatermark: true,
      outbox: true,
      logger: true,
      on: true,
      runtime: true,
    }
    for (const name of Object.keys(rows)) expect(wrong).toHaveProperty([name])
  })

  it('[A9 G3] a timeout longer than the interval could never be met', () => {
    expect(make({ heartbeat: { interval: 4_000, timeout: 4_001 } })).toThrow(/heartbeat\.timeout/)
    expect(make({ heartbeat: { interval: 4_000, timeout: 4_000 } })).not.toThrow()
    expect(make({ heartbeat: { interval: 1_000 } })).not.toThrow()
  })
})

describe('state()', () => {
  const refused: { readonly [K in keyof Required<StateOptions<unknown>>]?: readonly unknown[] } = {
    load: noFunctions,
    loadTimeout: [...noNumbers, 0, Infinity],
    spread: [...noNumbers, Infinity],
    pollEvery: [NaN, 0, -1, Infinity, '5000', true, null, {}],
    message: [5, true, null, {}, [5]],
    pick: noFunctions,
    onMessage: ['other', 5, true, null, {}],
    schema: [5, 'x', true, null, {}, { '~standard': {} }, { '~standard': { validate: 5 } }],
    messageSchema: [5, 'x', true, null, {}, { '~standard': {} }],
    compare: [5, 'x', true, {}, null],
    version: noFunctions,
  }

  it.each(Object.entries(refused))(
    '[A9] refuses a wrong %s with a TypeError that names it and the channel',
    (option, values) => {
      const live = createConnection({ url })
      for (const value of values) {
        const made = (): unknown => live.state('queue', { [option]: value } as never)
        expect(made, `${option}: ${String(value)}`).toThrow(TypeError)
        expect(made, `${option}: ${String(value)}`).toThrow(new RegExp(`queue.*\\b${option}\\b`))
      }
      live.close()
    },
  )

  it('[A9] refuses names that are none, and reload without load', () => {
    const live = createConnection({ url })
    for (const name of ['', 5, null, undefined, {}]) expect(() => live.state(name as never)).toThrow(/name/)
    expect(() => live.state('queue', { onMessage: 'reload' })).toThrow(/load/)
    live.close()
  })

  it('[A9] refuses wrong options of a channel that exists, and leaves it as it was', () => {
    const clock = virtualClock()
    const server = mockServer(clock)
    const live = createConnection({ url, transport: server.transport, runtime: server.runtime })
    const channel = live.state('queue', { pick: (payload) => ({ picked: payload }) })
    channel.subscribe(() => undefined)
    expect(() => live.state('queue', { load: 5 as never })).toThrow(/load/)
    server.push('queue', 1)
    clock.advance(10)
    expect(channel.getSnapshot().data).toEqual({ picked: 1 })
    live.close()
  })
})

describe('urls', () => {
  /** What a connection on that page asks its transport for. */
  function asked(address: string, page: string | null = 'https://app.test/dir/page?x=1#y'): string | null {
    const clock = virtualClock()
    const server = mockServer(clock, { page: mockPage({ address: page }) })
    const live = createConnection({ url: address, transport: server.transport, runtime: server.runtime })
    live.connect()
    const link = server.links[0]
    live.close()
    return link?.url ?? null
  }

  it.each([
    ['/ws', 'wss://app.test/ws'],
    ['ws', 'wss://app.test/dir/ws'],
    ['./ws?a=1', 'wss://app.test/dir/ws?a=1'],
    ['//other.test/ws', 'wss://other.test/ws'],
    ['wss://other.test/ws', 'wss://other.test/ws'],
    ['ws://other.test/ws', 'ws://other.test/ws'],
    ['https://other.test/ws', 'wss://other.test/ws'],
    ['http://other.test:8080/ws', 'ws://other.test:8080/ws'],
    ['HTTPS://other.test', 'wss://other.test/'],
    ['wss://other.test:443/ws', 'wss://other.test/ws'],
    ['wss://[::1]:9000/ws', 'wss://[::1]:9000/ws'],
  ])('[A15] %s on an https page is %s', (given, expected) => {
    expect(asked(given)).toBe(expected)
  })

  it('[A15] a path on an http page is ws, without a page it is no address', () => {
    expect(asked('/ws', 'http://localhost:3000/')).toBe('ws://localhost:3000/ws')
    expect(asked('/ws', null)).toBeNull()
    expect(asked('ws://localhost/ws', null)).toBe('ws://localhost/ws')
  })

  it.each([
    'ftp://app.test/ws',
    'file:///ws',
    'javascript:alert(1)',
    'data:,x',
    'ws://',
    'http://',
    'ws://app.test/ws#part',
    'ws://a b/',
    'ws://app.test:99999/',
  ])('[A9 A15] %s is a TypeError that names url', (address) => {
    expect(() => createConnection({ url: address })).toThrow(TypeError)
    expect(() => createConnection({ url: address })).toThrow(/\burl\b/)
  })

  it.each([undefined, null, 5, {}, true, new URL('ws://app.test/ws')])('[A9 A15] %o is no url', (address) => {
    expect(() => createConnection({ url: address as never })).toThrow(/\burl\b/)
  })

  it('[A8 A15] a path without a page fails for good, and says why', () => {
    const clock = virtualClock()
    const server = mockServer(clock, { page: mockPage({ address: null }) })
    const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
    live.connect()
    expect(live.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'connect-failed' } })
    expect(live.getSnapshot().error?.message).toMatch(/url/)
    live.close()
  })
})
