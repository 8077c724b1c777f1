// The server's side of the world: a process that runs the real server, or a plain one, and the proxy in front of it.
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import type { Chance } from './random.ts'
import { startAdversary } from './adversary.ts'
import { startPlain, startReal, type Process, type ProcessHost, type ServerPlan } from './process.ts'
import type { ServerSocket, Upgrade } from './socket.ts'
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
  arrive(upgrade: Upgrade): void
  /** The process dies. `told`: the kernel still says so; else the machine is gone. */
  crash(told: boolean): void
  /** A new process. */
  start(): void
  /** Nothing of it runs, and nobody is told; until `resume` (SIGSTOP). False where nothing runs anyway. */
  stop(): boolean
  resume(): void
  /** Ends in order: announced to those who understand, spread over so many milliseconds. Gone after that. */
  drain(over: number): void
  /** What stands in front closes every link, or every so-manieth. */
  closeAll(code: number, reason: string, share: number): void
  /** Says something to every link that no server should. */
  inject(text: string): void
  revoke(user: string): void
  /** The truth has changed: everybody is told. */
  publish(channel: string, message: unknown): void
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
}

/** A server that runs. */
export function createNode(host: NodeHost): ServerNode {
  const { world, chance } = host
  /** What stands in front never halts. */
  const proxy = createThread(world, (task) => task())
  let thread: Thread
  let process: Process | null = null
  let thinking = 0
  const links = new Map<Upgrade, ServerSocket>()

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

  const accept = (upgrade: Upgrade, by: Thread): ServerSocket => {
    const socket = upgrade.accept(by, host.plan.maxPayload)
    links.set(upgrade, socket)
    socket.once('close', () => void links.delete(upgrade))
    return socket
  }

  const node: ServerNode = {
    front: 'pass',
    slowness: 0,
    get isUp() {
      return process !== null
    },
    arrive(upgrade) {
      const { front } = node
      if (front === 'hang') return
      if (front === 'refuse' || (process === null && front === 'pass')) return upgrade.refuse()
      if (front === 'mute') return void accept(upgrade, proxy)
      if (front !== 'pass') return accept(upgrade, proxy).close(front, '')
      const { arrive } = process!
      thread.do(() => arrive(upgrade, () => accept(upgrade, thread)))
    },
    crash(told) {
      if (!process) return
      thread.end()
      process = null
      for (const upgrade of links.keys()) upgrade.die(told)
      links.clear()
    },
    start() {
      if (process) return
      thread = createThread(world, guard)
      const random = seededRandom(Math.floor(chance() * 2 ** 32))
      const inside: ProcessHost = { ...host, thread, random, slowness: () => node.slowness, think }
      if (host.isAdversary) process = startAdversary(inside, chance)
      else process = host.plan.level === 0 ? startPlain(inside) : startReal(inside)
    },
    stop() {
      if (!process || thread.isHalted) return false
      thread.halt()
      return true
    },
    resume: () => thread.resume(0, chance.odds(0.5)),
    drain(over) {
      if (!process) return
      const going = process
      world.stir()
      thread.do(() => going.drain(over))
      world.after(over + 3_000, () => {
        if (process === going) node.crash(true)
      })
    },
    closeAll(code, reason, share) {
      for (const socket of [...links.values()]) if (chance.odds(share)) socket.close(code, reason)
    },
    inject(text) {
      for (const socket of links.values()) socket.send(text)
    },
    revoke(user) {
      const { revoke } = process ?? {}
      if (revoke) thread.do(() => revoke(user))
    },
    publish(channel, message) {
      const { publish } = process ?? {}
      world.stir()
      if (publish) thread.do(() => publish(channel, message))
    },
    serve(answer, fail) {
      if (process) thread.do(answer)
      else fail()
    },
  }
  node.start()
  return node
}
