// Every reachable state of a server session, with everything that may happen in each: all rules hold.
import { expect, it } from 'vitest'
import { bundle, runBundle } from '../../support/mutate.ts'
import type { Findings, Order } from '../explorer.ts'

it('[A1 B7 C1 G4 INV-2 INV-3 INV-4 INV-18 INV-20 INV-24] a session keeps every rule in every state, whatever client, app and server do', async () => {
  const order: Order = { machines: ['session'], list: false }
  const { reports } = await runBundle<Findings>(await bundle('test/model/explorer.ts'), order, 60_000)
  const { states, edges, broken, seconds } = reports[0]!
  console.log(`session: ${states} abstract states, ${edges} edges, ${seconds.toFixed(1)} s`)
  expect(broken).toEqual([])
  // As many as there are; far fewer would mean that it stopped at the door.
  expect(states).toBeGreaterThan(1_500)
  expect(edges).toBeGreaterThan(50_000)
}, 120_000)

it('[B7 G11 G12 G14 G20 INV-2 INV-24] at levels 2 and 3 a session answers each request once, and gives each channel in order', async () => {
  const order: Order = { machines: ['requests'], list: false }
  const { reports } = await runBundle<Findings>(await bundle('test/model/explorer.ts'), order, 60_000)
  const { states, edges, broken, seconds } = reports[0]!
  console.log(`requests: ${states} abstract states, ${edges} edges, ${seconds.toFixed(1)} s`)
  expect(broken).toEqual([])
  expect(states).toBeGreaterThan(800)
  expect(edges).toBeGreaterThan(15_000)
}, 120_000)
