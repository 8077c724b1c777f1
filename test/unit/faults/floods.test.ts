// Very many messages, channels and listeners: each is handled as it comes, nothing queues, and all is freed.
import { expect, it, vi } from 'vitest'
import { connected, expectNothingLeft } from '../behaviour/rig.ts'

// On a busy machine so much takes its time.
vi.setConfig({ testTimeout: 30_000 })

it('[G11 G13 G21 A7] (fault R3) 100 000 messages in a second are handled as they come: none lost, none kept', () => {
  const r = connected()
  const { pending } = r.clock
  const heard = new Set<unknown>()
  let inOrder = true
  let last = -1
  r.live.on('message', ({ data }) => {
    const { n } = data as { n: number }
    inOrder &&= n === last + 1
    last = n
    heard.add(n)
  })
  const total = r.live.state<{ n: number }>('feed')
  let told = 0
  total.subscribe(() => (told += 1))
  for (let ms = 0; ms < 1_000; ms++) {
    for (let each = 0; each < 100; each++)
      r.server.send(JSON.stringify({ type: 'feed', data: { n: ms * 100 + each } }))
    r.clock.advance(1)
  }
  expect(heard.size).toBe(100_000)
  expect(inOrder).toBe(true)
  expect(total.getSnapshot()).toMatchObject({ data: { n: 99_999 }, freshness: 'live' })
  expect(told).toBe(100_000)
  // Two are the alarms of the connection; a channel has one more at most.
  expect(r.clock.pending).toBeLessThanOrEqual(pending + 1)
  expect(r.snapshot.status).toBe('connected')
  expect(r.errors).toEqual([])
})

it('[G13 A7] (fault R3) 100 000 times the same state in a second is one notification', () => {
  const r = connected()
  const queue = r.live.state('queue')
  let told = 0
  queue.subscribe(() => (told += 1))
  const text = '{"type":"queue","data":{"items":[1,2,3]}}'
  for (let ms = 0; ms < 1_000; ms++) {
    for (let each = 0; each < 100; each++) r.server.send(text)
    r.clock.advance(1)
  }
  expect(told).toBe(1)
  expect(queue.getSnapshot().asOf).toBe(r.clock.now() - 1)
})

it('[A10] (fault R4) 10 000 channels with a listener each: every frame tells one, and closing frees all', () => {
  const r = connected()
  const told = new Array<number>(10_000).fill(0)
  told.forEach((_, index) => {
    r.live.state(`channel-${index}`).subscribe(() => (told[index] = (told[index] ?? 0) + 1))
  })
  for (let index = 0; index < 10_000; index++)
    r.server.send(JSON.stringify({ type: `channel-${index}`, data: index }))
  r.clock.advance(0)
  expect(told.every((times) => times === 1)).toBe(true)
  r.server.send(JSON.stringify({ type: 'channel-7', data: 'again' }))
  r.clock.advance(0)
  expect(told.reduce((sum, times) => sum + times, 0)).toBe(10_001)
  r.live.close()
  expectNothingLeft(r)
})

it('[A10 G17] (fault R4) 10 000 listeners of one channel are each told once, and a thousand that leave meanwhile are not', () => {
  const r = connected()
  const queue = r.live.state('queue')
  let told = 0
  const stops = Array.from({ length: 10_000 }, () => queue.subscribe(() => (told += 1)))
  r.server.push('queue', 1)
  r.clock.advance(0)
  expect(told).toBe(10_000)
  for (const stop of stops.slice(0, 1_000)) stop()
  r.server.push('queue', 2)
  r.clock.advance(0)
  expect(told).toBe(19_000)
})
