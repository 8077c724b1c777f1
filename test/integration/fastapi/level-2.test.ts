// A level-2 server that is not ours: the FastAPI sample of the documentation, with the kit, with clients, killed and held up.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { cases } from '../../../src/bin/conform/cases.ts'
import { runCases } from '../../../src/bin/conform/run.ts'
import { readArguments } from '../../../src/bin/conform/settings.ts'
import { createConnection, webSocket, type Connection, type SendOutcome } from '../../../src/index.ts'
import { startFastApi } from '../../support/fastapi.ts'
import { findPython } from '../../support/machine.ts'
import type { Program } from '../../support/program.ts'
import { createScene, until, type Scene } from '../../support/scene.ts'

/** A client, and what its stream of the channel `chat` says. */
function listener(scene: Scene, port: number): { readonly live: Connection; readonly told: unknown[] } {
  const live = createConnection({
    url: `ws://127.0.0.1:${port}/ws`,
    auth: () => ({ token: 'secret' }),
    transport: webSocket({ WebSocket }),
    reconnect: { delay: () => 20 },
  })
  scene.onEnd(() => live.close())
  const told: unknown[] = []
  const chat = live.stream('chat')
  chat.on('message', (item) => told.push(item))
  chat.on('gap', ({ since }) => told.push({ gap: since }))
  return { live, told }
}

const isLive = ({ live }: { readonly live: Connection }): boolean =>
  live.stream('chat').getSnapshot().freshness === 'live'

describe.runIf(findPython() !== null)('examples/fastapi/level2.py', () => {
  let server: Program
  beforeAll(async () => {
    server = await startFastApi({ module: 'level2' })
  })
  afterAll(() => server.kill('SIGKILL'))

  it("[L2] is at level 2, as the kit for anybody's server sees it", async () => {
    const asked = readArguments([
      'conform',
      `ws://127.0.0.1:${server.port}/ws`,
      '--level=2',
      '--auth={"token":"secret"}',
      '--bad-auth={"token":"stolen"}',
      '--channel=chat',
      '--forbidden-channel=secret',
    ])
    if (asked.kind !== 'run') throw new Error(JSON.stringify(asked))
    const { results, passed } = await runCases(cases, asked.settings)
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(results.flatMap(({ id, outcome }) => (outcome === 'skipped' ? [id] : []))).toEqual([
      '1.heartbeat',
      '1.renew',
      '1.renew-bad',
      '1.rate',
      '2.batch',
    ])
    expect(passed).toBe(true)
  })

  it('[G11 G18 G20 G22 A8] takes what is published, says so, and gives it to all who listen, in order', async (context) => {
    const scene = createScene(context)
    const [ann, bob] = [listener(scene, server.port), listener(scene, server.port)]
    await until('both to listen', () => isLive(ann) && isLive(bob))
    const words = Array.from({ length: 50 }, (_, n) => n)
    const outcomes = await Promise.all(words.map((n) => ann.live.stream('chat').publish(n)))
    expect(outcomes).toEqual(words.map(() => ({ ok: true, outcome: 'acked', level: 'received' })))
    await until('all messages', () => bob.told.length === 50)
    expect([ann.told, bob.told]).toEqual([words, words])
  })

  it('[G14 G18 G19] (fault S9) killed in the middle, costs a gap that is told, and no publication its one outcome', async (context) => {
    const scene = createScene(context)
    const first = await startFastApi({ module: 'level2' })
    const client = listener(scene, first.port)
    await until('it to listen', () => isLive(client))
    const chat = client.live.stream('chat')
    expect(await chat.publish('before')).toMatchObject({ outcome: 'acked' })
    const outcomes: SendOutcome[] = []
    const flying = Array.from({ length: 40 }, (_, n) => chat.publish(n).then((how) => outcomes.push(how)))
    await first.kill('SIGKILL')
    const next = await startFastApi({ module: 'level2', port: first.port })
    scene.onEnd(() => next.kill('SIGKILL'))
    await Promise.all(flying)
    const lost = outcomes.filter(({ ok }) => !ok)
    expect(outcomes).toHaveLength(40)
    expect(lost.every((how) => !how.ok && how.maybeDelivered && how.error.code === 'not-connected')).toBe(
      true,
    )
    await until('it to listen again', () => isLive(client))
    expect(await chat.publish('after')).toMatchObject({ outcome: 'acked' })
    await until('the word after', () => client.told.at(-1) === 'after')
    expect(client.told.filter((item) => typeof item === 'object')).toEqual([{ gap: null }])
  })

  it('(fault S11) closes with 4429 who does not read, and keeps nobody else waiting', async (context) => {
    const scene = createScene(context)
    const slow = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, { perMessageDeflate: false })
    let code = 0
    slow.on('close', (how) => (code = how)).on('error', () => undefined)
    slow.on('open', () => {
      slow.send('{"type":"client_ready","auth":{"token":"secret"}}')
      slow.send('{"type":"rt.subscribe","id":"s","channel":"chat:slow"}')
    })
    slow.on('message', (text: Buffer) => {
      if (text.includes('rt.subscribed')) slow.pause()
    })
    await until('it to have subscribed', () => slow.isPaused)
    const { live } = listener(scene, server.port)
    const chat = live.stream('chat:slow')
    let heard = 0
    chat.on('message', () => heard++)
    await until('somebody else to listen', () => chat.getSnapshot().freshness === 'live')
    // More than the kernel's buffers and the queue of the sample hold together.
    const large = 'x'.repeat(60_000)
    const outcomes: SendOutcome[] = []
    while (outcomes.length < 2_500)
      outcomes.push(...(await Promise.all(Array.from({ length: 10 }, () => chat.publish(large)))))
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([])
    expect(heard).toBe(2_500)
    slow.resume()
    await until('the close', () => code !== 0)
    expect(code).toBe(4429)
  })
})
