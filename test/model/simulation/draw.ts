// drawScenario(): from a seed, everything that will be done to a world. Each part has its own stream of chance.
import { createChance, type Chance } from './random.ts'
import { faults } from './faults.ts'
import type { Adversary, ChannelPlan, ClientPlan, Move, Scenario } from './plan.ts'
import type { ServerPlan } from './process.ts'
import type { Kind } from './truth.ts'
import { actions, streamActions } from './workload.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What is true on the server: the same channels in every world, so that traces can be compared. */
const kinds: Readonly<Record<string, Kind>> = {
  queue: 'replace',
  totals: 'replace',
  notes: 'reload',
  votes: 'change',
}

/** The scenario of a seed. */
export function drawScenario(seed: number): Scenario {
  const shape = createChance(seed, 'shape')
  const adversary: Adversary = seed % 20 === 7 ? 'server' : seed % 20 === 17 ? 'client' : null
  const healAt = drawLength(shape, seed)
  const streams = createChance(seed, 'streams')
  const plan = drawStream(streams, drawServer(createChance(seed, 'server plan'), seed))
  const server = { ...plan, outlives: plan.stream !== undefined && createChance(seed, 'broker').odds(0.5) }
  const count = drawCrowd(shape, seed, healAt)
  const clients = Array.from({ length: count }, (_, index) =>
    drawReader(
      streams,
      server,
      drawClient(createChance(seed, `client ${index}`), index, server, isLong(seed)),
    ),
  )
  const moves = [
    ...drawFaults(createChance(seed, 'faults'), createChance(seed, 'swarm'), healAt, clients, server),
    ...clients.flatMap((client, index) =>
      drawWorkload(createChance(seed, `workload ${index}`), healAt, index, client),
    ),
    ...drawChanges(createChance(seed, 'changes'), healAt, 'change'),
    ...(server.stream ? drawChanges(createChance(seed, 'words'), healAt, 'say') : []),
    ...clients.flatMap((client, index) =>
      drawTalk(createChance(seed, `talk ${index}`), healAt, index, client),
    ),
  ]
  moves.sort((a, b) => a.at - b.at)
  return {
    seed,
    adversary,
    server,
    kinds,
    clients,
    moves,
    healAt,
    sampleEvery: isLong(seed) ? 311_000 : shape.pick([1_700, 7_300, 31_000]),
  }
}

/** One in twenty lives is long: days in which faults are hours apart. `npm test` leaves these out. */
export function isLong(seed: number): boolean {
  return seed % 20 === 0
}

function drawLength(chance: Chance, seed: number): number {
  if (isLong(seed)) return chance.between(4 * HOUR, 72 * HOUR)
  return chance.odds(0.85)
    ? chance.between(0.3 * MINUTE, 4 * MINUTE)
    : chance.between(4 * MINUTE, 20 * MINUTE)
}

/** A crowd lives shorter. */
function drawCrowd(chance: Chance, seed: number, healAt: number): number {
  const luck = chance()
  if (isLong(seed) || luck < 0.6) return 1
  const crowd = luck < 0.97 ? chance.whole(2, 4) : chance.whole(5, 20)
  return Math.min(crowd, Math.ceil((20 * MINUTE) / healAt))
}

function drawServer(chance: Chance, seed: number): ServerPlan {
  return {
    level: chance.odds(0.3) ? 0 : 1,
    hasAuth: chance.odds(0.5),
    tokenLife: chance.odds(0.3) ? chance.scale(30_000, 1_800_000) : null,
    // Days of pings are all alike: there they come less often.
    heartbeat: isLong(seed)
      ? { interval: 60_000, timeout: 10_000 }
      : chance.pick([
          { interval: 15_000, timeout: 5_000 },
          { interval: 15_000, timeout: 5_000 },
          { interval: 25_000, timeout: 10_000 },
          { interval: 5_000, timeout: 2_000 },
        ]),
    acceptRate: chance.pick([300, 300, 50, 5]),
    maxPayload: 65_536,
    answersPings: chance.odds(0.8),
  }
}

