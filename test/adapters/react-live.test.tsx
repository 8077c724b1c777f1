// React over a real connection to a mock server: how many sockets there are, and what a page sees.
import { act, cleanup, render } from '@testing-library/react'
import { useChannel, useConnection } from 'holdfast/react'
import { StrictMode, type ReactNode } from 'react'
import { hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, describe, expect, test } from 'vitest'
import { feed, feedNames, type Feed } from './frames.ts'
import { createLive, LINGER, type Live } from './live.ts'
import { FeedView, Page, pass } from './react-page.tsx'

afterEach(cleanup)

describe('one socket', () => {
  test('[A5] (fault B14) StrictMode, eight components and twenty fast remounts share one socket', async () => {
    const all = createLive()
    const { live, server, clock } = all
    for (let round = 0; round < 20; round += 1) {
      const { unmount } = render(<Page live={live} />, { wrapper: StrictMode })
      await pass(all, round * 50)
      unmount()
      await pass(all, round * 10)
    }
    const { unmount, container } = render(<Page live={live} />, { wrapper: StrictMode })
    server.push('feed-0', feed('feed-0'))
    await pass(all, 2_000)
    expect(container.textContent).toContain('connectedfeed-0 1 live')
    expect([server.attempts, server.open]).toEqual([1, 1])
    expect(server.received.filter(({ type }) => type === 'client_ready')).toHaveLength(1)

    unmount()
    await pass(all, LINGER)
    expect([server.attempts, server.open, live.getSnapshot().status]).toEqual([1, 0, 'idle'])
    live.close()
    expect(clock.pending).toBe(0)
  })

  test('[A5] looking at a connection opens nothing, and a channel in use opens one', async () => {
    const all = createLive()
    const { live, server } = all
    const { rerender } = render(<Page live={live} names={[]} />)
    await pass(all, 60_000)
    expect(server.attempts).toBe(0)
    rerender(<Page live={live} names={['feed-1']} />)
    await pass(all, 2_000)
    expect([server.attempts, server.open]).toEqual([1, 1])
    live.close()
  })

  test('[A5] (fault B14) changing the channel within a page keeps the socket', async () => {
    const all = createLive()
    const { live, server } = all
    const { rerender } = render(<Page live={live} names={['feed-0']} />)
    await pass(all, 2_000)
    for (let round = 1; round < 30; round += 1) {
      rerender(<Page live={live} names={[feedNames[round % 8]!]} />)
      await pass(all, 1_000)
    }
    expect([server.attempts, server.open]).toEqual([1, 1])
    live.close()
  })

  test('[A5] (fault B14) a hot-replaced module leaves its connection behind, which closes by itself', async () => {
    const all = createLive()
    const { live, server } = all
    const replaced = createLive({ transport: server.transport, runtime: server.runtime }).live
    const { rerender } = render(<Page live={live} names={['feed-0']} />)
    await pass(all, 2_000)
    rerender(<Page live={replaced} names={['feed-0']} />)
    await pass(all, LINGER)
    expect([server.attempts, server.open]).toEqual([2, 1])
    expect([live.getSnapshot().status, replaced.getSnapshot().status]).toEqual(['idle', 'connected'])
    live.close()
    replaced.close()
  })
})

describe('what a page sees', () => {
  test('[B10] a lost link shows at once, with the data that was there', async () => {
    const all = createLive()
    const { live, server } = all
    const { container } = render(<FeedView channel={live.state<Feed>('feed-0')} onRender={() => {}} />)
    expect(container.textContent).toBe('? undefined unknown')
    server.push('feed-0', feed('feed-0'))
    await pass(all, 2_000)
    expect(container.textContent).toBe('feed-0 1 live')
    server.refuses()
    server.closeAll(1006)
    await pass(all, 1)
    expect(container.textContent).toBe('feed-0 1 stale')
    live.close()
  })

  test('[B10] a closed connection shows as closed, and unmounting after that is harmless', async () => {
    const all = createLive()
    const { live, clock } = all
    function Status(): ReactNode {
      const { freshness } = useChannel(live.state('queue'))
      return `${useConnection(live).status} ${freshness}`
    }
    const { container, unmount } = render(<Status />)
    await pass(all, 2_000)
    act(() => live.close())
    expect(container.textContent).toMatch(/^closed /)
    unmount()
    expect(clock.pending).toBe(0)
  })

  test('[E3 A6] hydration shows what the server rendered, then the data, without a mismatch', async () => {
    const onServer = createLive()
    const all = createLive()
    const recovered: unknown[] = []
    function Queue({ of: { live } }: { of: Live }): ReactNode {
      const { data, freshness } = useChannel(live.state('queue', { initial: 3 }))
      return `${useConnection(live, ({ status }) => status)} ${String(data)} ${freshness}`
    }
    const container = document.createElement('div')
    container.innerHTML = renderToString(<Queue of={onServer} />)
    expect(container.textContent).toBe('idle 3 stale')
    expect([onServer.server.attempts, onServer.clock.pending]).toEqual([0, 0])

    let root: Root | undefined
    act(() => {
      root = hydrateRoot(container, <Queue of={all} />, {
        onRecoverableError: (error) => recovered.push(error),
      })
    })
    all.server.push('queue', 4)
    await pass(all, 2_000)
    expect(container.textContent).toBe('connected 4 live')
    expect(recovered).toEqual([])
    act(() => root?.unmount())
    all.live.close()
    onServer.live.close()
  })
})
