// What schemas let through, and what becomes of the rest.
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { StandardSchemaV1 } from '../../../src/index.ts'
import { codes } from '../behaviour/rig.ts'
import { feed, up } from './feeding.ts'

describe('schema', () => {
  const Queue = z.object({ length: z.number(), name: z.string().default('none') })

  it('[A8] lets through what zod gives back, from pushes and loads', async () => {
    const r = up()
    const channel = r.live.state('queue', { schema: Queue, load: () => ({ length: 1, extra: true }) })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toEqual({ length: 1, name: 'none' })
    feed(r, { type: 'queue', data: { length: 2, name: 'x' } })
    expect(channel.getSnapshot()).toMatchObject({ data: { length: 2, name: 'x' }, freshness: 'live' })
    feed(r, { type: 'queue', data: { length: '3' } })
    expect(channel.getSnapshot()).toMatchObject({
      data: { length: 2, name: 'x' },
      error: { code: 'invalid-data' },
    })
    expect(r.errors[0]?.message).toMatch(/expected number/i)
  })

  it('[A8] may be written by hand', () => {
    const even: StandardSchemaV1<unknown, number> = {
      '~standard': {
        version: 1,
        vendor: 'mine',
        validate: (value) =>
          typeof value === 'number' && value % 2 === 0 ? { value: value * 10 } : { issues: [] },
      },
    }
    const r = up()
    const channel = r.live.state('n', { schema: even })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: 2 })
    expect(channel.getSnapshot().data).toBe(20)
    feed(r, { type: 'n', data: 3 })
    expect(channel.getSnapshot()).toMatchObject({ data: 20, error: { code: 'invalid-data' } })
    expect(r.errors[0]?.message).toBeTruthy()
  })

  it('[A8] must be synchronous', async () => {
    const r = up()
    const schema = z.string().refine(async () => true) as unknown as StandardSchemaV1<unknown, string>
    const channel = r.live.state('n', { schema })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: 'x' })
    expect(channel.getSnapshot()).toMatchObject({ freshness: 'unknown', error: { code: 'invalid-data' } })
    expect(r.errors[0]?.message).toMatch(/synchronous/)
    await r.clock.advanceAsync(0)
  })

  it('[A8] that throws, or gives nonsense, refuses', () => {
    for (const validate of [
      () => {
        throw new Error('mine')
      },
      () => null as never,
      () => undefined as never,
    ]) {
      const r = up()
      const channel = r.live.state('n', { schema: { '~standard': { version: 1, vendor: 'mine', validate } } })
      channel.subscribe(() => undefined)
      expect(() => feed(r, { type: 'n', data: 'x' })).not.toThrow()
      expect(channel.getSnapshot()).toMatchObject({ freshness: 'unknown', error: { code: 'invalid-data' } })
      r.live.close()
    }
  })

  it('[A8] of messages validates what a change function sees; the state is not asked for', () => {
    const r = up()
    const seen: unknown[] = []
    const channel = r.live.state<number>('n', {
      messageSchema: z.object({ add: z.coerce.number() }),
      onMessage: (current = 0, message) => {
        seen.push(message)
        return current + (message as { add: number }).add
      },
    })
    channel.subscribe(() => undefined)
    feed(r, { type: 'n', data: { add: '5', extra: 1 } })
    feed(r, { type: 'n', data: { add: 'x' } })
    r.clock.advance(1_000) // the same complaint is made once a second
    feed(r, { type: 'n', data: 7 })
    expect(seen).toEqual([{ add: 5 }])
    expect(channel.getSnapshot()).toMatchObject({ data: 5, error: { code: 'invalid-data' } })
    expect(codes(r.errors)).toEqual(['invalid-data', 'invalid-data'])
  })
})
