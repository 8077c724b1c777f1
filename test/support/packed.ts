// A folder outside the repository in which the packed tarball is installed, as in an app of somebody else.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './source-files.ts'

/** An app that has installed the tarball. */
export interface Consumer {
  readonly folder: string
  /** The files of the tarball. */
  readonly files: readonly string[]
  write(path: string, text: string): void
  /** Runs a program in the folder; its output, or a throw that holds it. */
  run(program: string, args: readonly string[]): string
  remove(): void
}

/**
 * Packs `dist` and unpacks it into a new folder. The packages named are those of this repository: nothing is fetched,
 * and nothing else can be found from there.
 */
export function installPacked(packages: readonly string[]): Consumer {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'holdfast-consumer-'))
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'holdfast'), { recursive: true })
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  execFileSync(
    'tar',
    ['-xzf', tarball.filename, '-C', join('node_modules', 'holdfast'), '--strip-components=1'],
    {
      cwd: folder,
    },
  )
  for (const name of packages) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'dir')
  }
  return {
    folder,
    files: tarball.files.map((file) => file.path),
    write: (path, text) => writeFileSync(join(folder, path), text),
    run(program, args) {
      const done = spawnSync(program, args, { cwd: folder, encoding: 'utf8', timeout: 120_000 })
      if (done.status === 0) return done.stdout
      throw new Error(
        `${program} ${args.join(' ')} ended with ${String(done.status)}\n${done.stdout}${done.stderr}`,
      )
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
