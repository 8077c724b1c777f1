// soak(): reads the command line, runs the soak test, prints its report.
import { parseArgs } from 'node:util'
import { toReport } from './report.ts'
import { toText } from './report-text.ts'
import { runSoak } from './run.ts'
import type { Scripts } from './stage.ts'

const usage = `npm run soak -- [--minutes 60] [--clients 200] [--seed 1] [--json]`

/** Gives the exit status: 1 after any failure, 2 for a command line that cannot be. */
export async function soak(args: readonly string[], scripts: Scripts): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '60' },
      clients: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  const options = {
    minutes: Number(values.minutes),
    clients: Number(values.clients),
    seed: Number(values.seed),
  }
  if (!(
    options.minutes > 0 &&
    Number.isInteger(options.clients) &&
    options.clients > 0 &&
    Number.isInteger(options.seed)
  )) {
    console.error(usage)
    return 2
  }
  const report = toReport(options, await runSoak(options, scripts, (line) => console.error(line)))
  console.log(values.json ? JSON.stringify(report, null, 2) : toText(report))
  return report.failures.length === 0 ? 0 : 1
}
