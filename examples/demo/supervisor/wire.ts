// The wire to the application server: the library's own fault proxy, set the way the panel says it.
import { createProxy } from 'holdfast/testing/proxy'
import type { Network } from './damage.ts'

export interface Wire {
  /** Where the proxy listens, unless it refuses. */
  readonly port: number
  /** `latency` is for the way there and back. */
  set(network: Network, latency: number): Promise<void>
}

export async function createWire(target: number): Promise<Wire> {
  const proxy = await createProxy({ target: `http://127.0.0.1:${target}` })
  let current: Network = 'fine'
  return {
    port: proxy.port,
    set: async (network, latency) => {
      if (network !== current) {
        current = network
        if (network === 'fine') await proxy.heal()
        if (network === 'black-hole') await proxy.blackHole()
        if (network === 'refuse') {
          proxy.refuse()
          proxy.cut()
        }
      }
      // Healing takes the latency away as well, so it is set last.
      proxy.latency(latency / 2)
    },
  }
}
