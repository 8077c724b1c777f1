// One client of the rounds: its streams with a judge each, two states beside them, and what it publishes.
import {
  createConnection,
  webSocket,
  type Connection,
  type ConnectionOptions,
  type SendOutcome,
} from '../../src/index.ts'
import { WebSocket } from 'ws'
import { createJudge, type Judge } from './judge.ts'
import { NOTES, numbered, toKept, type Note, type Place } from './traffic.ts'

/** What a client needs of the world. */
export interface ClientParts {
  readonly index: number
  readonly url: ConnectionOptions['url']
  readonly options: Pick<ConnectionOptions, 'heartbeat' | 'connectTimeout' | 'reconnect'>
  /** Histories live as long as the test. */
  readonly isLasting: boolean
  /** This was said there; true where nobody knows. */
  isTrue(channel: string, offset: number, data: unknown): boolean
  /** How far a channel has come; null where nobody knows. */
  toTop(channel: string): number | null
  load(channel: string): Promise<Place>
}

/** A publication and what became of it; null: not yet. */
export interface Published {
  readonly note: Note
  outcome: SendOutcome | null
  /** After so many milliseconds. */
  took: number
}

/** A client on record. */
export interface Client {
  readonly index: number
  readonly live: Connection
  readonly judges: ReadonlyMap<string, Judge>
  readonly published: readonly Published[]
  /** How often each of its states was loaded. */
  readonly loads: ReadonlyMap<string, number>
  /** How often a link ended after a gap and before the load for it began. */
  readonly waived: number
  /** What was wrong with its states. */
  readonly complaints: readonly string[]
  publish(): void
  /** Everything is live, and has got as far as that; without a place, everything is live. */
  hasCome(places?: ReadonlyMap<string, Place>): boolean
}

/** How far a state has come, and how many messages were left out on the way. */
interface Sum extends Place {
  readonly holes: number
}

/** States are of these channels; beside each of them runs a stream, which tells the verdicts. */
export const states: readonly string[] = ['wide:1', 'narrow']

export function createClient(parts: ClientParts): Client {
  const { index, isLasting, isTrue, toTop } = parts
  const complaints: string[] = []
  const published: Published[] = []
  /** How far each channel was when the last socket was opened: what is live has got there at least. */
  const floors = new Map<string, number | null>()
  const live = createConnection({
    url: parts.url,
    transport: webSocket({
      WebSocket: class extends WebSocket {
        constructor(url: string) {
          super(url)
          for (const channel of states) floors.set(channel, toTop(channel))
        }
      },
    }),
    ...parts.options,
  })

  /** States that were live since their last gap; and once, after which each load must have been owed. */
  const proven = new Set<string>()
  const begun = new Set<string>()
  /** States that this link owes a load: after a gap, or after a link that did not get as far as to be live after one. */
  const debts = new Set<string>()
  let waived = 0
  const complain = (channel: string, what: string): void =>
    void complaints.push(`client ${index}, ${channel}: ${what}`)
  live.on('status', ({ status }) => {
    if (status === 'connected') return
    waived += debts.size
    debts.clear()
  })
  const owe = (channel: string): void => {
    if (states.includes(channel)) debts.add(channel)
  }
  const judges = new Map<string, Judge>()
  for (const channel of [...numbered, NOTES]) {
    const stream = live.stream(channel)
    const judge = createJudge({
      name: `client ${index}, ${channel}`,
      kept: toKept(channel),
      isLasting,
      isTrue: (offset, data) => isTrue(channel, offset, data),
    })
    judges.set(channel, judge)
    stream.on('message', (data, { offset, replayed }) =>
      judge.hear({ what: 'message', offset, replayed, data }),
    )
    stream.on('gap', ({ since }) => {
      judge.hear({ what: 'gap', since })
      proven.delete(channel)
      owe(channel)
    })
    stream.on('recovered', ({ replayed }) => {
      judge.hear({ what: 'recovered', replayed })
      if (!proven.has(channel)) owe(channel)
    })
  }

  const loads = new Map<string, number>()
  const sums = states.map((channel) => {
    const state = live.state<Sum>(channel, {
      pollEvery: false,
      load() {
        loads.set(channel, (loads.get(channel) ?? 0) + 1)
        if (begun.has(channel) && !debts.delete(channel)) complain(channel, 'a load that was not owed')
        return parts.load(channel).then(
          (place): Sum => ({ ...place, holes: 0 }),
          (error: unknown) => {
            // It is asked again, if the link lives; the next one has a verdict of its own.
            if (live.getSnapshot().status === 'connected') owe(channel)
            throw error
          },
        )
      },
      onMessage: (sum, message) => addPlace(sum, message as Place),
    })
    state.subscribe(() => {
      const { freshness, data } = state.getSnapshot()
      if (freshness !== 'live') return
      proven.add(channel)
      begun.add(channel)
      const floor = floors.get(channel) ?? 0
      if (debts.has(channel)) complain(channel, `live at ${data.n} without the load that a gap takes`)
      if (data.holes > 0) complain(channel, `live at ${data.n} with a hole`)
      if (data.n < floor) complain(channel, `live at ${data.n}, but ${floor} was said before the link`)
    })
    return state
  })

  const notes = live.stream<Note>(NOTES)
  return {
    index,
    live,
    judges,
    published,
    loads,
    get waived() {
      return waived
    },
    complaints,
    publish() {
      const entry: Published = { note: { client: index, key: published.length }, outcome: null, took: 0 }
      const at = performance.now()
      published.push(entry)
      void notes.publish(entry.note).then((outcome) => {
        entry.outcome = outcome
        entry.took = performance.now() - at
      })
    },
    hasCome(places = new Map()) {
      if (live.getSnapshot().status !== 'connected') return false
      if (![...judges.keys()].every((name) => live.stream(name).getSnapshot().freshness === 'live'))
        return false
      if (!sums.every((sum) => sum.getSnapshot().freshness === 'live')) return false
      const isThere = (at: Place, to: Place | undefined): boolean =>
        to === undefined || (at.process === to.process && at.n >= to.n)
      return (
        [...judges].every(([name, { process, last }]) =>
          isThere({ process: process ?? 0, n: last }, places.get(name)),
        ) &&
        sums.every((sum) => isThere(sum.getSnapshot().data ?? { process: 0, n: 0 }, places.get(sum.name)))
      )
    },
  }
}

/** Idempotent, as change functions must be. */
function addPlace(sum: Sum | undefined, { process, n }: Place): Sum {
  if (sum === undefined) return { process, n, holes: 1 }
  const isSame = process === sum.process
  if (isSame && n <= sum.n) return sum
  return { process, n, holes: sum.holes + Number(!isSame || n !== sum.n + 1) }
}
