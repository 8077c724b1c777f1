// The simulator on other Nodes: a seed means the same everywhere, or nobody could replay what somebody else found.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from '../support/mutate.ts'
import { findNode } from '../support/node-version.ts'

const COUNT = 50
const folder = mkdtempSync(join(tmpdir(), 'holdfast-hashes-'))
const program = join(folder, 'simulation.cjs')

beforeAll(async () => {
  writeFileSync(program, await bundle('test/model/simulation/cli.ts'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function hashes(node: string): string[] {
  const { stdout, stderr, status } = spawnSync(node, [program, '--hash', String(COUNT)], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim().split('\n')
}

it('[INV-29 E1] 50 seeds have the same hashes on Node 20, 22 and 24', () => {
  const nodes = [20, 22, 24].flatMap((major) => findNode(major) ?? [])
  const [first = [], ...others] = nodes.map(hashes)
  expect(first).toHaveLength(COUNT)
  for (const other of others) expect(other).toEqual(first)
}, 300_000)
