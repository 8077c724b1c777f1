// The React hooks on a server: no page, no subscription, the initial snapshot.
// @vitest-environment node
import { createConnection } from 'holdfast'
import { useChannel, useConnection } from 'holdfast/react'
import type { ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { connectionSnapshot, fakeReadable, liveSnapshot, unknownSnapshot } from './fake-readable.ts'
import { withoutGlobals } from './without-globals.ts'

test('[E3] (fault B15) a server renders the initial snapshot, whatever the readable holds now, and subscribes to nothing', () => {
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

test('[A5] (fault B15) a connection with nothing but a relative url is made, rendered and dropped without touching a global', () => {
  const html = withoutGlobals(() => {
    const live = createConnection({ url: '/ws' })
    function Page(): ReactNode {
      const { data, freshness } = useChannel(live.state('queue', { initial: [1, 2] }))
      const status = useConnection(live, (snapshot) => snapshot.status)
      return [status, freshness, data?.length].join()
    }
    const rendered = renderToString(<Page />)
    live.close()
    return rendered
  })
  expect(html).toBe('idle,stale,2')
})
