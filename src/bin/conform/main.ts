// The command `holdfast conform`, from its arguments to its exit status.
import { cases } from './cases.ts'
import { toJson, toLines, toSummary } from './report.ts'
import { runCases } from './run.ts'
import { help, readArguments } from './settings.ts'

/** Where a command writes. */
export interface Output {
  out(text: string): void
  error(text: string): void
  /** `out` is a terminal that shows colours. */
  readonly pretty: boolean
}

/** Runs the command; resolves with the exit status. */
export async function main(given: readonly string[], { out, error, pretty }: Output): Promise<number> {
  const asked = readArguments(given)
  if (asked.kind === 'help') {
    out(help)
    return 0
  }
  if (asked.kind === 'wrong') {
    error(`${asked.why}\nholdfast --help says more.\n`)
    return 2
  }
  const { settings, json } = asked
  const report = await runCases(cases, settings, (result) => json || out(toLines(result, { pretty })))
  out(json ? toJson(report, settings) : toSummary(report, settings, { pretty }))
  return report.passed ? 0 : 1
}
