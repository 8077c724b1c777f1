// Everything that can go wrong, by kind: which faults of the catalogue it stands for, how long it lasts, what it does to the world.
import type { Mood, TokenMood } from './asking.ts'
import { later, pick, seconds, type Faults } from './fault.ts'
import { networkFaults } from './faults-network.ts'
import { pageFaults } from './faults-page.ts'
import { serverFaults } from './faults-server.ts'
import type { Scene } from './scene.ts'

/** What the app gives the library does not do as it should. */
const appFaults: Faults = {
  http: {
    ids: 'P17',
    isLocal: true,
    lasts: [500, 300_000],
    run(scene, { asking, plan }, { ms, value }) {
      const mood = pick<Mood>(['fails', 'hangs', 'slow'], value)
      asking.http = mood
      later(scene, ms, () => void (asking.http = 'well'))
      return `${plan.name}: its HTTP ${mood} for ${seconds(ms)}`
    },
  },
  tokens: {
    ids: 'P16',
    isLocal: true,
    needsAuth: true,
    lasts: [500, 120_000],
    run(scene, { asking, plan }, { ms, value }) {
      const mood = pick<TokenMood>(['fails', 'hangs', 'slow', 'empty', 'expired'], value)
      asking.tokens = mood
      later(scene, ms, () => void (asking.tokens = 'well'))
      return `${plan.name}: its token provider: ${mood}, for ${seconds(ms)}`
    },
  },
  revoke: {
    ids: 'S18',
    isLocal: true,
    needsAuth: true,
    run(scene, { plan }, { value }) {
      if (value < 0.5) scene.tokens.expire(plan.user)
      scene.node.revoke(plan.user)
      return `${plan.user} is revoked`
    },
  },
}

/** Every kind, by name. Their order is part of what a seed means. */
export const faults: Faults = { ...networkFaults, ...pageFaults, ...serverFaults, ...appFaults }

/** Everything is well again, and stays so. */
export function heal(scene: Scene): void {
  scene.isHealed = true
  const { node, clients } = scene
  node.front = 'pass'
  node.slowness = 0
  node.resume()
  node.clear()
  node.start()
  for (const { machine, asking, plan } of clients) {
    const { path, page } = machine
    Object.assign(path, {
      latency: plan.latency,
      jitter: plan.jitter,
      rate: Infinity,
      handshake: 0,
      cut: null,
    })
    path.isStripped = false
    machine.forbidden = 0
    asking.http = asking.tokens = 'well'
    page.wake()
    for (const way of ['up', 'down'] as const) path.flow(way)
    page.setOnline(true)
    page.setVisible(true)
  }
}
