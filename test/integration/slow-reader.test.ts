// 100 000 messages while one reader hardly reads and another one does not read at all: nobody else notices, and the server keeps little of it.
import { expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createConnection, webSocket, type Connection, type HoldfastError } from '../../src/index.ts'
import { createJudge, type Judge } from '../rounds/judge.ts'
import { startServer } from '../rounds/site.ts'
import { toKept, type Place } from '../rounds/traffic.ts'
import { bundled } from '../support/bundled.ts'
import { createScene, until } from '../support/scene.ts'

const CHANNEL = 'wide:1'
const MESSAGES = 100_000
/** Said at once; the next ones when all who read have read these. */
const BATCH = 500
const BYTES = 150
/** Of the line that hardly delivers, a second: it would take minutes for all. */
const BANDWIDTH = 50_000
/** What may wait for one reader, and then what it takes to hold 300 messages and the code that was compiled meanwhile. */
const MOST = { waiting: 1_048_576 + 10_000, more: 8_000_000 }

interface Reader {
  readonly live: Connection
  readonly judge: Judge
  readonly errors: readonly HoldfastError[]
}

function createReader(name: string, url: string): Reader {
  // Whoever is sent away comes back when the test says so.
  const reconnect = { minDelay: 300_000 }
  const live = createConnection({ url, reconnect, transport: webSocket({ WebSocket }) })
  const errors: HoldfastError[] = []
  live.on('error', (error) => errors.push(error))
  const judge = createJudge({
    name,
    kept: toKept(CHANNEL),
    isLasting: true,
    isTrue: (offset, data) => (data as Place).n === offset,
  })
  const stream = live.stream(CHANNEL)
  stream.on('message', (data, { offset, replayed }) =>
    judge.hear({ what: 'message', offset, replayed, data }),
  )
  stream.on('gap', ({ since }) => judge.hear({ what: 'gap', since }))
  stream.on('recovered', ({ replayed }) => judge.hear({ what: 'recovered', replayed }))
  return { live, judge, errors }
}

it(`[C1 S11 R7 G12 INV-8] ${MESSAGES} messages: each comes once and in order to who reads, the slow reader is sent away with 4429 and finds back, and memory stays within bounds`, async (context) => {
  const scene = createScene(context)
  const script = await bundled(new URL('../rounds/server-process.ts', import.meta.url))
  const { child: server, port } = await startServer(script)
  scene.onEnd(() => server.kill('SIGKILL'))
  const url = `ws://127.0.0.1:${port}/ws`
  const proxy = await scene.proxy(url)
  const readers = [0, 1, 2].map((index) => createReader(`reader ${index}`, url))
  const slow = createReader('the slow reader', proxy.url)
  const all = [...readers, slow]
  scene.onEnd(() => all.forEach(({ live }) => live.close()))

  // Level 1: it gets everything unasked, and takes nothing from its socket.
  const stuck = new WebSocket(url)
  scene.onEnd(() => stuck.terminate())
  let code = 0
  stuck.on('close', (is) => (code = is))
  await new Promise((resolve) => stuck.once('open', resolve))
  stuck.send('{"type":"client_ready","v":1}')
  await new Promise((resolve) => stuck.once('message', resolve))
  stuck.pause()
  await until('everybody to be live', () =>
    all.every(({ live }) => live.stream(CHANNEL).getSnapshot().freshness === 'live'),
  )
  proxy.bandwidth(BANDWIDTH, 'toClient')

  const before = await server.ask('census')
  let waiting = 0
  let heap = 0
  for (let said = 0; said < MESSAGES; said += BATCH) {
    await server.ask('say', { channel: CHANNEL, count: BATCH, bytes: BYTES })
    waiting = Math.max(waiting, await server.ask('buffered'))
    await until('all who read', () => readers.every(({ judge }) => judge.last === said + BATCH))
    if (said % (BATCH * 20) === 0) heap = Math.max(heap, (await server.ask('census')).heap)
  }
  for (const { live, judge, errors } of readers) {
    expect(judge.complaints).toEqual([])
    expect(judge.counts).toEqual({ messages: MESSAGES, replayed: 0, recovered: 0, refilled: 0, gaps: 0 })
    expect(errors).toEqual([])
    expect(live.getSnapshot().status).toBe('connected')
  }
  expect(waiting).toBeGreaterThan(500_000)
  expect(waiting).toBeLessThan(MOST.waiting)
  expect(heap - before.heap).toBeLessThan(MOST.more)

  // The others were sent away, and nothing of theirs is kept; whether they are told so before the line is cut depends on how they read.
  await vi.waitFor(async () => expect((await server.ask('census')).sockets).toBe(readers.length), 20_000)
  stuck.resume()
  proxy.bandwidth(null)
  await until('the stuck reader to hear that it is sent away', () => [4429, 1006].includes(code))
  const { judge, live, errors } = slow
  await until('the slow reader to hear it', () => errors.length > 0)
  expect(judge.last).toBeLessThan(MESSAGES)
  live.retry()
  await until('the slow reader to be back', () => live.stream(CHANNEL).getSnapshot().freshness === 'live')
  await server.ask('say', { channel: CHANNEL, count: 1, bytes: 0 })
  await until('all to hear what comes then', () => all.every((reader) => reader.judge.last === MESSAGES + 1))
  expect(judge.complaints).toEqual([])
  expect([judge.counts.gaps, judge.counts.recovered]).toEqual([1, 0])
  console.log(
    `${judge.counts.messages} messages reached the slow reader; at most ${waiting} bytes waited for one, and the heap was ${heap - before.heap} bytes larger`,
  )
})
