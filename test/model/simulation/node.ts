// The server's side of the world: a process that runs the real server, or a plain one, and the proxy in front of it.
import type { Publication } from '../../../src/server/broker.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { memoryBroker } from '../../../src/server/memory-broker.ts'
import type { Chance } from './random.ts'
import { startAdversary } from './adversary.ts'
import { startPlain, startReal, STREAM, type Process, type ProcessHost, type ServerPlan } from './process.ts'
import type { ServerSocket } from './server-end.ts'
import type { Upgrade } from './socket.ts'
import { createThread, type Thread } from './thread.ts'
import type { Kind, Truth } from './truth.ts'
import type { World } from './world.ts'

/** What happens to an upgrade before the server sees it. A number: accepted, then closed with that code. */
export type Front = 'pass' | 'refuse' | 'hang' | 'mute' | number

/** One server as the world sees it. */
export interface ServerNode {
  front: Front
  /** Milliseconds that its own functions take; null: they throw. */
  slowness: number | null
  readonly isUp: boolean
  /** Links it holds. */
  readonly links: number
  /** The window it advises now. */
  readonly window: number
  arrive(upgrade: Upgrade): void
  /** The process dies. `told`: the kernel still says so; else the machine is gone. */
  crash(told: boolean): void
  /** A new process. */
  start(): void
  /** Nothing of it runs, and nobody is told; until `resume` (SIGSTOP). False where nothing runs anyway. */
  stop(): boolean
  resume(): void
  /** Ends in order: announced to those who understand, spread over so many milliseconds. `isReplaced`: its successor works already. */
  drain(over: number, isReplaced: boolean): void
  /** What stands in front closes every link, or every so-manieth. */
  closeAll(code: number, reason: string, share: number): void
  /** Links that were accepted in front of the server, and go nowhere, end. */
  clear(): void
  /** Says something to every link that no server should. */
  inject(text: string): void
  revoke(user: string): void
  /** The truth has changed: everybody is told. */
  publish(channel: string, message: unknown): void
  /** The next message of that channel reaches nobody who is there. */
  lose(channel: string): void
  /** Runs as a request to the same process, if there is one to answer. */
  serve(answer: () => void, fail: () => void): void
}

/** What the world does for a server. */
export interface NodeHost {
  readonly world: World
  readonly truth: Truth
  readonly kinds: Readonly<Record<string, Kind>>
  readonly plan: ServerPlan
  readonly chance: Chance
  /** A generator of frames stands in for the server. */
  readonly isAdversary: boolean
  /** Whose token this is; null for one that is not, or no longer, good. */
  check(auth: unknown): { readonly id: string; readonly expiresAt?: number } | null
  threw(where: string, error: unknown): void
  /** A message has got its place in a channel. */
  logged(channel: string, publication: Publication): void
}

/** A process, its thread and its links. */
interface Running {
  readonly thread: Thread
  readonly process: Process
  readonly links: Map<Upgrade, ServerSocket>
}

/** A process that has ended in order and still holds links is killed so much later. */
const LAST = 3_000

/** So long after the machine is back a client has surely sent something on its old link. */
const NEXT_PACKET = 20_000

