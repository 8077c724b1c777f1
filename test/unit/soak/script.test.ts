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

  it('[A12] lets no outage come near the budget or the circuit, leaves a calm after each, and shortens all of it alike', () => {
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
})