/** Four servers in ten keep a stream, some of them little of it. */
function drawStream(chance: Chance, server: ServerPlan): ServerPlan {
  if (server.level === 0 || !chance.odds(0.4)) return server
  return {
    ...server,
    stream: chance.pick([
      { size: 300, ttl: 300_000 },
      { size: 300, ttl: 20_000 },
      { size: 5, ttl: 300_000 },
    ]),
  }
}

function drawReader(chance: Chance, server: ServerPlan, client: ClientPlan): ClientPlan {
  if (!server.stream || client.protocol === 'plain') return client
  return { ...client, stream: { history: chance.pick([0, 0, 10]) } }
}

function drawTalk(chance: Chance, healAt: number, client: number, { stream }: ClientPlan): Move[] {
  if (!stream) return []
  const gap = drawGap(chance, healAt, 500, 200)
  const moves: Move[] = [{ at: chance() * 1_000, kind: 'listen', client, ms: 0, value: 0 }]
  const total = streamActions.reduce((sum, [, rarity]) => sum + 1 / rarity, 0)
  for (let at = gap * chance(); at < healAt; at += gap * (0.2 + 1.6 * chance())) {
    let luck = chance() * total
    const [kind] = streamActions.find(([, rarity]) => (luck -= 1 / rarity) < 0) ?? streamActions[0]!
    moves.push({ at, kind, client, ms: chance.odds(0.1) ? 1 : 0, value: chance() })
  }
  if (chance.odds(0.3))
    for (let at = gap * chance(); at < healAt; at += gap * (5 + 16 * chance()))
      moves.push({ at, kind: 'swallow', client, ms: 0, value: 0 })
  return moves
}

function drawClient(chance: Chance, index: number, server: ServerPlan, hasTime: boolean): ClientPlan {
  const latency = chance.pick([1, 5, 20, 60, 150])
  return {
    name: `c${index}`,
    user: chance.odds(0.8) ? `u${index}` : 'u0',
    latency,
    jitter: chance.odds(0.5) ? 0 : latency * chance() * 3,
    channels: drawChannels(chance),
    protocol: chance.odds(0.7) ? 'auto' : server.level === 0 ? 'plain' : 'rt',
    hasAuth: server.hasAuth,
    asksUrl: chance.odds(0.2),
    diagnoses: chance.odds(0.2),
    hearsMessages: chance.odds(0.3),
    heartbeat: chance.pick([
      {},
      {},
      {},
      hasTime ? { interval: 45_000 } : { interval: 5_000, timeout: 2_000 },
      { interval: 30_000, timeout: 10_000, probe: 1_500 },
    ]),
    reconnect: {
      // Where tokens run out in peace too, nobody is made to wait for the next.
      ...(server.tokenLife === null && chance.odds(0.15) && { minDelay: chance.pick([1_000, 30_000]) }),
      ...(chance.odds(0.08) && { maxAttempts: chance.pick([3, 12]) }),
      ...(chance.odds(0.15) && { budget: { attempts: chance.pick([5, 10]), per: 60_000 } }),
      ...(chance.odds(0.3) && {
        circuit: chance.pick([
          false,
          { failures: 3, after: 5_000, coolDown: 5_000 },
          { failures: 5, after: 20_000 },
        ]),
      }),
    },
    outbox: chance.pick([
      {},
      {},
      { ttl: 10_000 },
      { messages: 5, ttl: 30_000 },
      { bytes: 2_000, ttl: 5_000 },
    ]),
    linger: chance.pick([5_000, 5_000, 0, 1_000]),
    loadFirst: chance.pick([2_000, 2_000, 0]),
    keepsSockets: chance.odds(0.3),
    tells: chance.odds(0.8),
  }
}

