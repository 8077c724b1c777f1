// What can go wrong between a client and the server.
import { later, seconds, type Faults } from './fault.ts'
import type { Move } from './plan.ts'
import type { Client, Scene } from './scene.ts'

export const networkFaults: Faults = {
  stall: {
    ids: 'N9 N12 S8',
    isLocal: true,
    lasts: [200, 300_000],
    run: (scene, client, move) => stall(scene, client, move, ['up', 'down']),
  },
  'stall up': {
    ids: 'N11',
    isLocal: true,
    lasts: [1_000, 120_000],
    run: (scene, client, move) => stall(scene, client, move, ['up']),
  },
  'stall down': {
    ids: 'N10',
    isLocal: true,
    lasts: [1_000, 120_000],
    run: (scene, client, move) => stall(scene, client, move, ['down']),
  },
  cut: {
    ids: 'N7 N8 N17',
    isLocal: true,
    run: (_scene, { machine, plan }) => (machine.cut(true), `${plan.name}: the links are cut`),
  },
  'half-open': {
    ids: 'N9 N18',
    isLocal: true,
    run: (_scene, { machine, plan }) => (
      machine.cut(false),
      `${plan.name}: the links are dead, and nobody is told`
    ),
  },
  'cut after bytes': {
    ids: 'N16',
    isLocal: true,
    run(_scene, { machine, plan }, { value }) {
      const bytes = Math.floor(value * value * 4_000)
      machine.path.cut = { bytes, told: bytes % 3 > 0 }
      return `${plan.name}: the next link is cut after ${bytes} bytes`
    },
  },
  'other network': {
    ids: 'N18 B11',
    isLocal: true,
    run(_scene, { machine, plan }, { value }) {
      machine.cut(false)
      machine.path.latency = 5 + value * 300
      machine.page.signal(value < 0.5 ? 'network' : 'online')
      return `${plan.name}: another network; the old links are dead`
    },
  },
  slow: {
    ids: 'N13',
    isLocal: true,
    lasts: [5_000, 300_000],
    run(scene, { machine: { path }, plan }, { ms, value }) {
      const { latency, jitter } = plan
      path.latency = 100 + value * 2_000
      path.jitter = value * 3_000
      later(scene, ms, () => Object.assign(path, { latency, jitter }))
      return `${plan.name}: ${Math.round(path.latency)} ms one way for ${seconds(ms)}`
    },
  },
  narrow: {
    ids: 'N14 N15 R2',
    isLocal: true,
    lasts: [5_000, 120_000],
    run(scene, { machine: { path }, plan }, { ms, value }) {
      path.rate = 0.2 + value * 4
      later(scene, ms, () => void (path.rate = Infinity))
      return `${plan.name}: ${path.rate.toFixed(1)} kB/s for ${seconds(ms)}`
    },
  },
  'slow handshake': {
    ids: 'N2 N3',
    isLocal: true,
    lasts: [5_000, 120_000],
    run(scene, { machine: { path }, plan }, { ms, value }) {
      path.handshake = 500 + value * 15_000
      later(scene, ms, () => void (path.handshake = 0))
      return `${plan.name}: upgrades take ${seconds(path.handshake)} longer for ${seconds(ms)}`
    },
  },
  'no websockets': {
    ids: 'N21',
    isLocal: true,
    lasts: [10_000, 600_000],
    run(scene, { machine: { path }, plan }, { ms }) {
      path.isStripped = true
      later(scene, ms, () => void (path.isStripped = false))
      return `${plan.name}: a proxy lets HTTP through, but no WebSocket, for ${seconds(ms)}`
    },
  },
  flap: {
    ids: 'N19',
    isLocal: true,
    lasts: [20_000, 600_000],
    run(scene, client, { ms }) {
      for (let at = 0; at < ms; at += 6_000)
        later(scene, at, () => {
          if (scene.isHealed) return
          client.machine.cut(true)
          for (const way of ['up', 'down'] as const) client.machine.path.stall(way)
          later(scene, 3_000, () => {
            for (const way of ['up', 'down'] as const) client.machine.path.flow(way)
          })
        })
      return `${client.plan.name}: the network is up 3 s, down 3 s, for ${seconds(ms)}`
    },
  },
  twice: {
    ids: 'N22',
    isLocal: true,
    run: (_scene, { machine, plan }) => (machine.repeat(), `${plan.name}: a relay sends each frame twice`),
  },
}

function stall(
  scene: Scene,
  { machine, plan }: Client,
  { ms }: Move,
  ways: ReadonlyArray<'up' | 'down'>,
): string {
  for (const way of ways) machine.path.stall(way)
  later(scene, ms, () => {
    for (const way of ways) machine.path.flow(way)
  })
  return `${plan.name}: the network stalls ${ways.join(' and ')} for ${seconds(ms)}`
}
