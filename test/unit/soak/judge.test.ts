// Which disconnects of a soak run no fault explains.
import { describe, expect, it } from 'vitest'
import { findUnexpected, tally, type Injected, type Trouble } from '../../soak/judge.ts'

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

describe('findUnexpected', () => {
  it('[A12] excuses what happens from the start of a fault until a grace after its end, and nothing else', () => {
    const troubles = [999, 1_000, 1_500, 2_000, 2_100, 2_101].map((at) => trouble(at))
    const unexpected = findUnexpected(troubles, [fault()], 100)
    expect(unexpected.map(({ at }) => at)).toEqual([999, 2_101])
  })

  it('[A12] gives errors the time that an attempt or a load may take to fail', () => {
    const troubles = [17_000, 17_001].map((at) => trouble(at, { what: 'error', code: 'connect-timeout' }))
    expect(findUnexpected(troubles, [fault()], 100)).toEqual([troubles[1]])
    expect(findUnexpected(troubles, [fault()], 20_000)).toEqual([])
  })

  it('[A12] finds everything unexpected where nothing was broken', () => {
    expect(findUnexpected([trouble(1), trouble(2, { what: 'error' })], [], 1e9)).toHaveLength(2)
  })

  it('[A12] does not let a fault at one server explain what happened at the other', () => {
    const troubles = [trouble(1_500), trouble(1_500, { site: 'mortal' })]
    expect(findUnexpected(troubles, [fault({ site: 'mortal' })], 100)).toEqual([troubles[0]])
    expect(findUnexpected(troubles, [fault(), fault({ site: 'mortal' })], 100)).toEqual([])
  })

  it.each(['pause', 'latency'] as const)(
    '[A12 G3] lets %s explain an error, such as a slow load, and never a disconnect (fault N13)',
    (kind) => {
      const [broken, error] = [trouble(1_500), trouble(1_500, { what: 'error', code: 'load-timeout' })]
      expect(findUnexpected([broken, error], [fault({ kind })], 100)).toEqual([broken])
    },
  )

  it('[A12] is content with one of several faults that overlap', () => {
    const faults = [fault({ kind: 'latency' }), fault({ kind: 'kill', from: 1_900, to: 1_950 })]
    expect(findUnexpected([trouble(1_500), trouble(1_940)], faults, 0).map(({ at }) => at)).toEqual([1_500])
  })
})

describe('tally', () => {
  it('[A12] counts equal words, in the order of the alphabet, whatever the words are', () => {
    expect(tally(['stop', 'cut', 'stop'])).toEqual({ cut: 1, stop: 2 })
    expect(Object.keys(tally(['stop', 'cut']))).toEqual(['cut', 'stop'])
    expect(tally(['constructor'])).toEqual({ constructor: 1 })
  })
})