function drawChannels(chance: Chance): ChannelPlan[] {
  const names = Object.keys(kinds).filter(() => chance.odds(0.6))
  return (names.length > 0 ? names : ['queue']).map((name) => {
    const kind = kinds[name]!
    // Only whole states come by themselves: everything else has to be loaded.
    const loads = kind !== 'replace' || chance.odds(0.6)
    return {
      name,
      kind,
      loads,
      pollEvery: chance.pick([undefined, undefined, 2_000, 30_000, null]),
      versioned: chance.odds(0.3),
      picks: kind === 'replace' && chance.odds(0.2),
      hasSchema: chance.odds(0.2),
      isStubborn: chance.odds(0.3),
    }
  })
}

/** The swarm: each seed has its own few kinds, at its own rates. Some have none, some exactly one. */
function drawFaults(
  chance: Chance,
  swarm: Chance,
  healAt: number,
  clients: readonly ClientPlan[],
  server: ServerPlan,
): Move[] {
  const possible = Object.entries(faults).filter(
    ([, { needsLevel1, needsAuth }]) =>
      !(needsLevel1 && server.level === 0) && !(needsAuth && !server.hasAuth),
  )
  const luck = swarm()
  const share = luck < 0.06 ? 0 : swarm.pick([0.08, 0.2, 0.5])
  const alone = luck >= 0.06 && luck < 0.3 ? swarm.pick(possible) : null
  const enabled = alone ? [alone] : possible.filter(() => swarm.odds(share))
  const moves: Move[] = []
  for (const [kind, { lasts, isLocal }] of enabled) {
    const gap = drawGap(swarm, healAt, 4_000, 40) * Math.max(1, enabled.length / 4)
    for (const client of isLocal ? clients.keys() : [null]) {
      for (let at = gap * chance(); at < healAt - 1; at += gap * (0.2 + 1.6 * chance())) {
        const most = Math.min(lasts?.[1] ?? 0, healAt - at)
        const ms = lasts ? chance.scale(Math.min(lasts[0], most), Math.max(lasts[0], most)) : 0
        moves.push({ at, kind, client, ms, value: chance() })
      }
    }
  }
  return moves
}

/** From one move of a kind to the next: at least so long, and at most about so many in a life. */
function drawGap(chance: Chance, healAt: number, least: number, most: number): number {
  const dense = Math.max(least, healAt / most)
  return chance.scale(dense, Math.max(2 * dense, healAt / 3))
}

function drawWorkload(chance: Chance, healAt: number, client: number, plan: ClientPlan): Move[] {
  const moves: Move[] = []
  const begin = (at: number, kind: string, value: number): void =>
    void moves.push({ at, kind, client, ms: 0, value })
  // Everybody reads something from near the beginning on, and some hold the connection.
  const share = 1 / plan.channels.length
  for (const index of plan.channels.keys())
    if (index === 0 || chance.odds(0.8)) begin(chance() * 500, 'subscribe', (index + 0.5) * share)
  if (chance.odds(0.4)) begin(chance() * 1_000, 'connect', 0)
  const enabled = actions.filter(([, rarity]) => chance.odds(Math.min(1, 2 / rarity)))
  const gap = drawGap(chance, healAt, 1_000, 150)
  const total = enabled.reduce((sum, [, rarity]) => sum + 1 / rarity, 0)
  for (let at = gap * chance(); total > 0 && at < healAt; at += gap * (0.2 + 1.6 * chance())) {
    let luck = chance() * total
    const [kind] = enabled.find(([, rarity]) => (luck -= 1 / rarity) < 0) ?? enabled[0]!
    moves.push({ at, kind, client, ms: chance.odds(kind === 'close' ? 0.6 : 0.2) ? 1 : 0, value: chance() })
  }
  return moves
}

/** The truth changes all the time, after healing too; then it rests, so that everybody can be compared with it. */
function drawChanges(chance: Chance, healAt: number, kind: 'change' | 'say'): Move[] {
  const moves: Move[] = []
  const gap = drawGap(chance, healAt, 300, 300)
  const one = (at: number, value: number): void => void moves.push({ at, kind, client: null, ms: 0, value })
  for (let at = gap * chance(); at < healAt; at += gap * (0.2 + 1.6 * chance())) one(at, chance())
  return moves
}
