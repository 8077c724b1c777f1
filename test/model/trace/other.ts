// The invariants that no checker over one trace can speak of, because they compare two runs.

/** An invariant without a checker of its own. */
export interface Other {
  readonly id: `INV-${number}`
  readonly rule: string
  /** Where it is shown instead. */
  readonly where: string
}

/** What takes two runs to see. */
export const compared: readonly Other[] = [
  {
    id: 'INV-25',
    rule: 'No connection’s failure changes what another one is told.',
    where:
      '`test/integration/hostile-frames.test.ts`: one link breaks the rules, another one beside it goes on',
  },
  {
    id: 'INV-29',
    rule: 'The same seed gives the same trace, twice in one process and on every version of Node.',
    where: '`test/model/simulation.test.ts` and `test/integration/simulation-hash.test.ts`: hashes',
  },
]
