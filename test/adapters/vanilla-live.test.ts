// watch() and bind() over a real connection to a mock server, and what the script-tag build has.
import * as holdfast from 'holdfast'
import { seededRandom } from 'holdfast/testing'
import * as vanilla from 'holdfast/vanilla'
import { expect, test } from 'vitest'
import * as script from '../../src/vanilla/global.ts'
import { feed, toFrameText, type Feed } from './frames.ts'
import { createLive, LINGER } from './live.ts'

const { bind, watch } = vanilla

test('[E3] the script-tag build has everything that apps import from the core, and watch and bind', () => {
  expect({ ...script }).toEqual({ ...holdfast, ...vanilla })
})

test('[A7 A5] a page without a framework: one socket, first data once, nothing for what did not change, idle after stop', async () => {
  const { live, server, clock } = createLive()
  const random = seededRandom(1)
  const queue = live.state<Feed>('queue')
  const element = document.createElement('p')
  const seen: unknown[] = []
  const stops = [
    bind(element, queue, ({ data }) => data?.items.length),
    watch(
      queue,
      ({ data }) => data,
      (data) => seen.push(data),
    ),
    watch(
      live,
      ({ status }) => status,
      (status) => seen.push(status),
    ),
  ]
  server.push('queue', feed('queue'))
  await clock.advanceAsync(2_000)
  const { data } = queue.getSnapshot()
  expect(seen).toEqual([undefined, 'connecting', 'connected', data])
  for (let frame = 0; frame < 100; frame += 1) {
    server.send(toFrameText('queue', feed('queue'), random))
    await clock.advanceAsync(100)
  }
  expect(seen).toHaveLength(4)
  expect(element.textContent).toBe('5')
  server.send(toFrameText('queue', feed('queue', 2), random))
  await clock.advanceAsync(100)
  expect(seen).toHaveLength(5)
  for (const stop of stops) stop()
  await clock.advanceAsync(LINGER)
  expect([server.attempts, server.open, live.getSnapshot().status]).toEqual([1, 0, 'idle'])
  expect(seen).toHaveLength(5)
  live.close()
})
