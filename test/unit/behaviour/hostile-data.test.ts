// Hostile data (G23): too deep, too wide, or with names that mean something to JavaScript.
import { describe, expect, it } from 'vitest'
import { connected } from './rig.ts'
import { MB, feed, expectWorking, took } from './hostile-probe.ts'

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
