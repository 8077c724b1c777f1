// runHerd(): many clients of one server that all lose it at the same moment, and when each of them comes back (INV-26).
import type { ClientPlan, Scenario } from './plan.ts'
import { createScene } from './scene.ts'

/** How they lose it. `restart`: closed with 1012; `kill`: without a word; `drain`: announced, spread over 10 s. */
export type Loss = 'restart' | 'kill' | 'drain'

/** What came of it. */
export interface HerdOutcome {
  /** What the server had advised; for a drain, over how long it spread its going. */
  readonly spread: number
  /** When each attempt reached the server, in milliseconds since the loss; for a drain, since its beginning. */
  readonly arrivals: readonly number[]
  /** Clients that were connected a while later. */
  readonly back: number
}

const DRAIN = 10_000

/** Everybody connects, is left in peace for a while, and then it happens. */
export async function runHerd(seed: number, count: number, loss: Loss): Promise<HerdOutcome> {
  const scenario: Scenario = {
    seed,
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
    kinds: { queue: 'replace' },
    clients: Array.from({ length: count }, (_, index) => toClient(index)),
    moves: [],
    healAt: 0,
    sampleEvery: 1e9,
  }
  const arrivals: number[] = []
  let lostAt = Infinity
  // A thousand traces are not looked at: only who comes when.
  const scene = createScene(
    scenario,
    (entry) => {
      if (entry.kind === 'session' && entry.event?.type === 'frame' && entry.at >= lostAt) {
        if (String(entry.event.text).startsWith('{"type":"client_ready"')) arrivals.push(entry.at - lostAt)
      }
    },
    { keepsTrace: false, traces: false },
  )
  const { world, clients, node } = scene
  clients.forEach(({ app }, index) => world.after((index * 20_000) / count, () => app.act('connect', 0, 0)))
  // Two beats later everybody has been told the window of a full house.
  await world.run(80_000)
  const spread = loss === 'drain' ? DRAIN : node.window
  lostAt = world.now
  if (loss === 'drain') node.drain(DRAIN, true)
  else {
    // uvicorn closes everybody with 1012 as it ends (M3).
    if (loss === 'restart') node.closeAll(1012, '', 1)
    await world.run(world.now + 50)
    node.crash(true)
    node.start()
  }
  await world.run(lostAt + 60_000)
  const back = clients.filter(({ app }) => app.connection.getSnapshot().status === 'connected').length
  for (const { app } of clients) app.act('close', 0, 0)
  return { spread, arrivals, back }
}

function toClient(index: number): ClientPlan {
  return {
    name: `c${index}`,
    user: `u${index}`,
    latency: 20,
    jitter: 20,
    channels: [
      {
        name: 'queue',
        kind: 'replace',
        loads: false,
        pollEvery: undefined,
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
    keepsSockets: false,
    tells: true,
  }
}

/** The busiest of twenty slots of the spread, against what an even stream would bring to each. */
export function busiest({ spread, arrivals }: HerdOutcome): {
  readonly most: number
  readonly expected: number
} {
  const slot = spread / 20
  const slots = new Map<number, number>()
  for (const at of arrivals) {
    const index = Math.floor(at / slot)
    slots.set(index, (slots.get(index) ?? 0) + 1)
  }
  return { most: Math.max(...slots.values()), expected: arrivals.length / 20 }
}
