// The drawings of docs/delivery.md, and the same things happening to a connection, so that no drawing says what is not so.
import { createConnection, type Connection, type SendOutcome } from '../../../src/index.ts'
import { mockServer, virtualClock, type MockServer, type VirtualClock } from '../../../src/testing/index.ts'
import type { Moment, Timeline } from '../../support/timeline-drawing.ts'

/** A connection to a mock server at the level it is told. */
export interface Stage {
  readonly clock: VirtualClock
  readonly server: MockServer
  readonly live: Connection
  /** What the stream `chat` told. */
  readonly told: string[]
}

/** A drawing without its end, which is what `happens` leads to, in words. */
export interface Scene extends Omit<Timeline, 'end'> {
  readonly name: string
  readonly mood: Timeline['end']['mood']
  readonly happens: (stage: Stage) => Promise<SendOutcome | string>
}

/** A stage on which nothing has happened; nobody wants a connection yet. */
export function createStage(): Stage {
  const clock = virtualClock()
  const server = mockServer(clock)
  const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
  return { clock, server, live, told: [] }
}

/** Connects; the log of `chat` has messages up to `top`. */
async function connected({ clock, server, live }: Stage, level: 1 | 2 | 3, top: number = 6): Promise<void> {
  server.accepts({ level })
  live.connect()
  await clock.advanceAsync(6_000)
  if (level > 1) for (let n = 0; n < top; n++) server.push('chat', n)
}

const chat = ({ live }: Stage): { publish(data: unknown): Promise<SendOutcome> } => live.stream('chat')

/** Listens to `chat`, and notes what it says. */
async function listening(stage: Stage): Promise<void> {
  const stream = stage.live.stream('chat')
  stream.on('message', (_, { offset }) => stage.told.push(`${offset}`))
  stream.on('recovered', ({ replayed }) => stage.told.push(`recovered(${replayed})`))
  stream.on('gap', ({ since }) => stage.told.push(`gap(since ${since})`))
  await stage.clock.advanceAsync(10)
}

/** A server that does what a scene says with publications. */
function scripted(
  { server, clock, live }: Stage,
  caps: readonly string[],
  answer: (id: unknown, link: { send(text: string): void; drop(): void }, times: number) => void,
): Promise<void> {
  let times = 0
  server.behaves((link) => {
    link.accept()
    link.onFrame(({ type, id, timestamp }) => {
      if (type === 'ping') link.send(JSON.stringify({ type: 'pong', timestamp }))
      if (type === 'client_ready')
        link.send(JSON.stringify({ type: 'server_ready', v: 1, caps, dedup_window: 120_000 }))
      if (type === 'rt.publish') answer(id, link, ++times)
    })
  })
  live.connect()
  return clock.advanceAsync(100)
}

const level2 = ['channels']
const level3 = ['channels', 'recover']
const publish: Moment = { what: 'to', frame: 'rt.publish m1', page: "publish('hi')" }

