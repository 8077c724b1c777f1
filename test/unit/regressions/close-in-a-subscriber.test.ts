// A subscriber that closed the connection once did not keep the next one from being told what was before.
import { expect, it } from 'vitest'
import { connected } from '../behaviour/rig.ts'

it('[G8] close() in a subscriber: the others hear no more of what was, only that it is closed', () => {
  const { live, server, clock } = connected()
  const told: string[] = []
  live.subscribe(() => {
    told.push(`first ${live.getSnapshot().status}`)
    live.close()
  })
  live.subscribe(() => told.push(`second ${live.getSnapshot().status}`))
  server.refuses()
  server.closeAll(1006)
  clock.advance(0)
  expect(told).toEqual(['first reconnecting', 'first closed', 'second closed'])
})

it('[G8] close() in a subscriber of a channel: no other subscriber is called after it', () => {
  const { live, server, clock } = connected()
  const told: unknown[] = []
  const queue = live.state('queue')
  queue.subscribe(() => {
    told.push(['first', queue.getSnapshot().data])
    live.close()
  })
  queue.subscribe(() => told.push(['second', queue.getSnapshot().data]))
  server.push('queue', 1)
  clock.advance(0)
  expect(told).toEqual([['first', 1]])
})

it('[INV-3] close() in a subscriber: the last status follows the one that was told, not one that nobody heard of', () => {
  const { live, server, clock } = connected()
  const told: string[] = []
  live.on('status', ({ status, previous }) => told.push(`${status} after ${previous}`))
  live.subscribe(() => live.close())
  server.refuses()
  server.closeAll(1006)
  clock.advance(0)
  expect(told).toEqual(['closed after connected'])
})

it('[G8 INV-4] who leaves a stream when it is told that all is closed leaves no timer behind', () => {
  const { live, clock } = connected()
  const leave = live.stream('chat').on('message', () => undefined)
  clock.advance(0)
  live.on('status', ({ status }) => {
    if (status === 'closed') leave()
  })
  live.close()
  expect(clock.pending).toBe(0)
})
