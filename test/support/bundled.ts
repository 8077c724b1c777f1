// bundled(): a script as one plain file, for a process of its own; made once per test process and removed with it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const made = new Map<string, Promise<string>>()

/** The path of the file. */
export function bundled(script: URL): Promise<string> {
  const known = made.get(script.href) ?? make(fileURLToPath(script))
  made.set(script.href, known)
  return known
}

async function make(entry: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-script-'))
  const outfile = join(folder, 'script.cjs')
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const external = ['bufferutil', 'utf-8-validate']
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', external })
  return outfile
}
