// Every reachable state of both machines, with everything that may happen in each: all rules hold, and the page lists every edge.
import { existsSync, readFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { beforeAll, expect, it } from 'vitest'
import { table } from '../../src/machine/table.ts'
import { bundle, runBundle } from '../support/mutate.ts'
import { root } from '../support/source-files.ts'
import { renew } from './edge-list.ts'
import type { Findings, Report } from './explorer.ts'

let connection: Report
let channel: Report
let rows: Findings['rows']

beforeAll(async () => {
  const order = { machines: ['connection', 'channel'], list: true }
  const found = await runBundle<Findings>(await bundle('test/model/explorer.ts'), order, 120_000)
  ;[connection, channel] = found.reports as [Report, Report]
  rows = found.rows
  const told = ({ machine, states, edges, seconds }: Report): string =>
    `${machine}: ${states} abstract states, ${edges} edges, ${seconds.toFixed(1)} s`
  console.log(found.reports.map(told).join('\n'))
}, 120_000)

it('[A4 A5 A10 B3 G1 G2 G2a G3 G4 G5 G6 G7 G8 G9] a connection keeps every rule in every state, whatever happens', () => {
  expect(connection.broken).toEqual([])
})

it('[A6 B10 G10 G15 G16] a channel keeps every rule in every state, whatever server, line, loads and page do', () => {
  expect(channel.broken).toEqual([])
})

it('[G2] every entry of the table was used', () => {
  const entries = Object.entries(table).flatMap(([phase, row]) =>
    Object.keys(row).map((type) => `${phase} ${type}`),
  )
  expect(entries.filter((entry) => !connection.hits.includes(entry))).toEqual([])
})

it('[G2] docs/state-machine.md lists every edge (npm run explore writes it)', async () => {
  const path = `${root}docs/state-machine.md`
  const page = renew(existsSync(path) ? readFileSync(path, 'utf8') : '', rows)
  const options = (await resolveConfig(path)) ?? {}
  await expect(await format(page, { ...options, parser: 'markdown' })).toMatchFileSnapshot(path)
})
