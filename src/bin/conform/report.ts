// The report as text: a line for each case, the rule and the fix of what failed, and a summary.
import type { Report, Result } from './run.ts'
import type { Settings } from './settings.ts'

/** How the lines look: with colours and signs on a terminal, with words elsewhere. */
export interface Style {
  readonly pretty: boolean
}

const signs = {
  passed: '\u001b[32m✓\u001b[39m',
  failed: '\u001b[31m✗\u001b[39m',
  skipped: '\u001b[33m–\u001b[39m',
}

/** One case. */
export function toLines({ id, outcome, time, rule, reason, fix }: Result, { pretty }: Style): string {
  const dim = (text: string): string => (pretty ? `\u001b[2m${text}\u001b[22m` : text)
  const head = `${pretty ? signs[outcome] : outcome.padEnd(7)} ${id.padEnd(20)} ${dim(`${time} ms`.padStart(8))}`
  if (outcome === 'skipped') return `${head}  ${reason ?? ''}\n`
  if (outcome === 'passed') return `${head}  ${dim(rule)}\n`
  return `${head}  ${rule}\n          seen: ${reason ?? ''}\n          fix:  ${fix ?? ''}\n`
}

/** The end of the report. */
export function toSummary(report: Report, settings: Settings, { pretty }: Style): string {
  const { level, reached, passed, time, counts, results } = report
  const { passed: good, failed, skipped } = counts
  const sum = `${good} passed, ${failed} failed, ${skipped} skipped in ${(time / 1_000).toFixed(1)} s`
  const end = reached === null ? 'No level is reached' : `Level ${reached} is reached`
  const asked = passed ? '' : `; ${level} was asked for`
  const missing = ['--bad-auth', '--channel', '--forbidden-channel'].filter((option) =>
    results.some(({ reason = '' }) => reason.startsWith(`${option} `)),
  )
  const hint = missing.length === 0 ? '' : `\nTo try more, give ${missing.join(', ')}.`
  const said = `${end}${asked}.`
  const told = pretty ? `\u001b[${passed ? 32 : 31}m${said}\u001b[39m` : said
  return `\n${toPlainUrl(settings.url)}: ${sum}\n${told}${hint}\n`
}

/** The report for machines. */
export function toJson(report: Report, settings: Settings): string {
  return `${JSON.stringify({ url: toPlainUrl(settings.url), ...report }, null, 2)}\n`
}

/** Without what may be secret. */
function toPlainUrl(text: string): string {
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname}`
}
