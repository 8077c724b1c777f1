// Makes sense of what arrives on the current link: events for the machine, messages for the app, complaints about the rest.
import { toMessage } from './lib/thrown.ts'
import type { Timeline } from './lib/timeline.ts'
import type { Event, Id } from './machine/model.ts'
import type { ResolvedOptions } from './options.ts'
import type { ChannelFrame } from './protocol/channels.ts'
import { toBytes } from './protocol/frames.ts'
import type { Decoded } from './protocol/protocol.ts'

/** Who is told what a frame meant. */
export interface InboundHost {
  /** An app message. */
  onMessage(type: string, data: unknown, text: string): void
  /** What a server at level 2 or 3 says of a subscription, or answers. */
  onChannel(frame: ChannelFrame): void
  /** A frame that could not be used; the link goes on. */
  onBadFrame(code: 'protocol-error' | 'message-too-large' | 'rejected', reason: string, text: string): void
}

/** The link a frame came on, and its machine. */
export interface InboundLink {
  isConnected(link: Id): boolean
  news(event: Event): void
  reply(text: string): void
}

const PONGS_PER_SECOND = 10
/** So many frames that are too large, within a minute, end the link. */
const FLOOD = 3

/** What makes sense of frames; never throws, whatever the frame (G23). */
export interface Inbound {
  /** Takes one frame of a link at a level. */
  take(id: Id, text: string, level: number | null): void
  /** What a frame that is taken later means; null where it is too large to look at. */
  peek(text: string, level: number | null): Decoded | null
}

/** Inbound frames of one connection. */
export function createInbound(
  { protocol, maxMessageBytes }: ResolvedOptions,
  timeline: Timeline,
  host: InboundHost,
  link: InboundLink,
): Inbound {
  let tooLarge: readonly number[] = []
  let pongs: readonly number[] = []

  /** What of these happened within so many milliseconds. */
  const recent = (times: readonly number[], span: number): readonly number[] =>
    times.filter((at) => at > timeline.now() - span)

  const decode = (text: string, level: number | null): Decoded => {
    try {
      return protocol.decode(text, level)
    } catch (error) {
      return { kind: 'invalid', reason: toMessage(error) ?? 'decode failed' }
    }
  }

  const take: Inbound['take'] = (id, text, level) => {
    if (isLarger(text, maxMessageBytes)) {
      tooLarge = [...recent(tooLarge, 60_000), timeline.now()]
      host.onBadFrame('message-too-large', `larger than ${maxMessageBytes} bytes`, text)
      if (tooLarge.length >= FLOOD) link.news({ type: 'flooded', link: id })
      return
    }
    const frame = decode(text, level)
    if (frame.kind === 'ready') {
      return link.news({ ...frame, type: 'ready', link: id })
    }
    if (level === null) {
      // The first frame decides what the server is.
      link.news({ type: 'plain', link: id })
      if (!link.isConnected(id)) return host.onBadFrame('protocol-error', 'came before server_ready', text)
    }
    switch (frame.kind) {
      case 'message':
        return host.onMessage(frame.type, frame.data, text)
      case 'pong':
        return link.news({ type: 'pong', link: id, timestamp: toNumber(frame.timestamp) })
      case 'ping':
        pongs = recent(pongs, 1_000)
        if (pongs.length >= PONGS_PER_SECOND) return
        pongs = [...pongs, timeline.now()]
        return link.reply(frame.reply)
      case 'away':
        return link.news({ ...frame, type: 'away', link: id })
      case 'advice':
        return link.news({ ...frame, type: 'advice', link: id, expiresIn: frame.expiresIn ?? null })
      case 'channel':
        return host.onChannel(frame.frame)
      case 'refusal':
        return host.onBadFrame('rejected', frame.reason, text)
      case 'invalid':
        return host.onBadFrame('protocol-error', frame.reason, text)
      case 'ignored':
    }
  }

  return {
    take,
    peek(text, level) {
      return isLarger(text, maxMessageBytes) ? null : decode(text, level)
    },
  }
}

/** Our pings carry numbers; what else comes back is none of them, and may be too deep to be written into a trace. */
function toNumber(timestamp: unknown): number | null {
  return typeof timestamp === 'number' ? timestamp : null
}

/** More than `limit` bytes of UTF-8? Counted only where the length leaves it open. */
function isLarger(text: string, limit: number): boolean {
  return text.length * 3 > limit && (text.length > limit || toBytes(text) > limit)
}
