// What can go wrong with the server and with what stands in front of it.
import { later, pick, seconds, type Faults } from './fault.ts'
import type { Move } from './plan.ts'
import type { Scene } from './scene.ts'

/** The codes a server or a proxy may close with, the harmless more often than the others. */
const CODES = [
  1000, 1001, 1005, 1006, 1011, 1011, 1012, 1012, 1012, 1013, 1014, 4000, 4429, 4500, 4503,
] as const
const GRAVE = [1002, 1008, 1009, 3003, 4400, 4401, 4403, 4404, 4413] as const

const away = (scene: Scene, { ms, value }: Move, told: boolean): string | null => {
  if (!scene.node.isUp) return null
  scene.node.crash(told)
  later(scene, ms, scene.node.start)
  return `the server ${told ? 'is killed' : 'loses its machine'} for ${seconds(ms)} (${value.toFixed(2)})`
}

const front = (scene: Scene, { ms }: Move, mode: Scene['node']['front']): string => {
  scene.node.front = mode
  later(scene, ms, () => {
    if (scene.node.front === mode) scene.node.front = 'pass'
  })
  return `new links: ${typeof mode === 'number' ? `accepted, then closed with ${mode}` : mode} for ${seconds(ms)}`
}

/** What no server should say, and some do. Nothing in here is a state of a channel. */
const LIES: readonly string[] = [
  { type: 'pong' },
  { type: 'pong', timestamp: 1 },
  { type: 'pong', timestamp: 1e15 },
  { type: 'pong', timestamp: 'yesterday' },
  { type: 'ping' },
  { type: 'ping', timestamp: { deep: [1] } },
  { type: 'client_ready', v: 1 },
  { type: 'server_ready', v: 1, heartbeat: { interval: 1, timeout: 1 }, reconnect: { window: 1 } },
  { type: 'server_ready', v: 1, heartbeat: { interval: 1e15, timeout: 1e15 }, reconnect: { window: 1e12 } },
  { type: 'server_ready', v: 2, heartbeat: 'soon', reconnect: [] },
  { type: 'rt.notice', reconnect: { window: -5 } },
  { type: 'rt.notice', reconnect: { window: '9' } },
  { type: 'rt.notice', reconnect: { window: 800 } },
  { type: 'rt.error', code: 'rate_limited', message: 'x'.repeat(2_000), retryable: true, retry_after: 1e12 },
  { type: 'rt.error' },
  { type: 'rt.go_away', reconnect: { min: -1, spread: 'wide' }, grace: 1e9 },
  { type: 'rt.go_away', code: 'deploy', reconnect: { min: 500, spread: 5_000 }, grace: 2_000 },
  { type: 'rt.ack', id: 'never' },
  { type: 'rt.future', of: { what: 1 } },
  { type: 'toString', data: 1 },
  { type: '__proto__', data: { __proto__: 1 } },
  { type: 'error', data: 'yours' },
  { nothing: true },
  [1, 2, 3],
].map((frame) => JSON.stringify(frame))

export const serverFaults: Faults = {
  kill: { ids: 'S1', lasts: [100, 120_000], run: (scene, _client, move) => away(scene, move, true) },
  'power off': {
    ids: 'S1 N9',
    lasts: [1_000, 120_000],
    run: (scene, _client, move) => away(scene, move, false),
  },
  stop: {
    ids: 'S2',
    lasts: [500, 120_000],
    run(scene, _client, { ms }) {
      if (!scene.node.stop()) return null
      later(scene, ms, scene.node.resume)
      return `the server is stopped for ${seconds(ms)}`
    },
  },
  restart: {
    ids: 'S3 S4',
    lasts: [300, 30_000],
    run(scene, _client, { ms, value }) {
      if (!scene.node.isUp) return null
      // A server whose streams outlive it is replaced before it ends: that is what they are kept for.
      const isRolling = scene.scenario.server.outlives === true
      const over = isRolling
        ? Math.round(5_000 + value * 15_000)
        : value < 0.3
          ? 0
          : Math.round(value * 15_000)
      const isReplaced = isRolling || value > 0.65
      scene.node.drain(over, isReplaced)
      if (isReplaced) return `the server drains for ${seconds(over)}, and its successor works already`
      later(scene, over + 3_000 + ms, scene.node.start)
      return `the server drains for ${seconds(over)} and is back ${seconds(ms + 3_000)} later`
    },
  },
  refuse: {
    ids: 'N1 N4 N5 N6 R5',
    lasts: [500, 300_000],
    run: (scene, _client, move) => front(scene, move, 'refuse'),
  },
  hang: { ids: 'N3', lasts: [1_000, 120_000], run: (scene, _client, move) => front(scene, move, 'hang') },
  mute: { ids: 'S6', lasts: [1_000, 120_000], run: (scene, _client, move) => front(scene, move, 'mute') },
  'accept and close': {
    ids: 'S5',
    lasts: [500, 300_000],
    run: (scene, _client, move) => front(scene, move, pick(CODES, move.value)),
  },
  close: {
    ids: 'P11 N20',
    run(scene, _client, { value }) {
      const code = pick(CODES, value)
      const reason = code === 1013 || code === 4503 ? 'retry_after=2000;spread=3000' : ''
      scene.node.closeAll(code, reason, 0.7)
      return `what stands in front closes links with ${code}`
    },
  },
  'grave close': {
    ids: 'P11',
    run(scene, _client, { value }) {
      const code = pick(GRAVE, value)
      scene.node.closeAll(code, '', 0.4)
      return `what stands in front closes some links with ${code}`
    },
  },
  'slow server': {
    ids: 'S17',
    lasts: [2_000, 120_000],
    run(scene, _client, { ms, value }) {
      const slowness = value < 0.2 ? null : Math.round(value * value * 12_000)
      scene.node.slowness = slowness
      later(scene, ms, () => void (scene.node.slowness = 0))
      return `the server's database ${slowness === null ? 'fails' : `takes ${seconds(slowness)}`} for ${seconds(ms)}`
    },
  },
  lie: {
    ids: 'S21 C6 P12 P13 S10 P3',
    run(scene, _client, { value }) {
      const text = pick(LIES, value)
      // Who has greeted once is held to it for ever (G2a): that lie would be no fault, but another server.
      if (scene.scenario.server.level === 0 && text.includes('server_ready')) return null
      scene.node.inject(text)
      return `the server says ${text.slice(0, 80)}`
    },
  },
}
