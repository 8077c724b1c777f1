// The simulation as a program for a thread: lives the lives it is told to, one after the other, and tells which break a rule.
import { parentPort, workerData } from 'node:worker_threads'
import { drawScenario } from './simulation/draw.ts'
import { runScenario } from './simulation/run.ts'

/** The seeds to try. */
export interface Hunt {
  readonly seeds: readonly number[]
  /** Goes on after the first that breaks something. */
  readonly all: boolean
}

/** A life in which something broke, and what was first. */
export interface Catch {
  readonly seed: number
  readonly invariant: string
}

async function hunt({ seeds, all }: Hunt): Promise<readonly Catch[]> {
  const found: Catch[] = []
  for (const seed of seeds) {
    const { violations } = await runScenario(drawScenario(seed))
    if (violations[0]) found.push({ seed, invariant: violations[0].invariant })
    if (found.length > 0 && !all) break
  }
  return found
}

void hunt(workerData as Hunt).then((found) => parentPort?.postMessage(found))
