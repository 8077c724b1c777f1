// The examples are small: whole programs under 120 lines, and the page about them shows all of each.
import { expect, it } from 'vitest'
import { countCodeLines } from '../../support/code-lines.ts'
import { readPage } from '../../support/pages.ts'
import { filesBelow } from '../../support/source-files.ts'

const examples = ['chat', 'log-tail', 'progress-card']

function count(path: string): number {
  const text = readPage(path)
  return path.endsWith('.ts') ? countCodeLines(text) : text.split('\n').filter((line) => line.trim()).length
}

it.each(examples)('[E1 D3] examples/%s has less than 120 lines of code, its HTML among them', (name) => {
  const files = filesBelow(`examples/${name}`)
  expect(files.map((path) => path.split('/').pop())).toEqual(['index.html', 'page.ts', 'server.ts'])
  expect(files.reduce((sum, path) => sum + count(path), 0)).toBeLessThan(120)
})

it('[E1] the page of examples quotes every line of TypeScript in them, and says how to start each', () => {
  const page = readPage('docs/examples.md')
  const quoted = [...page.matchAll(/<!-- quote: (\S+) -->/g)].map((match) => match[1])
  const files = [...examples, 'shared'].flatMap((name) => filesBelow(`examples/${name}`))
  expect(files.filter((path) => path.endsWith('.ts') && !quoted.includes(path))).toEqual([])
  for (const name of examples) expect(page).toContain(`npm run example ${name}`)
})
