// Rounds of kill -9, cut and freeze against a real server, with 20 clients and steady traffic. `npm run rounds` is the long form.
import { describe, expect, it } from 'vitest'
import { toReport } from '../rounds/report.ts'
import { runRounds, type RoundsOptions, type RoundsRecord } from '../rounds/run.ts'
import { bundled } from '../support/bundled.ts'

async function run(options: Pick<RoundsOptions, 'rounds' | 'broker'>): Promise<RoundsRecord> {
  const script = await bundled(new URL('../rounds/server-process.ts', import.meta.url))
  const record = await runRounds({ ...options, clients: 20, seed: 1 }, script)
  console.log(toReport(record))
  return record
}

const sum = ({ clients }: RoundsRecord, name: 'refilled' | 'gaps'): number =>
  clients.flatMap(({ judges }) => [...judges.values()]).reduce((total, { counts }) => total + counts[name], 0)

describe('a server that is killed, cut off, torn and frozen, round after round', () => {
  it('[D5 G11 G12 G14 G15 G18 G19 INV-6 INV-8 INV-9 INV-10] (fault S1) (fault S2) with channels that outlive it: everything kept comes once and in order, every gap is true, every publication has one effect', async () => {
    const record = await run({ rounds: 12, broker: 'lasting' })
    expect(record.complaints).toEqual([])
    expect(record.rounds).toHaveLength(12)
    // A run that never sees these proves nothing about them.
    expect(sum(record, 'refilled')).toBeGreaterThan(0)
    expect(sum(record, 'gaps')).toBeGreaterThan(0)
    const outcomes = record.clients.flatMap(({ published }) => published.map(({ outcome }) => outcome))
    expect(outcomes.some((outcome) => outcome?.outcome === 'acked' && outcome.duplicate === true)).toBe(true)
  })

  it('[D5 G14 G15 G18 INV-9 INV-10] (fault S1) (fault S2) with channels that die with it: each death is one gap and one load for everybody, and nothing else is a gap', async () => {
    const record = await run({ rounds: 6, broker: 'mortal' })
    expect(record.complaints).toEqual([])
    expect(record.rounds).toHaveLength(6)
    expect(sum(record, 'refilled')).toBeGreaterThan(0)
    expect(sum(record, 'gaps')).toBeGreaterThan(0)
  })
})
