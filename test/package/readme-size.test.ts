// The README tells how big the package is: what is built decides.
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { readPage } from '../support/pages.ts'
import { root } from '../support/source-files.ts'

/** What an app ships that imports the whole of an entry. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external: ['react', 'vue'],
  })
  return outputFiles[0]!.text
}

it('[E7] the size in the README is the size of what is built, give or take one kB', async () => {
  const text = await bundle(`export { createConnection } from './dist/index.js'`)
  const built = brotliCompressSync(text).length / 1_000
  const told = Number(/^\| `holdfast` +\| ([\d.]+) kB/m.exec(readPage('README.md'))?.[1])
  expect(Math.abs(told - built), `README: ${told} kB, built: ${built.toFixed(1)} kB`).toBeLessThan(1)
})

it('[E1] what runs in a browser needs nothing newer than the browsers that the README names', async () => {
  const entries = ['index', 'react', 'vue', 'vanilla', 'testing']
  const text = await bundle(entries.map((name) => `export * as ${name} from './dist/${name}.js'`).join('\n'))
  const newer =
    /withResolvers|AbortSignal\.any|groupBy|URL\.parse|Promise\.try|\.(symmetricDifference|isSubsetOf)\(|RegExp\.escape/
  expect(text).not.toMatch(newer)
  // The newest of what is used.
  const told = readPage('README.md')
  expect(told.includes('URL.canParse')).toBe(text.includes('URL.canParse'))
  expect(told).toMatch(/Chrome and Edge 120, Firefox 115, Safari 17/)
})
