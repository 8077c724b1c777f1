// What every Broker must do, whatever it is made of: the suite that each of them runs.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Broker, Publication } from '../../src/server/broker.ts'

/** A broker under test, and its time. */
export interface BrokerWorld {
  readonly broker: Broker
  /** Lets so many milliseconds pass for the broker. */
  pass(ms: number): void | Promise<void>
  /** The same data seen from another process; null where there is none. */
  readonly other: Broker | null
}

/** Runs the suite. */
export function describeBroker(name: string, make: () => BrokerWorld | Promise<BrokerWorld>): void {
  describe(`${name} as a Broker`, () => {
    let world: BrokerWorld
    let broker: Broker
    beforeEach(async () => {
      world = await make()
      broker = world.broker
    })
    afterEach(() => broker.close())

    const say = async (channel: string, ...words: readonly string[]): Promise<void> => {
      for (const word of words) await broker.publish(channel, JSON.stringify(word))
    }
    const words = (items: readonly Publication[]): unknown[] =>
      items.map(({ data }) => JSON.parse(data) as unknown)
    const listen = async (channel: string): Promise<{ heard: Publication[]; leave: () => void }> => {
      const heard: Publication[] = []
      const leave = await broker.subscribe(
        channel,
        (publication) => void heard.push(publication),
        () => undefined,
      )
      return { heard, leave }
    }

    it('[G12] gives rising offsets, one history a channel, and says of each message which one it follows', async () => {
      const first = await broker.publish('a', '1')
      const second = await broker.publish('a', '2')
      const { top, items } = await broker.history('a')
      expect(first.duplicate || second.duplicate).toBe(false)
      expect(second.epoch).toBe(first.epoch)
      expect(second.offset).toBeGreaterThan(first.offset)
      expect(top).toEqual({ epoch: second.epoch, offset: second.offset })
      expect(items.map(({ offset, prev }) => [prev, offset])).toEqual([
        [0, first.offset],
        [first.offset, second.offset],
      ])
      expect((await broker.history('b')).top.offset).toBe(0)
    })

    it('[G14 BB1] gives an empty channel a position that recovers what comes after', async () => {
      const { top } = await broker.history('a')
      expect(top.offset).toBe(0)
      expect(await broker.history('a', top)).toMatchObject({ items: [], complete: true, top })
      await say('a', 'x', 'y')
      const past = await broker.history('a', top)
      expect(past.complete).toBe(true)
      expect(words(past.items)).toEqual(['x', 'y'])
    })

    it('[G14] gives exactly what came after a position', async () => {
      await say('a', 'x')
      const { top } = await broker.history('a')
      await say('a', 'y', 'z')
      const past = await broker.history('a', top)
      expect(words(past.items)).toEqual(['y', 'z'])
      expect(past.items[0]?.prev).toBe(top.offset)
      expect(past.complete).toBe(true)
    })

    it('[G14] is not complete for another epoch, a position beyond the top, or more than the limit', async () => {
      await say('a', 'x', 'y', 'z')
      const { epoch, offset } = (await broker.history('a')).top
      for (const since of [
        { epoch: `${epoch}x`, offset },
        { epoch, offset: offset + 1 },
      ])
        expect(await broker.history('a', since)).toMatchObject({ complete: false, top: { epoch, offset } })
      const all = await broker.history('a', { epoch, offset: 0 }, 3)
      expect([all.items.length, all.complete]).toEqual([3, true])
      expect((await broker.history('a', { epoch, offset: 0 }, 2)).complete).toBe(false)
    })

    it('[G21] keeps the last messages by number; who stands before them is told so', async () => {
      for (const word of ['v', 'w', 'x', 'y'])
        await broker.publish('a', JSON.stringify(word), { history: { size: 2, ttl: 60_000 } })
      const { top, items } = await broker.history('a')
      expect(words(items)).toEqual(['x', 'y'])
      const at = (offset: number): Promise<{ complete: boolean }> =>
        broker.history('a', { epoch: top.epoch, offset })
      expect((await at(items[0]!.prev)).complete).toBe(true)
      expect((await at(0)).complete).toBe(false)
    })

    it('[G21 BB2] forgets messages by age, but not where the channel was: at the top nothing is missed', async () => {
      await broker.publish('a', '"x"', { history: { size: 10, ttl: 1_000 } })
      const { top } = await broker.history('a')
      await world.pass(1_001)
      expect(await broker.history('a', top)).toEqual({ top, items: [], complete: true })
      expect((await broker.history('a', { epoch: top.epoch, offset: 0 })).complete).toBe(false)
    })

    it('[G21] keeps nothing where nothing is to be kept, and says so to who was away', async () => {
      const { top } = await broker.history('a')
      const { heard } = await listen('a')
      await broker.publish('a', '"x"', { history: false })
      expect(words(heard)).toEqual(['x'])
      expect(await broker.history('a', top)).toMatchObject({ items: [], complete: false })
    })

    it('[G12] publishes the same id once within its time, and says where it is', async () => {
      const { heard } = await listen('a')
      const first = await broker.publish('a', '"x"', { id: 'c-1', idTtl: 1_000 })
      await say('a', 'y')
      expect(await broker.publish('a', '"x"', { id: 'c-1', idTtl: 1_000 })).toEqual({
        ...first,
        duplicate: true,
      })
      expect(words(heard)).toEqual(['x', 'y'])
      expect((await broker.publish('b', '"x"', { id: 'c-1' })).duplicate).toBe(false)
      await world.pass(1_001)
      expect((await broker.publish('a', '"x"', { id: 'c-1', idTtl: 1_000 })).duplicate).toBe(false)
    })

    it('[G11] tells listeners in order, all of them, from when they came until they leave', async () => {
      await say('a', 'before')
      const one = await listen('a')
      const two = await listen('a')
      await say('a', 'x')
      await say('b', 'elsewhere')
      one.leave()
      one.leave()
      await say('a', 'y')
      expect(words(one.heard)).toEqual(['x'])
      expect(words(two.heard)).toEqual(['x', 'y'])
      expect(two.heard.map(({ offset }) => offset)).toEqual(
        (await broker.history('a')).items.slice(-2).map(({ offset }) => offset),
      )
    })

    it('[G14] leaves no hole between listening and reading what was before', async () => {
      await say('a', 'x')
      const { heard } = await listen('a')
      const saying = say('a', 'y')
      const { items } = await broker.history('a')
      await saying
      const seen = new Set([...items, ...heard].map(({ offset }) => offset))
      expect(seen.size).toBe((await broker.history('a')).items.length)
    })

    it('[G23] takes any name for a channel', async () => {
      for (const channel of ['__proto__', 'constructor', 'toString', 'a:b', 'x'.repeat(255)]) {
        await broker.publish(channel, '1')
        expect((await broker.history(channel)).items).toHaveLength(1)
      }
    })

    it('[G11] shows every process the same, where it says so', async () => {
      expect(world.other !== null).toBe(broker.shared)
      if (world.other === null) return
      const heard: Publication[] = []
      await world.other.subscribe(
        'a',
        (publication) => void heard.push(publication),
        () => undefined,
      )
      await say('a', 'x')
      await expect.poll(() => words(heard)).toEqual(['x'])
      expect((await world.other.history('a')).top).toEqual((await broker.history('a')).top)
    })
  })
}
