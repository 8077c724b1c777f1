// How much is fuzzed, and from which seed: a little and always the same by default, more and elsewhere by environment.
//
//   FUZZ_FACTOR=50 FUZZ_SEED=$RANDOM npx vitest run --config test/vitest.config.ts --project unit test/model/fuzz
//
// What fails prints its seed; the same FUZZ_SEED and FUZZ_FACTOR find it again.

const factor = Number(process.env['FUZZ_FACTOR'] ?? 1)
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261)

/** Settings of a property that is tried so often in `npm test`. */
export function runs(count: number): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: Math.ceil(count * factor), seed }
}

/** How long a test may take that is run so much more often. */
export const patience: number = 60_000 * Math.max(1, factor)
