// What the apps and their users do, and how the truth changes: the moves that are nobody's fault.
import type { Action } from './app.ts'
import type { Move } from './plan.ts'
import { STREAM } from './process.ts'
import type { Client, Scene } from './scene.ts'

/** What an app may do, and how rare it is. */
export const actions: ReadonlyArray<readonly [Action, rarity: number]> = [
  ['subscribe', 1],
  ['unsubscribe', 1.5],
  ['send', 1],
  ['burst', 3],
  ['update', 2],
  ['refresh', 2],
  ['channel-ready', 3],
  ['ready', 3],
  ['configure', 3],
  ['connect', 4],
  ['retry', 4],
  ['disconnect', 8],
  ['reset', 10],
  ['close', 30],
]

/** The same, for who has a stream. */
export const streamActions: ReadonlyArray<readonly [Action, rarity: number]> = [
  ['publish', 1],
  ['publish-burst', 3],
  ['request', 3],
  ['listen', 3],
  ['leave', 4],
]

const names: ReadonlySet<string> = new Set([...actions, ...streamActions].map(([name]) => name))

/** True for a move of an app. */
export function isAction(kind: string): kind is Action {
  return names.has(kind)
}

/** Does a move of an app. `ms` above 0: inside the next callback. Nobody clicks while nothing runs: a moment later, then. */
export function act(scene: Scene, client: Client, move: Move): void {
  const { kind, value, ms } = move
  const { machine, app } = client
  if (!isAction(kind)) return
  const size = value * 13 - Math.floor(value * 13)
  if (machine.thread.isHalted)
    machine.thread.do(() => void scene.world.after(1, () => act(scene, client, move)))
  else machine.thread.do(() => (ms > 0 ? app.later(kind, value, size) : app.act(kind, value, size)))
}

/** The server says something on the stream, where there is one. Below 0.1 the message gets lost behind the broker. */
export function say({ node, scenario, world }: Scene, value: number): void {
  if (!scenario.server.stream) return
  if (value < 0.1) node.lose(STREAM)
  node.publish(STREAM, { from: 'server', at: world.now })
}

/** Something changes on the server, and everybody is told. */
export function change({ truth, node, scenario }: Scene, value: number): void {
  const channels = Object.keys(scenario.kinds)
  const channel = channels[Math.floor(value * channels.length)]!
  node.publish(channel, truth.change(channel, (value * 31) % 1))
}
