// The exploration as a program for a thread: explores what it is told to and posts what it found.
import { parentPort, workerData } from 'node:worker_threads'
import { exploreChannel, setups } from './channel/explore.ts'
import { createEdgeList, type EdgeRows } from './edge-list.ts'
import { explore, type Broken } from './explore.ts'
import { exploreHandover, handovers } from './handover.ts'
import { exploreRequests } from './session/requests.ts'
import { exploreSession, setups as sessionSetups } from './session/explore.ts'
import { runs } from './tunings.ts'

/** What can be explored. */
export type Machine = 'connection' | 'channel' | 'session' | 'requests' | 'handover'

/** What to do. */
export interface Order {
  readonly machines: readonly Machine[]
  /** The run to begin with. @default as they come */
  readonly first?: string | undefined
  /** Gathers the edges, too. */
  readonly list: boolean
}

/** What one machine showed. */
export interface Report {
  readonly machine: Machine
  readonly states: number
  readonly edges: number
  readonly broken: readonly Broken[]
  /** The entries of the table that were used, as `phase event`. */
  readonly hits: readonly string[]
  /** Seconds of computing, whatever else the machine is doing. */
  readonly seconds: number
}

/** What is posted. */
export interface Findings {
  readonly reports: readonly Report[]
  readonly rows: EdgeRows
}

const order = workerData as Order
const list = createEdgeList()
const begun = <R extends { readonly name: string }>(all: readonly R[]): readonly R[] =>
  [...all].sort((a, b) => Number(b.name === order.first) - Number(a.name === order.first))
const reports = order.machines.map((machine): Report => {
  const { user } = process.cpuUsage()
  const start = performance.now()
  const { states, edges, broken, hits } = {
    connection: () => explore({ runs: begun(runs), ...(order.list ? { onEdge: list.connection } : {}) }),
    channel: () => ({
      hits: [],
      ...exploreChannel({ setups: begun(setups), ...(order.list ? { onEdge: list.channel } : {}) }),
    }),
    session: () => ({ hits: [], ...exploreSession({ setups: begun(sessionSetups) }) }),
    requests: () => ({ hits: [], ...exploreRequests() }),
    handover: () => ({ hits: [], ...exploreHandover({ runs: begun(handovers) }) }),
  }[machine]()
  // Whatever else is going on: waiting for others is not counted, nor are the threads of the engine.
  const seconds = Math.min(process.cpuUsage().user - user, (performance.now() - start) * 1_000) / 1_000_000
  return {
    machine,
    states,
    edges,
    broken,
    hits: [...hits],
    seconds,
  }
})
parentPort?.postMessage({ reports, rows: list.rows() } satisfies Findings)
