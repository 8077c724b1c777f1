// The verdict on a soak run: what makes it fail, and what does not.
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/testing/index.ts'
import type { ClientCensus } from '../../soak/client-process.ts'
import { toText } from '../../soak/report-text.ts'
import { toReport, type Report } from '../../soak/report.ts'
import type { SoakRecord } from '../../soak/run.ts'

const HOUR = 3_600_000
const options = { minutes: 60, clients: 100, seed: 1 }

/** An hour of twenty calms of two minutes, a minute apart, with a look every ten seconds. */
function toRecord(heapAt: (hours: number) => number, change: Partial<SoakRecord> = {}): SoakRecord {
  const calms = Array.from({ length: 20 }, (_, index) => {
    const from = index * 180_000
    return { from, to: from + 120_000, settled: index * 100, last: undefined }
  })
  const censuses = Array.from({ length: 360 }, (_, index): ClientCensus => {
    const at = index * 10_000
    const isCalm = calms.some(({ from, to }) => at >= from + 10_000 && at <= to)
    // Outside of calms it is another world, which must not count.
    const heap = isCalm ? heapAt(at / HOUR) : 9e9
    const still = { external: 0, rss: 1e8, resources: {}, blocked: isCalm ? 7 : 30_000, cpu: 1 }
    return { ...still, at, heap, clients: 100, sockets: 100, timers: 200, undead: 0 }
  })
  return {
    startedAt: 0,
    endedAt: HOUR,
    grace: 10_000,
    injected: [{ kind: 'kill', site: 'mortal', from: 121_000, to: 130_000 }],
    troubles: [
      {
        what: 'disconnect',
        at: 121_500,
        site: 'mortal',
        client: 1,
        code: 'closed-by-server',
        detail: '1006',
      },
      { what: 'error', at: 121_500, site: 'mortal', client: 1, code: 'closed-by-server', detail: '1006' },
    ],
    calms,
    clientCensuses: censuses,
    serverCensuses: censuses,
    counts: {
      connects: 103,
      sent: { written: 5 },
      loads: 9,
      loadsFailed: 1,
      changes: 50,
      bytesIn: 2e6,
      bytesOut: 1e6,
      made: 101,
    },
    failures: [],
    ...change,
  }
}
const report = (heapAt: (hours: number) => number, change?: Partial<SoakRecord>): Report =>
  toReport(options, toRecord(heapAt, change))

/** A level with a hundred kilobytes of noise. */
const noisy = (): (() => number) => {
  const random = seededRandom(3)
  return () => 2e7 + 1e5 * random()
}

describe('toReport', () => {
  it('[A12] passes a run that was flat within its noise, whose every disconnect has its fault', () => {
    const passed = report(noisy())
    expect(passed.failures).toEqual([])
    expect(passed.growth.clientHeap.isFlat).toBe(true)
    expect(passed.growth.clientHeap.slope?.points).toBe(16)
    expect(passed.unexpected).toEqual({ disconnects: 0, errors: 0, first: [] })
    expect(passed.errors).toEqual({ 'closed-by-server': 1 })
    expect(passed.faults).toEqual({ 'kill mortal': 1 })
    expect(passed.counts.reconnects).toBe(2)
    expect(passed.settled).toEqual({ median: 950, most: 1_900 })
    expect(passed.blocked).toEqual({ clients: 7, server: 7 })
    expect(passed.calmMinutes).toBe(40)
    expect(toText(passed)).toMatch(/^client heap .* 16 points: zero is within its noise$/m)
    expect(toText(passed)).toMatch(/\nPassed\.$/)
  })

  it('[A12 A10 INV-18] fails a run whose memory grows by more than matters', () => {
    const level = noisy()
    const leaking = report((hours) => level() + hours * 100 * 6_000)
    expect(leaking.failures).toEqual(['clientHeap grows', 'serverHeap grows'])
    expect(leaking.growth.clientHeap.slope!.perHour / 100).toBeCloseTo(6_000, -3)
    expect(toText(leaking)).toMatch(/^client heap .*: GROWS$/m)
    expect(toText(leaking)).toContain('FAILED: clientHeap grows')
  })

  it('[A12] lets memory rise while it warms up, and pass where growth is sure but does not matter', () => {
    const level = noisy()
    expect(report((hours) => level() + Math.min(hours, 0.2) * 1e7).failures).toEqual([])
    const small = report((hours) => level() + hours * 100 * 2_000)
    expect(small.growth.clientHeap.slope!.low).toBeGreaterThan(0)
    expect(small.failures).toEqual([])
    expect(toText(small)).toMatch(/^client heap .*: below what matters$/m)
  })

  it('[A12] fails a run with one disconnect that no fault explains, and shows it', () => {
    const lone = {
      what: 'disconnect',
      site: 'steady',
      client: 7,
      code: 'heartbeat-timeout',
      detail: '',
    } as const
    const broken = report(noisy(), { troubles: [{ ...lone, at: 121_500 }] })
    expect(broken.unexpected).toMatchObject({ disconnects: 1, errors: 0, first: [{ client: 7 }] })
    expect(broken.failures).toEqual(['1 disconnects or errors that no fault explains'])
    expect(toText(broken)).toContain('client 7 (steady): heartbeat-timeout')
  })

  it('[A12 A10] passes on what the run itself found, such as a handle that is left', () => {
    const left = ['left of the clients after close(): 1 wrong, as 3 Timeout']
    const failed = report(noisy(), { failures: left })
    expect(failed.failures).toEqual(left)
    expect(toText(failed)).toMatch(/Failed: 1 failures\.$/)
  })

  it('[A12] calls nothing a leak that only the first ten minutes of a short run show', () => {
    const level = noisy()
    const { calms } = toRecord(level)
    const short = report((hours) => level() + hours * 1e9, { calms: calms.slice(0, 8), endedAt: 0.4 * HOUR })
    expect(short.growth.clientHeap.isFlat).toBe(null)
    expect(short.failures).toEqual([])
  })

  it('[A12] says that a run was too short for slopes, and judges the rest', () => {
    const { calms } = toRecord(noisy())
    const short = report(noisy(), { calms: calms.slice(0, 5) })
    expect(short.growth.clientHeap).toEqual({ slope: null, isFlat: null })
    expect(short.failures).toEqual([])
    expect(toText(short)).toMatch(/^server heap +too short a run/m)
  })
})
