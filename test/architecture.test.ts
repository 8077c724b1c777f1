// Who may import whom, what the pure folders may not touch, and how files look: as data, checked.
import { readFileSync, readdirSync } from 'node:fs'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { Linter } from 'eslint'
import { describe, expect, it } from 'vitest'
import { parser } from 'typescript-eslint'
import { importsOf, readSource, root, type SourceFile } from './support/source-files.ts'

/** A part of `src` is a folder, or a file directly in it. */
interface Rule {
  /** Parts it may import anything from. */
  readonly parts?: readonly string[]
  /** Parts it may import types from. */
  readonly types?: readonly string[]
  /** Packages it may import; `node:` stands for what Node brings. */
  readonly packages?: readonly string[]
}

const leaves = ['lib', 'errors', 'runtime']
const core = [...leaves, 'protocol', 'machine', 'channels', 'diff', 'transports', 'options', 'driver']

const rules: Readonly<Record<string, Rule>> = {
  // The gate and the alarms wait by the clock they are given.
  lib: { types: ['runtime'], packages: ['mitt'] },
  errors: {},
  runtime: {},
  diff: {},
  protocol: { parts: ['lib', 'errors'] },
  machine: { parts: ['errors'], types: ['protocol'] },
  channels: { parts: ['lib', 'errors', 'diff', 'protocol'], types: ['machine', 'runtime'] },
  transports: { parts: ['errors'], types: ['runtime'] },
  // What an app holds in its hands, as types.
  api: { types: ['lib', 'errors', 'channels', 'machine'] },
  options: { parts: [...leaves, 'protocol', 'transports'], types: ['api', 'machine'] },
  // The three halves of running a connection: what goes in, what comes out, what is told about it.
  inbound: { parts: ['lib', 'protocol'], types: ['machine', 'options'] },
  sender: { parts: [...leaves, 'channels', 'protocol'], types: ['api', 'driver', 'machine', 'options'] },
  explain: { types: ['errors', 'machine'] },
  reporter: { parts: [...leaves, 'explain'], types: ['api', 'machine'] },
  questions: { parts: ['lib', 'protocol'], types: ['machine', 'options'] },
  delivery: { types: ['channels', 'driver', 'machine', 'protocol', 'sender'] },
  driver: {
    parts: [...leaves, 'machine', 'channels', 'protocol', 'inbound', 'questions'],
    types: ['transports', 'options'],
  },
  connection: { parts: [...core, 'delivery', 'sender', 'reporter'], types: ['api'] },
  index: { parts: [...core, 'connection'], types: ['api'] },
  react: { types: ['index'], packages: ['react'] },
  vue: { types: ['index'], packages: ['vue'] },
  vanilla: { types: ['index'] },
  testing: { parts: ['lib', 'protocol'], types: ['runtime', 'transports'] },
  schemas: { parts: ['protocol'], packages: ['zod'] },
  server: { parts: ['lib', 'errors', 'protocol', 'schemas'], types: ['runtime'], packages: ['ws', 'node:'] },
  bin: { parts: ['lib', 'errors', 'protocol', 'schemas'], packages: ['ws', 'node:'] },
}

/** Single files that may do more than their part, and why. */
const extra: Readonly<Record<string, Rule>> = {
  // The global script is the core and the vanilla adapter in one file.
  'src/vanilla/global.ts': { parts: ['index'] },
  // The fault proxy runs on Node only, as an entry of its own.
  'src/testing/proxy.ts': { packages: ['node:'] },
  'src/testing/proxy-lane.ts': { packages: ['node:'] },
  'src/testing/proxy-pair.ts': { packages: ['node:'] },
}

const pure = JSON.parse(readFileSync(`${root}test/support/pure.json`, 'utf8')) as {
  readonly files: readonly string[]
  readonly except: readonly string[]
  readonly globals: readonly string[]
  readonly properties: readonly { readonly object: string; readonly property: string }[]
}

