// docs/invariants.md says what the checkers say, and no invariant is forgotten.
import { format, resolveConfig } from 'prettier'
import { expect, it } from 'vitest'
import { checkers } from '../../model/trace/checkers.ts'
import { toPage } from '../../model/trace/invariants-page.ts'
import { compared } from '../../model/trace/other.ts'
import { readPage } from '../../support/pages.ts'
import { filesBelow, root } from '../../support/source-files.ts'

const page = `${root}docs/invariants.md`

it('[E1] docs/invariants.md is what the checkers say (-u writes it)', async () => {
  const text = await format(toPage(), { ...(await resolveConfig(page)), parser: 'markdown' })
  await expect(text).toMatchFileSnapshot(page)
})

it('[E1] every invariant is checked, compared, or waits for its level', () => {
  const all = Array.from({ length: 30 }, (_, index) => `INV-${index + 1}`)
  const known = [...checkers, ...compared].map(({ id }): string => id)
  expect(all.filter((id) => !known.includes(id))).toEqual([])
  expect(known.filter((id) => !all.includes(id))).toEqual([])
  expect(new Set(checkers.map(({ id }) => id)).size).toBe(checkers.length)
})

it('[E1] every checker is shown a trace that keeps its rule, and one that breaks it', () => {
  const tests = filesBelow('test/model/trace').filter((path) => path.endsWith('.test.ts'))
  const text = tests.map((path) => readPage(path)).join('\n')
  const says = (call: string, id: string): boolean => new RegExp(`${call}\\(\\s*'${id}'`).test(text)
  expect(checkers.filter(({ id }) => !says('expectHolds', id) || !says('expectBroken', id))).toEqual([])
})

it('[E1] the tests that compare two runs are there', () => {
  const paths = compared.flatMap(({ where }) => [...where.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
  expect(paths.filter((path) => !readPage(path).includes('INV-'))).toEqual([])
})
