// Every way in which one link may follow another, with everything that may happen at each step: all rules hold.
import { expect, it } from 'vitest'
import { bundle, runBundle } from '../support/mutate.ts'
import type { Findings } from './explorer.ts'

it('[G1 G4 G7 G14 INV-1 INV-2 INV-4 INV-5 INV-19] a link that follows another keeps every rule, whatever happens (fault S4)', async () => {
  const order = { machines: ['handover'], list: false }
  const { reports } = await runBundle<Findings>(await bundle('test/model/explorer.ts'), order, 120_000)
  for (const { machine, states, edges, seconds } of reports)
    console.log(`${machine}: ${states} abstract states, ${edges} edges, ${seconds.toFixed(1)} s`)
  expect(reports.flatMap(({ broken }) => broken)).toEqual([])
  // A walk that leads nowhere shows nothing.
  expect(reports[0]?.states).toBeGreaterThan(1_000)
}, 120_000)