const source = readSource()
const isPure = ({ path }: SourceFile): boolean =>
  pure.files.some((glob) => path.startsWith(glob.slice(0, glob.indexOf('**')))) && !pure.except.includes(path)

function partOf(path: string): string {
  return path.split('/')[1]!.replace(/\.tsx?$/, '')
}

/** What is wrong with the imports of these files, a sentence each. */
function wrongImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const part = partOf(path)
    const rule = rules[part]
    if (rule === undefined)
      return [`${path} is in no part that the rules know: add "${part}" with what it may import.`]
    const parts = [part, ...(rule.parts ?? []), ...(extra[path]?.parts ?? [])]
    const types = [...parts, ...(rule.types ?? [])]
    const packages = [...(rule.packages ?? []), ...(extra[path]?.packages ?? [])]
    return imports.flatMap(({ target, own, typeOnly }) => {
      if (!own)
        return packages.includes(target)
          ? []
          : [`${path} imports ${target}, a package that ${part} may not use.`]
      if (!target.startsWith('src/')) return [`${path} imports ${target}, which is not part of the library.`]
      const other = partOf(target)
      if ((typeOnly ? types : parts).includes(other)) return []
      const may = types.includes(other) ? `only its types: write "import type"` : 'nothing of it'
      return [`${path} imports ${target}, but ${part} may import ${may}.`]
    })
  })
}

/** Each cycle once, as the way around it. Imports of types count: who describes whom is a dependency too. */
function cyclesIn(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, file.imports.filter((each) => each.own)]))
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start >= 0) cycles.push(`${[...way.slice(start), path].join(' imports ')}: a circle.`)
    if (start >= 0 || done.has(path)) return
    for (const { target } of imports.get(path) ?? []) walk(target, [...way, path])
    done.add(path)
  }
  for (const { path } of files) walk(path, [])
  return cycles
}

function file(path: string, text: string): SourceFile {
  return { path, text, imports: importsOf(path, text) }
}

describe('who may import whom', () => {
  it('[E1] every import is one that the plan allows', () => {
    expect(wrongImports(source)).toEqual([])
  })

  it('[E1] no file imports itself by a detour, types included', () => {
    expect(cyclesIn(source)).toEqual([])
  })

  it('[E3] a wall that is broken is told in a sentence', () => {
    expect(
      wrongImports([
        file(
          'src/react/a.ts',
          `import { createConnection } from '../index.ts'\nimport type { Readable } from '../index.ts'`,
        ),
        file(
          'src/machine/b.ts',
          `import { type Frame } from '../protocol/frames.ts'\nexport * from '../channels/c.ts'`,
        ),
        file(
          'src/diff/d.ts',
          `import ws from 'ws'\nconst x = await import('node:fs')\ntype T = import('../lib/e.ts').E`,
        ),
        file('src/new/f.ts', ''),
        file('src/lib/g.ts', `import { it } from '../../test/h.ts'`),
      ]),
    ).toEqual([
      'src/react/a.ts imports src/index.ts, but react may import only its types: write "import type".',
      'src/machine/b.ts imports src/channels/c.ts, but machine may import nothing of it.',
      'src/diff/d.ts imports ws, a package that diff may not use.',
      'src/diff/d.ts imports node:, a package that diff may not use.',
      'src/diff/d.ts imports src/lib/e.ts, but diff may import nothing of it.',
      'src/new/f.ts is in no part that the rules know: add "new" with what it may import.',
      'src/lib/g.ts imports test/h.ts, which is not part of the library.',
    ])
  })

  it('[E1] a circle is told as the way around it', () => {
    expect(
      cyclesIn([
        file('src/lib/a.ts', `import type { B } from './b.ts'`),
        file('src/lib/b.ts', `export { c } from './c.ts'`),
        file('src/lib/c.ts', `import { b } from './b.ts'`),
      ]),
    ).toEqual(['src/lib/b.ts imports src/lib/c.ts imports src/lib/b.ts: a circle.'])
  })
})

