// Wrong options of the server are refused by name; what is left out has its documented default.
import { describe, expect, it } from 'vitest'
import { createServer } from '../../../src/server/index.ts'
import { resolveServerOptions } from '../../../src/server/options.ts'

describe('the options of the server', () => {
  it('[A9 C6] have the documented defaults', () => {
    expect(resolveServerOptions({})).toMatchObject({
      path: '/ws',
      heartbeat: { interval: 15_000, timeout: 5_000 },
      handshakeTimeout: 10_000,
      maxPayload: 65_536,
      maxEventBytes: 1_024,
      compression: false,
      acceptRate: 300,
      limits: {
        bufferedBytes: 1_048_576,
        connections: 20_000,
        connectionsPerUser: 20,
        connectionsPerIp: 100,
        messagesPerMinute: 600,
      },
      trustedProxies: 0,
    })
  })

  it('[A9] keep what is given, and the defaults of limits that are not', () => {
    const given = { path: '/live', origins: ['https://app.example'], limits: { connectionsPerIp: Infinity } }
    expect(resolveServerOptions(given)).toMatchObject({
      ...given,
      limits: { connectionsPerIp: Infinity, connectionsPerUser: 20 },
    })
    for (const origins of [['capacitor://localhost'], ['http://[::1]:3000'], () => true])
      expect(resolveServerOptions({ origins }).origins).toStrictEqual(origins)
    const schema = {
      '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) },
    } as const
    expect(resolveServerOptions({ events: { a: schema } }).events).toEqual({ a: schema })
  })

  it.each<[string, unknown]>([
    ['path', 'ws'],
    ['path', '/ws?x'],
    ['origins', 'https://app.example'],
    ['origins', ['app.example']],
    ['origins', ['https://app.example/']],
    ['origins', ['*']],
    ['authenticate', true],
    ['authorize', {}],
    ['snapshot', 7],
    ['events.a', { a: { parse: () => 1 } }],
    ['message', 'x'],
    ['heartbeat', 15_000],
    ['heartbeat.interval', { interval: 0, timeout: 5_000 }],
    ['heartbeat.timeout', { interval: 15_000 }],
    ['handshakeTimeout', NaN],
    ['handshakeTimeout', '10s'],
    ['maxPayload', 10_485_761],
    ['maxPayload', 0],
    ['maxEventBytes', -1],
    ['compression', true],
    ['compression', { level: 10, threshold: 1_024 }],
    ['acceptRate', 0],
    ['acceptRate', Infinity],
    ['limits.bufferedBytes', { bufferedBytes: 1.5 }],
    ['limits.messagesPerMinute', { messagesPerMinute: Infinity }],
    ['limits.sockets', { sockets: 5 }],
    ['trustedProxies', -1],
    ['logger', 'console'],
    ['port', 8080],
  ])('[A9] throw a TypeError that names %s when it is %o', (name, value) => {
    const key = name.split('.')[0]!
    const make = (): unknown => createServer({ [key]: value })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(new RegExp(`^createServer: .*\\b${name.replace('.', '\\.')}\\b`))
  })

  it('[A9 C1a] need events where there is a snapshot, as nothing would be sent without', () => {
    expect(() => createServer({ snapshot: () => 1 })).toThrow('createServer: snapshot needs events')
  })

  it('[A9] must be an object', () => {
    expect(() => createServer(null as never)).toThrow('createServer: the options')
  })
})
