// createSite(): one server in its own process behind a fault proxy, and every way to hurt it.
import { setTimeout as sleep } from 'node:timers/promises'
import { createProxy } from '../../src/testing/proxy.ts'
import { startChild, type Child } from './child.ts'
import type { Injected } from './judge.ts'
import type { FaultKind, SiteName } from './script.ts'
import type { ServerAnswers } from './server-process.ts'

/** A server as the soak test holds it. */
export interface Site {
  readonly name: SiteName
  /** Of the proxy: WebSocket and HTTP. */
  readonly url: string
  /** The process of now. */
  server(): Child<ServerAnswers>
  /** Breaks it for that many milliseconds and mends it again. */
  inflict(kind: FaultKind, lasts: number): Promise<Injected>
  /** Ends server and proxy, and tells what the server had left. */
  close(): Promise<readonly string[]>
}

export async function createSite(name: SiteName, script: string): Promise<Site> {
  let server = startChild<ServerAnswers>(script)
  const port = await server.ask('listen', { port: 0 })
  const proxy = await createProxy({ target: `ws://127.0.0.1:${port}/ws` })

  const restart = async (after: number): Promise<void> => {
    await server.gone
    await sleep(after)
    server = startChild<ServerAnswers>(script)
    await server.ask('listen', { port })
  }

  const faults: Readonly<Record<FaultKind, (lasts: number) => Promise<void>>> = {
    async kill(lasts) {
      server.kill('SIGKILL')
      await restart(lasts)
    },
    async drain(lasts) {
      await server.ask('close', { drain: lasts / 2 })
      server.kill('SIGKILL')
      await restart(lasts / 2)
    },
    async stop(lasts) {
      server.kill('SIGSTOP')
      await sleep(lasts)
      server.kill('SIGCONT')
    },
    pause: (lasts) => faults.stop(lasts),
    async 'black-hole'(lasts) {
      await proxy.blackHole()
      await sleep(lasts)
      await proxy.heal()
    },
    async refuse(lasts) {
      proxy.refuse()
      proxy.cut()
      await sleep(lasts)
      await proxy.pass()
    },
    async hang(lasts) {
      await proxy.hang()
      proxy.cut()
      await sleep(lasts)
      await proxy.pass()
    },
    async cut() {
      proxy.cut()
    },
    async finish() {
      proxy.finish()
    },
    async 'cut-after'(lasts) {
      proxy.cutAfter(700)
      proxy.cut()
      await sleep(lasts)
      proxy.cutAfter(null)
      // The limit stays with those that came in the meantime.
      proxy.cut()
    },
    async latency(lasts) {
      proxy.latency(200, 300)
      await sleep(lasts)
      proxy.latency(0)
    },
  }

  return {
    name,
    url: proxy.url,
    server: () => server,
    async inflict(kind, lasts) {
      const from = Date.now()
      await faults[kind](lasts)
      return { kind, site: name, from, to: Date.now() }
    },
    async close() {
      const left = await server.ask('close', { drain: 0 })
      server.kill('SIGKILL')
      await proxy.close()
      return left
    },
  }
}