/** A server that runs. */
export function createNode(host: NodeHost): ServerNode {
  const { world, chance } = host
  /** What stands in front never halts, and what it accepts never reaches a process. */
  const proxy: Pick<Running, 'thread' | 'links'> = {
    thread: createThread(world, (task) => task()),
    links: new Map(),
  }
  let now: Running | null = null
  /** Those that drain while their successor works. */
  const old = new Set<Running>()
  let thinking = 0
  const shared = host.plan.outlives
    ? memoryBroker({ clock: proxy.thread.clock, random: seededRandom(Math.floor(chance() * 2 ** 32)) })
    : null
  /** Links of a machine that is gone. */
  const orphans = new Set<Upgrade>()

  const guard = (task: () => void): void => {
    // Somebody waits for one of the server's own functions, and this may be the answer.
    if (thinking > 0) world.stir()
    try {
      task()
    } catch (error) {
      host.threw('server', error)
    }
  }

  const think = async <T>(run: () => Promise<T>): Promise<T> => {
    thinking++
    world.stir()
    try {
      return await run()
    } finally {
      thinking--
      world.stir()
    }
  }

  const accept = (upgrade: Upgrade, { thread, links }: Pick<Running, 'thread' | 'links'>): ServerSocket => {
    const socket = upgrade.accept(thread, host.plan.maxPayload)
    links.set(upgrade, socket)
    socket.once('close', () => void links.delete(upgrade))
    return socket
  }

  const end = (running: Running, told: boolean): void => {
    if (running === now) now = null
    old.delete(running)
    running.thread.end()
    for (const upgrade of running.links.keys()) {
      upgrade.die(told)
      if (!told) orphans.add(upgrade)
    }
  }

  const all = (): ServerSocket[] =>
    [...old, ...(now ? [now] : []), proxy].flatMap(({ links }) => [...links.values()])

  const tell = (run: (process: Process) => void): void => {
    world.stir()
    if (now) {
      const { thread, process } = now
      thread.do(() => run(process))
    }
  }

  const node: ServerNode = {
    front: 'pass',
    slowness: 0,
    get isUp() {
      return now !== null
    },
    get links() {
      return all().length
    },
    get window() {
      return now?.process.window() ?? 0
    },
    arrive(upgrade) {
      const { front } = node
      if (front === 'hang') return
      if (front === 'mute') accept(upgrade, proxy)
      else if (typeof front === 'number') accept(upgrade, proxy).close(front, '')
      else if (front === 'refuse' || !now) upgrade.refuse()
      else {
        const running = now
        running.thread.do(() => running.process.arrive(upgrade, () => accept(upgrade, running)))
      }
    },
    crash(told) {
      if (now) end(now, told)
    },
    start() {
      if (now) return
      const thread = createThread(world, guard)
      const random = seededRandom(Math.floor(chance() * 2 ** 32))
      const inside: ProcessHost = { ...host, thread, random, slowness: () => node.slowness, think, shared }
      const start = (): Process => {
        if (host.isAdversary) return startAdversary(inside, chance)
        return host.plan.level === 0 ? startPlain(inside) : startReal(inside)
      }
      now = { thread, process: start(), links: new Map() }
      // The machine is back and knows nothing of its old links: whatever comes on them is answered with a reset.
      for (const upgrade of orphans) world.after(NEXT_PACKET, () => upgrade.die(true))
      orphans.clear()
    },
    stop() {
      if (!now || now.thread.isHalted) return false
      now.thread.halt()
      return true
    },
    resume: () => now?.thread.resume(0, chance.odds(0.5)),
    drain(over, isReplaced) {
      if (!now) return
      const going = now
      tell((process) => process.drain(over))
      if (isReplaced) {
        now = null
        old.add(going)
        node.start()
      }
      world.after(over + LAST, () => end(going, true))
    },
    closeAll(code, reason, share) {
      for (const socket of all()) if (chance.odds(share)) socket.close(code, reason)
    },
    clear() {
      for (const upgrade of proxy.links.keys()) upgrade.die(true)
      proxy.links.clear()
    },
    inject(text) {
      for (const socket of all()) socket.send(text)
    },
    revoke: (user) => tell((process) => process.revoke(user)),
    publish(channel, message) {
      // What all processes share is said by one of them.
      const isShared = shared !== null && channel === STREAM
      for (const { thread, process } of isShared && now ? [] : old)
        thread.do(() => process.publish(channel, message))
      tell((process) => process.publish(channel, message))
    },
    lose: (channel) => now?.process.lose(channel),
    serve(answer, fail) {
      if (now) now.thread.do(answer)
      else fail()
    },
  }
  node.start()
  return node
}
