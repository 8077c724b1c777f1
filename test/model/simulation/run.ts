// runScenario(): one life of a world, from its beginning through its faults to the peace after them, and what is found wrong with it.
import type { Entry, Violation } from '../trace/entry.ts'
import { checkTrace } from '../trace/checkers.ts'
import { faults, heal } from './faults.ts'
import type { Move, Scenario } from './plan.ts'
import { createScene, type Client, type Scene } from './scene.ts'
import { countSometimes, type Sometimes } from './sometimes.ts'
import { act, change, isAction, say } from './workload.ts'

/** What came of a scenario. */
export interface Outcome {
  readonly seed: number
  readonly hash: string
  readonly violations: readonly Violation[]
  readonly sometimes: Sometimes
  /** Simulated, over all clients. */
  readonly hours: number
  /** Things that happened. */
  readonly steps: number
  readonly trace: readonly Entry[]
}

/** How to look at a run. */
export interface RunOptions {
  /** Ends there, whatever is under way. */
  readonly until?: number
  /** Sees each entry as it is written. */
  readonly watch?: (entry: Entry) => void
}

/** What must hold even where the server makes things up (G23): the rest trusts that somebody means what he says. */
const unconditional: ReadonlySet<string> = new Set(
  [1, 2, 3, 4, 5, 13, 16, 19, 20, 21, 27].map((number) => `INV-${number}`),
)

/** After healing, everybody has so long (INV-30). */
const PEACE = 60_000
/** The truth changes so long after healing. */
const UNREST = 50_000
/** So long, and whatever the faults left behind has been found out. */
const SETTLING = 12_000
/** Nobody waits longer than this for a connection without pressing a button. */
const PATIENCE = 330_000

/** Runs a scenario from beginning to end. The same scenario gives the same outcome, hash and all. */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  const sometimes = countSometimes()
  const scene = createScene(scenario, (entry) => {
    sometimes.see(entry)
    options.watch?.(entry)
  })
  const { world, clients, recorder } = scene
  const { until = Infinity } = options
  for (const move of scenario.moves) world.after(move.at, () => make(scene, move))
  for (const client of clients) watchOver(scene, client)

  await world.run(Math.min(until, scenario.healAt))
  if (until > scenario.healAt) await live(scene)
  await world.run(Math.min(until, world.now))
  if (world.now < until) await finish(scene)

  const { entries, hash } = recorder
  return {
    seed: scenario.seed,
    hash,
    violations: checkTrace(entries).filter(
      ({ invariant }) => scenario.adversary !== 'server' || unconditional.has(invariant),
    ),
    sometimes: sometimes.counts,
    hours: (world.now * clients.length) / 3_600_000,
    steps: world.steps,
    trace: entries,
  }
}

/** One move of the scenario. */
function make(scene: Scene, move: Move): void {
  const client = scene.clients[move.client ?? 0]
  if (!client) return
  if (move.kind === 'change') return change(scene, move.value)
  if (move.kind === 'swallow') return client.machine.swallow()
  if (move.kind === 'say') return say(scene, move.value)
  if (isAction(move.kind)) return act(scene, client, move)
  const told = faults[move.kind]?.run(scene, client, move)
  if (told != null) scene.tell(told)
}

/** Looks at a client every so often, and whenever its page runs again. */
function watchOver({ world, scenario }: Scene, { machine, app }: Client): void {
  const look = (): void => {
    if (!machine.thread.isHalted && !app.isClosed) app.sample()
    world.after(scenario.sampleEvery, look)
  }
  world.after(scenario.sampleEvery, look)
}

/** Everything heals; who still has to wait, waits or presses the button; then peace. */
async function live(scene: Scene): Promise<void> {
  const { world, clients, scenario } = scene
  heal(scene)
  scene.tell('all faults are healed')
  // What the faults left behind is found out first: links that are dead, attempts that are lost already.
  let wait = SETTLING
  for (let round = 0; round < 4 && wait > 0; round++) {
    await world.run(world.now + wait)
    wait = Math.max(...clients.map((client) => waitOf(client)))
    if (wait < PEACE / 2) wait = 0
  }
  scene.recorder.record('', world.now, { kind: 'healed' })
  const step = UNREST / 16
  for (let at = 0; at < UNREST; at += step)
    world.after(at, () => {
      change(scene, ((at / step) * 0.26 + scenario.seed * 0.01) % 1)
      say(scene, 1)
    })
  // Where pings are not answered, only a server that talks is known to live (G3).
  const { level, answersPings } = scenario.server
  const isDumb = level === 0 && !answersPings
  for (let at = 0; isDumb && at < PEACE; at += 500) world.after(at, () => scene.node.publish('tick', 1))
  await world.run(world.now + PEACE)
  for (const { app } of clients) if (!app.isClosed) app.sample()
}

/** How long a client is going to wait. Who would wait for ever, or longer than anybody does, presses the button. */
function waitOf({ app, machine, plan }: Client): number {
  if (app.isClosed) return 0
  const { status, retryAt } = app.connection.getSnapshot()
  const wait = retryAt === null ? 0 : retryAt - machine.thread.clock.now()
  const isStuck = status === 'failed' || (status === 'idle' && plan.channels.length % 2 === 0)
  // What was to be long ago is yet to come: somebody has set the clock meanwhile.
  if (!isStuck && wait <= PATIENCE && wait >= -PEACE) return Math.max(0, wait)
  machine.thread.do(() => app.act(isStuck ? 'connect' : 'retry', 0, 0))
  return 1_000
}

/** Everybody closes; nothing may be left. */
async function finish({ world, clients }: Scene): Promise<void> {
  for (const { app } of clients) if (!app.isClosed) app.act('close', 0, 0)
  await world.run(world.now + 1)
  for (const { app } of clients) app.leave()
  await world.run(world.now + 30_000)
  for (const { app } of clients) app.leave()
}
