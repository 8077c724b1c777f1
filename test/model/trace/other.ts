// The invariants that no checker over one trace can speak of: those that wait for their level, and those that compare two runs.

/** An invariant without a checker of its own, or the part of one that its checker leaves out. */
export interface Other {
  readonly id: `INV-${number}`
  readonly rule: string
  /** What it waits for, or where it is shown instead. */
  readonly where: string
}

/** Levels 2 and 3 of the protocol bring what these speak of: publishes with ids, channels on the server, offsets. */
export const later: readonly Other[] = [
  {
    id: 'INV-1',
    rule: 'Two links only between `rt.go_away` and the handover, one of them delivering.',
    where: 'level 2: below it a client leaves its link before it opens the next',
  },
  {
    id: 'INV-15',
    rule: 'What any reader ever saw is a prefix of the log: no commit is skipped.',
    where: 'level 3, with a broker',
  },
]

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
