// The application server as a child process: started, killed, frozen and deployed for real, with signals.
import { spawn, type ChildProcess } from 'node:child_process'
import type { Condition } from './damage.ts'

export interface Application {
  status(): Condition['server']
  /** Told of every change of the status, also of those that nobody asked for. */
  onChange(listener: () => void): void
  start(): void
  /** SIGKILL: no farewell, no flush. It stays down until `start`. */
  kill(): void
  /** SIGSTOP: the process keeps its sockets and answers nothing. */
  freeze(): void
  thaw(): void
  /** Tells every client to move, ends, and is started again at once. */
  deploy(): void
  tell(message: { readonly do: 'expire-token' | 'repeat' }): void
}

export function createApplication(script: string, env: Readonly<Record<string, string>>): Application {
  let child: ChildProcess | null = null
  let status: Condition['server'] = 'stopped'
  let changed = (): void => {}
  const become = (next: Condition['server']): void => {
    status = next
    changed()
  }

  const start = (): void => {
    if (child !== null) return
    const started = spawn(process.execPath, ['--enable-source-maps', script], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    child = started
    become('running')
    started.on('exit', () => {
      if (child !== started) return
      const again = status === 'deploying'
      child = null
      become('stopped')
      if (again) start()
    })
  }

  // A stopped process must not outlive the demo. SIGKILL works on it; SIGTERM would wait for a SIGCONT.
  process.on('exit', () => child?.kill('SIGKILL'))

  return {
    status: () => status,
    onChange: (listener) => {
      changed = listener
    },
    start,
    kill: () => {
      child?.kill('SIGKILL')
      child = null
      become('stopped')
    },
    freeze: () => {
      if (status === 'running' && child?.kill('SIGSTOP')) become('frozen')
    },
    thaw: () => {
      if (status === 'frozen' && child?.kill('SIGCONT')) become('running')
    },
    deploy: () => {
      if (status !== 'running') return
      become('deploying')
      child?.send({ do: 'drain' })
    },
    tell: (message) => {
      if (child?.connected) child.send(message)
    },
  }
}
