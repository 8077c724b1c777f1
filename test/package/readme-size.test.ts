// The README tells how big the package is: what is built decides.
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { readPage } from '../support/pages.ts'
import { root } from '../support/source-files.ts'

it('[E7] the size in the README is the size of what is built, to a tenth of a kB', async () => {
  const { outputFiles } = await build({
    stdin: { contents: `export { createConnection } from './dist/index.js'`, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
  })
  const built = brotliCompressSync(outputFiles[0]!.contents).length / 1_000
  const told = Number(/^\| `holdfast` +\| ([\d.]+) kB/m.exec(readPage('README.md'))?.[1])
  // Smaller changes than this come and go with every line.
  expect(Math.abs(told - built), `README: ${told} kB, built: ${built.toFixed(1)} kB`).toBeLessThan(0.3)
})
