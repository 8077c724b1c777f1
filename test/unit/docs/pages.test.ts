// The pages say what the code says: quotes, tables of options, close codes, links.
import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../../src/options.ts'
import { classifyClose, closeCodes } from '../../../src/protocol/close-codes.ts'
import { optionRows } from '../../support/option-rows.ts'
import { anchorsOf, generated, handwritten, linksOf, readPage, renderPage } from '../../support/pages.ts'
import { root } from '../../support/source-files.ts'

describe.each(handwritten())('%s', (page) => {
  it(
    '[E1 A9] quotes files as they are and options as their doc comments say (-u writes it)',
    { timeout: 30_000 },
    async () => {
      await expect(await renderPage(page)).toMatchFileSnapshot(root + page)
    },
  )

  it('[E1] links to pages, headings and pictures that are there', () => {
    const broken = linksOf(page).filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : posix.join(posix.dirname(page), path)
      if (!existsSync(root + target)) return !generated.includes(target)
      return anchor !== undefined && !anchorsOf(target).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

it('[E1] the index of the docs knows every page', () => {
  const known = linksOf('docs/README.md').map((link) => posix.join('docs', link))
  const pages = handwritten().filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
  const index = 'docs/decisions/README.md'
  expect(pages.filter((page) => !page.startsWith('docs/decisions/') && !known.includes(page))).toEqual([])
  expect(known).toEqual(expect.arrayContaining([index, ...generated]))
  const records = linksOf(index).map((link) => posix.join('docs/decisions', link))
  expect(pages.filter((page) => /\/\d{4}-/.test(page) && !records.includes(page))).toEqual([])
})

it('[G6] the table of close codes is the table of the code', () => {
  const rows = [...readPage('docs/protocol.md').matchAll(/^\| (\d[\d, –]+?) +\| `(\w+)` +\|/gm)]
  const said = rows.flatMap(([, codes, kind]) => {
    const [first, last] = codes!.split('–').map(Number)
    const each = last === undefined ? codes!.split(', ').map(Number) : [first!, last]
    return each.map((code) => [code, kind] as const)
  })
  expect(said.filter(([code, kind]) => classifyClose(code) !== kind)).toEqual([])
  expect([...closeCodes.keys()].filter((code) => !said.some(([known]) => known === code))).toEqual([])
})

it('[A9] every option of a connection has a doc comment, and every number the default it names', () => {
  const rows = optionRows('src/options.ts', 'ConnectionOptions')
  expect(rows.filter(({ name, text }) => text === '' && !name.includes('.')).map(({ name }) => name)).toEqual(
    [],
  )
  const options = resolveOptions({ url: 'wss://app.example/ws' })
  const inForce: unknown = { ...options, ...options.tuning }
  const read = (name: string): unknown =>
    name.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], inForce)
  const wrong = rows.filter(({ name, preset }) => {
    const said = preset === null ? null : Number(preset.replaceAll('\u00a0', '').replace(/,.*/, ''))
    const is = said === null || Number.isNaN(said) ? null : read(name)
    return is !== null && is !== said
  })
  expect(wrong.map(({ name, preset }) => `${name}: ${preset}, really ${String(read(name))}`)).toEqual([])
  expect(rows.length).toBeGreaterThan(30)
})

it('[E1] behaviour.md has every rule', () => {
  const said = [...readPage('docs/behaviour.md').matchAll(/^\*\*(G\d+\w?) /gm)].map((match) => match[1])
  const all = Array.from({ length: 24 }, (_, index) => `G${index + 1}`)
  expect(all.filter((rule) => !said.includes(rule))).toEqual([])
})

it('[E1] every server on the page of servers is short: 43 lines of code at levels 0 and 1, 80 at level 2', () => {
  const quoted = [...readPage('docs/servers.md').matchAll(/<!-- quote: (\S+) -->/g)].map((match) => match[1]!)
  const lengths = quoted.map((path) => {
    const code = readPage(path)
      .split('\n')
      .filter((line) => !/^\s*(\/\/.*|#.*)?$/.test(line))
    return [path, code.length] as const
  })
  expect(lengths.filter(([path, length]) => length > (path.includes('level2') ? 80 : 43))).toEqual([])
  expect(lengths).toHaveLength(7)
})
