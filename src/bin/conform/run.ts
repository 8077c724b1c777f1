// Runs the cases one after another, each with a deadline, and says which level was reached.
import { createRedactor } from '../../lib/redactor.ts'
import { createBench, createSeen, type Bench, type Seen } from './bench.ts'
import type { Case } from './case.ts'
import type { Level, Settings } from './settings.ts'
import { Failure, Skip } from './verdict.ts'

/** What became of one case. */
export interface Result {
  readonly id: string
  readonly level: Level
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Milliseconds. */
  readonly time: number
  readonly rule: string
  /** What was seen, or why there was nothing to try. */
  readonly reason?: string
  /** Of a case that failed. */
  readonly fix?: string
}

/** What became of a run. */
export interface Report {
  readonly level: Level
  /** Every case up to this level was passed, or had nothing to try; null: not even level 0. */
  readonly reached: Level | null
  readonly passed: boolean
  readonly time: number
  readonly counts: Readonly<Record<Result['outcome'], number>>
  readonly results: readonly Result[]
}

const optionOf = {
  badAuth: '--bad-auth',
  channel: '--channel',
  forbiddenChannel: '--forbidden-channel',
} as const

/** Runs those of the cases that belong to the level, or to one below. Never rejects. */
export async function runCases(
  all: readonly Case[],
  settings: Settings,
  onResult: (result: Result) => void = () => undefined,
): Promise<Report> {
  const seen = createSeen()
  const started = performance.now()
  const clean = createCleaner(settings)
  const cases = all.filter(({ level }) => level <= settings.level)
  const results: Result[] = []
  const passed = new Set<string>()
  /** Cases that only wait do so from the start. */
  const waiting = new Map(
    cases.filter(({ when }) => when === 'first').map((each) => [each, begin(each, settings, seen)]),
  )
  const order = [
    ...cases.filter(({ when }) => when === undefined),
    ...waiting.keys(),
    ...cases.filter(({ when }) => when === 'last'),
  ]
  for (const each of order) {
    const { id, level, rule, fix } = each
    const why = reasonToSkip(each, settings, passed)
    const attempt = waiting.get(each) ?? (why === null ? begin(each, settings, seen) : null)
    if (why !== null) attempt?.bench.end()
    const { outcome, time, reason } = why === null && attempt ? await attempt.done : skipped(why ?? '')
    if (outcome === 'passed') passed.add(id)
    const result: Result = {
      id,
      level,
      outcome,
      time,
      rule,
      ...(reason === undefined ? {} : { reason: clean(reason) }),
      ...(outcome === 'failed' ? { fix } : {}),
    }
    results.push(result)
    onResult(result)
  }
  const reached = toReached(results, cases, settings)
  return {
    level: settings.level,
    reached,
    passed: reached === settings.level,
    time: Math.round(performance.now() - started),
    counts: {
      passed: count(results, 'passed'),
      failed: count(results, 'failed'),
      skipped: count(results, 'skipped'),
    },
    results,
  }
}

type Outcome = Pick<Result, 'outcome' | 'time'> & { readonly reason?: string }

interface Attempt {
  readonly bench: Bench
  readonly done: Promise<Outcome>
}

function skipped(reason: string): Outcome {
  return { outcome: 'skipped', time: 0, reason }
}

function begin({ run }: Case, settings: Settings, seen: Seen): Attempt {
  const bench = createBench(settings, seen)
  const patience = 10_000 + 3 * settings.timeout
  const attempt = async (): Promise<Outcome> => {
    const start = performance.now()
    const took = (): number => Math.round(performance.now() - start)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Failure(`It was not over after ${patience} ms.`)), patience)
    })
    try {
      await Promise.race([run(bench), late])
      return { outcome: 'passed', time: took() }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (error instanceof Skip) return { outcome: 'skipped', time: took(), reason }
      // What no case expects is the server's doing too: a failure, not the end of the run.
      return { outcome: 'failed', time: took(), reason }
    } finally {
      clearTimeout(timer)
      bench.end()
    }
  }
  return { bench, done: attempt() }
}

function reasonToSkip(
  { needs, after }: Case,
  settings: Settings,
  passed: ReadonlySet<string>,
): string | null {
  if (needs !== undefined && (settings[needs] ?? null) === null) return `${optionOf[needs]} was not given`
  return after === undefined || passed.has(after) ? null : `${after} was not passed`
}

/** A level without a failure, and not for want of a channel. */
function toReached(results: readonly Result[], cases: readonly Case[], { channel }: Settings): Level | null {
  const blocked = new Set(results.filter(({ outcome }) => outcome === 'failed').map(({ level }) => level))
  for (const { level, needs } of cases) if (needs === 'channel' && channel === null) blocked.add(level)
  let reached: Level | null = null
  for (const level of [0, 1, 2, 3] as const) {
    if (blocked.has(level) || !cases.some((each) => each.level === level)) break
    reached = level
  }
  return reached
}

function count(results: readonly Result[], outcome: Result['outcome']): number {
  return results.filter((result) => result.outcome === outcome).length
}

/** What a server says may hold our secrets, and what a terminal obeys. */
function createCleaner({ auth, badAuth, headers }: Settings): (text: string) => string {
  const redactor = createRedactor()
  for (const secret of [auth, badAuth, headers]) redactor.learn(secret)
  return (text) =>
    redactor
      .clean(text)
      .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
      .slice(0, 400)
}
