// docs/faults.md says which tests show each fault of the catalogue.
import { expect, it } from 'vitest'
import { faultIds } from '../support/fault-rows.ts'
import { faultsIn, openFaults, renderFaults, unknownFaults } from '../support/faults.ts'
import { readTests } from '../support/requirements.ts'
import { root } from '../support/source-files.ts'

const tests = readTests()

it('[E1] docs/faults.md is up to date (npm run requirements writes it)', async () => {
  await expect(renderFaults(tests)).toMatchFileSnapshot(`${root}docs/faults.md`)
})

it('[E1] every fault that levels 0 and 1 can meet is shown by a test', () => {
  expect(openFaults(tests)).toEqual([])
})

it('[E1] no test claims a fault that is none', () => {
  expect(unknownFaults(tests)).toEqual([])
  expect(unknownFaults([{ path: 'test/x.test.ts', name: '[A1] x (fault N99)', ids: [] }])).toEqual([
    'test/x.test.ts names N99, which is no fault.',
  ])
  expect(unknownFaults([{ path: 'test/x.test.ts', name: '[A1] x (faults N1, N2)', ids: [] }])).toHaveLength(1)
})

it('[E1] the catalogue has 120 faults, each once', () => {
  expect(new Set(faultIds).size).toBe(faultIds.length)
  expect(faultIds).toHaveLength(120)
})

it.each([
  ['[G3 N9] one id among rules', 'N9'],
  ['[R5] [B7] two brackets, of which one is a requirement', 'R5'],
  ['[A1 C3] requirements only', ''],
  ['[G3] words (fault B1) (fault C2) and more words (fault B6)', 'B1 C2 B6'],
  ['[G1] words [N9] in the middle', ''],
])('[E1] %s', (name, ids) => {
  expect(faultsIn(name).join(' ')).toBe(ids)
})

it('[E1] a fault without a test has an empty cell, and names are no markup', () => {
  const page = renderFaults([{ path: 'test/x.test.ts', name: '[N1] a | b <i> `c`', ids: ['N1'] }])
  expect(page).toContain(': 1 of 120 faults')
  expect(page).toMatch(/\| N1 \| .*<summary>1 test<\/summary>.*a &#124; b &lt;i> \\`c\\`/)
  expect(page).toMatch(/\| N3 \| TCP accepted, no HTTP answer \| As N2 \| {2}\|/)
  expect(openFaults([{ path: '', name: '[N1] a', ids: [] }])).not.toContain('N1')
})
