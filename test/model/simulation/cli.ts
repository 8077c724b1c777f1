// The simulator from the command line: many seeds at once, one seed told as a story, one seed shrunk.
import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { drawScenario } from './draw.ts'
import { runLongLife } from './long-life.ts'
import { report, summarise, type Summary } from './report.ts'
import { runScenario } from './run.ts'
import { shrink } from './shrink.ts'
import { moments } from './sometimes.ts'
import { toLine, toVerdict } from './story.ts'

const USAGE = `npm run sim                              5000 seeds in 2 processes; fails on any violation, and on a moment never seen
npm run sim -- --from 7000 --seeds 100   other seeds
npm run sim -- --seed 42 [--until 90000] the story of one seed, up to so many milliseconds
npm run sim -- --seed 42 --shrink        the same, with as few moves as still fail
npm run sim -- --hash 50                 the hashes of the first seeds, to compare one Node with another
npm run sim -- --long                    60 days of one client, and a million reconnects`

/** How many seeds a process is given at a time. */
const PORTION = 10

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5000' },
    from: { type: 'string', default: '1' },
    processes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    until: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    hash: { type: 'string' },
    long: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

void main()

async function main(): Promise<void> {
  if (process.send) work()
  else if (values.help) console.log(USAGE)
  else if (values.long) await live()
  else if (values.hash !== undefined) await hash(Number(values.hash))
  else if (values.seed !== undefined) await tell(Number(values.seed))
  else await all()
}

/** Hands the seeds out, and adds up what comes back. */
async function all(): Promise<void> {
  const start = performance.now()
  const last = Number(values.from) + Number(values.seeds) - 1
  let next = Number(values.from)
  const summaries: Summary[] = []
  const worker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(process.argv[1] ?? '', { stdio: 'inherit' })
      const give = (): void => {
        if (next > last) child.disconnect()
        else child.send([next, Math.min(last, next + PORTION - 1)])
        next += PORTION
      }
      child.on('message', (done: Summary[]) => {
        summaries.push(...done)
        give()
      })
      child.on('error', reject)
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`))))
      give()
    })
  await Promise.all(Array.from({ length: Number(values.processes) }, worker))
  const isWhole = Number(values.seeds) >= 500
  const { text, isGood } = report(summaries, performance.now() - start, isWhole ? moments : [])
  console.log(text)
  if (!isGood) process.exitCode = 1
}

/** In a process of its own: runs what it is given. */
function work(): void {
  process.on('message', ([from, to]: [number, number]) => {
    void (async () => {
      const done: Summary[] = []
      for (let seed = from; seed <= to; seed++) done.push(summarise(await runScenario(drawScenario(seed))))
      process.send?.(done)
    })()
  })
}

async function tell(seed: number): Promise<void> {
  let scenario = drawScenario(seed)
  if (values.shrink) {
    const before = await runScenario(scenario)
    const [first] = before.violations
    if (!first) {
      console.log(`Seed ${seed} breaks nothing.`)
      return
    }
    scenario = await shrink(scenario, async (smaller) =>
      (await runScenario(smaller)).violations.some(({ invariant }) => invariant === first.invariant),
    )
    console.log(
      `${scenario.moves.length} of ${drawScenario(seed).moves.length} moves are left; for regressions.ts:`,
    )
    console.log(JSON.stringify(scenario))
  }
  const { clients, moves: _moves, ...rest } = scenario
  console.log(JSON.stringify(rest))
  for (const client of clients) console.log(JSON.stringify(client))
  const {
    trace,
    violations,
    hash: sum,
  } = await runScenario(scenario, values.until === undefined ? {} : { until: Number(values.until) })
  const broken = new Map(violations.map((violation) => [violation.entry, violation]))
  for (const entry of trace) {
    const line = toLine(entry)
    if (line !== null) console.log(line)
    const violation = broken.get(entry)
    if (violation) console.log(toVerdict(violation))
  }
  for (const violation of violations) console.log(toVerdict(violation))
  console.log(`Seed ${seed}: hash ${sum}, ${violations.length} violations.`)
  if (violations.length > 0) process.exitCode = 1
}

async function hash(count: number): Promise<void> {
  for (let seed = 1; seed <= count; seed++) {
    const { hash: sum } = await runScenario(drawScenario(seed))
    console.log(`${seed} ${sum}`)
  }
}

async function live(): Promise<void> {
  const start = performance.now()
  const days = await runLongLife({ days: 60, restartsEvery: 3_600_000 })
  console.log(JSON.stringify(days))
  const reconnects = await runLongLife({ days: 60, restartsEvery: 5_184, isLean: true })
  console.log(JSON.stringify(reconnects))
  console.log(`${((performance.now() - start) / 1_000).toFixed(0)} s`)
}
