// Builds the package before tests that use the built files, unless what is built is newer than its sources.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export default function build(): void {
  const sources = [...filesIn('src'), 'package.json', 'package-lock.json', 'tsconfig.json', 'tsup.config.ts']
  const built = existsSync(`${root}dist`) ? filesIn('dist') : []
  const newest = Math.max(...sources.map(changedAt))
  const complete = built.includes('dist/holdfast.global.js') && built.includes('dist/index.d.cts')
  if (complete && Math.min(...built.map(changedAt)) > newest) return
  const run = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`The build failed.\n${run.stdout}${run.stderr}`)
}

function filesIn(folder: string): string[] {
  return readdirSync(root + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length))
}

function changedAt(path: string): number {
  return statSync(root + path).mtimeMs
}
