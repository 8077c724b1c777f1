// What the package weighs: bytes that reach a browser, and lines somebody has to read.
import { readFileSync } from 'node:fs'
import { createContext, runInContext, type Context } from 'node:vm'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { countCodeLines } from '../support/code-lines.ts'
import { filesBelow, root } from '../support/source-files.ts'

interface Bundle {
  readonly minified: number
  readonly brotli: number
  /** What went in, packages by name. */
  readonly packages: readonly string[]
}

/** What an app ships that has these lines: minified, at brotli's best. Frameworks are the app's own. */
async function bundle(contents: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external: ['react', 'vue'],
    logLevel: 'silent',
  })
  const bytes = outputFiles[0]!.contents
  const inputs = Object.keys(metafile.inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  )
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path))
  return {
    minified: bytes.length,
    brotli: brotliCompressSync(bytes).length,
    packages: [...new Set([...inputs, ...imports])].sort(),
  }
}

// One kB is 1 000 bytes. brotliCompressSync takes quality 11 by itself.
const budgets = [
  {
    what: 'holdfast',
    code: `export { createConnection } from './dist/index.js'`,
    // What it may weigh now; the goal is 6 500 (docs/decisions/0006 and 0012).
    limit: 24_000,
    packages: ['mitt'],
  },
  { what: 'holdfast/react', code: `export * from './dist/react.js'`, limit: 600, packages: ['react'] },
  { what: 'holdfast/vue', code: `export * from './dist/vue.js'`, limit: 600, packages: ['vue'] },
  { what: 'holdfast/vanilla', code: `export * from './dist/vanilla.js'`, limit: 600, packages: [] },
]
const report: string[] = []
afterAll(() => console.log(report.join('\n')))

describe('bytes', () => {
  it.each(budgets)('[E7] $what stays within its bound and ships nothing it should not', async (budget) => {
    const { minified, brotli, packages } = await bundle(budget.code)
    report.push(row(budget.what, `${brotli} B brotli of at most ${budget.limit}, ${minified} B minified`))
    expect(brotli).toBeLessThanOrEqual(budget.limit)
    expect(packages).toEqual(budget.packages)
  })

  it('[E7] neither ws nor zod nor anything of Node is in an entry that a browser loads', async () => {
    const whole = ['index', 'react', 'vue', 'vanilla', 'testing'].map(
      (name) => `export * as ${name} from './dist/${name}.js'`,
    )
    expect((await bundle(whole.join('\n'))).packages).toEqual(['mitt', 'react', 'vue'])
    expect((await bundle(`export * from './dist/protocol.js'`)).packages).toContain('zod')
  })

  it('[E3] the global script has everything in one file and leaves one name behind', () => {
    const text = readFileSync(`${root}dist/holdfast.global.js`, 'utf8')
    report.push(
      row('holdfast.global.js', `${brotliCompressSync(text).length} B brotli, ${text.length} B minified`),
    )
    const page = createContext({})
    runInContext(text, page)
    expect(runInContext('Object.keys(holdfast)', page)).toEqual(
      expect.arrayContaining(['createConnection', 'watch', 'bind']),
    )
    // `var` at the top of a script is a global; the bundle must bring along no other.
    const names = (context: Context): string[] =>
      runInContext('Object.getOwnPropertyNames(globalThis)', context) as string[]
    expect(names(page).sort()).toEqual([...names(createContext({})), 'holdfast'].sort())
  })
})

describe('lines', () => {
  const notCore = ['testing', 'server', 'schemas', 'bin'].map((folder) => `src/${folder}/`)
  const count = (paths: readonly string[]): { code: number; all: number } => {
    const texts = paths.map((path) => readFileSync(root + path, 'utf8'))
    const sum = (each: (text: string) => number): number =>
      texts.reduce((total, text) => total + each(text), 0)
    return { code: sum(countCodeLines), all: sum((text) => text.split('\n').length - 1) }
  }

  it('[E7 B11] the core and the three adapters grow no further; the goal is 3 000 lines', () => {
    const { code, all } = count(
      filesBelow('src').filter((path) => !notCore.some((folder) => path.startsWith(folder))),
    )
    report.push(
      row(
        'core and adapters',
        `${code} lines of code (goal 3000), ${all} with comments; they replace 1015 per app`,
      ),
    )
    expect(code).toBeLessThan(5_950)
  })

  it('[E5] the reference server grows no further; the goal is 1 500 lines', () => {
    const { code, all } = count(filesBelow('src/server'))
    report.push(row('server', `${code} lines of code (goal 1500), ${all} with comments`))
    expect(code).toBeLessThan(2_100)
  })

  it('[E7] a line counts when there is code on it', () => {
    expect(countCodeLines('// a\n\n/** b */\nexport const c = `\n  d\n` // e\n/* f\n g */\n')).toBe(3)
  })
})

function row(what: string, figures: string): string {
  return `  ${what.padEnd(20)} ${figures}`
}
