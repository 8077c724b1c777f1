// One connection in a process of its own, which takes thousands of channels at a time and lets them go again.
import { WebSocket } from 'ws'
import { createConnection, webSocket, type Connection } from '../../src/index.ts'
import { takeCensus } from '../soak/census.ts'
import { serve } from '../soak/child.ts'

/** Channels `name:<from>` to `name:<to - 1>`. */
export interface Channels {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** What came of them: how many are live, and the messages that were heard since the first was taken. */
export interface Taken {
  readonly live: number
  readonly messages: number
}

let live: Connection | undefined
let messages = 0
let ends: Array<() => void> = []
let isLive: Array<() => boolean> = []

const answers = {
  connect({ url }: { readonly url: string }) {
    // What is let go is gone at once: the wait before that is not what is looked at here.
    live = createConnection({ url, linger: 0, transport: webSocket({ WebSocket }) })
    live.connect()
    return live.ready()
  },
  take({ name, from, to }: Channels) {
    for (let n = from; n < to; n++) {
      const stream = live?.stream(`${name}:${n}`)
      if (!stream) return
      ends.push(stream.on('message', () => (messages += 1)))
      isLive.push(() => stream.getSnapshot().freshness === 'live')
    }
  },
  taken: (): Taken => ({ live: isLive.filter((is) => is()).length, messages }),
  drop() {
    for (const end of ends) end()
    ends = []
    isLive = []
    messages = 0
  },
  census: takeCensus,
}
export type ChannelsAnswers = typeof answers

serve(answers)
