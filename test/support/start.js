// `node test/support/start.js rounds --clients 20`: bundles test/rounds/main.ts and the processes beside it, and runs it.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const [name, ...args] = process.argv.slice(2)
const source = fileURLToPath(new URL(`../${name}`, import.meta.url))
// A bundle of its own, so that a long run is not touched by work on the source.
const folder = mkdtempSync(join(tmpdir(), `holdfast-${name}-`))
// By ^C too, or children that are stopped right then would stay.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const scripts = readdirSync(source).filter((file) => file === 'main.ts' || file.endsWith('-process.ts'))
await build({
  entryPoints: scripts.map((file) => join(source, file)),
  outdir: folder,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  external: ['bufferutil', 'utf-8-validate'],
})
const { run } = await import(pathToFileURL(join(folder, 'main.cjs')).href)
process.exitCode = await run(args, (script) => join(folder, `${script}.cjs`))
