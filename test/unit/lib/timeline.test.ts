// The timeline and its alarms: the one place that decides what time has passed.
import { describe, expect, it } from 'vitest'
import { createAlarm, createTimeline, earliest } from '../../../src/lib/timeline.ts'
import { virtualClock } from '../../../src/testing/index.ts'

describe('a timeline', () => {
  it('[A12] goes forward with the monotonic clock only, never back (fault C2)', () => {
    let reading = 100
    const timeline = createTimeline({ ...virtualClock(), monotonic: () => reading })
    reading = 150
    expect(timeline.now()).toBe(50)
    reading = 145
    expect(timeline.now()).toBe(50)
    reading = 155
    expect(timeline.now()).toBe(60)
  })

  it('[G3] tells of sleep once, when the wall clock jumped ahead by more than 2 s (fault B5)', () => {
    const clock = virtualClock()
    const timeline = createTimeline(clock)
    clock.advance(10_000)
    expect(timeline.slept()).toBe(false)
    clock.sleep(2_000)
    expect(timeline.slept()).toBe(false)
    clock.sleep(2_001)
    expect([timeline.slept(), timeline.slept()]).toEqual([true, false])
    clock.jumpWall(-86_400_000)
    expect(timeline.slept()).toBe(false)
  })
})

describe('an alarm', () => {
  const make = () => {
    const clock = virtualClock()
    const timeline = createTimeline(clock)
    const rings: Array<readonly [at: number, late: boolean]> = []
    const alarm = createAlarm(clock, timeline, (late) => rings.push([timeline.now(), late]))
    return { clock, rings, alarm }
  }

  it('[G3] rings once, at its instant, and says whether it came late', () => {
    const { clock, rings, alarm } = make()
    alarm.set(1_000)
    expect(alarm.at).toBe(1_000)
    clock.advance(999)
    expect(rings).toEqual([])
    clock.advance(5_000)
    expect(rings).toEqual([[1_000, false]])
    expect([alarm.at, clock.pending]).toEqual([undefined, 0])
    alarm.set(6_000)
    clock.block(2_001)
    clock.advance(0)
    expect(rings[1]).toEqual([8_000, false])
    alarm.set(9_000)
    clock.block(3_001)
    clock.advance(0)
    expect(rings[2]).toEqual([11_001, true])
  })

  it('[A10] has one timer at most, and none when it is set to nothing', () => {
    const { clock, rings, alarm } = make()
    for (const at of [500, 400, 400, 600, 300]) alarm.set(at)
    expect(clock.pending).toBe(1)
    alarm.set(undefined)
    alarm.set(undefined)
    expect(clock.pending).toBe(0)
    clock.advance(1_000)
    expect(rings).toEqual([])
    alarm.set(10) // in the past: as soon as possible
    clock.advance(0)
    expect(rings).toEqual([[1_000, false]])
  })

  it('[G3] is armed again for the rest by a timer that came early (fault C4)', () => {
    const clock = virtualClock()
    const hasty = {
      ...clock,
      now: clock.now,
      monotonic: clock.monotonic,
      setTimeout: (run: () => void, delay: number) => clock.setTimeout(run, delay / 2),
    }
    const timeline = createTimeline(hasty)
    const rings: number[] = []
    createAlarm(hasty, timeline, () => rings.push(timeline.now())).set(1_000)
    clock.advance(999)
    expect(rings).toEqual([])
    clock.advance(2)
    expect(rings).toHaveLength(1)
  })
})

it('[G1] the earliest deadline comes first, and of two at one instant the one whose slot does', () => {
  const slots = ['a', 'b', 'c'] as const
  expect(earliest({}, slots)).toBeNull()
  expect(earliest({ b: 5, c: 4 }, slots)).toEqual(['c', 4])
  expect(earliest({ c: 5, b: 5 }, slots)).toEqual(['b', 5])
  expect(earliest({ a: undefined, b: 0 }, slots)).toEqual(['b', 0])
})
