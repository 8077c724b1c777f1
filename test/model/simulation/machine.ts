// The machine of one client: its page, its clocks, its network card and its sockets. Everything but the app.
import type { Runtime } from '../../../src/runtime.ts'
import { webSocket, type WebSocketLike } from '../../../src/transports/websocket.ts'
import type { Transport } from '../../../src/transports/transport.ts'
import type { Happening } from '../trace/entry.ts'
import { createPage, type Pause, type SimPage } from './page.ts'
import { createPath, type Path } from './path.ts'
import type { Chance } from './random.ts'
import { createSocket, type Upgrade, type Wire } from './socket.ts'
import { createThread, type Thread } from './thread.ts'
import type { World } from './world.ts'

/** A client without its app. */
export interface Machine {
  readonly thread: Thread
  readonly page: SimPage
  readonly path: Path
  readonly runtime: Runtime
  /** The library's own transport, over simulated sockets. */
  readonly transport: Transport
  /** What `new WebSocket` does. */
  open(): WebSocketLike
  /** Sockets that were neither closed by us nor by the network. */
  readonly links: number
  /** Ends every link: the network tells both ends, or nobody. */
  cut(told: boolean): void
  /** From now on the frames of the present links come twice. */
  repeat(): void
  /** What is between the ends loses the next message of the stream, and nothing else. */
  swallow(): void
  /** How a browser treats a frozen page: whether the sockets survive, and whether it is told of those that did not. */
  habits: { readonly keepsSockets: boolean; readonly tells: boolean }
  /** The next constructor call throws (CSP, mixed content). */
  forbidden: number
  /** The number of the link that is opened next, or was last; undefined where nobody says. */
  opened: number | undefined
}

/** What a machine does for its surroundings. */
export interface MachineHost {
  readonly world: World
  /** For jitter of the core, and for the network. */
  readonly random: Chance
  readonly network: Chance
  readonly latency: number
  readonly jitter: number
  record(happening: Happening): void
  arrive(upgrade: Upgrade): void
  served(link: string, direction: 'in' | 'out' | 'close', text: string): void
}

/** A machine with a visible page and a good network. */
export function createMachine(name: string, host: MachineHost): Machine {
  const { world, network } = host
  const guard = (task: () => void): void => {
    try {
      task()
    } catch (error) {
      host.record({ kind: 'threw', where: 'task', text: String(error) })
    }
  }
  const thread = createThread(world, guard)
  const path = createPath(world, network, host.latency, host.jitter)
  const wires = new Set<Wire>()
  /** Browsers connect to one host one at a time (M5). */
  const queue: Wire[] = []
  let sockets = 0

  const page = createPage(world, thread, {
    paused(kind) {
      if (kind === 'cache') for (const wire of wires) wire.lose()
      else if (kind === 'freeze' && !machine.habits.keepsSockets) for (const wire of wires) wire.deafen()
      else if (isSleep(kind)) for (const direction of ['up', 'down'] as const) path.stall(direction)
    },
    resumed(kind, ms) {
      if (isSleep(kind)) {
        host.record({ kind: 'slept', ms })
        for (const direction of ['up', 'down'] as const) path.flow(direction)
      } else if (kind === 'block') host.record({ kind: 'blocked', ms })
      else host.record({ kind: 'froze', ms })
      if (kind === 'freeze' && !machine.habits.keepsSockets) {
        for (const wire of wires) wire.lose()
      }
      if (kind === 'freeze' || kind === 'cache') {
        for (const wire of [...wires]) if (wire.isLost && machine.habits.tells) wire.mourn()
      }
    },
  })
  page.listen((signal) => host.record({ kind: 'page', signal }))

  const startNext = (): void => {
    if (queue.some((wire) => wire.isStarted && wire.isConnecting)) return
    while (queue[0] && !queue[0].isConnecting) queue.shift()
    queue[0]?.start()
  }

  const open = (): WebSocketLike => {
    if (machine.forbidden > 0) {
      machine.forbidden--
      throw new DOMException('The page may not connect there.', 'SecurityError')
    }
    const { opened } = machine
    const which = opened === undefined ? {} : { link: opened }
    const wire: Wire = createSocket(
      {
        world,
        path,
        thread,
        arrive: (upgrade) => (path.isStripped ? upgrade.refuse() : host.arrive(upgrade)),
        inbound: (text) => host.record({ kind: 'inbound', text, ...which }),
        outbound: (text, buffered) => host.record({ kind: 'outbound', text, buffered, ...which }),
        released() {
          wires.delete(wire)
          startNext()
        },
        settled: startNext,
        served: host.served,
      },
      name,
      `${name}.${++sockets}`,
    )
    wires.add(wire)
    if (!page.isOnline()) wire.refuse()
    queue.push(wire)
    startNext()
    return wire.browser
  }

  const machine: Machine = {
    thread,
    page,
    path,
    runtime: { clock: thread.clock, random: host.random, page },
    transport: webSocket({ WebSocket: toClass(open) }),
    open,
    get links() {
      return wires.size
    },
    cut(told) {
      for (const wire of [...wires])
        if (told) wire.reset()
        else wire.silence()
    },
    swallow() {
      for (const wire of wires) wire.swallows = true
    },
    repeat() {
      for (const wire of wires) wire.repeat = true
    },
    habits: { keepsSockets: false, tells: true },
    forbidden: 0,
    opened: undefined,
  }
  return machine
}

/** What `new` gives is what the function returns, if that is an object. */
function toClass(make: () => object): new (url: string) => unknown {
  return new Proxy(Object, { construct: () => make() })
}

function isSleep(kind: Pause): boolean {
  return kind === 'sleep' || kind === 'sleep with running clock'
}
