// What tests on Node import from 'holdfast/testing/proxy': a TCP proxy that breaks connections on demand.
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { FaultProxy, ProxyEvent, ProxyOptions } from './proxy-api.ts'
import { createFaults, type Ends, type Way } from './proxy-faults.ts'
import { createPair } from './proxy-pair.ts'
import type { Pair } from './proxy-pair.ts'
import { createRules } from './proxy-rules.ts'
import { seededRandom } from './seeded-random.ts'

export type { FaultProxy, ProxyConnection, ProxyEvent, ProxyOptions } from './proxy-api.ts'
export type { Way } from './proxy-faults.ts'
export type { ProxyAnswer } from './proxy-head.ts'
export type {
  AnyRule,
  CloseAction,
  FrameAction,
  FrameRule,
  InjectAction,
  OneWay,
  ProxyFrame,
  ProxyRule,
  UpgradeRule,
} from './proxy-rules.ts'

const PORTS: ReadonlyMap<string, number> = new Map([
  ['ws:', 80],
  ['http:', 80],
  ['wss:', 443],
  ['https:', 443],
])

/** So many events are kept. */
const LOGGED = 1_000

/**
 * Starts a proxy on 127.0.0.1 that passes everything on until told otherwise.
 *
 * @example
 * const proxy = await createProxy({ target: 'ws://127.0.0.1:3000/ws' })
 * const live = createConnection({ url: proxy.url })
 * proxy.cut()
 * await proxy.close()
 * @throws TypeError for a target that is no url
 */
export async function createProxy(options: ProxyOptions): Promise<FaultProxy> {
  const target = toTarget(options.target)
  const random = seededRandom(options.seed ?? 1)
  const pairs = new Map<number, Pair>()
  const events: ProxyEvent[] = []
  const faults = createFaults()
  const rules = createRules()
  let mode: 'pass' | 'hang' | 'black-hole' | 'refuse' = 'pass'
  let count = 0
  let server: Server | null = null
  let port = options.port ?? 0
  let closed: Promise<void> | null = null
  let emptied: (() => void) | null = null

  const note = (
    what: ProxyEvent['what'],
    connection: number | null = null,
    type: string | null = null,
  ): void => {
    const event = { at: Date.now(), connection, what, type }
    if (events.push(event) > LOGGED) events.shift()
    options.onEvent?.(event)
  }
  const each = (run: (pair: Pair) => void): void => [...pairs.values()].forEach(run)

  const take = (client: Socket): void => {
    count += 1
    const id = count
    if (rules.refuses(id)) {
      note('refused', id)
      client.resetAndDestroy()
      return
    }
    const start = mode === 'black-hole' ? 'stall' : mode === 'hang' ? 'hang' : 'pass'
    note(start === 'hang' ? 'hung' : 'opened', id)
    const gone = (): void => {
      pairs.delete(id)
      if (pairs.size === 0) emptied?.()
    }
    pairs.set(id, createPair(id, client, start, { target, faults, rules, random, note, gone }))
  }

  const listen = async (): Promise<void> => {
    if (server !== null) return
    const next = createServer({ allowHalfOpen: true, pauseOnConnect: true }, take)
    server = next
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    port = (next.address() as AddressInfo).port
    note('listening')
  }

  const stopListening = (): void => {
    server?.close()
    server = null
  }

  const stall = (way: Way): void => {
    // Connections to come are not even led on where nothing can come back.
    if (way === 'both') mode = 'black-hole'
    faults.set(way, { isStalled: true })
    each((pair) => pair.stall(way))
    note('stalled')
  }

  const end = (kind: keyof Ends, ms: number | null): void => {
    faults.setEnds({ [kind]: ms })
    each((pair) => pair.schedule(kind))
  }

  await listen()
  const url = new URL(options.target)
  url.hostname = '127.0.0.1'
  url.port = String(port)

  return {
    port,
    url: url.href,
    pass() {
      mode = 'pass'
      faults.set('both', { isStalled: false })
      faults.setEnds({ timeout: null })
      return listen()
    },
    refuse() {
      mode = 'refuse'
      stopListening()
      note('refusing')
    },
    hang() {
      mode = 'hang'
      return listen()
    },
    blackHole(way = 'both') {
      stall(way)
      return listen()
    },
    heal() {
      mode = 'pass'
      faults.clear()
      rules.clear()
      note('healed')
      each((pair) => {
        for (const kind of ['reset', 'timeout', 'idle'] as const) pair.schedule(kind)
        pair.flow()
      })
      return listen()
    },
    cut: () => each((pair) => pair.reset()),
    finish: () => each((pair) => pair.finish()),
    latency: (ms, jitter = 0, way = 'both') => faults.set(way, { latency: ms, jitter }),
    bandwidth: (bytes, way = 'both') => faults.set(way, { rate: toCount('bandwidth', bytes) }),
    slice: (bytes, ms = 0, way = 'both') =>
      faults.set(way, { slice: toCount('slice', bytes), pause: bytes === null ? 0 : ms }),
    slowClose: (ms, way = 'both') => faults.set(way, { slowClose: ms }),
    timeout(ms, way = 'both') {
      stall(way)
      end('timeout', ms === 0 ? null : ms)
    },
    resetAfter: (ms) => end('reset', ms),
    resetIdle: (ms) => end('idle', ms),
    cutAfter: (bytes, way = 'toClient', ending = 'finish') =>
      faults.set(bytes === null ? 'both' : way, { limit: bytes ?? Infinity, ending }),
    rule(rule) {
      const remove = rules.add(rule)
      each((pair) => pair.arm())
      return remove
    },
    get connections() {
      return [...pairs.values()]
    },
    events,
    close() {
      mode = 'refuse'
      stopListening()
      each((pair) => pair.destroy())
      closed ??= pairs.size === 0 ? Promise.resolve() : new Promise((resolve) => (emptied = resolve))
      return closed
    },
  }
}

/** null is no limit. A lane that carries nothing is a black hole, and has its own method. */
function toCount(name: string, bytes: number | null): number {
  if (bytes === null) return Infinity
  if (!(bytes >= 1)) throw new TypeError(`${name}: expected at least 1 byte, got ${bytes}.`)
  return bytes
}

function toTarget(url: string): { readonly host: string; readonly port: number } {
  const parsed = URL.canParse(url) ? new URL(url) : null
  const usual = parsed === null ? undefined : PORTS.get(parsed.protocol)
  if (parsed === null || usual === undefined) {
    throw new TypeError(`target: expected a ws, wss, http or https url, got ${JSON.stringify(url)}.`)
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? usual : Number(parsed.port),
  }
}
