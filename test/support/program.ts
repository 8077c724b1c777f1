// startProgram(): somebody else's server in a process of its own: Python, Go, or a plain Node file.
import { spawn, type ChildProcess } from 'node:child_process'

export interface ProgramOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** What it prints when it listens; the first group is the port. */
  readonly listening: RegExp
}

export interface Program {
  readonly pid: number
  readonly port: number
  /** `performance.now()` when it was seen to listen. */
  readonly listeningAt: number
  /** What it printed so far. */
  output(): string
  /** Resolves when it is gone. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export async function startProgram({ command, args, cwd, env, listening }: ProgramOptions): Promise<Program> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  running.add(child)
  const gone = new Promise<void>((resolve) => {
    const end = (): void => {
      running.delete(child)
      resolve()
    }
    child.on('exit', end)
    child.on('error', (error) => {
      output += error.message
      end()
    })
  })
  const port = await new Promise<number>((resolve, reject) => {
    const read = (data: Buffer): void => {
      output += data.toString()
      const found = listening.exec(output)?.[1]
      if (found !== undefined) resolve(Number(found))
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void gone.then(() => reject(new Error(`${command} ${args.join(' ')} did not start: ${output}`)))
  })
  return {
    pid: child.pid ?? 0,
    port,
    listeningAt: performance.now(),
    output: () => output,
    async kill(signal) {
      child.kill(signal)
      await gone
    },
  }
}
