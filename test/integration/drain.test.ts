// A server that drains while another one serves the same channels: a deploy, as 200 clients under steady traffic see it.
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createClient, states, type Client } from '../rounds/client.ts'
import { judgeNotes } from '../rounds/run.ts'
import { createRecord, startServer } from '../rounds/site.ts'
import { NOTES, numbered, toKept, type Note, type Place } from '../rounds/traffic.ts'
import { bundled } from '../support/bundled.ts'
import { createScene, until } from '../support/scene.ts'

const CLIENTS = 200
/** From one message of a channel to the next, and from one publication of some client to the next. */
const EVERY = 200

interface Deploy {
  readonly clients: readonly Client[]
  /** Every status that a client had once it was connected. */
  readonly statuses: ReadonlySet<string>
  readonly loads: number
  readonly notes: readonly Note[]
  readonly sockets: { readonly old: number; readonly new: number }
}

/** Deploys: everybody is at one server, which then drains over so many milliseconds, while new links go to another one. */
async function deploy(scene: ReturnType<typeof createScene>, over: number): Promise<Deploy> {
  const script = await bundled(new URL('../rounds/server-process.ts', import.meta.url))
  const { broker, said } = await createRecord([...numbered, NOTES], () => undefined)
  const toPlace = (channel: string): Place => ({
    process: channel === NOTES ? 0 : process.pid,
    n: said(channel).length,
  })
  const servers = await Promise.all([startServer(script, broker), startServer(script, broker)])
  for (const { child } of servers) scene.onEnd(() => child.kill('SIGKILL'))
  const [from, to] = servers
  let port = from.port
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    createClient({
      index,
      url: () => `ws://127.0.0.1:${port}/ws`,
      // Whoever has come only just now is not moved before his link has held for so long; these are to count as having been here.
      options: { reconnect: { minUptime: 200 } },
      isLasting: true,
      isTrue: (channel, offset, data) => isDeepStrictEqual(data, said(channel)[offset - 1]),
      toTop: (channel) => said(channel).length,
      load: async (channel) => {
        await setImmediate()
        return toPlace(channel)
      },
    }),
  )
  scene.onEnd(() => clients.forEach(({ live }) => live.close()))
  await until('everybody to be live', () => clients.every((client) => client.hasCome()))

  const toLoads = (): number =>
    clients.flatMap(({ loads }) => [...loads.values()]).reduce((sum, count) => sum + count, 0)
  const before = toLoads()
  const statuses = new Set<string>()
  for (const { live } of clients) live.on('status', ({ status }) => statuses.add(status))
  let turn = 0
  const talk = (): void => {
    for (const channel of numbered) {
      const place: Place = { process: process.pid, n: said(channel).length + 1 }
      void broker.publish(channel, JSON.stringify(place), {
        history: { size: toKept(channel), ttl: 300_000 },
      })
    }
    for (let n = 0; n < 4; n++) clients[turn++ % CLIENTS]?.publish()
  }
  const talking = setInterval(talk, EVERY)
  scene.onEnd(() => clearInterval(talking))
  await until('the traffic', () => said('narrow').length > 4)

  port = to.port
  await from.child.ask('drain', { over })
  await until('everybody to be back', () => clients.every((client) => client.hasCome()))
  const toPlaces = (): ReadonlyMap<string, Place> =>
    new Map([...numbered, NOTES].map((channel) => [channel, toPlace(channel)]))
  const later = toPlaces()
  await until('everybody to hear what comes then', () => clients.every((client) => client.hasCome(later)))
  clearInterval(talking)
  await until('every publication to be settled', () =>
    clients.every(({ published }) => published.every(({ outcome }) => outcome !== null)),
  )
  const places = toPlaces()
  await until('everybody to have everything', () => clients.every((client) => client.hasCome(places)))
  const sockets = {
    old: (await from.child.ask('census')).sockets,
    new: (await to.child.ask('census')).sockets,
  }
  return { clients, statuses, loads: toLoads() - before, notes: said(NOTES) as readonly Note[], sockets }
}

/** Whatever a deploy is like: everything once and in order, nothing said to be missing that is not, every publication acknowledged. */
function expectWhole({ clients, notes, sockets }: Deploy): void {
  expect(clients.flatMap(({ complaints }) => complaints)).toEqual([])
  expect(clients.flatMap(({ judges }) => [...judges.values()].flatMap((judge) => judge.complaints))).toEqual(
    [],
  )
  expect(judgeNotes(clients, notes)).toEqual([])
  const outcomes = clients.flatMap(({ published }) => published.map(({ outcome }) => outcome?.outcome))
  expect(outcomes.length).toBeGreaterThan(20)
  expect(new Set(outcomes)).toEqual(new Set(['acked']))
  expect(sockets).toEqual({ old: 0, new: CLIENTS })
}

const gapsOf = ({ clients }: Deploy, channel: string): number =>
  clients.reduce((sum, { judges }) => sum + (judges.get(channel)?.counts.gaps ?? 0), 0)

describe('a server that is replaced under 200 clients and steady traffic', () => {
  it('[G1 G12 G14 G18 INV-6 INV-8] (fault S3) while it drains costs nobody a message, a gap, a load or the word connected', async (context) => {
    const seen = await deploy(createScene(context), 4_000)
    expectWhole(seen)
    for (const channel of [...numbered, NOTES]) expect(gapsOf(seen, channel), channel).toBe(0)
    expect(seen.loads).toBe(0)
    expect([...seen.statuses]).toEqual([])
  })

  it('[G12 G14 G18 INV-6 INV-8] (fault S3) without draining costs nobody a message that is kept', async (context) => {
    const seen = await deploy(createScene(context), 0)
    expectWhole(seen)
    for (const channel of ['wide:1', 'wide:2', NOTES]) expect(gapsOf(seen, channel), channel).toBe(0)
    expect(seen.loads).toBe(states.includes('narrow') ? gapsOf(seen, 'narrow') : 0)
    expect(seen.statuses).toContain('reconnecting')
  })
})
