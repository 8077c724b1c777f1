// runSoak(): plays the script on the stage, looks closely at every calm, and records everything.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Calm, Injected } from './judge.ts'
import { toSeconds } from './report-text.ts'
import { createScript, type Fault } from './script.ts'
import { createStage, type ClientCounts, type Scripts, type Stage, type Still } from './stage.ts'

/** What a run is asked to be. */
export interface SoakOptions {
  readonly minutes: number
  readonly clients: number
  readonly seed: number
}

/** Everything that was seen. */
export interface SoakRecord extends Pick<Stage, 'troubles' | 'clientCensuses' | 'serverCensuses'> {
  readonly startedAt: number
  readonly endedAt: number
  /** So long after a fault it still explains what happens. */
  readonly grace: number
  readonly injected: readonly Injected[]
  readonly calms: readonly Calm[]
  readonly counts: ClientCounts
  /** What was not as it must be, in words. */
  readonly failures: readonly string[]
}

/** INV-30: so long after the last mending everything is live. */
const LIVENESS = 60_000
/** In a calm, what was sent a moment ago needs a moment. */
const MOMENT = 5_000
/** ws gives dead sockets up after 30 s. After that there is one socket per client. */
const SOCKETS_GONE = 35_000

/** `say` is told a line at each stretch. */
export async function runSoak(
  options: SoakOptions,
  scripts: Scripts,
  say: (line: string) => void,
): Promise<SoakRecord> {
  const pace = Math.min(1, Math.max(0.1, options.minutes / 30))
  const startedAt = Date.now()
  const deadline = startedAt + options.minutes * 60_000
  const injected: Injected[] = []
  const calms: Calm[] = []
  const failures: string[] = []
  const stage = await createStage(options, Math.max(1_000, 5_000 * pace), scripts)

  const complain = (when: string, wrong: readonly string[]): void => {
    if (wrong.length > 0) failures.push(`${when}: ${wrong.length} wrong, as ${wrong.slice(0, 3).join('; ')}`)
  }

  const suffer = async ({ kind, sites, lasts }: Fault): Promise<string> => {
    const faults = await Promise.all(sites.map((name) => stage.sites[name].inflict(kind, lasts)))
    injected.push(...faults)
    return `${kind} ${sites.length === 2 ? 'both' : sites.join()} ${toSeconds(lasts)}`
  }

  /** Nothing is broken from here on: soon everything is live, and stays so. */
  const beCalm = async (lasts: number, mendedAt: number): Promise<void> => {
    const when = `stretch ${calms.length}`
    let last: string | undefined
    const wrongAtStart = await watch(stage, LIVENESS, ({ wrong }) => {
      last = wrong.at(-1) ?? last
      return wrong
    })
    complain(`${when}, after the faults`, wrongAtStart)
    const from = Date.now()
    // What was written while links broke may be lost; what is under way now is not.
    await sleep(200)
    const { lost: before } = await stage.hold()
    await stage.go()
    await sleep(lasts)
    const wrongAtEnd = await watch(stage, MOMENT, async ({ wrong, lost }) => {
      const more = lost - before
      const sockets = await stage.sockets()
      return [
        ...wrong,
        ...(more === 0 ? [] : [`${more} sends were written and not received`]),
        ...(lasts > SOCKETS_GONE && sockets !== options.clients ? [`${sockets} sockets are open`] : []),
      ]
    })
    complain(`${when}, at the end of the calm`, wrongAtEnd)
    calms.push({ from, to: Date.now(), settled: from - mendedAt, last })
    await stage.go()
  }

  const next = createScript(options.seed, pace)
  await beCalm(MOMENT * pace, Date.now())
  while (Date.now() < deadline) {
    const { faults, calm } = next()
    const told: string[] = []
    for (const [index, fault] of faults.entries()) {
      if (index > 0) await sleep(fault.rest)
      if (Date.now() < deadline) told.push(await suffer(fault))
    }
    await beCalm(Math.min(calm, Math.max(MOMENT, deadline - Date.now())), Date.now())
    say(`${toSeconds(Date.now() - startedAt)}: ${told.join(', ')}; ${toState(stage, calms, failures)}`)
  }

  const counts = await stage.counts()
  for (const [who, left] of await stage.close()) complain(`left of ${who} after close()`, left)
  const { troubles, clientCensuses, serverCensuses } = stage
  const times = { startedAt, endedAt: Date.now(), grace: Math.max(2_000, 10_000 * pace) }
  return { ...times, injected, troubles, calms, clientCensuses, serverCensuses, counts, failures }
}

/** Holds everything until nothing is wrong, at most that long; gives what is wrong at last. */
async function watch(
  stage: Stage,
  within: number,
  toWrong: (still: Still) => readonly string[] | Promise<readonly string[]>,
): Promise<readonly string[]> {
  const end = Date.now() + within
  for (;;) {
    const wrong = await toWrong(await stage.hold())
    if (wrong.length === 0 || Date.now() > end) return wrong
    await sleep(250)
  }
}

function toState({ clientCensuses }: Stage, calms: readonly Calm[], failures: readonly string[]): string {
  const { from = 0, to = 0, settled = 0, last = 'nothing' } = calms.at(-1) ?? {}
  const { heap = 0, sockets = 0, timers = 0 } = clientCensuses.at(-1) ?? {}
  return (
    `settled ${toSeconds(settled)} (last: ${last.slice(0, 70)}), calm ${toSeconds(to - from)}; ` +
    `heap ${(heap / 1e6).toFixed(2)} MB, ${sockets} sockets, ${timers} timers, ${failures.length} failures`
  )
}
