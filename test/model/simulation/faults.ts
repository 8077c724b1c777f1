// What can go wrong, by kind: which faults of the catalogue it stands for, how long and how often, and what it does to the world.
import type { Client, Scene } from './scene.ts'
import type { Move } from './plan.ts'
import type { Mood, TokenMood } from './asking.ts'

/** A kind of fault. */
export interface Fault {
  /** Ids of the catalogue. */
  readonly ids: string
  /** The least and the most it lasts, where it lasts. */
  readonly lasts?: readonly [least: number, most: number]
  /** Befalls one client; else the server. */
  readonly isLocal?: true
  /** Only the real server can. */
  readonly needsLevel1?: true
  readonly needsAuth?: true
  /** Does it, and says what. null: it could not be done. */
  run(scene: Scene, client: Client, move: Move): string | null
}

const pick = <T>(choices: readonly T[], value: number): T => choices[Math.floor(value * choices.length)]!
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

/** Undoes something later, unless everything was healed meanwhile: healing undoes it too. */
const later = (scene: Scene, ms: number, undo: () => void): void => void scene.world.after(ms, undo)

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

const stall = (
  scene: Scene,
  { machine, plan }: Client,
  { ms }: Move,
  ways: ReadonlyArray<'up' | 'down'>,
): string => {
  for (const way of ways) machine.path.stall(way)
  later(scene, ms, () => {
    for (const way of ways) machine.path.flow(way)
  })
  return `${plan.name}: the network stalls ${ways.join(' and ')} for ${seconds(ms)}`
}

/** Every kind, by name. */
export const faults: Readonly<Record<string, Fault>> = {
  // The network
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
  // The page
  hide: {
    ids: 'B1',
    isLocal: true,
    lasts: [2_000, 900_000],
    run(scene, { machine: { page }, plan }, { ms }) {
      if (!page.isVisible()) return null
      page.setVisible(false)
      later(scene, ms, () => page.setVisible(true))
      return `${plan.name}: hidden for ${seconds(ms)}`
    },
  },
  freeze: {
    ids: 'B2',
    isLocal: true,
    lasts: [1_000, 900_000],
    run(scene, { machine: { page }, plan }, { ms, value }) {
      if (!page.pause('freeze', ms, value)) return null
      later(scene, ms + 1, () => page.setVisible(true))
      return `${plan.name}: frozen for ${seconds(ms)}`
    },
  },
  cache: {
    ids: 'B3 B4',
    isLocal: true,
    lasts: [1_000, 600_000],
    run: (_scene, { machine, plan }, { ms, value }) =>
      machine.page.pause('cache', ms, value)
        ? `${plan.name}: in the back-forward cache for ${seconds(ms)}`
        : null,
  },
  sleep: {
    ids: 'B5 B6 B19',
    isLocal: true,
    lasts: [3_000, 28_800_000],
    run(_scene, { machine, plan }, { ms, value }) {
      const kind = value * 7 - Math.floor(value * 7) < 0.7 ? 'sleep' : 'sleep with running clock'
      if (!machine.page.pause(kind, ms, value)) return null
      // What was open is not, after a while: the server or a router has given it up.
      if (ms > 60_000) machine.cut(false)
      return `${plan.name}: the machine sleeps for ${seconds(ms)}${kind === 'sleep' ? '' : ', its monotonic clock goes on'}`
    },
  },
  block: {
    ids: 'B12 C3 C5',
    isLocal: true,
    lasts: [100, 60_000],
    run: (_scene, { machine, plan }, { ms, value }) =>
      machine.page.pause('block', ms, value)
        ? `${plan.name}: the thread is blocked for ${seconds(ms)}`
        : null,
  },
  'wall jump': {
    ids: 'C1',
    isLocal: true,
    run(_scene, { machine, plan }, { value }) {
      const ms = Math.round((value - 0.5) * 2 * 86_400_000)
      machine.thread.jumpWall(ms)
      return `${plan.name}: someone sets the clock by ${seconds(ms)}`
    },
  },
  offline: {
    ids: 'B9 N18',
    isLocal: true,
    lasts: [500, 300_000],
    run(scene, { machine: { page, path }, plan }, { ms }) {
      if (!page.isOnline()) return null
      for (const way of ['up', 'down'] as const) path.stall(way)
      page.setOnline(false)
      later(scene, ms, () => {
        for (const way of ['up', 'down'] as const) path.flow(way)
        page.setOnline(true)
      })
      return `${plan.name}: offline for ${seconds(ms)}`
    },
  },
  'false alarm': {
    ids: 'B8 B9 B10 B11',
    isLocal: true,
    run(_scene, { machine: { page }, plan }, { value }) {
      const same = page.isVisible() ? 'visible' : 'hidden'
      const signal = pick(['online', 'offline', 'network', 'restored', 'resumed', same] as const, value)
      page.signal(signal)
      if (value * 10 - Math.floor(value * 10) < 0.3) page.signal('online')
      return `${plan.name}: the page says ${signal}, and nothing has changed`
    },
  },
  forbidden: {
    ids: 'B16',
    isLocal: true,
    run: (_scene, { machine, plan }) => (
      (machine.forbidden = 1),
      `${plan.name}: the next WebSocket may not be made`
    ),
  },
  // The server
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
      const over = value < 0.3 ? 0 : Math.round(value * 15_000)
      const isReplaced = value > 0.65
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
      scene.node.inject(text)
      return `the server says ${text.slice(0, 80)}`
    },
  },
  // The app's own helpers
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

/** Everything is well again, and stays so. */
export function heal(scene: Scene): void {
  scene.isHealed = true
  const { node, clients } = scene
  node.front = 'pass'
  node.slowness = 0
  node.resume()
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
