// The runs of the exploration: how the connection is configured, and which details are told apart.
import type { Tuning } from '../../src/machine/model.ts'
import type { Lens } from './abstraction.ts'

/** One walk through the states. */
export interface Run {
  readonly name: string
  readonly tuning: Tuning
  readonly lens: Lens
}

/** The defaults, but for a budget and a circuit that are soon spent and open. */
export const base: Tuning = {
  authTimeout: 10_000,
  connectTimeout: 10_000,
  handshakeTimeout: 5_000,
  linger: 5_000,
  loadFirst: 2_000,
  heartbeat: { interval: null, timeout: null, probe: 3_000 },
  quality: { excellent: 100, good: 300, poor: 1_000 },
  reconnect: {
    minDelay: 0,
    maxDelay: 30_000,
    hiddenDelay: 30_000,
    minUptime: 5_000,
    maxAttempts: Infinity,
    budget: { attempts: 3, per: 300_000 },
    delay: null,
    circuit: { failures: 2, after: null, coolDown: 30_000, maxCoolDown: 300_000 },
  },
  greeting: 'auto',
  hasAuth: false,
  hasDiagnose: false,
}

const none: Lens = { interest: false, link: false, refusal: false, pace: false }

export const runs: readonly Run[] = [
  { name: 'auto', tuning: base, lens: none },
  { name: 'auto interest', tuning: base, lens: { ...none, interest: true } },
  { name: 'auto link', tuning: base, lens: { ...none, link: true } },
  { name: 'auto refusal', tuning: base, lens: { ...none, refusal: true } },
  { name: 'auto pace', tuning: base, lens: { ...none, pace: true } },
]
