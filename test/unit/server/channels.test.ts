// What the server publishes, to whom, in which order, and what it refuses: without sockets, on a virtual clock.
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { isHoldfastError } from '../../../src/errors.ts'
import { createAttempt, type Attempt } from '../../../src/server/attempt.ts'
import type { Broker } from '../../../src/server/broker.ts'
import { createChannels, type Channels } from '../../../src/server/channels.ts'
import type { Link } from '../../../src/server/link.ts'
import { memoryBroker } from '../../../src/server/memory-broker.ts'
import type { Level } from '../../../src/server/session/model.ts'
import { resolveServerOptions, type ServerOptions } from '../../../src/server/options.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'

interface Reader extends Link {
  readonly frames: { type: string; data: unknown }[]
  /** The bytes that were said to wait for it. */
  readonly congested: number[]
}

interface World extends Channels {
  readonly attempt: Attempt
  readonly clock: ReturnType<typeof virtualClock>
  readonly logged: unknown[][]
  /** A link that is open, and greeted. */
  join(id: string): Reader
  leave(reader: Reader): void
}

function createWorld(
  options: ServerOptions = {},
  mayRead: (user: { id: string }, channel: string) => boolean | Promise<boolean> = () => true,
): World {
  const clock = virtualClock()
  const logged: unknown[][] = []
  const logger = { error: (...args: unknown[]) => logged.push(args) }
  const resolved = resolveServerOptions({ logger, ...options, runtime: { clock, random: () => 0.5 } })
  const members = new Map<Link, { user: { id: string }; level: Level }>()
  const { attempt } = createAttempt(resolved)
  const channels = createChannels({ options: resolved, members, attempt, mayRead, subscribers: () => 0 })
  return {
    ...channels,
    attempt,
    clock,
    logged,
    join(id) {
      const frames: Reader['frames'] = []
      const congested: number[] = []
      const reader: Reader = {
        id: `s_${id}_${members.size}`,
        frames,
        congested,
        stats: () => undefined as never,
        flushed: () => Promise.resolve(),
        dispatch(event) {
          if (event.type === 'push')
            frames.push(JSON.parse(event.wire.toString()) as Reader['frames'][number])
          if (event.type === 'congested') congested.push(event.bytes)
        },
      }
      members.set(reader, { user: { id }, level: 1 })
      channels.greet(reader, { id })
      return reader
    },
    leave: (reader) => members.delete(reader),
  }
}

const settle = (world: World): Promise<void> => world.clock.advanceAsync(0)

async function refusal(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; channel: unknown }> {
  const error: unknown = await promise.then(
    () => 'not refused',
    (reason: unknown) => reason,
  )
  if (!isHoldfastError(error)) throw new Error(`Expected a HoldfastError, got ${String(error)}`)
  return { code: error.code, message: error.message, channel: error.context.channel }
}

