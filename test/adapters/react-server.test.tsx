// The React hooks on a server: no page, no subscription, the initial snapshot.
// @vitest-environment node
import { useChannel, useConnection } from 'holdfast/react'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'
import { connectionSnapshot, fakeReadable, liveSnapshot, unknownSnapshot } from './fake-readable.ts'
import { withoutGlobals } from './without-globals.ts'

afterEach(() => vi.unstubAllGlobals())

test('[E3][B15] a server renders the initial snapshot, whatever the readable holds now, and subscribes to nothing', () => {
  const live = fakeReadable(connectionSnapshot())
  const queue = fakeReadable(unknownSnapshot<number[]>())
  live.set(connectionSnapshot({ status: 'connected' }))
  queue.set(liveSnapshot([1, 2]))
  function Page(): ReactNode {
    const { data, freshness } = useChannel(queue)
    const status = useConnection(live, (snapshot) => snapshot.status)
    const nothing = useChannel(null as typeof queue | null)?.freshness
    return [status, freshness, String(data), String(nothing)].join()
  }
  expect(withoutGlobals(() => renderToString(<Page />))).toBe('idle,unknown,undefined,undefined')
  expect([live.subscriptions, queue.subscriptions]).toEqual([0, 0])
})
