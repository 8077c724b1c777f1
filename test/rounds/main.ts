// run(): reads the command line, runs the rounds, prints what they came to.
import { parseArgs } from 'node:util'
import { toReport } from './report.ts'
import { runRounds } from './run.ts'

const usage = 'npm run rounds -- [--rounds 200] [--clients 20] [--seed 1] [--broker lasting|mortal]'

/** Gives the exit status: 1 where anything was wrong, 2 for a command line that cannot be. */
export async function run(args: readonly string[], toScript: (name: string) => string): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '200' },
      clients: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      broker: { type: 'string', default: 'lasting' },
    },
  })
  const { broker } = values
  const options = {
    rounds: Number(values.rounds),
    clients: Number(values.clients),
    seed: Number(values.seed),
  }
  const isPossible = Object.values(options).every((value) => Number.isInteger(value) && value > 0)
  if (!isPossible || (broker !== 'lasting' && broker !== 'mortal')) {
    console.error(usage)
    return 2
  }
  const say = (line: string): void => console.error(line)
  const record = await runRounds({ ...options, broker }, toScript('server-process'), say)
  console.log(toReport(record))
  return record.complaints.length === 0 ? 0 : 1
}
