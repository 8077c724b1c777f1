// Scenarios that found something once, shrunk to what it took. They are run for ever; what they found stays mended.
import type { ClientPlan, Scenario } from './plan.ts'

/** What was found, and how: the scenario itself, because a seed means another one as soon as the drawing changes. */
export interface Regression {
  readonly found: string
  readonly scenario: Scenario
}

const client: ClientPlan = {
  name: 'c0',
  user: 'u0',
  latency: 20,
  jitter: 0,
  channels: [
    {
      name: 'votes',
      kind: 'change',
      loads: true,
      versioned: false,
      picks: false,
      hasSchema: false,
      isStubborn: false,
    },
  ],
  protocol: 'auto',
  hasAuth: false,
  asksUrl: false,
  diagnoses: false,
  hearsMessages: false,
  heartbeat: {},
  reconnect: {},
  outbox: {},
  linger: 5_000,
  loadFirst: 2_000,
  keepsSockets: true,
  tells: true,
}

const quiet: Scenario = {
  seed: 1,
  adversary: null,
  server: {
    level: 1,
    hasAuth: false,
    tokenLife: null,
    heartbeat: { interval: 15_000, timeout: 5_000 },
    acceptRate: 300,
    maxPayload: 65_536,
    answersPings: true,
  },
  kinds: { votes: 'change' },
  clients: [client],
  moves: [],
  healAt: 1_000_000,
  sampleEvery: 500,
}

export const regressions: readonly Regression[] = [
  {
    found:
      'a page that came back after a freeze showed live what nobody had confirmed for a quarter of an hour',
    scenario: {
      ...quiet,
      moves: [
        { at: 300, kind: 'subscribe', client: 0, ms: 0, value: 0.25 },
        { at: 60_000, kind: 'freeze', client: 0, ms: 900_000, value: 0.9 },
        { at: 100_000, kind: 'power off', client: null, ms: 17_000, value: 0.75 },
      ],
    },
  },
  {
    found: 'close() in a listener made the last status follow one that nobody had been told of',
    scenario: {
      ...quiet,
      healAt: 30_000,
      moves: [
        { at: 300, kind: 'subscribe', client: 0, ms: 0, value: 0.25 },
        { at: 9_000, kind: 'close', client: 0, ms: 1, value: 0.25 },
        { at: 10_000, kind: 'cut', client: 0, ms: 0, value: 0 },
      ],
    },
  },
]
