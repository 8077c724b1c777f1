// The servers that the documentation shows, run as they stand: FastAPI, Node and Go, levels 0 and 1. Level 2 is beside the faults of FastAPI.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import { cases } from '../../src/bin/conform/cases.ts'
import { runCases } from '../../src/bin/conform/run.ts'
import { readArguments } from '../../src/bin/conform/settings.ts'
import { startFastApi } from '../support/fastapi.ts'
import { buildGo, findGo } from '../support/go.ts'
import { findPython } from '../support/machine.ts'
import { startProgram, type Program } from '../support/program.ts'
import { createScene, until } from '../support/scene.ts'

interface Sample {
  readonly file: string
  readonly level: 0 | 1
  /** All of it, blanks and comments too. */
  readonly lines: number
  readonly start: (path: string, folder: string) => Promise<Program>
}

const hasGo = findGo()
if (!hasGo) {
  console.warn(
    'SKIPPED: the Go samples. Debian: apt-get install golang-go golang-github-gorilla-websocket-dev.',
  )
}

const node = (path: string): Promise<Program> =>
  startProgram({
    command: process.execPath,
    args: [path],
    env: { PORT: '0' },
    listening: /listening on (\d+)/,
  })

const python = (path: string): Promise<Program> =>
  startFastApi({ module: /(\w+)\.py$/.exec(path)?.[1] ?? '' })

/** A Go server prints nothing when it listens: so it is asked until it does. */
async function go(path: string, folder: string): Promise<Program> {
  const file = join(folder, /(\w+)\.go$/.exec(path)?.[1] ?? '')
  buildGo(path, file)
  const port = await freePort()
  const command = `echo starting on ${port}; exec "${file}"`
  const args = ['-c', command]
  const program = await startProgram({
    command: 'sh',
    args,
    env: { PORT: String(port) },
    listening: /on (\d+)/,
  })
  let listens = false
  const ask = (): boolean => {
    const socket = connect(port, '127.0.0.1', () => {
      listens = true
      socket.destroy()
    }).on('error', () => undefined)
    return listens
  }
  await until('it to listen', ask)
  return program
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const samples: readonly Sample[] = [
  { file: 'node/level0.mjs', level: 0, lines: 29, start: node },
  { file: 'node/level1.mjs', level: 1, lines: 29, start: node },
  ...(findPython() === null
    ? []
    : ([
        { file: 'fastapi/level0.py', level: 0, lines: 15, start: python },
        { file: 'fastapi/level1.py', level: 1, lines: 30, start: python },
      ] as const)),
  ...(hasGo
    ? ([
        { file: 'go/level0.go', level: 0, lines: 29, start: go },
        { file: 'go/level1.go', level: 1, lines: 43, start: go },
      ] as const)
    : []),
]

const good = JSON.stringify({ type: 'client_ready', v: 1, auth: { token: 'secret' } })
const bad = JSON.stringify({ type: 'client_ready', v: 1, auth: { token: 'stolen' } })
const ping = JSON.stringify({ type: 'ping', timestamp: 1 })

describe.concurrent.each(samples)('examples/$file', ({ file, level, lines, start }) => {
  const path = fileURLToPath(new URL(`../../examples/${file}`, import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-samples-'))
  let program: Program | null = null
  let url = ''
  beforeAll(async () => {
    program = await start(path, folder)
    url = `ws://127.0.0.1:${program.port}/ws`
  })
  afterAll(async () => {
    await program?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  /** What a server says to one who says this: the types of its frames up to the first pong, or up to its close code. */
  async function answers(
    texts: readonly string[],
    options: ClientOptions = {},
  ): Promise<Array<string | number>> {
    const socket = new WebSocket(url, options)
    const said: Array<string | number> = []
    socket.on('open', () => {
      for (const text of texts) socket.send(text)
    })
    await new Promise<void>((resolve) => {
      socket.on('error', () => undefined)
      socket.on('message', (text: Buffer) => {
        const { type } = JSON.parse(text.toString()) as { type: string }
        if (said.push(type) > 0 && type === 'pong') resolve()
      })
      socket.on('close', (code) => {
        said.push(code)
        resolve()
      })
    })
    socket.terminate()
    return said
  }

  it(`[L${level}] has at most ${lines} lines of code`, () => {
    const code = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !/^\s*((\/\/|#).*)?$/.test(line))
    expect(code.length).toBeLessThanOrEqual(lines)
  })

  it(`[A1 A2 G2a] shakes hands at level ${level}, gives first data and lets the latency be measured`, async (context) => {
    const client = createScene(context).client(url, { auth: () => ({ token: 'secret' }) })
    const { live, queue } = client
    await until('live data and a latency', () => {
      return queue.getSnapshot().freshness === 'live' && live.getSnapshot().latency !== null
    })
    expect(queue.getSnapshot().data).toEqual({ waiting: 3 })
    expect(client.wires[0]?.frames.map(({ type }) => type)).toEqual(
      level === 0 ? ['queue', 'pong'] : ['server_ready', 'queue', 'pong'],
    )
    expect(client.errors).toEqual([])
  })

  it(`[L${level}] is at level ${level}, as the kit for anybody's server sees it`, async () => {
    const asked = readArguments([
      'conform',
      url,
      `--level=${level}`,
      '--auth={"token":"secret"}',
      '--bad-auth={"token":"stolen"}',
    ])
    if (asked.kind !== 'run') throw new Error(JSON.stringify(asked))
    const { results, passed } = await runCases(cases, asked.settings)
    expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(passed).toBe(true)
  })

  if (level === 1) {
    it('[L1] closes with 4401 and 4403, and only after it has accepted', async () => {
      // The pings that travel with client_ready must not turn the close into a reset.
      expect(await answers([bad, ping, ping])).toEqual([4401])
      expect(await answers([good, ping, ping], { origin: 'https://evil.example' })).toEqual([4403])
    })
  }

  it(`[L${level}] serves others on after clients that talk garbage`, async (context) => {
    const garbage = ['[1]', '"text"', 'null', '{', '{"type":{}}', '']
    const all = await Promise.all(
      garbage.flatMap((text) => [answers([text, ping]), answers([good, text, ping])]),
    )
    expect(all.every((said) => said.at(-1) === 'pong' || typeof said.at(-1) === 'number')).toBe(true)
    const client = createScene(context).client(url, { auth: () => ({ token: 'secret' }) })
    await until('live data', () => client.queue.getSnapshot().freshness === 'live')
    expect(client.wires.length).toBe(1)
  })
})
