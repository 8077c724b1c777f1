// Hundreds of lives in a bad world, each drawn from a seed: real clients, the real server, and every invariant after every step.
import { beforeAll, describe, expect, it } from 'vitest'
import { drawScenario, isLong } from './simulation/draw.ts'
import { busiest, runHerd, type Loss } from './simulation/herd.ts'
import { runLongLife } from './simulation/long-life.ts'
import { regressions } from './simulation/regressions.ts'
import { missing, summarise, type Summary } from './simulation/report.ts'
import { runScenario } from './simulation/run.ts'

const SEEDS = 500
/** Too rare for so few seeds: `npm run sim` waits for them. */
const rare = ['closed inside a callback', 'closed while a token was being fetched', 'the budget was spent']

const seeds = Array.from({ length: SEEDS * 2 }, (_, index) => index + 1)
  .filter((seed) => !isLong(seed))
  .slice(0, SEEDS)

const run = async (seed: number): Promise<Summary> => summarise(await runScenario(drawScenario(seed)))
const told = ({ seed, violations }: Summary): string[] =>
  violations.map(
    ({ invariant, at, client, what }) => `seed ${seed}, ${at} ms, ${client}: ${invariant}: ${what}`,
  )

describe(`${SEEDS} seeds`, () => {
  const summaries: Summary[] = []
  beforeAll(async () => {
    for (const seed of seeds) summaries.push(await run(seed))
  }, 240_000)

  it('[A12 B3 D1 D2 G1 G2 G3 G4 G5 G6 G7 G8 G9 G10 G15 G16 G17 G18 G21 G23 G24] break no invariant, with faults and after them', () => {
    expect(summaries.flatMap(told)).toEqual([])
  })

  it('[B3] come to every moment that a proof must have come to', () => {
    expect(missing(summaries).filter((moment) => !rare.includes(moment))).toEqual([])
  })

  it('[INV-29] give the same hash when they are run again', async () => {
    for (const { seed, hash } of summaries.slice(0, 10))
      expect([seed, (await run(seed)).hash]).toEqual([seed, hash])
  }, 60_000)

  it('[INV-29] are worlds of their own: no two hashes are alike', () => {
    expect(new Set(summaries.map(({ hash }) => hash)).size).toBe(SEEDS)
  })
})

describe('what was found once', () => {
  it.each(regressions)('[B3] stays mended: $found', async ({ scenario }) => {
    expect(told(summarise(await runScenario(scenario)))).toEqual([])
  })
})

describe('24 hours of one client and the real server', () => {
  it('[A12 INV-18] no unexpected disconnect, 5 760 pings, as many timers and as much state at the end as at the beginning', async () => {
    const { losses, errors, connects, pings, timers, sizes, links, isLive } = await runLongLife({
      days: 1,
      restartsEvery: null,
    })
    expect({ losses, errors, connects, links, isLive }).toEqual({
      losses: 0,
      errors: 0,
      connects: 1,
      links: 0,
      isLive: true,
    })
    expect(Math.abs(pings - 5_760)).toBeLessThan(5)
    // The one alarm of the connection, and at times that of a channel.
    expect(Math.max(...timers)).toBeLessThanOrEqual(3)
    // Numbers of changes have more digits in the evening.
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(40)
  }, 60_000)
})

describe('1 000 clients that lose their server at the same moment', () => {
  it.each<readonly [Loss, string]>([
    ['restart', '(fault S3)'],
    ['kill', '(fault S1)'],
    ['drain', '(fault S4)'],
  ])(
    '[INV-26 G4] %s: all are back, and no twentieth of the spread sees three times its share %s',
    async (loss) => {
      const herd = await runHerd(1, 1_000, loss)
      const { most, expected } = busiest(herd)
      expect(herd.back).toBe(1_000)
      expect(most).toBeLessThanOrEqual(3 * expected)
    },
    60_000,
  )
})
