// `npm run soak -- --minutes 60 --clients 200`: bundles the soak test and its two kinds of child process, and runs it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

// A bundle of its own, so that a run of hours is not touched by work on the source.
const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'))
// By ^C too, or children that are stopped right then would stay.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

await build({
  entryPoints: [
    new URL('main.ts', import.meta.url),
    new URL('server-process.ts', import.meta.url),
    new URL('client-process.ts', import.meta.url),
  ].map((entry) => fileURLToPath(entry)),
  outdir: folder,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  external: ['bufferutil', 'utf-8-validate'],
})
const { soak } = await import(pathToFileURL(join(folder, 'main.cjs')).href)
process.exitCode = await soak(process.argv.slice(2), {
  serverScript: join(folder, 'server-process.cjs'),
  clientScript: join(folder, 'client-process.cjs'),
})
