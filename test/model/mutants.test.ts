// Do the tests have teeth? Each mutant is planted in a bundle of its own, nothing on disk is touched, and each must be found.
import { format, resolveConfig } from 'prettier'
import { beforeAll, expect, it } from 'vitest'
import { bundle, occurrences, runBundle } from '../support/mutate.ts'
import { root } from '../support/source-files.ts'
import type { Verdict } from './case-runner.ts'
import { cases } from './cases.ts'
import type { Findings, Machine, Order } from './explorer.ts'
import { bugBank, mutants } from './mutants.ts'
import type { Mutant } from './mutants/mutant.ts'

/** What found it: the rule that was broken, or the case that failed; null when nothing did. */
type Killer = string | null

const machines: readonly Machine[] = ['connection', 'channel', 'session']
const ABREAST = 2
const PATIENCE = 60_000
const killers = new Map<Mutant, Killer>()

async function hunt(mutant: Mutant): Promise<Killer> {
  const machine = machines.find((one) => one === mutant.by)
  if (machine === undefined) {
    const words = await run<Verdict>('test/model/case-runner.ts', mutant, mutant.by)
    return words === null ? null : mutant.by
  }
  const order: Order = { machines: [machine], first: mutant.in, list: false }
  const found = await run<Findings | string>('test/model/explorer.ts', mutant, order)
  if (typeof found === 'string') return found
  return found.reports[0]?.broken[0]?.words.split(': ')[0] ?? null
}

/** A mutant that throws, or never ends, is found as well. */
async function run<T>(entry: string, mutant: Mutant, data: unknown): Promise<T | string> {
  const code = await bundle(entry, mutant)
  return runBundle<T>(code, data, PATIENCE).catch(String)
}

beforeAll(async () => {
  const start = performance.now()
  const waiting = [...mutants]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      killers.set(next, await hunt(next))
    }
  }
  await Promise.all(Array.from({ length: ABREAST }, work))
  const found = [...killers.values()].filter((killer) => killer !== null).length
  console.log(
    `${found} of ${mutants.length} mutants found in ${((performance.now() - start) / 1_000).toFixed(0)} s`,
  )
}, 300_000)

it('[A4 B3] every mutant can still be planted: its text is there exactly once', () => {
  expect(mutants.filter((mutant) => occurrences(mutant) !== 1).map(({ name }) => name)).toEqual([])
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  const known: readonly string[] = [...machines, ...Object.keys(cases)]
  expect(mutants.filter(({ by }) => !known.includes(by))).toEqual([])
})

it('[A4 B3 G1 G3 G4 G9 G15 G16] every mutant is found', () => {
  expect([...killers].filter(([, killer]) => killer === null).map(([{ name }]) => name)).toEqual([])
})

it('[B3] ten bugs that other libraries had are among them', () => {
  const planted = new Set(mutants.flatMap(({ bug }) => bug ?? []))
  expect([...planted].sort()).toEqual(Object.keys(bugBank).sort())
  expect(planted.size).toBeGreaterThanOrEqual(10)
})

it('[B3] docs/mutants.md lists them, and what finds each (npm run mutants writes it)', async () => {
  const path = `${root}docs/mutants.md`
  const options = (await resolveConfig(path)) ?? {}
  await expect(await format(toPage(), { ...options, parser: 'markdown' })).toMatchFileSnapshot(path)
})

function toPage(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = mutants.map((mutant) => {
    const { name, file, bug = '', by } = mutant
    const killer = killers.get(mutant) ?? 'nothing'
    const found = by === killer ? `the case "${by}"` : `the exploration of the ${by}: ${killer}`
    return `| ${cell(name)} | \`${file}\` | ${bug} | ${cell(found)} |`
  })
  const bugs = Object.entries(bugBank).map(([id, what]) => `| ${id} | ${what} |`)
  return `# Mutants

A test that cannot fail shows nothing. So ${mutants.length} faults are planted in the source, one at a time, in memory: each must be found by the
exploration of a machine (see [the state machine](state-machine.md)), by the rule it breaks, or by a named case. The rules are those of
[behaviour](behaviour.md); those called INV are the invariants of \`test/model\`. This page is written by \`npm run mutants\`, and every test run checks it.

| Planted | Where | Bug | Found by |
| --- | --- | --- | --- |
${rows.join('\n')}

## The bug bank

Faults that other libraries have or had, each planted here too:

| Bug | What it was |
| --- | --- |
${bugs.join('\n')}
`
}
