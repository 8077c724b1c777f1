// Clocks: everything due at once, years of reconnects, and test frameworks that fake the timers.
import { afterEach, expect, it, vi } from 'vitest'
import { createConnection } from '../../../src/index.ts'
import type { Event, State } from '../../../src/machine/model.ts'
import { initialState } from '../../../src/machine/state.ts'
import { transition } from '../../../src/machine/transition.ts'
import { resolveOptions } from '../../../src/options.ts'
import { mockPage, mockServer, virtualClock } from '../../../src/testing/index.ts'
import { connected, every, rig } from '../behaviour/rig.ts'
import { atLevel } from '../../support/greeting.ts'

afterEach(() => {
  vi.useRealTimers()
})

it('[G1 G4 G10] (fault C5) after a pause of ten minutes all that is due comes once: one attempt, one load a channel', async () => {
  const r = rig({ random: 0.5, reconnect: { circuit: false } })
  r.server.refuses()
  const calls = new Map<string, number>()
  for (let index = 0; index < 50; index++) {
    const name = `channel-${index}`
    const load = (): number => {
      calls.set(name, (calls.get(name) ?? 0) + 1)
      return index
    }
    r.live.state(name, { load, pollEvery: 1_000 + 17 * index }).subscribe(() => undefined)
  }
  void r.live.send('note', 1, { ttl: 60_000 })
  await r.clock.advanceAsync(30_000)
  const [opens, loaded] = [r.opens.length, new Map(calls)]
  r.clock.block(600_000)
  await r.clock.advanceAsync(0)
  expect(r.opens.length - opens).toBeLessThanOrEqual(1)
  expect(
    [...calls].map(([name, count]) => count - (loaded.get(name) ?? 0)).filter((more) => more > 1),
  ).toEqual([])
  await r.clock.advanceAsync(1_000)
  expect(r.opens.length - opens).toBeLessThanOrEqual(2)
  r.server.accepts()
  await r.clock.advanceAsync(60_000)
  expect(r.snapshot.status).toBe('connected')
  expect(r.server.open).toBe(1)
})

it('[A12 G1 INV-18] (fault C8) 20 000 reconnects in two years: no id is given twice, and the state has not grown', () => {
  const { tuning } = resolveOptions({ url: 'ws://app.test' })
  const failure = { code: 'closed-by-server', closeCode: 1006 } as const
  let now = 0
  let state: State = initialState
  let lastOpen = 0
  const step = (event: Event): void => {
    const context = { now, wall: 1_767_225_600_000 + now, random: 0.5, heardAt: now, loading: false, tuning }
    const [next, effects] = transition(state, event, context)
    state = next
    for (const effect of effects) {
      if (effect.type === 'prepare') step({ type: 'prepared', request: effect.request })
      if (effect.type === 'queue') step({ type: 'admitted', request: effect.request })
      if (effect.type !== 'open') continue
      if (effect.link <= lastOpen) throw new Error(`${effect.link} after ${lastOpen}`)
      lastOpen = effect.link
      step({ type: 'opened', link: effect.link })
      step({ type: 'ready', link: effect.link, ...atLevel(1), window: 500, heartbeat: null })
    }
  }
  const sizes = new Set<number>()
  step({ type: 'connect' })
  for (let cycle = 0; cycle < 20_000; cycle++) {
    now += 3_000_000
    step({ type: 'due', slot: 'stable' })
    step({ type: 'closed', link: lastOpen, failure, class: 'backoff', min: null, spread: null })
    now += 150_000
    step({ type: 'due', slot: 'retry' })
    if (cycle % 2_000 === 1_999) sizes.add(JSON.stringify(state).replaceAll(/\d+/g, '0').length)
  }
  expect(state).toMatchObject({ phase: 'connected', link: lastOpen })
  expect(lastOpen).toBeGreaterThan(40_000)
  expect(now).toBeGreaterThan(20 * 2 ** 31)
  expect(sizes.size).toBe(1)
})

it.each([
  ['from the future', 8.64e15],
  ['negative', -1],
  ['as text', '5'],
  ['of no kind', null],
])('[G3 A2] (fault C6) a pong with a timestamp %s is no latency, but a sign of life', (_what, timestamp) => {
  const r = connected({ random: 0.5 })
  const before = r.snapshot.latency
  r.server.ignoresPings()
  const stop = every(r.clock, () => r.server.send(JSON.stringify({ type: 'pong', timestamp })), 4_000)
  r.clock.advance(300_000)
  expect(r.errors).toEqual([])
  expect(r.snapshot).toMatchObject({ status: 'connected', latency: before, quality: 'disconnected' })
  stop()
  r.clock.advance(25_000)
  expect(r.errors.map(({ code }) => code)).toEqual(['heartbeat-timeout'])
})

it('[A9 G3] (fault C9) a framework that fakes Date and timers drives a connection on the system’s runtime', async () => {
  vi.useFakeTimers()
  const server = mockServer(virtualClock())
  server.latency(null)
  const live = createConnection({ url: 'ws://app.test/ws', transport: server.transport })
  live.connect()
  expect(live.getSnapshot().status).toBe('connected')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(server.received.filter(({ type }) => type === 'ping')).toHaveLength(5)
  server.goesSilent()
  server.refuses()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(live.getSnapshot()).toMatchObject({ status: 'reconnecting' })
  expect(live.getSnapshot().retryAt).toBeGreaterThanOrEqual(Date.now())
  live.close()
  expect(vi.getTimerCount()).toBe(0)
})

it('[A9 G3] (fault C9) fakes change nothing for a connection that was given a runtime', () => {
  vi.useFakeTimers()
  const clock = virtualClock()
  const server = mockServer(clock, { page: mockPage() })
  const live = createConnection({
    url: 'ws://app.test/ws',
    transport: server.transport,
    runtime: server.runtime,
  })
  live.connect()
  vi.advanceTimersByTime(86_400_000)
  expect(live.getSnapshot().status).toBe('connecting')
  expect(vi.getTimerCount()).toBe(0)
  clock.advance(60_000)
  expect(live.getSnapshot().status).toBe('connected')
  expect(server.received.filter(({ type }) => type === 'ping')).toHaveLength(5)
  live.close()
})
