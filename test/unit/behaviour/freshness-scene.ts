// A channel whose loads are answered by hand, and the words it has for its freshness.
import { expect } from 'vitest'
import type { StateChannel, StateOptions } from '../../../src/index.ts'
import { loads, rig, type Loads, type Rig, type RigOptions } from './rig.ts'

export interface Scene extends Rig {
  readonly channel: StateChannel<unknown>
  readonly loads: Loads
  /** Freshness and data, at each notification. */
  readonly seen: string[]
  readonly now: () => string
}

/** A subscribed channel with a load that is answered by hand. */
export function scene(options: Partial<StateOptions<unknown>> & { readonly rig?: RigOptions } = {}): Scene {
  const { rig: rigOptions, ...rest } = options
  const r = rig({ random: 0.5, ...rigOptions })
  const by = loads(r.clock)
  const channel = r.live.state('queue', { load: by.load, ...rest })
  const seen: string[] = []
  const now = (): string => `${channel.getSnapshot().freshness} ${JSON.stringify(channel.getSnapshot().data)}`
  channel.subscribe(() => seen.push(now()))
  return Object.assign(r, { channel, loads: by, seen, now })
}

/** Connected to a plain server, the channel live by its second load, at 300 ms. */
export async function live(options: Parameters<typeof scene>[0] = {}): Promise<Scene> {
  const s = scene(options)
  s.server.accepts({ level: 0 })
  await s.clock.advanceAsync(0)
  s.loads.calls[0]!.answer(1)
  await s.clock.advanceAsync(300)
  s.loads.calls[1]!.answer(1)
  await s.clock.advanceAsync(0)
  expect(s.now()).toBe('live 1')
  s.seen.length = 0
  return s
}
