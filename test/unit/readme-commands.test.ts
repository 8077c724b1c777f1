// The commands a newcomer is told are the commands that CI runs.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { needs } from '../support/machine.ts'
import { root } from '../support/source-files.ts'

const ci = readFileSync(`${root}.ci/run`, 'utf8')
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  scripts: Record<string, string>
}

it('[E1] the README tells two commands, and CI runs both', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  expect(readme).toContain('npm ci && npm run demo')
  expect(readme).toContain('npm ci && npm test')
  const order = ['\nrun npm ci\n', 'npm run demo >', '\nrun npm test'].map((command) => ci.indexOf(command))
  expect(order.filter((at) => at < 0)).toEqual([])
})

it('[E1 E6] CI runs everything that `npm run check` does, in its order, and the long runs in between', () => {
  const steps = scripts.check!.split(' && ')
  expect(steps).toContain('npm test -- --coverage')
  const commands = [...ci.matchAll(/^run (both )?(.*)$/gm)].flatMap(([, both, what]) =>
    both === undefined ? [what!] : what!.split(' ').map((script) => `npm run ${script}`),
  )
  expect(commands.filter((command) => steps.includes(command))).toEqual(steps)
  // In their short forms.
  for (const long of ['sim', 'soak'])
    expect(
      commands.some((command) => command.startsWith(`npm run ${long} -- `)),
      long,
    ).toBe(true)
})

it('[E1] CI gets the packages that the tests would ask for', () => {
  const packages = Object.values(needs).flatMap((need) => need.packages)
  expect(/^packages=\((.*)\)$/m.exec(ci)?.[1]?.split(' ').sort()).toEqual(packages.toSorted())
})
