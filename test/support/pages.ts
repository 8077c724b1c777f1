// The pages written by hand, README and docs, as data: their code blocks, their links, and what in them is made from files.
import { readFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { cases } from '../../src/bin/conform/cases.ts'
import { optionRows, type OptionRow } from './option-rows.ts'
import { filesBelow, root } from './source-files.ts'

/** One fenced block of a page. */
export interface Block {
  readonly page: string
  /** The line of the page on which its code begins. */
  readonly line: number
  /** What stands after the fence: a language, and a file name where the block is a whole file. */
  readonly language: string
  readonly file: string | null
  readonly text: string
}

/** Pages that other tests write, and hold to be there. */
export const generated: readonly string[] = [
  'docs/requirements.md',
  'docs/state-machine.md',
  'docs/mutants.md',
  'docs/invariants.md',
  'docs/faults.md',
]

/** The pages written by hand, as paths from the root. */
export function handwritten(): string[] {
  const docs = filesBelow('docs').filter((path) => path.endsWith('.md') && !path.startsWith('docs/api/'))
  return ['README.md', 'CHANGELOG.md', ...docs.filter((path) => !generated.includes(path))]
}

export function readPage(page: string): string {
  return readFileSync(root + page, 'utf8')
}

/** The fenced blocks of a page. */
export function blocksOf(page: string): Block[] {
  const text = readPage(page)
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length + 1,
    language: match[1]!,
    file: match[2] ?? null,
    text: match[3]!,
  }))
}

/** The blocks that are files of a program, by name. */
export function filesOf(page: string): Readonly<Record<string, string>> {
  return Object.fromEntries(blocksOf(page).flatMap(({ file, text }) => (file ? [[file, text]] : [])))
}

/** The targets of a page's links and pictures that are not on the web. */
export function linksOf(page: string): string[] {
  const prose = readPage(page).replaceAll(/^```.*?^```$/gms, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map((m) => m[1] ?? m[2]!)
  return targets.filter((target) => !/^(https?:|mailto:)/.test(target))
}

/** The anchors of a page, as GitHub makes them of its headings. */
export function anchorsOf(page: string): string[] {
  const headings = [...readPage(page).matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!.toLowerCase())
  return headings.map((heading) => heading.replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-'))
}

/**
 * The page with everything in it that is made from files. `<!-- quote: path -->` is followed by that file as a code block;
 * `<!-- options: path Interface -->` up to `<!-- end -->` holds a table of its options, and `<!-- defaults: ... -->` only their defaults;
 * `<!-- cases: level -->` what the conformance kit tries at that level.
 */
export async function renderPage(page: string): Promise<string> {
  const text = readPage(page)
    .replaceAll(
      /<!-- quote: (\S+) -->\n+```(\w+)\n.*?^```$/gms,
      (_, path: string, language: string) =>
        `<!-- quote: ${path} -->\n\n\`\`\`${language}\n${readPage(path)}\`\`\``,
    )
    .replaceAll(
      /<!-- (options|defaults): (\S+) (\w+) -->.*?<!-- end -->/gs,
      (_, what: string, path: string, name: string) => {
        const table = (what === 'options' ? optionTable : defaultTable)(optionRows(path, name))
        return `<!-- ${what}: ${path} ${name} -->\n\n${table}\n\n<!-- end -->`
      },
    )
    .replaceAll(
      /<!-- cases: (\d) -->.*?<!-- end -->/gs,
      (_, level: string) => `<!-- cases: ${level} -->\n\n${caseTable(Number(level))}\n\n<!-- end -->`,
    )
  return format(text, { ...(await resolveConfig(root + page)), parser: 'markdown' })
}

function optionTable(rows: readonly OptionRow[]): string {
  const lines = rows.map(({ name, preset, text }) => `| \`${name}\` | ${preset ?? ''} | ${text} |`)
  return ['| Option | Default | What it does |', '|---|---|---|', ...lines].join('\n')
}

function caseTable(level: number): string {
  const lines = cases.flatMap((each) =>
    each.level === level ? [`| \`${each.id}\` | ${each.rule} | ${each.how} |`] : [],
  )
  // What Markdown would take for bold.
  const told = lines.map((line) => line.replaceAll('__proto__', '`__proto__`'))
  return ['| Case | The rule | How it is tried |', '|---|---|---|', ...told].join('\n')
}

function defaultTable(rows: readonly OptionRow[]): string {
  const lines = rows.flatMap(({ name, preset }) => (preset === null ? [] : [`| \`${name}\` | ${preset} |`]))
  return ['| Option | Default |', '|---|---|', ...lines].join('\n')
}