describe('publishing', () => {
  it('[C1b] reaches every link whose user may read the channel, in one frame of type and data', async () => {
    const world = createWorld({}, ({ id }, channel) => channel === 'open' || id === 'ann')
    const [ann, bob] = [world.join('ann'), world.join('bob')]
    expect(await world.publish('open', { n: 1 })).toMatchObject({ recipients: 2 })
    expect(await world.publish('secret', 2)).toMatchObject({ recipients: 1 })
    expect(ann.frames).toEqual([
      { type: 'open', data: { n: 1 } },
      { type: 'secret', data: 2 },
    ])
    expect(bob.frames).toEqual([{ type: 'open', data: { n: 1 } }])
  })

  it('[C1b] refuses a type that is not among the events, and says which are', async () => {
    const world = createWorld({ events: { campaign: z.object({ done: z.number() }), queue: z.unknown() } })
    const reader = world.join('ann')
    expect(await refusal(world.publish('campain', { done: 1 }))).toEqual({
      code: 'invalid-message',
      channel: 'campain',
      message: '"campain" was not sent: it is not among the events (campaign, queue).',
    })
    for (const name of ['toString', '__proto__', 'campaigns:7'])
      expect(await refusal(world.publish(name, 1))).toMatchObject({ code: 'invalid-message', channel: name })
    await world.publish('campaign:7', { done: 1 })
    await world.publish('campaign', { done: 2 })
    expect(reader.frames.map((frame) => frame.type)).toEqual(['campaign:7', 'campaign'])
  })

  it('[C1b] refuses data that does not fit, naming channel and issue, and sends what the schema made of the rest', async () => {
    const done = z.number('done is a number')
    const world = createWorld({ events: { campaign: z.object({ done }) } })
    const reader = world.join('ann')
    expect(await refusal(world.publish('campaign:7', { done: 'half' }))).toEqual({
      code: 'invalid-data',
      channel: 'campaign:7',
      message: '"campaign:7" was not sent: its data does not fit the schema: done is a number.',
    })
    await world.publish('campaign:7', { done: 1, password: 'x' })
    expect(reader.frames).toEqual([{ type: 'campaign:7', data: { done: 1 } }])
  })

  it('[C1b] refuses an asynchronous schema and data that no JSON can hold', async () => {
    const later = { version: 1, vendor: 'x', validate: async (value: unknown) => ({ value }) } as const
    const world = createWorld({ events: { later: { '~standard': later }, any: z.unknown() } })
    expect(await refusal(world.publish('later', 1))).toMatchObject({ code: 'invalid-data' })
    const cycle: unknown[] = []
    cycle.push(cycle)
    for (const data of [cycle, 1n])
      expect(await refusal(world.publish('any', data))).toMatchObject({ code: 'invalid-message' })
  })

  it.each(['ping', 'pong', 'client_ready', 'server_ready', 'rt.error', '', 'ü'.repeat(128)])(
    '[P14] refuses the name %j, which is reserved or too long',
    async (name) => {
      expect(await refusal(createWorld().publish(name, 1))).toMatchObject({ code: 'invalid-message' })
    },
  )

  it.each(['orders/42', '"', 'x'.repeat(65)])(
    '[P14 C1] keeps %j for those who subscribe: below level 2, where it would be a type, it is not sent',
    async (name) => {
      const world = createWorld({ snapshot: () => 'first', events: { [name]: z.unknown() } })
      const reader = world.join('ann')
      expect(await world.publish(name, 1)).toMatchObject({ offset: 1, recipients: 0 })
      await world.publishIfChanged(name, 2)
      world.watch(name, { every: 1_000, load: () => expect.fail('it is looked at for nobody') })
      world.join('bob')
      await world.clock.advanceAsync(5_000)
      expect([reader.frames, world.logged]).toEqual([[], []])
      expect(await world.stateOf(name, { id: 'ann' })).toBe('"first"')
    },
  )

  it('[B2] refuses a status event over 1 024 bytes, naming channel, size and limit, and says to use REST', async () => {
    const world = createWorld()
    const reader = world.join('ann')
    const frame = (data: string): number => Buffer.byteLength(JSON.stringify({ type: 'campaign:7', data }))
    const fits = 'ü' + 'x'.repeat(1_024 - frame('ü'))
    expect(frame(fits)).toBe(1_024)
    await world.publish('campaign:7', fits)
    expect(await refusal(world.publish('campaign:7', `${fits}x`))).toEqual({
      code: 'message-too-large',
      channel: 'campaign:7',
      message:
        '"campaign:7" was not sent: its frame has 1025 bytes, the limit is 1024. Send what changed, and let clients fetch the data by REST.',
    })
    expect(await refusal(world.publishIfChanged('campaign:7', `${fits}x`))).toMatchObject({
      code: 'message-too-large',
    })
    expect(reader.frames).toHaveLength(1)
  })

  it('[B2] takes the limit of each channel from a function', async () => {
    const world = createWorld({ maxEventBytes: (channel) => (channel.startsWith('log') ? 4_096 : 64) })
    await world.publish('log:1', 'x'.repeat(4_000))
    expect(await refusal(world.publish('queue', 'x'.repeat(64)))).toMatchObject({
      message: expect.stringContaining('the limit is 64') as unknown,
    })
  })

  it('[G11] keeps the order of a channel for each reader while authorize takes its time', async () => {
    const answers: ((yes: boolean) => void)[] = []
    const world = createWorld({}, () => new Promise((resolve) => answers.push(resolve)))
    const reader = world.join('ann')
    for (const n of [1, 2, 3]) expect(await world.publish('a', n)).toMatchObject({ recipients: 1 })
    await settle(world)
    expect([answers.length, reader.frames]).toEqual([1, []])
    for (const yes of [true, false, true]) {
      answers.shift()?.(yes)
      await settle(world)
    }
    expect(reader.frames.map((frame) => frame.data)).toEqual([1, 3])
  })
})

