// Once a stream has begun, what was before is never asked for again, also where its position was given up.
import { expect, it } from 'vitest'
import { createSubscriptions } from '../../../src/channels/subscriptions.ts'
import { createTimeline } from '../../../src/lib/timeline.ts'
import { createTurns } from '../../../src/lib/turns.ts'
import { virtualClock } from '../../../src/testing/index.ts'

it('[G12] asks for what was before once, and not after a replay that led to nothing', () => {
  const clock = virtualClock()
  const asked: string[] = []
  const subscriptions = createSubscriptions({
    clock,
    timeline: createTimeline(clock),
    turns: createTurns(),
    random: () => 0,
    timeout: 1_000,
    up: () => undefined,
    down: () => undefined,
    deliver: () => undefined,
    refused: () => undefined,
    trace: () => undefined,
  })
  const position = { epoch: 'e', offset: 5 }
  const answer = (ref: string, replay: number): void =>
    subscriptions.hear({ kind: 'subscribed', ref, position, recovered: replay > 0, replay, data: undefined })
  const lies = (ref: string): void =>
    subscriptions.hear({
      kind: 'delivery',
      ref,
      delivery: { data: 1, position: { epoch: 'e', offset: 9 }, prev: 8 },
    })
  subscriptions.want('chat', 10)
  subscriptions.link({ batch: false, limit: Infinity, write: (text) => void asked.push(text) })
  answer('s1', 0)
  lies('s1')
  for (const ref of ['s2', 's3']) {
    answer(ref, 1)
    lies(ref)
    clock.advance(2_000)
  }
  const toPast = (text: string): unknown =>
    (JSON.parse(text) as { params?: unknown; since?: unknown }).params ?? null
  expect(asked.length).toBeGreaterThan(2)
  expect(asked.map(toPast)).toEqual([{ history: 10 }, ...asked.slice(1).map(() => null)])
  expect(asked.some((text, index) => index > 0 && !text.includes('since'))).toBe(true)
})
