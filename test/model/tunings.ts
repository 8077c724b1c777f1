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
    budget: { attempts: 2, per: 300_000 },
    delay: null,
    circuit: { failures: 2, after: null, coolDown: 30_000, maxCoolDown: 300_000 },
  },
  greeting: 'auto',
  hasAuth: false,
  hasDiagnose: false,
}

const { reconnect } = base
const patient: Tuning = {
  ...base,
  greeting: 'rt',
  heartbeat: { interval: 15_000, timeout: 5_000, probe: 3_000 },
  reconnect: {
    ...reconnect,
    minDelay: 7_000,
    delay: () => 1_000,
    circuit: { failures: 2, after: 0, coolDown: 30_000, maxCoolDown: 60_000 },
  },
}

const lone: Tuning = { ...base, greeting: 'plain', heartbeat: null }
const limited: Tuning = { ...base, reconnect: { ...reconnect, maxAttempts: 2, circuit: null } }

/** Every run of the exploration. */
export const runs: readonly Run[] = [
  {
    name: 'a plain server, no heartbeat',
    tuning: lone,
    lens: { linger: true, interest: true, outage: true },
  },
  { name: 'interest', tuning: base, lens: { linger: true, interest: true, page: true } },
  { name: 'the life of a link', tuning: base, lens: { link: true } },
  { name: 'outages', tuning: base, lens: { outage: true, linger: true, page: true } },
  { name: 'pace', tuning: { ...base, heartbeat: null }, lens: { outage: true, pace: true } },
  { name: 'pace of the app', tuning: patient, lens: { outage: true, pace: true } },
  { name: 'credentials', tuning: { ...base, hasAuth: true }, lens: { refusal: true } },
  {
    name: 'diagnose',
    tuning: { ...patient, hasAuth: true, hasDiagnose: true },
    lens: { refusal: true },
  },
  { name: 'no more attempts', tuning: limited, lens: { outage: true } },
]
