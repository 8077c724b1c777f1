// One WebSocket to the server under test: what was said, what was heard, how it ended. Bears whatever a server does.
import { WebSocket } from 'ws'
import { parseFrame, type Frame } from '../../protocol/frames.ts'
import { show } from './show.ts'
import type { Settings } from './settings.ts'
import { Failure } from './verdict.ts'

/** How a link ended. `code` is null where no WebSocket came about. */
export interface Ended {
  readonly code: number | null
  readonly words: string
}

/** What a request led to: an answer, or the end of the link. */
export interface Reply {
  readonly answer: Frame | null
  readonly code: number | null
  readonly words: string
}

/** A link as cases use it. What is waited for longer than `timeout`, or on a link that has ended, is a Failure. */
export interface Link {
  /** The legal frames so far, in order. */
  readonly frames: readonly Frame[]
  ended(): Ended | null
  /** The subprotocol that the server chose; empty: none. */
  protocol(): string
  /** Waits for the upgrade. */
  open(): Promise<unknown>
  /** Text as it is, anything else as JSON. */
  send(frame: object | string): void
  /** Bytes as one binary frame. */
  sendBinary(bytes: Uint8Array): void
  /** One text message in so many WebSocket fragments. */
  sendFragments(frame: object, pieces: number): void
  /** A ping of the WebSocket layer; waits for its pong. */
  pingSocket(): Promise<void>
  /** The first frame that is looked for, from number `from` on. */
  frame(what: string, matches: (frame: Frame) => boolean, from?: number, patience?: number): Promise<Frame>
  /** The answer to a request. */
  answer(id: string): Promise<Frame>
  /** The same, where a close is an answer too: its words are for a sentence. */
  reply(id: string): Promise<Reply>
  /** Waits for the end. */
  end(patience?: number): Promise<Ended>
  /** Sends a ping and waits: null where a pong comes, else how the link ended. */
  probe(): Promise<Ended | null>
  /** Waits for a pong, and then for silence: what was asked for before is done. Fails where the link ends. */
  settle(): Promise<void>
  /** Closes with 1000. */
  close(): void
  /** Cuts it off. */
  drop(): void
}

/** Is told everything that comes in, on all links. */
export interface Log {
  frame(frame: Frame): void
  illegal(what: string): void
}

/** A server that sends more than this on one link is cut off. */
const MOST = { messages: 20_000, bytes: 67_108_864 } as const
/** How long silence is listened to. */
const QUIET = 150

