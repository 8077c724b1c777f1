// startExample(): one of the examples in a process of its own, with a fault proxy before it.
import { createProxy, type FaultProxy } from '../../src/testing/proxy.ts'
import { startProgram, type Program } from './program.ts'
import { root } from './source-files.ts'

export interface Example {
  /** The page, straight from its server. */
  readonly direct: string
  /** The same page through the proxy. */
  readonly url: string
  readonly proxy: FaultProxy
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** A new process on the same port. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>
  close(): Promise<void>
}

export async function startExample(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Example> {
  const start = (port: number, more = env): Promise<Program> =>
    startProgram({
      command: process.execPath,
      args: ['examples/start.js', name],
      cwd: root,
      env: { ...more, PORT: String(port) },
      listening: /http:\/\/\S+:(\d+)/,
    })
  let program = await start(0)
  const { port } = program
  const proxy = await createProxy({ target: `http://127.0.0.1:${port}` })
  return {
    direct: `http://127.0.0.1:${port}/`,
    url: `http://127.0.0.1:${proxy.port}/`,
    proxy,
    kill: () => program.kill('SIGKILL'),
    async restart(changes = {}) {
      program = await start(port, { ...env, ...changes })
    },
    async close() {
      await program.kill('SIGKILL')
      await proxy.close()
    },
  }
}
