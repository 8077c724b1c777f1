// Recovery by both real machines over thousands of bad networks: nothing twice, nothing missing unsaid, no false verdict.
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { judge } from './judge.ts'
import { createRecoveryWorld, type Chances } from './world.ts'

const SEEDS = 5_000
const STEPS = 150

/** Which faults there are, and how often, is a matter of the seed: many bugs need some to be absent. */
function toChances(random: () => number): Chances {
  const rate = (most: number): number => (random() < 0.5 ? 0 : random() * most)
  return { cut: rate(0.6), lose: rate(0.05), repeat: rate(0.1), miss: rate(0.05), restart: rate(0.05) }
}

describe('recovery', () => {
  it(`[INV-8 INV-9 INV-10 G12 G14] over ${SEEDS} seeds gives each message once and in order, or says that some are missing`, () => {
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed)
      const world = createRecoveryWorld(random, toChances(random))
      for (let step = 0; step < STEPS; step++) world.step()
      expect(judge(world.told), `seed ${seed}`).toBeNull()
      world.heal()
      expect(judge(world.told), `seed ${seed}, healed`).toBeNull()
      expect(world.client, `seed ${seed}, healed`).toMatchObject({ phase: 'live', position: world.top })
      for (const [what, times] of world.seen) seen.set(what, (seen.get(what) ?? 0) + times)
    }
    for (const what of [
      'cut',
      'lose',
      'repeat',
      'miss',
      'restart',
      'recovered with replay',
      'recovered at the top',
      'not recovered',
    ])
      expect(seen.get(what) ?? 0, `"${what}" was never seen`).toBeGreaterThan(0)
  }, 60_000)
})
