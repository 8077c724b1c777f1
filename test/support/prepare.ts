// Gets the Debian packages a test project needs where it can, and says plainly what is skipped where it cannot.
import { spawnSync } from 'node:child_process'
import type { TestProject } from 'vitest/node'
import { needs } from './machine.ts'

export default function prepare(project: TestProject): void {
  const need = needs[project.name]
  if (need === undefined || need.find() !== null) return
  if (process.getuid?.() === 0) {
    console.log(`${need.what} is missing: installing ${need.packages.join(', ')}.`)
    if (!install(need.packages) || need.find() === null) install(need.packages)
  }
  if (need.find() !== null) return
  const missing = `${need.what} is missing and could not be installed (Debian: apt-get install ${need.packages.join(' ')})`
  if (process.env.CI === 'true') throw new Error(`${missing}; in CI nothing is skipped.`)
  console.warn(`SKIPPED: ${need.tests}. ${missing}.`)
}

function install(packages: readonly string[]): boolean {
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  return apt('-qq', 'update') && apt('-qq', '-y', '--no-install-recommends', 'install', ...packages)
}
