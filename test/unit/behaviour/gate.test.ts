// Many endpoints (A3, G10b): a gate shared by several connections.
import { describe, expect, it } from 'vitest'
import { createConnection, createGate, type Connection, type Gate } from '../../../src/index.ts'
import { mockServer, virtualClock, type MockServer, type VirtualClock } from '../../../src/testing/index.ts'

interface Endpoint {
  readonly priority: number
  readonly server: MockServer
  readonly live: Connection
}

/** So many connections on one clock, made in an order that is not that of their priorities. */
function endpoints(
  count: number,
  gate: Gate | undefined,
  latency = 40,
): { clock: VirtualClock; all: Endpoint[]; order: Array<[priority: number, at: number]>; busiest(): number } {
  const clock = virtualClock()
  const order: Array<[number, number]> = []
  let most = 0
  const priorities = Array.from({ length: count }, (_, n) => (n * 5) % count)
  const all = priorities.map((priority): Endpoint => {
    const server = mockServer(clock, { latency, seed: priority })
    const transport = {
      ...server.transport,
      open(...args: Parameters<typeof server.transport.open>) {
        order.push([priority, clock.monotonic() - 5_000])
        const link = server.transport.open(...args)
        most = Math.max(
          most,
          all.reduce((sum, each) => sum + each.server.connecting, 0),
        )
        return link
      },
    }
    const live = createConnection({
      url: `/ws/${priority}`,
      transport,
      runtime: server.runtime,
      priority,
      gate,
    })
    return { priority, server, live }
  })
  return { clock, all, order, busiest: () => most }
}

describe('a gate', () => {
  it('[A3 G10b] opens 8 endpoints most important first, 100 ms apart, never more than 2 connecting', () => {
    const { clock, all, order, busiest } = endpoints(8, createGate())
    for (const { live } of all) live.connect()
    clock.advance(2_000)
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((priority, n) => [priority, n * 100]))
    expect(busiest()).toBeLessThanOrEqual(2)
    expect(all.every(({ live }) => live.getSnapshot().status === 'connected')).toBe(true)
    for (const { live } of all) live.close()
    expect(clock.pending).toBe(0)
  })

  it('[A3 G10b] waits with the third until one of two slow ones is connected', () => {
    const { clock, all, order, busiest } = endpoints(8, createGate(), 250)
    for (const { live } of all) live.connect()
    clock.advance(10_000)
    expect(busiest()).toBe(2)
    // Opening and shaking hands take 1 s; two at a time.
    expect(order[2]![1]).toBe(1_000)
    expect(order.map(([priority]) => priority)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('[A3 A9 G10b] takes concurrent and spacing', () => {
    const { clock, all, order, busiest } = endpoints(8, createGate({ concurrent: 3, spacing: 20 }), 250)
    for (const { live } of all) live.connect()
    clock.advance(10_000)
    expect(busiest()).toBe(3)
    expect(order.slice(0, 3).map(([, at]) => at)).toEqual([0, 20, 40])
  })

  it('[A3 A9] refuses what cannot work, by name', () => {
    for (const value of [0, -1, NaN, '2' as never, null as never])
      expect(() => createGate({ concurrent: value })).toThrow(/concurrent/)
    for (const value of [-1, NaN, Infinity, '2' as never, null as never])
      expect(() => createGate({ spacing: value })).toThrow(/spacing/)
    expect(() => createGate({ spacing: -1 })).toThrow(TypeError)
    expect(() => createGate({ concurrent: Infinity, spacing: 0 })).not.toThrow()
  })

  it('[A3 G10b] lets the next in when one gives up, hangs, fails or is closed', () => {
    const { clock, all, order } = endpoints(6, createGate({ concurrent: 1 }))
    const by = (priority: number): Endpoint => all.find((each) => each.priority === priority)!
    by(0).server.hangs()
    by(1).server.refuses()
    by(2).server.refuses(4403)
    for (const { live } of all) live.connect()
    clock.advance(50)
    by(3).live.close() // in the queue
    by(4).live.disconnect()
    clock.advance(15_000)
    expect(order.filter(([priority]) => priority === 5)).toHaveLength(1)
    expect(by(5).live.getSnapshot().status).toBe('connected')
    expect(order.map(([priority]) => priority)).not.toContain(3)
    expect(order.map(([priority]) => priority)).not.toContain(4)
  })

  it('[A3 G10b] serves a more important one first among those that wait for it later', () => {
    const { clock, all, order } = endpoints(4, createGate({ concurrent: 1, spacing: 0 }), 250)
    const by = (priority: number): Endpoint => all.find((each) => each.priority === priority)!
    by(3).live.connect()
    clock.advance(10)
    by(2).live.connect()
    clock.advance(10)
    by(0).live.connect()
    by(1).live.connect()
    clock.advance(10_000)
    expect(order.map(([priority]) => priority)).toEqual([3, 0, 1, 2])
  })

  it('[A3 G10b] keeps the order of calls among equals', () => {
    const gate = createGate({ concurrent: 1, spacing: 0 })
    const clock = virtualClock()
    const entered: string[] = []
    for (const name of ['a', 'b', 'c']) {
      const leave = gate.queue({
        priority: 0,
        clock,
        enter: () => (entered.push(name), void clock.setTimeout(leave, 10)),
      })
    }
    clock.advance(100)
    expect(entered).toEqual(['a', 'b', 'c'])
    expect(clock.pending).toBe(0)
  })

  it('[A3 A10 G10b] leaves no timer behind when the last that waited gives up', () => {
    const { clock, all, order } = endpoints(3, createGate())
    for (const { live } of all) live.connect()
    for (const { live } of all) live.close()
    expect(clock.pending).toBe(0)
    clock.advance(1_000)
    expect(order).toEqual([])
  })

  it('[A3 G10b] without one, all open at once', () => {
    const { clock, all, order } = endpoints(8, undefined)
    for (const { live } of all) live.connect()
    clock.advance(0)
    expect(order.every(([, at]) => at === 0)).toBe(true)
  })
})
