// The store contract: what everything readable owes the adapters, run against each implementation.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Readable } from '../../src/lib/readable.ts'

/** Something readable, and the means to change it. */
export interface ReadableBench {
  readonly readable: Readable<unknown>
  /** Makes one change that must notify; done when subscribers have been told. */
  change(): void | Promise<void>
  /** What was reported of subscribers that threw. */
  readonly errors: readonly unknown[]
  stop(): void | Promise<void>
}

/** Runs the contract against one implementation. */
export function readableContract(name: string, setUp: () => ReadableBench | Promise<ReadableBench>): void {
  describe(`the store contract: ${name}`, () => {
    let bench: ReadableBench
    let calls: string[]
    beforeEach(async () => {
      bench = await setUp()
      calls = []
    })
    afterEach(() => bench.stop())
    const call = (what: string) => (): void => void calls.push(what)

    it('[A7] gives the same object until something changed, then another', async () => {
      const { readable } = bench
      // Somebody must be interested, or a channel need not change at all.
      readable.subscribe(call('told'))
      await bench.change()
      const first = readable.getSnapshot()
      expect(readable.getSnapshot()).toBe(first)
      const told = calls.length
      await bench.change()
      expect(readable.getSnapshot()).not.toBe(first)
      expect(readable.getSnapshot()).toBe(readable.getSnapshot())
      expect(calls.length).toBeGreaterThan(told)
    })

    it('[E3] gives a constant for server rendering and hydration', async () => {
      const { readable } = bench
      const initial = readable.getInitialSnapshot()
      readable.subscribe(call('told'))
      await bench.change()
      await bench.change()
      expect(readable.getInitialSnapshot()).toBe(initial)
    })

    it('[A7] tells nobody when subscribing, and everybody of a change, in order, when it can be read', async () => {
      const { readable } = bench
      const before = readable.getSnapshot()
      const seen: unknown[] = []
      readable.subscribe(() => {
        seen.push(readable.getSnapshot())
        calls.push('first')
      })
      readable.subscribe(call('second'))
      expect(calls).toEqual([])
      await bench.change()
      expect(calls.slice(0, 2)).toEqual(['first', 'second'])
      expect(seen).not.toContain(before)
      expect(seen.at(-1)).toBe(readable.getSnapshot())
    })

    it('[A5] unsubscribes idempotently: the same function twice is two subscriptions', async () => {
      const { readable } = bench
      const run = call('told')
      const stop = readable.subscribe(run)
      const stopOther = readable.subscribe(run)
      await bench.change()
      const both = calls.length
      stop()
      stop()
      calls = []
      await bench.change()
      expect([both % 2, calls.length > 0]).toEqual([0, true])
      stopOther()
      const last = calls.length
      readable.subscribe(() => undefined)
      await bench.change()
      expect(calls).toHaveLength(last)
    })

    it('[G17] goes on after a subscriber that throws, and reports it', async () => {
      const { readable } = bench
      const error = new Error('from a subscriber')
      readable.subscribe(call('before'))
      const stop = readable.subscribe(() => {
        stop()
        throw error
      })
      readable.subscribe(call('after'))
      await bench.change()
      expect(calls.slice(0, 2)).toEqual(['before', 'after'])
      await bench.change()
      expect(bench.errors).toHaveLength(1)
      const [reported] = bench.errors
      expect(reported === error || (reported as Error).cause === error).toBe(true)
    })

    it('[G17] does not call who was removed, nor who was added, during a notification', async () => {
      const { readable } = bench
      let isAdded = false
      const stopFirst = readable.subscribe(() => {
        calls.push('first')
        stopFirst()
        stopSecond()
        readable.subscribe(() => {
          if (isAdded) calls.push('added')
          else calls.push('added too early')
        })
      })
      const stopSecond = readable.subscribe(call('second'))
      readable.subscribe(() => {
        calls.push('last')
        isAdded = true
      })
      await bench.change()
      expect(calls.slice(0, 2)).toEqual(['first', 'last'])
      await bench.change()
      expect(calls).toContain('added')
      expect(calls.filter((what) => what === 'first' || what === 'second' || what.endsWith('early'))).toEqual(
        ['first'],
      )
    })

    it('[E3] has methods that may be passed around detached', async () => {
      const { getSnapshot, getInitialSnapshot, subscribe } = bench.readable
      const stop = subscribe(call('told'))
      await bench.change()
      expect(calls.length).toBeGreaterThan(0)
      expect(getSnapshot()).toBe(bench.readable.getSnapshot())
      expect(getInitialSnapshot()).toBe(bench.readable.getInitialSnapshot())
      stop()
    })
  })
}
