// runLongLife(): one client and the real server for days, and what piled up meanwhile (A12, C8, INV-18).
import type { ClientPlan, Scenario } from './plan.ts'
import { createScene, type Scene } from './scene.ts'
import { change } from './workload.ts'

/** A long life. */
export interface LongLife {
  readonly days: number
  /** The server is restarted so often; null: never. */
  readonly restartsEvery: number | null
  /** One channel, without a load, and no credentials: for very many reconnects. @default false */
  readonly isLean?: boolean
}

/** What became of it. Sizes are those at the end of each tenth of the life. */
export interface LongLifeOutcome {
  /** How often the status left `connected`, and errors that were told. */
  readonly losses: number
  readonly errors: number
  readonly connects: number
  readonly pings: number
  readonly timers: readonly number[]
  /** Of everything the client shows, as text. */
  readonly sizes: readonly number[]
  /** Links of the server that were not given back. */
  readonly links: number
  readonly isLive: boolean
  readonly events: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

const client: ClientPlan = {
  name: 'c0',
  user: 'u0',
  latency: 20,
  jitter: 10,
  channels: [toChannel('queue', 'replace'), toChannel('notes', 'reload'), toChannel('votes', 'change')],
  protocol: 'auto',
  hasAuth: true,
  asksUrl: false,
  diagnoses: false,
  hearsMessages: false,
  heartbeat: {},
  // A restart every few seconds would spend the budget and open the circuit; here it is what is asked for.
  reconnect: { budget: { attempts: 100_000 }, minUptime: 1_000 },
  outbox: {},
  linger: 5_000,
  loadFirst: 2_000,
  keepsSockets: false,
  tells: true,
}

function toChannel(name: string, kind: 'replace' | 'reload' | 'change'): ClientPlan['channels'][number] {
  const rest = { loads: true, pollEvery: undefined, versioned: false, picks: false }
  return { name, kind, ...rest, hasSchema: false, isStubborn: false }
}

/** Lives it. The trace is not kept: it would be the only thing that grows. */
export async function runLongLife({
  days,
  restartsEvery,
  isLean = false,
}: LongLife): Promise<LongLifeOutcome> {
  const scenario: Scenario = {
    seed: 1,
    adversary: null,
    server: {
      level: 1,
      hasAuth: !isLean,
      tokenLife: null,
      heartbeat: { interval: 15_000, timeout: 5_000 },
      acceptRate: 300,
      maxPayload: 65_536,
      answersPings: true,
    },
    kinds: { queue: 'replace', notes: 'reload', votes: 'change' },
    clients: [
      isLean ? { ...client, hasAuth: false, channels: [{ ...client.channels[0]!, loads: false }] } : client,
    ],
    moves: [],
    healAt: days * DAY,
    sampleEvery: HOUR,
  }
  const counts = { losses: 0, errors: 0, connects: 0, pings: 0 }
  const scene = createScene(
    scenario,
    (entry) => {
      if (entry.kind === 'error') counts.errors++
      if (entry.kind === 'outbound' && entry.text.startsWith('{"type":"ping"')) counts.pings++
      if (entry.kind !== 'status') return
      if (entry.status === 'connected') counts.connects++
      if (entry.previous === 'connected') counts.losses++
    },
    { keepsTrace: false, traces: false },
  )
  const { world, clients } = scene
  const app = clients[0]!.app
  const { machine } = clients[0]!
  app.act('connect', 0, 0)
  for (const channel of [0.1, 0.5, 0.9]) app.act('subscribe', channel, 0)
  keepChanging(scene)
  if (restartsEvery !== null) keepRestarting(scene, restartsEvery)

  const timers: number[] = []
  const sizes: number[] = []
  for (let tenth = 1; tenth <= 10; tenth++) {
    await world.run((tenth * days * DAY) / 10)
    timers.push(machine.thread.timers)
    sizes.push(JSON.stringify([app.connection.getSnapshot(), app.held()]).length)
  }
  // Whatever restart came last is over.
  await world.run(world.now + 30_000)
  return {
    ...counts,
    timers,
    sizes,
    links: scene.node.links - machine.links,
    isLive: app.held().every(({ freshness }) => freshness === 'live'),
    events: world.steps,
  }
}

function keepChanging(scene: Scene): void {
  const next = (): void => {
    change(scene, scene.chance())
    scene.world.after(60_000 + scene.chance() * 60_000, next)
  }
  scene.world.after(1_000, next)
}

function keepRestarting({ world, node }: Scene, every: number): void {
  const next = (): void => {
    node.crash(true)
    node.start()
    world.after(every, next)
  }
  world.after(every, next)
}
