// A live channel whose loads and pushes cross as a test wants.
import { expect } from 'vitest'
import type { StateChannel, StateOptions } from '../../../src/index.ts'
import { loads, rig, type Loads, type Rig } from './rig.ts'

export interface Scene extends Rig {
  readonly channel: StateChannel<unknown>
  readonly loads: Loads
  readonly data: () => unknown
  push(data: unknown): Promise<void>
  answer(call: number, value: unknown): Promise<void>
}

/** A connected channel that is live with `first`, its loads answered by hand. */
export async function live(first: unknown, options: StateOptions<never> = {}): Promise<Scene> {
  const r = rig({ random: 0.5 })
  r.server.accepts({ level: 0 })
  const by = loads(r.clock)
  const channel = r.live.state('queue', { load: by.load, ...options }) as StateChannel<unknown>
  channel.subscribe(() => undefined)
  const settle = (): Promise<void> => r.clock.advanceAsync(0)
  const answer = (call: number, value: unknown): Promise<void> => {
    by.calls[call]!.answer(value)
    return settle()
  }
  await settle()
  await answer(0, first)
  await r.clock.advanceAsync(300)
  await answer(1, first)
  expect(channel.getSnapshot()).toMatchObject({ freshness: 'live', data: first })
  return Object.assign(r, {
    channel,
    loads: by,
    data: () => channel.getSnapshot().data,
    push(data: unknown) {
      r.server.push('queue', data)
      return settle()
    },
    answer,
  })
}
