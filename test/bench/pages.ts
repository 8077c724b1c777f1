// runPages(): many pages open at once, each with several channels, over one socket of ours or over as many bare ones; until all have first data.
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { createConnection, webSocket } from '../../src/index.ts'
import { startChild } from '../soak/child.ts'
import type { BenchAnswers } from './server-process.ts'
import type { FirstData } from './first-data.ts'

/** How the pages get their data. */
export const contenders = ['ours', 'bare'] as const
export type Contender = (typeof contenders)[number]

/** What it took to make all pages ready, once. */
export interface Sample {
  readonly contender: Contender
  /** Milliseconds, from the first page to the last first data; and CPU milliseconds of the server for it. */
  readonly wall: number
  readonly cpu: number
  /** Sockets and heap bytes of the server per page. */
  readonly sockets: number
  readonly heap: number
  /** Frames that one page sent to subscribe. */
  readonly subscribes: number
  /** Channels that had their data in the end. */
  readonly ready: number
}

export interface PagesOptions {
  readonly pages: number
  readonly channels: number
  /** Of each contender; they take turns. */
  readonly repeats: number
}

/** Pages that are open. */
interface Opened {
  readonly ready: number
  readonly subscribes: number
  close(): void
}

export async function runPages(
  { pages, channels: count, repeats }: PagesOptions,
  script: string,
): Promise<readonly Sample[]> {
  const channels = Array.from({ length: count }, (_, n) => `channel${n}`)
  const server = startChild<BenchAnswers>(script)
  try {
    const port = await server.ask('listen', { channels })
    const open = { ours: openOurs, bare: openBare }
    const empty = async (): Promise<void> => {
      while ((await server.ask('sockets')) > 0) await sleep(10)
    }
    const sample = async (contender: Contender): Promise<Sample> => {
      const before = await server.ask('census')
      const cpuAt = await server.ask('cpu')
      const startedAt = performance.now()
      const opened = await new Promise<Opened>((resolve) => {
        const made = open[contender](`ws://127.0.0.1:${port}`, pages, channels, () => resolve(made))
      })
      const wall = performance.now() - startedAt
      const cpu = ((await server.ask('cpu')) - cpuAt) * 1_000
      const { sockets, heap } = await server.ask('census')
      const { ready, subscribes } = opened
      opened.close()
      await empty()
      return {
        contender,
        wall,
        cpu,
        ready,
        sockets: sockets / pages,
        heap: (heap - before.heap) / pages,
        subscribes: subscribes / pages,
      }
    }
    const samples: Sample[] = []
    for (let n = 0; n < repeats; n++)
      // Who comes first changes, so that neither has the better place.
      for (const contender of n % 2 === 0 ? contenders : contenders.toReversed())
        samples.push(await sample(contender))
    return samples
  } finally {
    server.kill('SIGKILL')
    await server.gone
  }
}

function openOurs(url: string, pages: number, channels: readonly string[], onReady: () => void): Opened {
  const ready = new Set<string>()
  let subscribes = 0
  class Counted extends WebSocket {
    override send(text: string): void {
      if (text.includes('rt.subscribe')) subscribes += 1
      super.send(text)
    }
  }
  const connections = Array.from({ length: pages }, (_, page) => {
    const live = createConnection({ url: `${url}/ws`, transport: webSocket({ WebSocket: Counted }) })
    for (const name of channels) {
      const state = live.state<FirstData>(name)
      state.subscribe(() => {
        const { freshness, data } = state.getSnapshot()
        if (freshness !== 'live' || data.channel !== name) return
        if (ready.add(`${page} ${name}`).size === pages * channels.length) onReady()
      })
    }
    return live
  })
  return {
    get ready() {
      return ready.size
    },
    get subscribes() {
      return subscribes
    },
    close: () => connections.forEach((live) => live.close()),
  }
}

function openBare(url: string, pages: number, channels: readonly string[], onReady: () => void): Opened {
  let ready = 0
  const sockets = Array.from({ length: pages }, () =>
    channels.map((name) => {
      const socket = new WebSocket(`${url}/bare/${name}`)
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data as string) as { readonly type: string; readonly data: FirstData }
        if (frame.data.channel === name) ready += 1
        if (ready === pages * channels.length) onReady()
      }
      return socket
    }),
  ).flat()
  return {
    get ready() {
      return ready
    },
    subscribes: 0,
    close: () => sockets.forEach((socket) => socket.close()),
  }
}