describe('the pure folders', () => {
  /** Scope-aware, unlike a search for words: a variable of one's own may be called `window`. */
  function impureNames(path: string, text: string): string[] {
    const message = 'what happens in a pure folder comes in as data'
    const problems = new Linter().verify(
      text,
      {
        files: ['**/*.ts'],
        languageOptions: { parser },
        rules: {
          'no-restricted-globals': ['error', ...pure.globals.map((name) => ({ name, message }))],
          'no-restricted-properties': ['error', ...pure.properties.map((each) => ({ ...each, message }))],
        },
      },
      path,
    )
    return problems.map((problem) => `${path}:${problem.line} ${problem.message}`)
  }

  it('[G2] name no clock, no chance and no network', () => {
    expect(source.filter(isPure).flatMap(({ path, text }) => impureNames(path, text))).toEqual([])
  })

  it('[G2] are searched by meaning, not by spelling', () => {
    const text =
      'export const a = (window: number) => window + Math.max(1)\nexport const b = () => Math.random() + Date.now()'
    expect(impureNames('src/machine/x.ts', text)).toHaveLength(2)
  })

  it('[G2] load where every one of those names throws', async () => {
    const paths = source.filter(isPure).map(({ path }) => path)
    await expect(
      loadWithoutWorld(paths.map((path) => `export * as m${paths.indexOf(path)} from './${path}'`)),
    ).resolves.toBe(paths.length)
    await expect(loadWithoutWorld(['export const startedAt = Date.now()'])).rejects.toThrow(
      'Date was touched',
    )
    await expect(loadWithoutWorld(['export const seed = Math.random()'])).rejects.toThrow(
      'Math.random was touched',
    )
  })

  async function loadWithoutWorld(lines: readonly string[]): Promise<number> {
    const { outputFiles } = await build({
      stdin: { contents: lines.join('\n'), resolveDir: root, loader: 'ts' },
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'loaded',
      treeShaking: false,
      logLevel: 'silent',
    })
    const world = createContext({})
    const traps = [
      ...pure.globals.filter((name) => name !== 'globalThis').map((name) => ['globalThis', name]),
    ]
    for (const { object, property } of pure.properties) traps.push([object, property])
    for (const [object, name] of traps) {
      const full = object === 'globalThis' ? name : `${object}.${name}`
      const getter = `{ get() { throw new Error(${JSON.stringify(`${full} was touched`)}) } }`
      runInContext(`Object.defineProperty(${object}, ${JSON.stringify(name)}, ${getter})`, world)
    }
    return runInContext(`${outputFiles[0]!.text}\nObject.keys(loaded).length`, world) as number
  }
})

describe('the files', () => {
  it('[E1] each begins with a comment that says what lives there', () => {
    expect(source.filter(({ text }) => !/^\/\/ \S.{15,}/.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('[E7] none is longer than 300 lines', () => {
    const long = source.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    expect(long.filter(({ lines }) => lines > 300)).toEqual([])
  })

  it('[E1] each is named for its one concept', () => {
    const names = source.map(({ path }) => path.slice(path.lastIndexOf('/') + 1))
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.tsx?$/.test(name))).toEqual([])
    expect(names.filter((name) => /^(types|utils?|helpers?|common|misc)\.tsx?$/.test(name))).toEqual([])
  })

  it('[E2] the top level holds what the design card names, and nothing else', () => {
    const planned = [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'docs',
      'examples',
      'package-lock.json',
      'package.json',
    ]
    planned.push('src', 'test', 'tsconfig.json', 'tsup.config.ts')
    const made = ['node_modules', 'dist', 'coverage']
    const there = readdirSync(root).filter((name) => !name.startsWith('.') && !name.endsWith('.tgz'))
    expect(there.filter((name) => !made.includes(name)).sort()).toEqual(planned.sort())
  })
})
