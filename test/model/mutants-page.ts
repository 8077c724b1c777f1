// docs/mutants.md as text: every planted fault, where it is, and what found it.
import { bugBank, mutants } from './mutants.ts'
import type { Mutant } from './mutants/mutant.ts'

/** The page. `killers`: what found each, in words. */
export function toPage(killers: ReadonlyMap<Mutant, string | null>): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = mutants.map((mutant) => {
    const { name, file, bug = '' } = mutant
    return `| ${cell(name)} | \`${file}\` | ${bug} | ${cell(killers.get(mutant) ?? 'nothing')} |`
  })
  const found = (by: string): number =>
    [...killers.values()].filter((killer) => killer?.startsWith(`the ${by}`) === true).length
  const bugs = Object.entries(bugBank).map(([id, what]) => `| ${id} | ${what} |`)
  return `# Mutants

A test that cannot fail shows nothing. So ${mutants.length} faults are planted in the source, one at a time, in memory: ${found('exploration')} are found by the
exploration of a machine (see [the state machine](state-machine.md)), by the rule it breaks; ${found('simulation')} by the simulation, by the invariant that is
broken in the life of one seed; ${found('case')} by a named case. The rules are those of [behaviour](behaviour.md); those called INV are the
invariants of \`test/model\`. This page is written by \`npm run mutants\`, which also looks for the seeds; every test run plants each fault again and
looks whether what found it still does.

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
