// run(): reads the command line, runs the benchmark of pages, prints medians and ratios.
import { parseArgs } from 'node:util'
import { median } from '../soak/slope.ts'
import { contenders, runPages, type Contender, type Sample } from './pages.ts'

const usage = 'npm run bench -- [--pages 100] [--channels 8] [--repeats 12]'
/** The first ones of each are the compiler's. */
const WARM_UP = 2

/** Gives the exit status: 2 for a command line that cannot be. */
export async function run(args: readonly string[], toScript: (name: string) => string): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pages: { type: 'string', default: '100' },
      channels: { type: 'string', default: '8' },
      repeats: { type: 'string', default: '12' },
    },
  })
  const options = {
    pages: Number(values.pages),
    channels: Number(values.channels),
    repeats: Number(values.repeats),
  }
  if (!Object.values(options).every((value) => Number.isInteger(value) && value > 0)) {
    console.error(usage)
    return 2
  }
  const samples = await runPages(
    { ...options, repeats: options.repeats + WARM_UP },
    toScript('server-process'),
  )
  console.log(toReport(samples, options))
  return 0
}

function toReport(
  samples: readonly Sample[],
  {
    pages,
    channels,
    repeats,
  }: { readonly pages: number; readonly channels: number; readonly repeats: number },
): string {
  const of = (contender: Contender, what: 'wall' | 'cpu' | 'heap' | 'sockets'): number =>
    median(
      samples
        .filter((sample) => sample.contender === contender)
        .slice(WARM_UP)
        .map((sample) => sample[what]),
    )
  const ratio = (what: 'wall' | 'cpu' | 'heap'): string => (of('ours', what) / of('bare', what)).toFixed(2)
  const line = (contender: Contender): string =>
    `${contender}: ${of(contender, 'sockets')} sockets per page, all ready after ${of(contender, 'wall').toFixed(0)} ms, server CPU ${of(contender, 'cpu').toFixed(0)} ms, server heap ${(of(contender, 'heap') / 1_000).toFixed(1)} kB per page`
  return [
    `${pages} pages with ${channels} channels, medians of ${repeats}, by turns`,
    ...contenders.map(line),
    `ours to bare: wall ${ratio('wall')}, server CPU ${ratio('cpu')}, server heap ${ratio('heap')}`,
  ].join('\n')
}
