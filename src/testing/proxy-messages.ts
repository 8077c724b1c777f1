// The messages in one direction of a WebSocket: held until they can be read, then passed, dropped, repeated or replaced.
import { createFrameScanner, payloadOf, type FramePart } from './proxy-frames.ts'

/** A message that has come in full. */
export interface ProxyMessage {
  readonly isText: boolean
  /** null where it is compressed: then it cannot be read. */
  readonly text: string | null
}

/**
 * What becomes of a message. `instead` takes its place, `then` runs when it has passed, `later` holds up all that follows,
 * too, for TCP keeps the order.
 */
export type Verdict =
  | 'pass'
  | 'drop'
  | 'drop-onwards'
  | 'repeat'
  | { readonly later: number }
  | { readonly instead: Buffer }
  | { readonly then: () => void }

/** What the reader of a direction needs of its connection. */
export interface MessagesHost {
  /** Asked as a message begins: must it be held, to be judged? */
  isWatching(): boolean
  judge(message: ProxyMessage): Verdict
  put(bytes: Buffer, later?: number): void
}

/** Takes the bytes of one direction. */
export interface Messages {
  read(bytes: Buffer): void
  /** Runs as soon as a frame may be put in: not within a message that is passing. */
  between(run: () => void): void
  /** Nothing more comes: what is held goes on as it is. */
  flush(): void
}

/** A message of more bytes is passed on unread. */
const LARGEST = 1024 * 1024

/** At the start of the frames. */
export function createMessages(host: MessagesHost): Messages {
  const scanner = createFrameScanner()
  /** Everything since the held message began, control frames in between included. */
  let held: FramePart[] | null = null
  let size = 0
  let isWithin = false
  let isMidFrame = false
  let isMuted = false
  const waiting: Array<() => void> = []

  const release = (later?: number): void => {
    const bytes = Buffer.concat((held ?? []).map((part) => part.bytes))
    held = null
    if (bytes.length > 0) host.put(bytes, later)
  }

  const put = (parts: readonly FramePart[]): void => {
    for (const { bytes } of parts) host.put(bytes)
  }

  const settle = (parts: readonly FramePart[]): void => {
    const data = parts.filter(isData)
    const verdict = host.judge(toMessage(data))
    if (verdict === 'pass') return release()
    if (verdict === 'repeat') {
      release()
      return put(data)
    }
    if (typeof verdict === 'object' && 'later' in verdict) return release(verdict.later)
    if (typeof verdict === 'object' && 'then' in verdict) {
      release()
      return verdict.then()
    }
    held = null
    put(parts.filter((part) => !isData(part)))
    if (verdict === 'drop-onwards') isMuted = true
    if (typeof verdict === 'object') host.put(verdict.instead)
  }

  const take = (part: FramePart): void => {
    if (isMuted) return
    const { head } = part
    isMidFrame = !part.isLast
    if (isData(part) && part.isFirst && !isWithin) {
      isWithin = true
      size = 0
      if (host.isWatching()) held = []
    }
    size += part.bytes.length
    if (held === null) host.put(part.bytes)
    else held.push(part)
    if (isData(part) && part.isLast && head.fin) {
      isWithin = false
      if (held !== null) settle(held)
    } else if (size > LARGEST) release()
    if (!isPassing()) for (const run of waiting.splice(0)) run()
  }

  const isPassing = (): boolean => held === null && !isMuted && (isWithin || isMidFrame)

  return {
    read(bytes) {
      for (const part of scanner.scan(bytes)) take(part)
    },
    between(run) {
      if (isPassing()) waiting.push(run)
      else run()
    },
    flush() {
      release()
      const rest = scanner.rest()
      if (!isMuted && rest.length > 0) host.put(rest)
    },
  }
}

/** A part of a text or binary message, not of a control frame. */
function isData({ head }: FramePart): boolean {
  return head.opcode < 8
}

function toMessage(parts: readonly FramePart[]): ProxyMessage {
  const frames: FramePart[][] = []
  for (const part of parts) {
    if (part.isFirst) frames.push([part])
    else frames.at(-1)?.push(part)
  }
  const first = parts[0]?.head
  return {
    isText: first?.opcode === 1,
    text: first?.isCompressed === true ? null : Buffer.concat(frames.map(payloadOf)).toString(),
  }
}
