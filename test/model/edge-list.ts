// The list of edges that docs/state-machine.md shows: gathered while exploring, written as Markdown.
import { toFreshness } from '../../src/channels/freshness.ts'
import type { ChannelEvent } from '../../src/channels/model.ts'
import type { Event, State } from '../../src/machine/model.ts'
import type { ChannelEdge } from './channel/invariants.ts'
import type { Edge } from './edge.ts'

/** What was seen while exploring. */
export interface EdgeList {
  connection(edge: Edge): void
  channel(edge: ChannelEdge): void
  /** The rows, each `from | event | to | effects` (a channel has none). */
  rows(): EdgeRows
}

/** Rows as text, in no order. */
export interface EdgeRows {
  readonly connection: readonly string[]
  readonly channel: readonly string[]
}

const phases = ['idle', 'connecting', 'opening', 'handshaking', 'connected', 'waiting', 'failed', 'closed']
const steps = ['loading', 'diagnosing', 'preparing', 'queued']
const freshnesses = ['unknown', 'catching-up', 'live', 'polling', 'stale']
const marks = ['<!-- edges -->', '<!-- /edges -->'] as const

/** An empty list. */
export function createEdgeList(): EdgeList {
  const connection = new Set<string>()
  const channel = new Set<string>()
  return {
    connection({ before, event, after, effects }) {
      if (after === before && effects.length === 0) return
      let row = `${toLabel(before)} | ${toWord(event)} | ${toLabel(after)} |`
      let last = ''
      for (const { type } of effects) {
        if (type !== last) row += ` ${type}`
        last = type
      }
      connection.add(row)
    },
    channel({ before, event, after }) {
      const [from, to] = [toFreshness(before), toFreshness(after)]
      if (!event || from === to) return
      channel.add(`${from} | ${toChannelWord(event)} | ${to}`)
    },
    rows: () => ({ connection: [...connection], channel: [...channel] }),
  }
}

/** The page with its generated part made anew. */
export function renew(page: string, rows: EdgeRows): string {
  const [head = '', rest = ''] = page.split(marks[0])
  const [, tail = ''] = rest.split(marks[1])
  const connection = new Map<string, Map<string, Set<string>>>()
  for (const row of rows.connection) {
    const [from = '', event = '', to = '', effects = ''] = row.split(' |').map((cell) => cell.trim())
    const places = at(connection, from, () => new Map<string, Set<string>>())
    at(places, `${to} | ${effects.replaceAll(' ', ', ')}`, () => new Set()).add(event)
  }
  const channel = new Map<string, Set<string>>()
  for (const row of rows.channel) {
    const [from = '', event = '', to = ''] = row.split(' | ')
    at(channel, `${from} | ${to}`, () => new Set()).add(event)
  }
  return `${head}${marks[0]}\n\n${toConnection(connection)}\n\n${toChannel(channel)}\n\n${marks[1]}${tail}`
}

function toConnection(list: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>): string {
  const sections = [...list]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([from, rows]) => {
      const lines = [...rows]
        .map(
          ([row, events]) =>
            [row.startsWith(`${from} |`) ? row.replace(from, 'stays') : row, events] as const,
        )
        .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
        .map(([row, events]) => `| ${[...events].sort().join(', ')} | ${row} |`)
      return `### ${from}\n\n| When | Then | Effects |\n| --- | --- | --- |\n${lines.join('\n')}`
    })
  return `## Every edge of the connection\n\n${sections.join('\n\n')}`
}

function toChannel(list: ReadonlyMap<string, ReadonlySet<string>>): string {
  const order = (row: string): number =>
    row.split(' | ').reduce((sum, word) => sum * 10 + freshnesses.indexOf(word), 0)
  const lines = [...list]
    .sort(([a], [b]) => order(a) - order(b))
    .map(([row, events]) => `| ${row} | ${[...events].sort().join(', ')} |`)
  return `## Every change of freshness\n\n| From | To | When |\n| --- | --- | --- |\n${lines.join('\n')}`
}

function rank(label: string): number {
  const [name = '', step = ''] = label.split(/ [|(]? ?|\)/)
  return phases.indexOf(name) * 10 + steps.indexOf(step)
}

function toLabel(state: State): string {
  return state.phase === 'connecting' ? `connecting (${state.step})` : state.phase
}

function toWord(event: Event): string {
  if (event.type === 'due') return `due \`${event.slot}\``
  return event.type === 'page' ? event.signal : event.type
}

function toChannelWord(event: ChannelEvent): string {
  if (event.type === 'due') return `due \`${event.slot}\``
  return event.type === 'up' && event.recovered ? 'recovered' : event.type
}

function at<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