describe('a broker that is slow or away', () => {
  it('[G11 G19] keeps the order of a channel where it has to be known first whether a message is new', async () => {
    const inner = memoryBroker()
    const answers: (() => void)[] = []
    const broker: Broker = {
      ...inner,
      publish: async (channel, data, how) => {
        const placed = await inner.publish(channel, data, how)
        if (how?.id !== undefined) await new Promise<void>((resolve) => answers.push(resolve))
        return placed
      },
    }
    const world = createWorld({ broker })
    const reader = world.join('ann')
    const said = [world.publish('a', 1, 'k'), world.publish('a', 2), world.publish('a', 3, 'k')]
    await world.publish('b', 'elsewhere')
    await settle(world)
    expect(reader.frames.map((frame) => frame.data)).toEqual(['elsewhere'])
    for (const answer of answers) answer()
    expect((await Promise.all(said)).map(({ recipients }) => recipients)).toEqual([1, 1, 0])
    expect(reader.frames.map((frame) => frame.data)).toEqual(['elsewhere', 1, 2])
    // At rest nothing waits, and what is published leaves at once.
    await settle(world)
    void world.publish('a', 4)
    expect(reader.frames).toHaveLength(4)
  })

  it('[C1c] publishes a state again that the broker did not take', async () => {
    const inner = memoryBroker()
    let isAway = true
    const broker: Broker = {
      ...inner,
      publish: (...args) => (isAway ? Promise.reject(new Error('broker away')) : inner.publish(...args)),
    }
    const world = createWorld({ broker })
    await expect(world.publishIfChanged('queue', 1)).rejects.toThrow('broker away')
    isAway = false
    expect(await world.publishIfChanged('queue', 1)).toMatchObject({ offset: 1 })
    expect(await world.publishIfChanged('queue', 1)).toBeNull()
  })

  it('[C1c] keeps a newer state when an older one fails', async () => {
    const inner = memoryBroker()
    let fail = (): void => undefined
    let isFirst = true
    const broker: Broker = {
      ...inner,
      publish(...args) {
        if (!isFirst) return inner.publish(...args)
        isFirst = false
        return new Promise((_, reject) => (fail = () => reject(new Error('broker away'))))
      },
    }
    const world = createWorld({ broker })
    const older = world.publishIfChanged('queue', 1)
    await world.publishIfChanged('queue', 2)
    fail()
    await expect(older).rejects.toThrow('broker away')
    expect(await world.publishIfChanged('queue', 2)).toBeNull()
  })

  it('(fault S17) [G18] is given up after 4 s, and holds up nothing that comes later', async () => {
    const inner = memoryBroker()
    let hangs = true
    const broker: Broker = {
      ...inner,
      publish: (...args) => (hangs ? new Promise(() => undefined) : inner.publish(...args)),
    }
    const world = createWorld({ broker })
    const reader = world.join('ann')
    const failed = expect(world.publish('a', 1, 'k')).rejects.toThrow('No answer within 4000 ms')
    hangs = false
    const next = world.publish('a', 2, 'l')
    await world.clock.advanceAsync(4_000)
    await failed
    expect(await next).toMatchObject({ recipients: 1 })
    expect([reader.frames.length, world.clock.pending]).toEqual([1, 0])
  })
})

