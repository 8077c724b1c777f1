// spawnServer(): a real server in a process of its own, to be killed, stopped and restarted by integration tests.
//
//   const server = await spawnServer({ heartbeat: { interval: 1_000, timeout: 1_000 } })
//   server.url                      ws://127.0.0.1:PORT/ws; it listens when spawnServer resolves
//   await server.kill('SIGKILL')    resolves when the process is gone; kill('SIGSTOP') and kill('SIGCONT') resolve at once
//   const next = await server.restart()     the same options on the same port
//   await server.stop()             SIGTERM, which drains (kind 'level1') or closes with 1012; SIGKILL after 5 s
//
// The state channel `queue` is `{ count, process }`: first data after client_ready, then at every change.
//   GET /api/queue     the same by HTTP
//   POST /api/queue    counts one up, or sets `{ "count": 7 }`
//   POST /api/block    `{ "ms": 4000 }` blocks its event loop that long, right after the answer
//   POST /api/close    `{ "code": 4401, "reason": "" }` closes all sockets (all kinds but level1)
//   GET /health, GET /api/ws/stats   level1; the latter with `tokens` and the header `authorization: Bearer user-1`
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export interface ServerProcessOptions {
  /**
   * `level1` (default): this package's server. `plain`: level 0. `no-pong`: plain, but pings are not answered. `mute`: accepts
   * and never sends. `accept-close`: closes at once with `code`. `hang`: takes the TCP connection and answers no HTTP.
   */
  readonly kind?: 'level1' | 'plain' | 'no-pong' | 'mute' | 'accept-close' | 'hang'
  /** 0: any free one. */
  readonly port?: number
  /** Milliseconds between changes of the queue by itself; 0: never. */
  readonly every?: number
  /** The first count. */
  readonly start?: number
  /** For `accept-close`. */
  readonly code?: number
  readonly reason?: string
  /** What follows is for `level1`. */
  readonly heartbeat?: { readonly interval: number; readonly timeout: number }
  readonly acceptRate?: number
  readonly origins?: readonly string[]
  /** For SIGTERM. */
  readonly drain?: number
  /** `auth: { token: 'user-…' }` is let in, anything else gets 4401. */
  readonly tokens?: boolean
  /** Milliseconds after which such a user expires. */
  readonly expiresIn?: number
  /** Connections per user and address are not limited unless said here. */
  readonly limits?: Readonly<Record<string, number>>
}

export interface ServerProcess {
  readonly pid: number
  readonly port: number
  /** The WebSocket's address. */
  readonly url: string
  /** Without a slash at the end. */
  readonly httpUrl: string
  /** `performance.now()` when it was seen to listen. */
  readonly listeningAt: number
  /** What it printed on stderr so far. */
  errors(): string
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): Promise<void>
  restart(changes?: ServerProcessOptions): Promise<ServerProcess>
  stop(): Promise<void>
}

let bundling: Promise<string> | null = null
const running = new Set<ChildProcess>()

/** One file with everything in it, made once per test process and removed with it. */
async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-server-'))
  const outfile = join(folder, 'server.cjs')
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const entry = fileURLToPath(new URL('server-process.ts', import.meta.url))
  const external = ['bufferutil', 'utf-8-validate']
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', external })
  return outfile
}

export async function spawnServer(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const file = await (bundling ??= bundle())
  const child = spawn(process.execPath, [file, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
  running.add(child)
  const gone = new Promise<void>((resolve) => {
    child.on('exit', () => {
      running.delete(child)
      resolve()
    })
  })
  const port = await new Promise<number>((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString()
      const address = /^listening (.*)$/m.exec(output)?.[1]
      if (address !== undefined) resolve((JSON.parse(address) as { port: number }).port)
    })
    void gone.then(() => reject(new Error(`The server did not start: ${errors}`)))
  })
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await gone
  }
  return {
    pid: child.pid ?? 0,
    port,
    url: `ws://127.0.0.1:${port}/ws`,
    httpUrl: `http://127.0.0.1:${port}`,
    listeningAt: performance.now(),
    errors: () => errors,
    kill,
    async restart(changes = {}) {
      await kill('SIGKILL')
      return spawnServer({ ...options, ...changes, port })
    },
    async stop() {
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
      child.kill('SIGCONT')
      await kill('SIGTERM')
      clearTimeout(late)
    },
  }
}
