// Streams in React and Vue: the hooks that read states read them as they are.
import { act, cleanup, renderHook } from '@testing-library/react'
import { createConnection, type StreamChannel } from 'holdfast'
import { useChannel as useReactChannel } from 'holdfast/react'
import { mockServer, virtualClock } from 'holdfast/testing'
import { useChannel as useVueChannel } from 'holdfast/vue'
import { afterEach, expect, test } from 'vitest'
import { effectScope } from 'vue'

afterEach(cleanup)

function chat(): { room: StreamChannel<string>; say(word: string): void; pass(): void } {
  const clock = virtualClock()
  const server = mockServer(clock)
  server.accepts({ level: 3 })
  const live = createConnection({ url: '/ws', transport: server.transport, runtime: server.runtime })
  return {
    room: live.stream<string>('chat'),
    say: (word) => server.push('chat', word),
    pass: () => clock.advance(1_000),
  }
}

test('[E3 G11] React renders the last messages, and whether any are missing', () => {
  const { room, say, pass } = chat()
  const { result } = renderHook(() => useReactChannel(room))
  act(pass)
  for (const word of ['a', 'b']) say(word)
  act(pass)
  expect(result.current).toEqual({ items: ['a', 'b'], freshness: 'live', gap: null })
})

test('[E3 G11] Vue has a ref for each of them', () => {
  const { room, say, pass } = chat()
  const scope = effectScope()
  const refs = scope.run(() => useVueChannel(room))!
  pass()
  for (const word of ['a', 'b']) say(word)
  pass()
  expect([refs.items.value, refs.freshness.value, refs.gap.value]).toEqual([['a', 'b'], 'live', null])
  scope.stop()
})