describe('an authorize that hangs', () => {
  it('[R7 S11] lets no more wait for its answer than for a slow reader, and is a no after 10 s', async () => {
    const limits = { bufferedBytes: 1_000 }
    const world = createWorld({ limits }, async () =>
      world.attempt('authorize', () => new Promise<boolean>(() => undefined), false),
    )
    const reader = world.join('ann')
    const frame = { type: 'a', data: 'x'.repeat(200) }
    const size = Buffer.byteLength(JSON.stringify(frame))
    for (let n = 0; n < 6; n++) await world.publish('a', frame.data)
    expect(reader.congested).toEqual([size * 5, size * 6])
    await world.clock.advanceAsync(60_000)
    expect(reader.frames).toEqual([])
    await world.publish('a', frame.data)
    expect(reader.congested).toHaveLength(2)
  })
})

describe('states', () => {
  it('[C1c] publishIfChanged sends only what changed, and gives null for the rest', async () => {
    const world = createWorld()
    const reader = world.join('ann')
    expect(await world.publishIfChanged('queue', { n: 1 })).toMatchObject({ recipients: 1 })
    expect(await world.publishIfChanged('queue', { n: 1 })).toBeNull()
    expect(await world.publishIfChanged('queue', { n: 2 })).toMatchObject({ recipients: 1 })
    expect(reader.frames.map((frame) => frame.data)).toEqual([{ n: 1 }, { n: 2 }])
  })

  it('[C1a] sends the last states to a new link, of the channels it may read, and none that was forgotten', async () => {
    const world = createWorld({}, (_, channel) => channel !== 'secret')
    await world.publishIfChanged('queue', 1)
    await world.publishIfChanged('queue', 2)
    await world.publishIfChanged('secret', 3)
    await world.publishIfChanged('gone', 4)
    expect(await world.publishIfChanged('gone', undefined)).toBeNull()
    const reader = world.join('ann')
    await settle(world)
    expect(reader.frames).toEqual([{ type: 'queue', data: 2 }])
  })
})

describe('first data', () => {
  const events = { queue: z.unknown(), secret: z.unknown(), quiet: z.unknown() }

  it('[C1a] is asked for each of the events that the user may read, and is not bound by the limit of events', async () => {
    const asked: string[] = []
    const big = 'x'.repeat(100_000)
    const world = createWorld(
      {
        events,
        snapshot(channel, { id }) {
          asked.push(`${channel} ${id}`)
          return channel === 'queue' ? big : undefined
        },
      },
      (_, channel) => channel !== 'secret',
    )
    const reader = world.join('ann')
    await settle(world)
    expect(asked).toEqual(['queue ann', 'quiet ann'])
    expect(reader.frames).toEqual([{ type: 'queue', data: big }])
  })

  it('[C1a G16] goes out before what is published while it is made, which is newer', async () => {
    const made: ((state: unknown) => void)[] = []
    const world = createWorld({
      events,
      snapshot: (channel) => (channel === 'queue' ? new Promise((resolve) => made.push(resolve)) : undefined),
    })
    const reader = world.join('ann')
    await settle(world)
    await world.publish('queue', 'newer')
    await world.publish('quiet', 'not held up')
    await settle(world)
    expect(reader.frames).toEqual([{ type: 'quiet', data: 'not held up' }])
    made[0]?.('first')
    await settle(world)
    expect(reader.frames.slice(1).map((frame) => frame.data)).toEqual(['first', 'newer'])
  })

  it('[C1] that throws, does not fit, is too large or never comes costs that link that first data, and nothing else', async () => {
    const first: Record<string, () => unknown> = {
      throws: () => {
        throw new Error('broken')
      },
      rejects: () => Promise.reject(new Error('broken')),
      misfits: () => 'no number',
      large: () => 'x'.repeat(1_048_577),
      hangs: () => new Promise(() => undefined),
      works: () => 'here',
    }
    const events = {
      ...Object.fromEntries(Object.keys(first).map((key) => [key, z.unknown()])),
      misfits: z.number(),
    }
    const world = createWorld({ events, snapshot: (channel) => first[channel]?.() })
    const reader = world.join('ann')
    await settle(world)
    expect(reader.frames).toEqual([{ type: 'works', data: 'here' }])
    await world.publish('hangs', 'later')
    await world.clock.advanceAsync(9_999)
    expect(reader.frames).toHaveLength(1)
    await world.clock.advanceAsync(1)
    expect(reader.frames.slice(1)).toEqual([{ type: 'hangs', data: 'later' }])
    await world.publish('throws', 1)
    expect(reader.frames).toHaveLength(3)
    expect(world.logged.map(([message]) => message)).toEqual(
      ['throws', 'rejects', 'misfits', 'large', 'hangs'].map((name) => `First data of "${name}" failed.`),
    )
    expect(world.clock.pending).toBe(0)
  })
})

