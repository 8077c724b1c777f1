// Found by fuzzing: what hostile data did to the client once, each in its smallest form.
import { describe, expect, it } from 'vitest'
import { plain, type StandardSchemaV1 } from '../../../src/index.ts'
import { toUrl } from '../../../src/lib/url.ts'
import { codes, connected } from '../behaviour/rig.ts'
import { expectWorking, feed } from '../behaviour/hostile-probe.ts'

describe('what fuzzing found', () => {
  it.each(['{"toString":0}', '{"valueOf":1,"toString":1}', '[[]]', '"5000"', 'true', '-1', '1e999'])(
    '[G10 G17 G23 INV-20] a poll interval of %s, read from hostile data, is none: the channel polls all the same (fault H4) (fault H8)',
    async (every) => {
      let loads = 0
      const r = connected()
      const queue = r.live.state<{ readonly every: number } | null>('queue', {
        load: () => Promise.reject(new Error(`no ${loads++}`)),
        pollEvery: (data) => data?.every ?? 10_000,
      })
      queue.subscribe(() => undefined)
      await r.clock.advanceAsync(1_000)
      feed(r, `{"type":"queue","data":{"every":${every}}}`)
      expectWorking(r)
      loads = 0
      r.server.refuses()
      r.server.closeAll(1006)
      await r.clock.advanceAsync(60_000)
      expect(loads).toBeGreaterThan(1)
      expect(loads).toBeLessThan(60)
      r.server.accepts()
      await r.clock.advanceAsync(60_000)
      expect(r.snapshot.status).toBe('connected')
    },
  )

  it('[G17 G23 INV-20] a decode of the app may throw what has no text (fault H16)', () => {
    const odd: unknown = Object.create(null)
    const r = connected({
      protocol: plain({
        decode: () => {
          throw odd
        },
      }),
    })
    expect(() => feed(r, 'anything')).not.toThrow()
    // The pong of the handshake was the first.
    expect(codes(r.errors)).toEqual(['protocol-error', 'protocol-error'])
    expect(r.snapshot.status).toBe('connected')
  })

  it('[G17 G23 INV-20] an error that the app throws may have a message that is no text (fault H16)', () => {
    const r = connected()
    const queue = r.live.state('queue', {
      initial: 1,
      onMessage: (_, message) => {
        throw Object.assign(new Error(), { message })
      },
    })
    queue.subscribe(() => undefined)
    expect(() => feed(r, '{"type":"queue","data":{"toString":1}}')).not.toThrow()
    expect(codes(r.errors)).toEqual(['invalid-data'])
    expectWorking(r)
  })

  it('[G23] data that does not fit is told once a second, also with data that fits in between (fault H4)', () => {
    const schema: StandardSchemaV1<unknown, number> = {
      '~standard': {
        version: 1,
        vendor: 'mine',
        validate: (value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'no' }] }),
      },
    }
    const r = connected()
    const queue = r.live.state('queue', { schema })
    queue.subscribe(() => undefined)
    for (let n = 0; n < 100; n++) {
      feed(r, `{"type":"queue","data":${n}}`)
      expect(queue.getSnapshot().error).toBeNull()
      feed(r, '{"type":"queue","data":"x"}')
      // The snapshot says it each time, the log once a second.
      expect(queue.getSnapshot().error).toMatchObject({ code: 'invalid-data' })
    }
    expect(codes(r.errors)).toEqual(['invalid-data'])
  })

  it.each([
    'wss:user:canary@host/#x',
    'wss:\\\\user:canary@host/#x',
    'ws:/user:canary@host#x',
    'ws://user:can/ary-canary@host',
    'ftp:user:canary@host',
    'user:canary@host',
    'ws://user:canary?canary@host',
    'wss//user:canary#canary@host',
  ])('[A9 G24] a url that is refused shows no password, however it is written: %s', (url) => {
    expect(() => toUrl(url, 'https://app.test/')).toThrow(/^url must be (?!.*canary)/)
  })

  it('[A9] a url without any text is refused by name, too (fault H16)', () => {
    for (const url of [Object.create(null), { toString: 1 }, Symbol('x'), null])
      expect(() => toUrl(url, null)).toThrow(/^url must be/)
  })
})
