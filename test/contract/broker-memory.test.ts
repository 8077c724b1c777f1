// The memory broker keeps the contract of a Broker, and gives its memory back.
import { describe, expect, it } from 'vitest'
import { memoryBroker } from '../../src/server/memory-broker.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { describeBroker } from './broker.ts'

describeBroker('memoryBroker()', () => {
  const clock = virtualClock()
  return { broker: memoryBroker({ clock }), pass: (ms) => clock.advance(ms), other: null }
})

describe('the memory broker', () => {
  it('[G14] begins a new epoch for a history it forgot, and none for a channel where nothing was said', async () => {
    const clock = virtualClock()
    const broker = memoryBroker({ clock, metaTtl: 60_000 })
    const empty = await broker.history('empty')
    await broker.publish('a', '1', { history: { size: 1, ttl: 1_000 } })
    const { top } = await broker.history('a')
    clock.advance(30_000)
    expect(await broker.history('empty', empty.top)).toMatchObject({ complete: true })
    expect(await broker.history('a', top)).toMatchObject({ complete: true, top })
    clock.advance(60_000)
    const after = await broker.history('a', top)
    expect(after.complete).toBe(false)
    expect(after.top).toMatchObject({ offset: 0 })
    expect(after.top.epoch).not.toBe(top.epoch)
  })

  it('[R7 G19] keeps the newest 2 000 ids of each client, and more of nobody: none takes room from another', async () => {
    const clock = virtualClock()
    const broker = memoryBroker({ clock })
    const say = async (id: string, client?: string): Promise<boolean> =>
      (await broker.publish('a', '1', { id, ...(client !== undefined && { client }) })).duplicate
    await say('bob 1', 'bob')
    await say('server 1')
    for (let n = 1; n <= 2_001; n++) await say(`ann ${n}`, 'ann')
    expect([await say('bob 1', 'bob'), await say('server 1')]).toEqual([true, true])
    expect([await say('ann 2', 'ann'), await say('ann 2001', 'ann')]).toEqual([true, true])
    expect(await say('ann 1', 'ann')).toBe(false)
    // What is over is forgotten as ever, and counts no more.
    clock.advance(120_000)
    for (let n = 1; n <= 2_000; n++) expect(await say(`ann ${n}`, 'ann')).toBe(false)
    expect(await say('ann 1', 'ann')).toBe(true)
  })

  it('[G14] is another one in another process', async () => {
    const [one, two] = [memoryBroker(), memoryBroker()]
    expect((await one.history('a')).top.epoch).not.toBe((await two.history('a')).top.epoch)
  })
})
