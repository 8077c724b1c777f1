// The script of the soak test: repeatable, complete, and within its bounds.
import { describe, expect, it } from 'vitest'
import { createScript, type Stretch } from '../../soak/script.ts'

const play = (seed: number, pace: number, count: number): readonly Stretch[] => {
  const next = createScript(seed, pace)
  return Array.from({ length: count }, next)
}
const faultsOf = (stretches: readonly Stretch[]): Stretch['faults'] =>
  stretches.flatMap(({ faults }) => faults)

describe('createScript', () => {
  it('[A12] tells the same story for the same seed, and another for another', () => {
    expect(play(1, 1, 30)).toEqual(play(1, 1, 30))
    expect(play(1, 1, 30)).not.toEqual(play(2, 1, 30))
  })

  it('[A12] brings every kind of fault before any comes again', () => {
    const kinds = faultsOf(play(3, 1, 40)).map(({ kind }) => kind)
    const all = new Set(kinds)
    expect(all.size).toBe(11)
    for (let start = 0; start + all.size <= kinds.length; start += all.size) {
      expect(new Set(kinds.slice(start, start + all.size))).toEqual(all)
    }
  })

  it('[A12] ends only the process that nobody watches the memory of', () => {
    const ending = faultsOf(play(4, 1, 100)).filter(({ kind }) => kind === 'kill' || kind === 'drain')
    expect(ending.length).toBeGreaterThan(20)
    for (const { sites } of ending) expect(sites).toEqual(['mortal'])
  })

  it('[A12 A10] hurts both servers at once, and each alone', () => {
    const sites = new Set(faultsOf(play(5, 1, 50)).map((fault) => fault.sites.join(' ')))
    expect([...sites].sort()).toEqual(['mortal', 'steady', 'steady mortal'])
  })

  it('[A12] leaves a calm after the faults, and shortens all of it alike', () => {
    for (const { faults, calm } of play(6, 1, 100)) {
      expect(faults.length).toBeGreaterThanOrEqual(2)
      expect(faults.length).toBeLessThanOrEqual(4)
      for (const { lasts, rest } of faults) {
        expect(lasts).toBeLessThanOrEqual(30_000)
        expect(rest).toBeGreaterThanOrEqual(2_000)
      }
      expect(calm).toBeGreaterThanOrEqual(45_000)
    }
    const total = (stretches: readonly Stretch[]): number =>
      stretches.reduce((sum, { calm }) => sum + calm, 0) +
      faultsOf(stretches).reduce((sum, { lasts, rest }) => sum + lasts + rest, 0)
    expect(total(play(6, 0.1, 100)) / total(play(6, 1, 100))).toBeCloseTo(0.1, 4)
  })

  it.each([1, 0.5, 1 / 3])(
    '[A12 G4] at pace %d lets no client come near its budget of 120 attempts in 5 minutes, whatever the seed',
    (pace) => {
      const atOnce = ['kill', 'drain', 'refuse', 'cut-after']
      for (let seed = 1; seed <= 50; seed += 1) {
        let at = 0
        // An attempt in each window of half a second while they fail at once, and one to come back.
        const attempts = play(seed, pace, 60).flatMap(({ faults, calm }) => {
          const cost = faults.map(({ kind, lasts, rest }) => {
            at += lasts + rest
            return { at, count: 1 + (atOnce.includes(kind) ? lasts / 500 : 0) }
          })
          at += calm
          return cost
        })
        for (const { at: end } of attempts) {
          const recent = attempts.filter((one) => one.at > end - 300_000 && one.at <= end)
          expect(recent.reduce((sum, { count }) => sum + count, 0)).toBeLessThan(100)
        }
      }
    },
  )
})
