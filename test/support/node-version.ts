// Other versions of Node, as the registry has them.
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'

/** The path of a Node of that major version: the one that runs this, or one from the registry; null without a network. */
export function findNode(major: number): string | null {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const args = ['-y', '-p', `node@${major}`, '-c', 'node -p process.execPath']
  const found = spawnSync('npx', args, { cwd: tmpdir(), encoding: 'utf8', timeout: 120_000 })
  if (found.status === 0) return found.stdout.trim()
  const reason = `Node ${major} is not here and could not be fetched: ${found.stderr.trim()}`
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(`SKIPPED: the package on Node ${major}. ${reason}`)
  return null
}
