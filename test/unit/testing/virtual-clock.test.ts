// The virtual clock: order, exact deadlines, jumps, sleep and blocked threads.
import { describe, expect, it } from 'vitest'
import { virtualClock } from '../../../src/testing/index.ts'
import type { VirtualClock } from '../../../src/testing/index.ts'

/** Arms timers that note when they ran, on the monotonic clock, counted from now. */
function recorder(clock: VirtualClock): { arm: (name: string, delay: number) => unknown; ran: string[] } {
  const start = clock.monotonic()
  const ran: string[] = []
  return {
    ran,
    arm: (name, delay) => clock.setTimeout(() => ran.push(`${name} at ${clock.monotonic() - start}`), delay),
  }
}

describe('virtualClock', () => {
  it('[E4] stands still until it is advanced, and starts at the instant given', () => {
    const clock = virtualClock(1_000)
    expect([clock.now(), clock.now(), clock.pending, clock.nextAt]).toEqual([1_000, 1_000, 0, null])
    const monotonic = clock.monotonic()
    clock.advance(250)
    expect([clock.now(), clock.monotonic() - monotonic]).toEqual([1_250, 250])
  })

  it('[E4] runs timers in the order of deadline and arming, each exactly at its deadline', () => {
    const clock = virtualClock()
    const { arm, ran } = recorder(clock)
    arm('c', 20)
    arm('a', 10)
    arm('d', 20)
    arm('b', 10)
    arm('e', 20.5)
    arm('beyond', 101)
    clock.advance(100)
    expect(ran).toEqual(['a at 10', 'b at 10', 'c at 20', 'd at 20', 'e at 20.5'])
    expect(clock.pending).toBe(1)
    clock.advance(1)
    expect(ran.at(-1)).toBe('beyond at 101')
  })

  it('[E4] runs timers armed meanwhile, at their own deadlines, before later ones', () => {
    const clock = virtualClock()
    const { arm, ran } = recorder(clock)
    clock.setTimeout(() => {
      arm('child', 5)
      arm('at once', 0)
    }, 10)
    arm('later', 16)
    clock.advance(20)
    expect(ran).toEqual(['at once at 10', 'child at 15', 'later at 16'])
  })

  it('[E4] forgets a cleared timer and ignores unknown handles', () => {
    const clock = virtualClock()
    const { arm, ran } = recorder(clock)
    const first = arm('first', 10)
    arm('second', 10)
    const third = arm('third', 10)
    for (const handle of [third, third, 7, null, undefined, {}, 'x']) clock.clearTimeout(handle)
    expect(clock.pending).toBe(2)
    clock.advance(10)
    clock.clearTimeout(first)
    expect(ran).toEqual(['first at 10', 'second at 10'])
    expect(clock.pending).toBe(0)
  })

  it('[E4] tells the wall time of the next deadline', () => {
    const clock = virtualClock(50_000)
    const { arm } = recorder(clock)
    arm('later', 300)
    arm('next', 200)
    expect(clock.nextAt).toBe(50_200)
    clock.jumpWall(-1_000)
    expect(clock.nextAt).toBe(49_200)
    clock.block(500)
    expect(clock.nextAt).toBe(49_200)
  })

  it('[E4] treats delays no setTimeout can bear as 1 ms, so that a hot loop shows', () => {
    const clock = virtualClock()
    const { arm, ran } = recorder(clock)
    for (const delay of [2 ** 31, 1e12, Infinity, NaN, -5]) arm(String(delay), delay)
    arm('the longest', 2 ** 31 - 1)
    clock.advance(1)
    expect(ran).toEqual(['2147483648 at 1', '1000000000000 at 1', 'Infinity at 1', 'NaN at 1', '-5 at 1'])
  })

  it('[E4] ends a loop of timers without delay with a sentence instead of hanging', () => {
    const clock = virtualClock()
    const again = (): void => void clock.setTimeout(again, 0)
    again()
    expect(() => clock.advance(1)).toThrow(/without delay/)
  })

  it('[E4] throws what a timer throws and goes on from there with the next advance', () => {
    const clock = virtualClock()
    const { arm, ran } = recorder(clock)
    clock.setTimeout(() => {
      throw new Error('from a timer')
    }, 10)
    arm('next', 20)
    expect(() => clock.advance(30)).toThrow('from a timer')
    expect(ran).toEqual([])
    clock.advance(10)
    expect(ran).toEqual(['next at 20'])
  })

  it('[E4] refuses to advance inside an advance and by what is no duration', async () => {
    const clock = virtualClock()
    clock.setTimeout(() => clock.advance(1), 1)
    expect(() => clock.advance(5)).toThrow(/advancing already/)
    const under = clock.advanceAsync(5)
    expect(() => clock.advance(1)).toThrow(/advancing already/)
    await under
    for (const ms of [-1, NaN, Infinity]) {
      expect(() => clock.advance(ms)).toThrow(TypeError)
      expect(() => clock.block(ms)).toThrow(TypeError)
      expect(() => clock.sleep(ms)).toThrow(TypeError)
    }
  })

  it('[E4] lets promises settle between timers, and runs the timers they arm', async () => {
    const clock = virtualClock()
    const { arm, ran } = recorder(clock)
    const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms))
    const work = async (): Promise<void> => {
      await Promise.resolve()
      await wait(10)
      await Promise.resolve()
      arm('armed by a promise', 5)
      await wait(10)
      ran.push('done')
    }
    const done = work()
    arm('other', 18)
    await clock.advanceAsync(20)
    expect(ran).toEqual(['armed by a promise at 15', 'other at 18', 'done'])
    await done
  })

  it('[E4] jumps the wall clock without moving monotonic time or timers', () => {
    const clock = virtualClock(1_000_000)
    const { arm, ran } = recorder(clock)
    const monotonic = clock.monotonic()
    arm('timer', 100)
    clock.jumpWall(86_400_000)
    clock.jumpWall(-86_300_000)
    expect([clock.now(), clock.monotonic(), ran.length]).toEqual([1_100_000, monotonic, 0])
    clock.advance(100)
    expect(ran).toEqual(['timer at 100'])
  })

  it('[E4] sleeps with the monotonic clock standing: timers come late by the wall', () => {
    const clock = virtualClock(0)
    const { arm, ran } = recorder(clock)
    const monotonic = clock.monotonic()
    arm('timer', 100)
    clock.advance(40)
    clock.sleep(8 * 3_600_000)
    expect([clock.now(), clock.monotonic() - monotonic, ran.length]).toEqual([28_800_040, 40, 0])
    clock.advance(59)
    expect(ran).toEqual([])
    clock.advance(1)
    expect(ran).toEqual(['timer at 100'])
  })

  it('[E4] sleeps with the monotonic clock going on: overdue timers run late, with the next advance', () => {
    const clock = virtualClock(0)
    const { arm, ran } = recorder(clock)
    arm('timer', 100)
    arm('second', 5_001)
    clock.sleep(5_000, { monotonic: true })
    expect([clock.now(), ran.length, clock.pending]).toEqual([5_000, 0, 2])
    clock.advance(0)
    expect(ran).toEqual(['timer at 5000'])
    clock.advance(1)
    expect(ran).toEqual(['timer at 5000', 'second at 5001'])
  })

  it('[E4] blocks the thread inside a timer: those that came due meanwhile run late, in order', () => {
    const clock = virtualClock(0)
    const { arm, ran } = recorder(clock)
    clock.setTimeout(() => clock.block(4_000), 10)
    arm('second', 30)
    arm('first', 20)
    arm('on time', 4_500)
    clock.advance(1_000)
    expect(ran).toEqual(['first at 4010', 'second at 4010'])
    expect(clock.now()).toBe(4_010)
    clock.advance(490)
    expect(ran.at(-1)).toBe('on time at 4500')
  })
})
