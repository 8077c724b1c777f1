// Writes the page that maps each requirement to the tests which show it, from the names of the tests.
import { readFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import ts from 'typescript'
import { groups, type Row } from './requirement-rows.ts'
import { filesBelow, root } from './source-files.ts'

/** One test whose name begins with ids in square brackets. */
export interface NamedTest {
  readonly path: string
  readonly name: string
  readonly ids: readonly string[]
}

/** Every named test of the repository. */
export function readTests(): NamedTest[] {
  return filesBelow('test')
    .filter((path) => /\.tsx?$/.test(path))
    .flatMap((path) => testsIn(path, readFileSync(root + path, 'utf8')))
}

/** The named tests of one file, found without running it. What a template fills in is shown as an ellipsis. */
export function testsIn(path: string, text: string): NamedTest[] {
  const found: NamedTest[] = []
  const visit = (node: ts.Node): void => {
    const name =
      ts.isCallExpression(node) && /^(it|test|describe)\b/.test(node.expression.getText(file))
        ? nameOf(node)
        : null
    const ids = /^\[([^\]]+)\] \S/.exec(name ?? '')?.[1]
    if (name !== null && ids !== undefined) found.push({ path, name, ids: ids.split(/[\s,]+/) })
    ts.forEachChild(node, visit)
  }
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  visit(file)
  return found
}

function nameOf({ arguments: [first] }: ts.CallExpression): string | null {
  if (first === undefined) return null
  if (ts.isStringLiteralLike(first)) return first.text
  if (!ts.isTemplateExpression(first)) return null
  return first.head.text + first.templateSpans.map((span) => `…${span.literal.text}`).join('')
}

/** Ids in test names that look like requirements and are none. */
export function unknownIds(tests: readonly NamedTest[]): string[] {
  const known = new Set(groups.flatMap(({ rows }) => rows.map(({ id }) => id)))
  return tests.flatMap(({ path, ids }) =>
    ids
      .filter((id) => /^[A-E]\d+[a-z]?$/.test(id) && !known.has(id))
      .map((id) => `${path} names ${id}, which is no requirement.`),
  )
}

/** The page, formatted as the repository is. */
export async function renderRequirements(tests: readonly NamedTest[]): Promise<string> {
  const rows = groups.flatMap((group) => group.rows)
  const shown = rows.filter(({ id }) => tests.some(({ ids }) => ids.includes(id))).length
  const page = [
    '# Requirements',
    'What the library must do, and the tests that show it. A test shows a row when its name begins with the row’s id.',
    `This page is generated: \`npm run requirements\`. ${shown} of ${rows.length} rows are shown by tests, the others are open.`,
    ...groups.flatMap(({ title, rows }) => [`## ${title}`, ...rows.flatMap((row) => renderRow(row, tests))]),
  ]
  const config = await resolveConfig(`${root}docs/requirements.md`)
  return format(page.join('\n\n'), { ...config, parser: 'markdown' })
}

function renderRow({ id, title, text }: Row, tests: readonly NamedTest[]): string[] {
  const own = tests.filter(({ ids }) => ids.includes(id))
  const head = [`### ${id} ${title}`, text]
  if (own.length === 0) return [...head, '_Open._']
  const paths = [...new Set(own.map(({ path }) => path))]
  const lists = paths.map((path) => {
    const names = own.filter((test) => test.path === path).map(({ name }) => `  - ${quote(name)}`)
    return [`- [${path}](../${path})`, ...names].join('\n')
  })
  const count = own.length === 1 ? '1 test' : `${own.length} tests`
  return [...head, `<details><summary>${count}</summary>`, lists.join('\n'), '</details>']
}

/** As code, so that nothing in a name is taken for markup. */
function quote(name: string): string {
  return name.includes('`') ? `\`\` ${name} \`\`` : `\`${name}\``
}
