// spawnPeer(): clients or a server in a process of their own, in a network namespace or to be stopped by a signal; they report by line.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { ConnectionOptions } from '../../src/index.ts'

/** What can be told to a process: `circuit: false` and numbers, no functions. */
type Plain = Pick<ConnectionOptions, 'connectTimeout' | 'heartbeat' | 'quality' | 'reconnect'>

export type PeerOptions =
  | {
      readonly role: 'client'
      readonly url: string
      /** How many connections, each with a channel `queue`. @default 1 */
      readonly count?: number
      readonly connection?: Plain
      /** The channel can be loaded: that succeeds at once, without the network. */
      readonly loads?: boolean
    }
  | {
      readonly role: 'server'
      /** Milliseconds between changes of the queue; 0: never. */
      readonly every?: number
      /** Bytes beside the count. */
      readonly padding?: number
    }

/** One line of a client. `at` is epoch milliseconds, the same clock for all processes. */
export interface Report {
  readonly at: number
  readonly client: number
  readonly what: 'open' | 'closed' | 'status' | 'error' | 'message' | 'sent'
  readonly status: string
  readonly freshness: string
  readonly quality: string
  readonly latency: number | null
  /** Of an error or a close, else null. */
  readonly code: string | number | null
  /** The count of a message, or the bytes that wait in the socket once something was sent. */
  readonly count: number | null
}

/** What a client can be told. */
export type Order =
  | { readonly signal: 'goOnline' | 'goOffline' | 'changeNetwork' | 'show' }
  | { readonly send: number; readonly times: number }

export interface Peer {
  readonly pid: number
  readonly reports: readonly Report[]
  /** Those of one connection, after an instant. */
  of(client: number, after?: number): readonly Report[]
  tell(order: Order): void
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
}

let bundling: Promise<string> | null = null
const running = new Set<ChildProcess>()

async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-peer-'))
  const outfile = join(folder, 'peer.cjs')
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const entry = fileURLToPath(new URL('fault-peer-process.ts', import.meta.url))
  const external = ['bufferutil', 'utf-8-validate']
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', external })
  return outfile
}

/** Starts it; `within` is a command that runs another, such as `ip netns exec`. */
export async function spawnPeer(options: PeerOptions, within: readonly string[] = []): Promise<Peer> {
  const file = await (bundling ??= bundle())
  const [command, ...args] = [...within, process.execPath, file, JSON.stringify(options)]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  running.add(child)
  let errors = ''
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
  const gone = new Promise<void>((resolve) => {
    child.on('close', () => {
      running.delete(child)
      resolve()
    })
  })
  const reports: Report[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') resolve()
      else reports.push(JSON.parse(line) as Report)
    })
    void gone.then(() => reject(new Error(`The process did not start: ${errors}`)))
  })
  return {
    pid: child.pid ?? 0,
    reports,
    of: (client, after = 0) => reports.filter((report) => report.client === client && report.at >= after),
    tell: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    async kill(signal) {
      child.kill(signal)
      if (signal === 'SIGKILL') await gone
    },
  }
}
