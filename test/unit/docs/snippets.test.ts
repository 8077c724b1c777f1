// Every piece of TypeScript on the pages compiles against the source, as strictly as the source itself.
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'
import { describe, expect, it, vi } from 'vitest'
import { blocksOf, handwritten, type Block } from '../../support/pages.ts'
import { root } from '../../support/source-files.ts'

/** Where the snippets seem to be: the paths of test/tsconfig.json hold there, and nothing is written. */
const folder = `${root}test/unit/docs/snippets/`

/** Names that snippets may use without saying where they come from. */
const ambient = `
declare const live: import('holdfast').Connection
interface Queue { readonly waiting: number }
declare const queue: import('holdfast').StateChannel<Queue>
declare const token: string
`

const config = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${root}test/tsconfig.json`, (path) => ts.sys.readFile(path)).config,
  ts.sys,
  `${root}test`,
)

/** The blocks as files. A block of a page is found by the others of that page under its own name. */
function toFiles(blocks: readonly Block[]): Map<string, Block> {
  return new Map(
    blocks.map((block) => {
      const extension = block.language === 'tsx' ? 'tsx' : 'ts'
      const name = block.file ?? `line-${block.line}.${extension}`
      return [join(folder, block.page.replaceAll('/', '-'), name), block] as const
    }),
  )
}

/** What the script of a single-file component says; anything else as it is. */
function toCode({ language, text }: Block): string {
  const code = language === 'vue' ? (/<script[^>]*>\n(.*?)<\/script>/s.exec(text)?.[1] ?? '') : text
  // Without an import or export it would be a script, and its names would be everybody's.
  return `${code}\nexport {}\n`
}

/** What the compiler says about each file. */
function complaints(files: ReadonlyMap<string, Block>): string[] {
  const names = `${folder}names.d.ts`
  const texts = new Map([...files].map(([path, block]) => [path, toCode(block)]))
  texts.set(names, ambient)
  const host = ts.createCompilerHost(config.options)
  const { getSourceFile, fileExists, readFile, directoryExists } = host
  host.fileExists = (path) => texts.has(path) || fileExists(path)
  host.readFile = (path) => texts.get(path) ?? readFile(path)
  host.directoryExists = (path) =>
    [...texts.keys()].some((file) => dirname(file) === path) || directoryExists?.(path) === true
  host.getSourceFile = (path, options, ...rest) => {
    const text = texts.get(path)
    return text === undefined
      ? getSourceFile(path, options, ...rest)
      : ts.createSourceFile(path, text, options)
  }
  const program = ts.createProgram([...texts.keys()], config.options, host)
  return [...files].flatMap(([path, block]) => {
    const file = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      (found) => {
        const at = found.file?.getLineAndCharacterOfPosition(found.start ?? 0).line ?? 0
        return `${block.page}:${block.line + at} ${ts.flattenDiagnosticMessageText(found.messageText, '\n')}`
      },
    )
  })
}

const typed = handwritten()
  .flatMap(blocksOf)
  .filter(({ language }) => ['ts', 'tsx', 'vue'].includes(language))

describe('the pages', () => {
  it('[E1] show no line of TypeScript that does not compile', { timeout: 60_000 }, () => {
    expect(typed.length).toBeGreaterThan(4)
    expect(complaints(toFiles(typed))).toEqual([])
  })

  it('[E1] are looked at closely: a wrong option and a wrong name are found', { timeout: 60_000 }, () => {
    const wrong: Block = {
      page: 'README.md',
      line: 10,
      language: 'ts',
      file: null,
      text: `import { createConnection } from 'holdfast'\n\ncreateConnection({ url: '/ws', pollevery: 1 })\nqueue.refrehs()\n`,
    }
    const found = complaints(toFiles([wrong]))
    expect(found.map((each) => each.replace(/ .*/s, ''))).toEqual(['README.md:12', 'README.md:13'])
  })
})

/** Runs a block as a program of its own; what it printed. */
async function run({ text }: Block): Promise<string[]> {
  const source = (path: string): string => `${root}src/${path}`
  const { outputFiles } = await build({
    stdin: { contents: text, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    alias: {
      'holdfast/testing': source('testing/index.ts'),
      'holdfast/protocol': source('schemas/index.ts'),
      holdfast: source('index.ts'),
    },
  })
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)))
  await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`)
  vi.restoreAllMocks()
  return lines
}

const telling = typed.filter(({ text }) => /console\.log\(.*\) \/\/ /.test(text))

describe.each(telling)('$page:$line', (block) => {
  it('[E1] prints what its comments say', async () => {
    const said = [...block.text.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map((match) => match[1])
    expect(await run(block)).toEqual(said)
  })
})
