// What no fault of a soak run explains.
import { describe, expect, it } from 'vitest'
import { findUnexpected, tally, type Calm, type Injected, type Trouble } from '../../soak/judge.ts'

const trouble = (at: number, change: Partial<Trouble> = {}): Trouble => ({
  what: 'disconnect',
  at,
  site: 'steady',
  client: 1,
  code: 'closed-by-server',
  detail: '1006',
  ...change,
})
const fault = (change: Partial<Injected> = {}): Injected => ({
  kind: 'cut',
  site: 'steady',
  from: 1_000,
  to: 2_000,
  ...change,
})
const calm = (from: number, to: number): Calm => ({ from, to, settled: 0, last: undefined })

describe('a disconnect', () => {
  it('[A12] is explained from the start of a fault until a grace after its end, and at no other time', () => {
    const troubles = [999, 1_000, 1_500, 2_000, 2_100, 2_101].map((at) => trouble(at))
    const unexpected = findUnexpected(troubles, [fault()], [], 100)
    expect(unexpected.map(({ at }) => at)).toEqual([999, 2_101])
  })

  it('[A12] is unexpected where nothing was broken, in a calm and beside it', () => {
    const troubles = [trouble(1), trouble(50_000)]
    expect(findUnexpected(troubles, [], [calm(40_000, 60_000)], 1e9)).toEqual(troubles)
  })

  it('[A12] at one server is not explained by a fault at the other', () => {
    const troubles = [trouble(1_500), trouble(1_500, { site: 'mortal' })]
    expect(findUnexpected(troubles, [fault({ site: 'mortal' })], [], 100)).toEqual([troubles[0]])
    expect(findUnexpected(troubles, [fault(), fault({ site: 'mortal' })], [], 100)).toEqual([])
  })

  it.each(['pause', 'latency'] as const)('[A12 G3] is never explained by %s (fault N13)', (kind) => {
    const troubles = [trouble(1_500)]
    expect(findUnexpected(troubles, [fault({ kind })], [], 100)).toEqual(troubles)
    expect(findUnexpected(troubles, [fault({ kind }), fault()], [], 100)).toEqual([])
  })
})

describe('an error', () => {
  const error = (at: number): Trouble => trouble(at, { what: 'error', code: 'load-timeout' })

  it('[A12] is unexpected well inside of a calm, when whatever met with a fault has told of it', () => {
    const troubles = [10_000, 24_999, 25_000, 60_000, 60_001].map(error)
    const unexpected = findUnexpected(troubles, [], [calm(10_000, 60_000)], 100)
    expect(unexpected.map(({ at }) => at)).toEqual([25_000, 60_000])
  })

  it('[A12] is no surprise before everything was live again', () => {
    expect(findUnexpected([error(5_000), error(70_000)], [fault()], [calm(10_000, 60_000)], 100)).toEqual([])
  })
})

describe('tally', () => {
  it('[A12] counts equal words, in the order of the alphabet, whatever the words are', () => {
    expect(tally(['stop', 'cut', 'stop'])).toEqual({ cut: 1, stop: 2 })
    expect(Object.keys(tally(['stop', 'cut']))).toEqual(['cut', 'stop'])
    expect(tally(['constructor'])).toEqual({ constructor: 1 })
  })
})
