// A scenario brought to life: the world, its server, its clients, and the record of them.
import type { Entry, Happening } from '../trace/entry.ts'
import { startHostile } from './adversary.ts'
import { createApp, type App } from './app.ts'
import { createAsking, type Asking } from './asking.ts'
import { createMachine, type Machine } from './machine.ts'
import { createNode, type ServerNode } from './node.ts'
import type { ClientPlan, Scenario } from './plan.ts'
import { createChance, type Chance } from './random.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { NEW_YEAR } from './thread.ts'
import { createTokens, type Tokens } from './tokens.ts'
import { createTruth, type Truth } from './truth.ts'
import { createWorld, type World } from './world.ts'

/** A client that lives. */
export interface Client {
  readonly plan: ClientPlan
  readonly machine: Machine
  readonly asking: Asking
  readonly app: App
  record(happening: Happening): void
}

/** Everything there is. */
export interface Scene {
  readonly scenario: Scenario
  readonly world: World
  readonly node: ServerNode
  readonly truth: Truth
  readonly tokens: Tokens
  readonly clients: readonly Client[]
  readonly recorder: Recorder
  /** Chance for what faults do, beyond their plan. */
  readonly chance: Chance
  /** All faults have ended. */
  isHealed: boolean
  /** Something the world did, in words. */
  tell(what: string): void
}

/** How much of a scene is written down. */
export interface SceneOptions {
  /** @default true */
  readonly keepsTrace?: boolean
  /** The machines are listened to, event by event; the dearest part of a record. @default true */
  readonly traces?: boolean
}

/** A scene at its beginning. `watch` sees each entry. */
export function createScene(
  scenario: Scenario,
  watch: (entry: Entry) => void,
  { keepsTrace = true, traces = true }: SceneOptions = {},
): Scene {
  const { seed, kinds, server } = scenario
  const world = createWorld()
  const recorder = createRecorder(() => world.now, watch, keepsTrace)
  const record = (happening: Happening): void => recorder.record('', world.now, happening)
  const wall = (): number => NEW_YEAR + world.now
  const tokens = createTokens(server.tokenLife, wall)
  const truth = createTruth(kinds, (channel, value) => record({ kind: 'truth', channel, value }))
  const node = createNode({
    world,
    truth,
    kinds,
    plan: server,
    chance: createChance(seed, 'server'),
    isAdversary: scenario.adversary === 'server',
    check: (auth) => tokens.check(auth, wall()),
    threw: (where, error) => record({ kind: 'threw', where, text: String(error) }),
    logged: (channel, { epoch, offset, prev, data }) =>
      record({ kind: 'logged', channel, epoch, offset, prev, data: JSON.parse(data) as unknown }),
  })

  const clients = scenario.clients.map((plan): Client => {
    const { name } = plan
    const record = (happening: Happening): void => {
      recorder.record(name, machine.thread.clock.monotonic() - 5_000, happening)
      if (
        happening.kind === 'effect' &&
        happening.machine === 'connection' &&
        happening.effect.type === 'open'
      )
        machine.opened = Number(happening.effect.link)
    }
    const machine: Machine = createMachine(name, {
      world,
      random: createChance(seed, `core ${name}`),
      network: createChance(seed, `network ${name}`),
      latency: plan.latency,
      jitter: plan.jitter,
      record,
      arrive: (upgrade) => node.arrive(upgrade),
      served: (link, direction, text) => {
        // What a hello or a request sets off on the server takes some promises.
        if (direction === 'in' && /^\[?\{"type":"(?:client_ready|rt\.|ask)/.test(text)) world.stir()
        recorder.record(name, world.now, toSession(link, direction, text))
      },
    })
    machine.habits = { keepsSockets: plan.keepsSockets, tells: plan.tells }
    const asking = createAsking({ world, machine, node, truth, tokens, record })
    return { plan, machine, asking, app: createApp(plan, { world, machine, asking, record, traces }), record }
  })

  if (scenario.adversary === 'client') {
    const [random, network, chance] = ['core', 'network', 'talk'].map((name) =>
      createChance(seed, `hostile ${name}`),
    )
    const machine = createMachine('hostile', {
      world,
      random: random!,
      network: network!,
      latency: 5,
      jitter: 0,
      record: () => undefined,
      arrive: (upgrade) => node.arrive(upgrade),
      served: () => undefined,
    })
    startHostile(world, machine, chance!, scenario.healAt)
  }

  return {
    scenario,
    world,
    node,
    truth,
    tokens,
    clients,
    recorder,
    chance: createChance(seed, 'faults at work'),
    isHealed: false,
    tell: (what) => record({ kind: 'moved', what }),
  }
}

/** What the server's end of a link hears and says, as far as it can be seen from outside. */
function toSession(link: string, direction: 'in' | 'out' | 'close', text: string): Happening {
  const type = direction === 'in' ? 'frame' : direction === 'out' ? 'send' : 'close'
  const fields = { type, text }
  return direction === 'in'
    ? { kind: 'session', link, event: fields, phase: '' }
    : { kind: 'session', link, effect: fields, phase: direction === 'close' ? 'closed' : '' }
}
