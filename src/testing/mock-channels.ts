// The channels of a mock server at levels 2 and 3: a log each, who subscribed, and an answer to every request.
import type { Frame } from '../protocol/frames.ts'
import type { MockLink } from './mock-link.ts'

/** What links at levels 2 and 3 talk to. */
export interface MockChannels {
  /** A link speaks level 2 or 3 from now on. */
  add(link: MockLink, level: 2 | 3): void
  /** A message for all subscribers of a channel; the log keeps it. */
  push(channel: string, data: unknown): void
  /** How many messages of each channel the log keeps. */
  keep(messages: number): void
  /** The log of every channel begins anew, under another epoch. */
  restart(): void
}

interface Log {
  epoch: string
  top: number
  items: Array<{ readonly offset: number; readonly data: unknown }>
  readonly refs: Map<MockLink, { readonly ref: string; readonly level: 2 | 3 }>
  readonly ids: Map<string, number>
}

/** Channels in which nothing was said. */
export function createMockChannels(): MockChannels {
  const logs = new Map<string, Log>()
  let epochs = 1
  let kept = 300

  const open = (channel: string): Log => {
    const known = logs.get(channel)
    if (known) return known
    const log: Log = { epoch: `e${epochs}`, top: 0, items: [], refs: new Map(), ids: new Map() }
    logs.set(channel, log)
    return log
  }
  const tell = (link: MockLink, frame: object): void => link.send(JSON.stringify(frame))
  const toMessage = (
    channel: string,
    log: Log,
    ref: string,
    level: 2 | 3,
    offset: number,
    data: unknown,
  ): object => {
    const position = level === 3 ? { epoch: log.epoch, offset } : {}
    return { type: 'rt.message', channel, ref, data, ...position }
  }

  const publish = (channel: string, data: unknown): number => {
    const log = open(channel)
    const offset = ++log.top
    log.items = [...log.items, { offset, data }]
    log.items.splice(0, log.items.length - kept)
    for (const [link, { ref, level }] of log.refs)
      if (link.status === 'closed') log.refs.delete(link)
      else tell(link, toMessage(channel, log, ref, level, offset, data))
    return offset
  }

  const subscribe = (link: MockLink, level: 2 | 3, { id, channel, since, params }: Frame): void => {
    const log = open(String(channel))
    const at = level === 3 ? (since as { epoch: string; offset: number } | undefined) : undefined
    const missed = at?.epoch === log.epoch ? log.items.filter(({ offset }) => offset > at.offset) : []
    const recovered = at?.epoch === log.epoch && missed.length === log.top - at.offset
    const position = level === 3 ? { epoch: log.epoch, offset: log.top } : {}
    const { history = 0 } = (params ?? {}) as { readonly history?: number }
    const before = at || level < 3 ? 0 : Math.min(history, log.items.length)
    const replay = recovered ? missed : log.items.slice(log.items.length - before)
    log.refs.set(link, { ref: String(id), level })
    tell(link, { type: 'rt.subscribed', id, channel, ...position, recovered, replay: replay.length })
    for (const { offset, data } of replay)
      tell(link, toMessage(String(channel), log, String(id), level, offset, data))
  }

  const hear = (link: MockLink, level: 2 | 3, frame: Frame): void => {
    const { id, channel, data } = frame
    if (frame.type === 'rt.subscribe') subscribe(link, level, frame)
    if (frame.type === 'rt.unsubscribe') {
      logs.get(String(channel))?.refs.delete(link)
      tell(link, { type: 'rt.unsubscribed', id, channel })
    }
    if (frame.type !== 'rt.publish') return
    const log = open(String(channel))
    const before = log.ids.get(String(id))
    const offset = before ?? publish(String(channel), data)
    log.ids.set(String(id), offset)
    const known = before === undefined ? {} : { duplicate: true }
    tell(link, { type: 'rt.ack', id, ...(level === 3 ? { epoch: log.epoch, offset } : {}), ...known })
  }

  return {
    add: (link, level) => link.onFrame((frame) => hear(link, level, frame)),
    push: publish,
    keep(messages) {
      kept = messages
    },
    restart() {
      epochs++
      for (const log of logs.values()) Object.assign(log, { epoch: `e${epochs}`, top: 0, items: [] })
    },
  }
}
