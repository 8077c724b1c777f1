// Clients on record, of one real server behind one fault proxy; and the verdict of all checkers over what happened to them.
import { expect } from 'vitest'
import { WebSocket } from 'ws'
import { webSocket } from '../../src/index.ts'
import type { FaultProxy } from '../../src/testing/proxy.ts'
import { checkTrace } from '../model/trace/checkers.ts'
import type { Entry, Happening } from '../model/trace/entry.ts'
import { recordConnection, type RecordedClient } from '../model/trace/recorder.ts'
import { CANARY } from '../model/trace/secrets.ts'
import { createScene, until, type Scene } from './scene.ts'
import type { ServerProcess } from './spawn-server.ts'

/** Clients, their server and their record. */
export interface RecordedScene {
  readonly clients: readonly RecordedClient[]
  readonly trace: readonly Entry[]
  readonly proxy: FaultProxy
  readonly server: ServerProcess
  /** Something changes on the server, which tells everybody. */
  change(): Promise<void>
  /** SIGKILL, and a new process on the same port. */
  restart(): Promise<void>
  /** Every client shows as live what the server says now. */
  areWell(): boolean
  /** Waits until all is well, and ends. */
  judge(): Promise<void>
  /** Closes everybody, and holds every checker to the trace. */
  end(): Promise<void>
}

/** So often everybody is looked at from outside. */
const LOOK = 40

/** A server, a proxy and so many clients, each live. */
export async function createRecordedScene(
  context: Parameters<typeof createScene>[0],
  count: number,
): Promise<RecordedScene> {
  const scene: Scene = createScene(context)
  const trace: Entry[] = []
  const record = (entry: Entry): void => void trace.push(entry)
  const tell = (happening: Happening): void => {
    const now = performance.now()
    record({ ...happening, at: now, felt: now, client: '' })
  }
  let server = await scene.server({ tokens: true })
  const proxy = await scene.proxy(server.url)
  const http = proxy.url.replace('ws:', 'http:').replace('/ws', '')
  let truth = { count: 0, process: server.pid }
  tell({ kind: 'truth', channel: 'queue', value: truth })

  const clients = Array.from({ length: count }, (_, index) => {
    const token = `user-${CANARY}-${index}`
    const load = async ({ signal }: { readonly signal: AbortSignal }): Promise<unknown> =>
      (await fetch(`${http}/api/queue`, { signal })).json()
    const client = recordConnection(
      {
        url: proxy.url,
        transport: webSocket({ WebSocket }),
        auth: () => ({ token }),
        heartbeat: { interval: 1_000, timeout: 1_000, probe: 500 },
        connectTimeout: 2_000,
      },
      { client: `c${index}`, record, channels: { queue: { load, pollEvery: 1_000 } } },
    )
    client.channel('queue').subscribe(() => undefined)
    return client
  })
  const looking = setInterval(() => {
    for (const client of clients) if (client.live.getSnapshot().status !== 'closed') client.sample()
  }, LOOK)
  scene.onEnd(() => {
    clearInterval(looking)
    for (const client of clients) client.live.close()
  })

  const made: RecordedScene = {
    clients,
    trace,
    proxy,
    get server() {
      return server
    },
    async change() {
      truth = { ...truth, count: truth.count + 1 }
      // The moment at which it becomes true is the server's; it lies between these two.
      tell({ kind: 'truth', channel: 'queue', value: truth, soon: true })
      await fetch(`${server.httpUrl}/api/queue`, { method: 'POST' })
      tell({ kind: 'truth', channel: 'queue', value: truth })
    },
    async restart() {
      proxy.refuse()
      proxy.cut()
      server = await scene.restart(server)
      truth = { count: 0, process: server.pid }
      tell({ kind: 'truth', channel: 'queue', value: truth })
      await proxy.pass()
    },
    areWell: () =>
      clients.every((client) => {
        const { freshness, data } = client.channel('queue').getSnapshot()
        return freshness === 'live' && JSON.stringify(data) === JSON.stringify(truth)
      }),
    async judge() {
      tell({ kind: 'healed' })
      await until('everybody to be well', made.areWell, 40_000)
      tell({ kind: 'well' })
      for (const client of clients) client.sample()
      await made.end()
    },
    async end() {
      clearInterval(looking)
      for (const client of clients) client.live.close()
      await new Promise((resolve) => setImmediate(resolve))
      for (const client of clients) client.left()
      expectClean(trace)
    },
  }
  await until('everybody to be live', made.areWell)
  return made
}

/** What a trace must have of, or nothing in it was checked. */
const kinds: ReadonlyArray<Entry['kind']> = [
  ...(['made', 'call', 'event', 'effect', 'status', 'snapshot', 'channel', 'inbound', 'outbound'] as const),
  ...(['asked', 'answered', 'truth', 'sample', 'left', 'log'] as const),
]

/** No checker finds anything in a trace that has something of everything. */
export function expectClean(trace: readonly Entry[]): void {
  expect(kinds.filter((kind) => !trace.some((entry) => entry.kind === kind))).toEqual([])
  const found = checkTrace(trace)
  expect(found.map(({ invariant, what, entry }) => `${invariant} ${entry.client}: ${what}`)).toEqual([])
}
