// Do the tests have teeth? Each mutant is planted in a bundle of its own, nothing in src is touched, and each must be found.
import { existsSync, readFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { beforeAll, expect, it } from 'vitest'
import { bundle, occurrences, runBundle } from '../support/mutate.ts'
import { root } from '../support/source-files.ts'
import type { Verdict } from './case-runner.ts'
import { cases } from './cases.ts'
import type { Findings, Machine, Order } from './explorer.ts'
import type { Catch, Hunt } from './mutants-runner.ts'
import { toPage } from './mutants-page.ts'
import { bugBank, mutants } from './mutants.ts'
import type { Mutant } from './mutants/mutant.ts'

const machines: readonly Machine[] = ['connection', 'channel', 'session', 'requests', 'handover']
const ABREAST = 2
const PATIENCE = 60_000
/** Where a life on record does not show a fault any more, so many others are looked at; that is what `npm run mutants` does. */
const LIVES = 300
const page = `${root}docs/mutants.md`
const record = `${root}test/model/mutants/seeds.json`

/** The seed that shows each fault which only whole lives show. */
const recorded = existsSync(record)
  ? (JSON.parse(readFileSync(record, 'utf8')) as Readonly<Record<string, number>>)
  : {}
const seeds: Record<string, number> = {}
/** What found each, in words: the rule that was broken, or the case that failed; null when nothing did. */
const killers = new Map<Mutant, string | null>()

async function hunt(mutant: Mutant): Promise<string | null> {
  if (occurrences(mutant) !== 1) return null
  if (mutant.by === 'simulation') return live(mutant)
  const machine = machines.find((one) => one === mutant.by)
  if (machine === undefined) {
    const words = await run<Verdict>('test/model/case-runner.ts', mutant, mutant.by)
    return words === null ? null : `the case "${mutant.by}"`
  }
  const order: Order = { machines: [machine], first: mutant.in, list: false }
  const found = await run<Findings>('test/model/explorer.ts', mutant, order)
  const rule = typeof found === 'string' ? found : found.reports[0]?.broken[0]?.words.split(': ')[0]
  return rule === undefined ? null : `the exploration of the ${machine}: ${rule}`
}

async function live(mutant: Mutant): Promise<string | null> {
  const known = recorded[mutant.name]
  const others = Array.from({ length: LIVES }, (_, index) => index + 1)
  for (const tried of [known === undefined ? [] : [known], others]) {
    const order: Hunt = { seeds: tried, all: false }
    const found = await run<readonly Catch[]>('test/model/mutants-runner.ts', mutant, order, 10 * PATIENCE)
    if (typeof found === 'string') return `the simulation: ${found}`
    const [first] = found
    if (first === undefined) continue
    seeds[mutant.name] = first.seed
    return `the simulation, seed ${first.seed}: ${first.invariant}`
  }
  return null
}

/** A mutant that throws, or never ends, is found as well. */
async function run<T>(
  entry: string,
  mutant: Mutant,
  data: unknown,
  patience: number = PATIENCE,
): Promise<T | string> {
  const code = await bundle(entry, mutant)
  return runBundle<T>(code, data, patience).catch(String)
}

beforeAll(async () => {
  const start = performance.now()
  const waiting = [...mutants]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) killers.set(next, await hunt(next))
  }
  await Promise.all(Array.from({ length: ABREAST }, work))
  const found = [...killers.values()].filter((killer) => killer !== null).length
  const seconds = ((performance.now() - start) / 1_000).toFixed(0)
  console.log(`${found} of ${mutants.length} mutants found in ${seconds} s`)
}, 1_800_000)

it('[A4 B3] every mutant can still be planted: its text is there exactly once', () => {
  expect(mutants.filter((mutant) => occurrences(mutant) !== 1).map(({ name }) => name)).toEqual([])
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  const known: readonly string[] = [...machines, 'simulation', ...Object.keys(cases)]
  expect(mutants.filter(({ by }) => !known.includes(by))).toEqual([])
})

it('[A4 B3 G1 G3 G4 G9 G15 G16] every mutant is found', () => {
  expect([...killers].filter(([, killer]) => killer === null).map(([{ name }]) => name)).toEqual([])
})

it('[B3] the lives that show the faults show nothing where there are none', async () => {
  const order: Hunt = { seeds: [...new Set(Object.values(seeds))], all: true }
  expect(await runBundle(await bundle('test/model/mutants-runner.ts'), order, 10 * PATIENCE)).toEqual([])
}, 600_000)

it('[B3] what other libraries had is among them', () => {
  const planted = new Set(mutants.flatMap(({ bug }) => bug ?? []))
  expect([...planted].sort()).toEqual(Object.keys(bugBank).sort())
})

it('[B3] the record says which life shows which fault (npm run mutants writes it)', async () => {
  await expect(`${JSON.stringify(seeds, Object.keys(seeds).sort(), 2)}\n`).toMatchFileSnapshot(record)
})

it('[B3] docs/mutants.md lists them, and what finds each (npm run mutants writes it)', async () => {
  const options = (await resolveConfig(page)) ?? {}
  await expect(await format(toPage(killers), { ...options, parser: 'markdown' })).toMatchFileSnapshot(page)
})
