// docs/requirements.md says what the tests say.
import { expect, it } from 'vitest'
import { readTests, renderRequirements, testsIn, unknownIds } from '../support/requirements.ts'
import { root } from '../support/source-files.ts'

it('[E1] docs/requirements.md is up to date (npm run requirements writes it)', async () => {
  await expect(await renderRequirements(readTests())).toMatchFileSnapshot(`${root}docs/requirements.md`)
})

it('[E1] no test claims a requirement that does not exist', () => {
  expect(unknownIds(readTests())).toEqual([])
  expect(unknownIds([{ path: 'test/x.test.ts', name: '', ids: ['A1', 'A99', 'G3'] }])).toEqual([
    'test/x.test.ts names A99, which is no requirement.',
  ])
})

it('[E1] test names are found however the test is written', () => {
  const text = `
    it('[A1 G2a] plain', () => {})
    test.each([1])('[A2] each %s', () => {})
    it.skipIf(none)(\`[A3,B1] \${browser} opens\`, () => {})
    describe('[A4] a group', () => it('without an id', () => {}))
    expect('[A5] not a test')
  `
  expect(testsIn('x.test.ts', text).map(({ name, ids }) => [name, ids.join(' ')])).toEqual([
    ['[A1 G2a] plain', 'A1 G2a'],
    ['[A2] each %s', 'A2'],
    ['[A3,B1] … opens', 'A3 B1'],
    ['[A4] a group', 'A4'],
  ])
})

it('[E1] a row without a test is shown as open', async () => {
  const page = await renderRequirements([{ path: 'test/x.test.ts', name: '[A1] says `ready`', ids: ['A1'] }])
  expect(page).toMatch(/ 1 of \d+ rows/)
  expect(page).toMatch(/### A1 .*\n[^#]*1 test[^#]*`` \[A1\] says `ready` ``/)
  expect(page).toMatch(/### A2 .*\n[^#]*_Open\._/)
})
