// Thousands of channels taken and let go on one connection, again and again: neither end keeps anything of them. `npm run channels` takes 10 000.
import { expect, it, vi } from 'vitest'
import type { ChannelsAnswers } from '../rounds/channels-process.ts'
import { startServer } from '../rounds/site.ts'
import { startChild } from '../soak/child.ts'
import { bundled } from '../support/bundled.ts'
import { createScene } from '../support/scene.ts'

const CHANNELS = Number(process.env['CHANNELS'] ?? 3_000)
/** Taken in one turn: a server that has as many already answers them before a client asks again. */
const AT_ONCE = 1_000
/** Code is compiled and caches are filled during the first ones. */
const WARM_UP = 3
const CYCLES = 4
/** Bytes, however many channels there are: compiled code, and on the server what Node keeps of timers that were given up until they would have run. One name kept of each channel would be more. */
const DRIFT = { client: 600_000, server: 1_000_000 }
/** Longer than a broker remembers a channel in which something was said. */
const AGES = 200_000_000

it(
  `[A12 R7] takes ${CHANNELS} channels and lets them go on one connection, and neither end grows by it`,
  { timeout: 600_000 },
  async (context) => {
    const scene = createScene(context)
    const script = (name: string): Promise<string> =>
      bundled(new URL(`../rounds/${name}.ts`, import.meta.url))
    const [ofClient, ofServer] = await Promise.all([script('channels-process'), script('server-process')])
    const { child: server, port } = await startServer(ofServer)
    scene.onEnd(() => server.kill('SIGKILL'))
    const client = startChild<ChannelsAnswers>(ofClient)
    scene.onEnd(() => client.kill('SIGKILL'))
    await client.ask('connect', { url: `ws://127.0.0.1:${port}/ws` })

    const heaps: Array<{ readonly client: number; readonly server: number }> = []
    for (let cycle = 0; cycle < WARM_UP + CYCLES; cycle++) {
      // Names that were never heard of before.
      const name = `cycle${cycle}`
      const last = `${name}:${CHANNELS - 1}`
      const waitFor = (check: () => Promise<void>): Promise<void> =>
        vi.waitFor(check, { timeout: 60_000, interval: 20 })
      for (let from = 0; from < CHANNELS; from += AT_ONCE) {
        const to = Math.min(CHANNELS, from + AT_ONCE)
        await client.ask('take', { name, from, to })
        await waitFor(async () => expect((await client.ask('taken')).live).toBe(to))
      }
      expect(await server.ask('recipients', { channel: last })).toBe(1)
      await waitFor(async () => expect((await client.ask('taken')).messages).toBe(1))
      await client.ask('drop')
      await waitFor(async () => expect(await server.ask('recipients', { channel: last })).toBe(0))
      await server.ask('pass', { ms: AGES })
      // Whoever comes next makes the broker look through what it remembers.
      await server.ask('recipients', { channel: 'next' })
      expect((await server.ask('census')).sockets).toBe(1)
      // What is found dead by one collection may hold what the next one finds.
      const heapOf = async (ask: () => Promise<{ readonly heap: number }>): Promise<number> =>
        Math.min((await ask()).heap, (await ask()).heap, (await ask()).heap)
      heaps.push({
        client: await heapOf(() => client.ask('census')),
        server: await heapOf(() => server.ask('census')),
      })
    }
    console.log(heaps.map((heap) => `${heap.client / 1e6} MB, ${heap.server / 1e6} MB`).join('\n'))
    for (const end of ['client', 'server'] as const) {
      const least = (from: number, to?: number): number =>
        Math.min(...heaps.slice(from, to).map((heap) => heap[end]))
      expect(least(-2) - least(WARM_UP - 1, WARM_UP + 1), end).toBeLessThan(DRIFT[end])
    }
  },
)