/** In the order of the page. */
export const scenes: readonly Scene[] = [
  {
    name: 'acked',
    mood: 'good',
    isLinked: true,
    moments: [
      { ...publish, server: 'kept as 7' },
      { what: 'from', frame: 'rt.ack m1, offset 7' },
    ],
    async happens(stage) {
      await connected(stage, 3)
      const outcome = chat(stage).publish('hi')
      await stage.clock.advanceAsync(10)
      return outcome
    },
  },
  {
    name: 'acked-duplicate',
    mood: 'good',
    isLinked: true,
    moments: [
      { ...publish, server: 'kept as 7' },
      { what: 'from', frame: 'rt.ack m1', lost: true },
      { what: 'cut', words: 'the line is cut' },
      { what: 'back', words: 'connected again' },
      { what: 'to', frame: 'rt.publish m1, retry', page: 'by itself', server: 'has m1: not again' },
      { what: 'from', frame: 'rt.ack m1, 7, duplicate' },
    ],
    async happens(stage) {
      const ack = (id: unknown): object => ({ type: 'rt.ack', id, epoch: 'k3x', offset: 7, duplicate: true })
      await scripted(stage, level3, (id, link, times) =>
        times === 1 ? link.drop() : link.send(JSON.stringify(ack(id))),
      )
      const outcome = chat(stage).publish('hi')
      await stage.clock.advanceAsync(10_000)
      return outcome
    },
  },
  {
    name: 'written',
    mood: 'open',
    isLinked: true,
    moments: [{ what: 'to', frame: '{ type, data }', page: "send('hi')", server: 'does not answer' }],
    async happens(stage) {
      await connected(stage, 1)
      return stage.live.send('chat', 'hi')
    },
  },
  {
    name: 'failed-not-left',
    mood: 'bad',
    isLinked: false,
    moments: [
      { what: 'cut', words: 'no connection' },
      { what: 'note', page: "send('hi')" },
    ],
    async happens({ server, live, clock }) {
      server.refuses()
      live.connect()
      await clock.advanceAsync(10)
      return live.send('chat', 'hi')
    },
  },
  {
    name: 'failed-maybe-delivered',
    mood: 'bad',
    isLinked: true,
    moments: [
      { ...publish, server: 'kept, or not?' },
      { what: 'cut', words: 'the line is cut' },
    ],
    async happens(stage) {
      await scripted(stage, level2, (_, link) => link.drop())
      const outcome = chat(stage).publish('hi')
      await stage.clock.advanceAsync(10)
      return outcome
    },
  },
  {
    name: 'expired',
    mood: 'bad',
    isLinked: false,
    moments: [
      { what: 'cut', words: 'no connection' },
      { what: 'note', page: "publish('hi')" },
      { what: 'note', page: '60 s later' },
    ],
    async happens(stage) {
      stage.server.refuses()
      stage.live.connect()
      await stage.clock.advanceAsync(10)
      const outcome = chat(stage).publish('hi')
      await stage.clock.advanceAsync(60_000)
      return outcome
    },
  },
  {
    name: 'queue-full',
    mood: 'bad',
    isLinked: false,
    moments: [
      { what: 'cut', words: 'no connection' },
      { what: 'note', page: '1 000 wait' },
      { what: 'note', page: "publish('hi')" },
    ],
    async happens(stage) {
      stage.server.refuses()
      stage.live.connect()
      await stage.clock.advanceAsync(10)
      for (let n = 0; n < 1_000; n++) void chat(stage).publish(n)
      return chat(stage).publish('hi')
    },
  },
  {
    name: 'rejected',
    mood: 'bad',
    isLinked: true,
    moments: [
      { ...publish, server: 'may not' },
      { what: 'from', frame: 'rt.error m1, forbidden' },
    ],
    async happens(stage) {
      const no = { type: 'rt.error', code: 'forbidden', message: 'No.' }
      await scripted(stage, level2, (id, link) => link.send(JSON.stringify({ ...no, id })))
      const outcome = chat(stage).publish('hi')
      await stage.clock.advanceAsync(10)
      return outcome
    },
  },
  {
    name: 'request-timeout',
    mood: 'bad',
    isLinked: true,
    moments: [
      { ...publish, server: 'kept, or not?' },
      { what: 'note', page: '60 s later', server: 'still no answer' },
    ],
    async happens(stage) {
      await scripted(stage, level2, () => undefined)
      const outcome = chat(stage).publish('hi')
      await stage.clock.advanceAsync(60_000)
      return outcome
    },
  },
  {
    name: 'recovered',
    mood: 'good',
    isLinked: true,
    moments: [
      { what: 'from', frame: 'rt.message 18', page: 'message 18', server: 'publishes 18' },
      { what: 'cut', words: 'the line is cut', server: 'publishes 19, 20' },
      { what: 'back', words: 'connected again' },
      { what: 'to', frame: 'rt.subscribe, since 18' },
      { what: 'from', frame: 'rt.subscribed, replay 2' },
      { what: 'from', frame: 'rt.message 19', page: '(held back)' },
      { what: 'from', frame: 'rt.message 20', page: 'messages 19, 20' },
      { what: 'from', frame: 'rt.message 21', page: 'message 21', server: 'publishes 21' },
    ],
    async happens(stage) {
      await connected(stage, 3, 17)
      await listening(stage)
      const { server, clock, told } = stage
      server.push('chat', 'eighteen')
      server.closeAll(1006)
      await clock.advanceAsync(0)
      for (const word of ['nineteen', 'twenty']) server.push('chat', word)
      await clock.advanceAsync(5_000)
      server.push('chat', 'twenty-one')
      await clock.advanceAsync(10)
      return `told: ${told.join(', ')}`
    },
  },
  {
    name: 'gap',
    mood: 'bad',
    isLinked: true,
    moments: [
      { what: 'from', frame: 'rt.message 18', page: 'message 18', server: 'publishes 18' },
      { what: 'cut', words: 'the line is cut', server: 'publishes … 400' },
      { what: 'back', words: 'connected again', server: 'has lost 19' },
      { what: 'to', frame: 'rt.subscribe, since 18' },
      { what: 'from', frame: 'rt.subscribed, not recovered', page: 'gap since 18' },
      { what: 'from', frame: 'rt.message 401', page: 'message 401', server: 'publishes 401' },
    ],
    async happens(stage) {
      await connected(stage, 3, 17)
      await listening(stage)
      const { server, clock, told } = stage
      server.push('chat', 'eighteen')
      server.closeAll(1006)
      await clock.advanceAsync(0)
      for (let n = 19; n <= 400; n++) server.push('chat', n)
      await clock.advanceAsync(5_000)
      server.push('chat', 'the next')
      await clock.advanceAsync(10)
      return `told: ${told.join(', ')}`
    },
  },
]

/** How a drawing ends, in words. */
export function toWords(end: SendOutcome | string): string {
  if (typeof end === 'string') return end
  if (!end.ok) return `failed: ${end.error.code}, maybeDelivered: ${end.maybeDelivered}`
  if (end.outcome === 'written') return 'written'
  const offset = end.offset === undefined ? '' : `, offset: ${end.offset}`
  return `acked: ${end.level}${offset}${end.duplicate === true ? ', duplicate: true' : ''}`
}