describe('the state for who subscribes', () => {
  it('[C1a G18] that throws, is too large or never comes is left out in time, and is told to nobody but the log', async () => {
    const first: Record<string, () => unknown> = {
      throws: () => {
        throw new Error('broken')
      },
      // A frame with it would be over 1 MiB, which clients drop.
      large: () => 'x'.repeat(1_048_400),
      hangs: () => new Promise(() => undefined),
      works: () => 'here',
    }
    const events = Object.fromEntries(Object.keys(first).map((key) => [key, z.unknown()]))
    const world = createWorld({ events, snapshot: (channel) => first[channel]?.() })
    const states: Record<string, string | null> = {}
    for (const channel of Object.keys(first))
      void world.stateOf(channel, { id: 'ann' }).then((state) => (states[channel] = state))
    await settle(world)
    expect(states).toEqual({ throws: null, large: null, works: '"here"' })
    await world.clock.advanceAsync(4_000)
    expect(states.hangs).toBeNull()
    expect(world.logged.map(([message]) => message)).toEqual(
      ['throws', 'large', 'hangs'].map((name) => `First data of "${name}" failed.`),
    )
  })
})

describe('watching', () => {
  it('[C1c] looks only while somebody may read the channel, and publishes only what changed', async () => {
    let allowed = false
    let looks = 0
    let state = 1
    const world = createWorld({}, () => allowed)
    world.watch('queue', {
      every: 1_000,
      load: () => {
        looks += 1
        return state
      },
    })
    await world.clock.advanceAsync(10_000)
    const reader = world.join('ann')
    await world.clock.advanceAsync(10_000)
    expect(looks).toBe(0)
    allowed = true
    await world.clock.advanceAsync(3_000)
    state = 2
    await world.clock.advanceAsync(3_000)
    expect(looks).toBe(6)
    expect(reader.frames.map((frame) => frame.data)).toEqual([1, 2])
    world.leave(reader)
    await world.clock.advanceAsync(10_000)
    expect(looks).toBe(6)
  })

  it('[C1c C1a] looks at once for a new link when the last look is old, and sends the state once', async () => {
    let looks = 0
    let state = 'old'
    const world = createWorld()
    world.watch('queue', {
      every: 1_000,
      load: async () => {
        looks += 1
        return state
      },
    })
    const first = world.join('ann')
    await world.clock.advanceAsync(100)
    expect([looks, first.frames]).toEqual([1, [{ type: 'queue', data: 'old' }]])
    const second = world.join('bob')
    await world.clock.advanceAsync(0)
    expect([looks, second.frames]).toEqual([1, [{ type: 'queue', data: 'old' }]])
    world.leave(first)
    world.leave(second)
    await world.clock.advanceAsync(60_000)
    state = 'new'
    const third = world.join('eve')
    await world.clock.advanceAsync(0)
    expect([looks, third.frames]).toEqual([2, [{ type: 'queue', data: 'new' }]])
  })

  it('[C1c C1] outlives a load that throws, hangs or gives what may not be published', async () => {
    const loads: (() => unknown)[] = [
      () => 1,
      () => {
        throw new Error('broken')
      },
      () => 'x'.repeat(2_000),
      () => new Promise(() => undefined),
      () => 2,
    ]
    const world = createWorld()
    const reader = world.join('ann')
    world.watch('queue', { every: 1_000, load: () => loads.shift()?.() ?? 2 })
    await world.clock.advanceAsync(20_000)
    expect(reader.frames.map((frame) => frame.data)).toEqual([1, 2])
    expect(world.logged.map(([message]) => message)).toEqual(
      Array<string>(3).fill('Watching "queue" failed.'),
    )
  })

  it('[C1c] does not let a load that came too late overwrite a newer one', async () => {
    const late: ((state: unknown) => void)[] = []
    const world = createWorld()
    const reader = world.join('ann')
    let looks = 0
    world.watch('queue', {
      every: 1_000,
      load: () => (looks++ === 0 ? new Promise((resolve) => late.push(resolve)) : 'newer'),
    })
    await world.clock.advanceAsync(12_000)
    late[0]?.('late')
    await world.clock.advanceAsync(5_000)
    expect(reader.frames.map((frame) => frame.data)).toEqual(['newer'])
  })

  it('[G18 G19] gives readers below level 2 what the broker placed too late for its client, once', async () => {
    const real = memoryBroker({ clock: virtualClock(), random: () => 0.5 })
    let isSlow = true
    const world: World = createWorld({
      broker: {
        ...real,
        publish: async (...how) => {
          if (isSlow) await new Promise<void>((done) => world.clock.setTimeout(done, 5_000))
          return real.publish(...how)
        },
      },
    })
    const reader = world.join('ann')
    const first = refusal(world.publish('chat', 'hello', 'm1', 'c'))
    await world.clock.advanceAsync(6_000)
    await first.catch(() => undefined)
    isSlow = false
    const again = world.publish('chat', 'hello', 'm1', 'c')
    await world.clock.advanceAsync(6_000)
    expect(await again).toMatchObject({ duplicate: true })
    expect(reader.frames).toEqual([{ type: 'chat', data: 'hello' }])
  })

  it('[D3 G15] leaves no last state behind for those who come when nobody looks any more', async () => {
    const world = createWorld()
    const stop = world.watch('job', { every: 1_000, load: () => 42 })
    const first = world.join('ann')
    await settle(world)
    expect(first.frames).toEqual([{ type: 'job', data: 42 }])
    stop()
    const second = world.join('bob')
    await settle(world)
    expect(second.frames).toEqual([])
  })

  it('[A10 C1c] stops without a trace, one by one or all with the server', async () => {
    const world = createWorld()
    const load = (): number => 1
    const stop = world.watch('a', { every: 1_000, load })
    world.watch('b', { every: 1_000, load })
    await settle(world)
    stop()
    stop()
    const again = world.watch('a', { every: 1_000, load })
    stop()
    expect(() => world.watch('a', { every: 1_000, load })).toThrow('watched already')
    again()
    await settle(world)
    world.close()
    await settle(world)
    expect(world.clock.pending).toBe(0)
    world.watch('c', { every: 1_000, load })
    await settle(world)
    expect(world.clock.pending).toBe(0)
  })

  it('[A9] throws a TypeError that names a wrong option', () => {
    const world = createWorld()
    const load = (): number => 1
    for (const every of [0, -1, NaN, Infinity, '5' as never])
      expect(() => world.watch('a', { every, load })).toThrow(
        new TypeError('watch: every must be from 1 to 86400000.'),
      )
    expect(() => world.watch('a', { every: 1_000, load: 7 as never })).toThrow(
      'watch: load must be a function.',
    )
  })
})
