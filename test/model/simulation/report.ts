// What many runs come to: violations, moments, and how fast it went.
import type { Outcome } from './run.ts'
import { moments, type Moment, type Sometimes } from './sometimes.ts'

/** An outcome without its trace, fit to be sent from process to process. */
export interface Summary {
  readonly seed: number
  readonly hash: string
  readonly hours: number
  readonly steps: number
  readonly sometimes: Sometimes
  readonly violations: ReadonlyArray<{
    readonly invariant: string
    readonly at: number
    readonly client: string
    readonly what: string
  }>
}

/** An outcome, without its trace. */
export function summarise({ seed, hash, hours, steps, sometimes, violations }: Outcome): Summary {
  return {
    seed,
    hash,
    hours,
    steps,
    sometimes,
    violations: violations.slice(0, 20).map(({ invariant, what, entry }) => {
      return { invariant, what, at: entry.at, client: entry.client }
    }),
  }
}

/** Moments that none of the runs came to. */
export function missing(summaries: readonly Summary[], wanted: readonly Moment[] = moments): Moment[] {
  return wanted.filter((moment) => !summaries.some(({ sometimes }) => sometimes[moment] > 0))
}

/** The words for a run over many seeds, and whether it is one to be content with. */
export function report(
  summaries: readonly Summary[],
  ms: number,
  wanted: readonly Moment[],
): { readonly text: string; readonly isGood: boolean } {
  const sum = (count: (summary: Summary) => number): number =>
    summaries.reduce((total, summary) => total + count(summary), 0)
  const unseen = missing(summaries, wanted)
  const broken = summaries.flatMap(({ seed, violations }) => violations.map((each) => ({ seed, ...each })))
  const kinds = [...new Set(broken.map(({ invariant }) => invariant))].sort()
  const steps = sum((summary) => summary.steps)
  const lines = [
    ...moments.map((moment) => `${String(sum(({ sometimes }) => sometimes[moment])).padStart(9)}  ${moment}`),
    ...unseen.map((moment) => `NEVER: ${moment}`),
    ...kinds.flatMap((kind) => {
      const all = broken.filter(({ invariant }) => invariant === kind)
      const seeds = new Set(all.map(({ seed }) => seed))
      const told = all.slice(0, 5)
      return [
        `${kind} IS BROKEN in ${seeds.size} seeds:`,
        ...told.map(
          ({ seed, at, client, what }) =>
            `  seed ${seed}, ${at.toFixed(0)} ms, ${client || 'the world'}: ${what}`,
        ),
        `  npm run sim -- --seed ${told[0]?.seed ?? 0} tells the story`,
      ]
    }),
    `${summaries.length} seeds, ${sum(({ hours }) => hours).toFixed(0)} simulated client-hours, ${steps} events, ` +
      `${(ms / 1_000).toFixed(0)} s, ${((summaries.length * 1_000) / ms).toFixed(0)} seeds a second, ` +
      (kinds.length === 0 ? 'nothing broken' : `${broken.length} violations`),
  ]
  return { text: lines.join('\n'), isGood: kinds.length === 0 && unseen.length === 0 }
}