/** Starts to open a link. */
export function openLink(settings: Settings, headers: Readonly<Record<string, string>>, log: Log): Link {
  const { timeout } = settings
  const socket = new WebSocket(settings.url, {
    headers: { ...settings.headers, ...headers },
    handshakeTimeout: timeout,
    maxPayload: 4_194_304,
    perMessageDeflate: false,
  })
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const heard = { messages: 0, bytes: 0, pongs: 0 }
  let wasOpen = false
  let ended: Ended | null = null
  let trouble = 'no reason given'
  let pings = 0

  const wake = (): void => {
    for (const look of [...waiting]) look()
  }
  const finish = (code: number | null, words: string): void => {
    ended ??= { code, words }
    wake()
  }
  socket.on('open', () => {
    wasOpen = true
    wake()
  })
  socket.on('error', (error) => (trouble = error.message))
  socket.on('unexpected-response', (request, { statusCode }) => {
    finish(
      null,
      `the upgrade was refused with HTTP ${statusCode ?? 0}: is the path right, and is this a WebSocket server?`,
    )
    request.destroy()
  })
  socket.on('close', (code, reason) => {
    if (wasOpen) finish(code, `closed with ${code} ${reason.toString()}`.trim())
    else finish(null, `it could not be opened (${trouble}): is the server running at this address?`)
  })
  socket.on('pong', () => {
    heard.pongs += 1
    wake()
  })
  socket.on('message', (data: Buffer, isBinary) => {
    if (ended) return
    heard.messages += 1
    heard.bytes += data.length
    const frame = isBinary ? 'a binary frame' : parseFrame(data.toString())
    if (typeof frame === 'string') log.illegal(`${frame}: ${data.toString('utf8', 0, 80)}`)
    else {
      log.frame(frame)
      frames.push(frame)
      if (frame.type === 'ping') link.send({ type: 'pong', timestamp: frame.timestamp })
    }
    if (heard.messages < MOST.messages && heard.bytes < MOST.bytes) return wake()
    finish(null, `cut off by the kit after ${heard.messages} messages`)
    socket.terminate()
  })

  /** Waits until `look` gives something; it looks again whenever anything has happened. */
  const until = <T>(
    what: string,
    look: () => T | undefined,
    patience: number = timeout,
    bearsEnd = false,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        waiting.delete(check)
      }
      const check = (): void => {
        const found = look()
        if (found === undefined && (ended === null || bearsEnd)) return
        stop()
        if (found === undefined) reject(new Failure(`No ${what}: ${ended?.words ?? ''}.`))
        else resolve(found)
      }
      const timer = setTimeout(() => {
        stop()
        reject(new Failure(`No ${what} within ${patience} ms.`))
      }, patience)
      waiting.add(check)
      check()
    })

  const isOpen = (): boolean => socket.readyState === socket.OPEN
  const link: Link = {
    frames,
    ended: () => ended,
    protocol: () => socket.protocol,
    open: () => until('open link', () => wasOpen || undefined, timeout + 1_000),
    send(frame) {
      if (isOpen()) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    },
    sendBinary(bytes) {
      if (isOpen()) socket.send(bytes)
    },
    sendFragments(frame, pieces) {
      const text = JSON.stringify(frame)
      const size = Math.ceil(text.length / pieces)
      for (let at = 0; at < text.length && isOpen(); at += size)
        socket.send(text.slice(at, at + size), { binary: false, fin: at + size >= text.length })
    },
    async pingSocket() {
      const before = heard.pongs
      if (isOpen()) socket.ping('holdfast')
      await until('pong of the WebSocket layer', () => heard.pongs > before || undefined)
    },
    frame(what, matches, from = 0, patience = timeout) {
      let at = from
      const look = (): Frame | undefined => {
        while (at < frames.length) {
          const frame = frames[at++]
          if (frame && matches(frame)) return frame
        }
        return undefined
      }
      return until(what, look, patience)
    },
    answer: (id) => link.frame(`answer to the request ${id}`, (frame) => isAnswer(frame) && frame.id === id),
    reply(id) {
      const look = (): Reply | undefined => {
        const answer = frames.find((frame) => isAnswer(frame) && frame.id === id)
        if (answer) return { answer, code: null, words: show(answer) }
        return ended ? { answer: null, ...ended } : undefined
      }
      return until(`answer to the request ${id}, and no close either`, look, timeout, true)
    },
    end: (patience) => until('close', () => ended ?? undefined, patience, true),
    probe() {
      const from = frames.length
      link.send({ type: 'ping', timestamp: 1_000_000 + ++pings })
      const isPong = (): boolean => frames.slice(from).some(({ type }) => type === 'pong')
      const look = (): Ended | null | undefined => (isPong() ? null : (ended ?? undefined))
      return until('pong, and no close either', look, timeout, true)
    },
    async settle() {
      await link.probe()
      await silence(1)
      if (ended) throw new Failure(`The link was lost: ${ended.words}.`)
    },
    close: () => socket.close(1000),
    drop: () => socket.terminate(),
  }
  return link
}

/** One of the frames that answer a request. */
export function isAnswer({ type }: Frame): boolean {
  return type === 'rt.ack' || type === 'rt.error' || type === 'rt.subscribed' || type === 'rt.unsubscribed'
}

/** Ended by a server that says why: a code from 4400 to 4499, or 1008. */
export function isRefusal({ code }: Ended): boolean {
  return code !== null && ((code >= 4_400 && code <= 4_499) || code === 1_008)
}

/** Listens for a moment, so many times as long as usual. */
export async function silence(times: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, times * QUIET))
}
