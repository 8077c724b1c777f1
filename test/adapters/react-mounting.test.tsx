// The React hooks while components come, go and render concurrently.
import { act, cleanup, render, renderHook } from '@testing-library/react'
import { useChannel, useConnection } from 'holdfast/react'
import { startTransition, StrictMode, useLayoutEffect, useState, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, expect, test, vi } from 'vitest'
import { connectionSnapshot, fakeReadable, liveSnapshot } from './fake-readable.ts'

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

test('[A5] (fault B14) StrictMode leaves one subscription, and none after unmounting', () => {
  const live = fakeReadable(connectionSnapshot())
  const { unmount } = renderHook(() => useConnection(live, ({ status }) => status), { wrapper: StrictMode })
  expect(live.subscriptions).toBe(2)
  expect(live.subscribers).toBe(1)
  unmount()
  expect(live.subscribers).toBe(0)
})

test('[A5] (fault B14) StrictMode still renders nothing for what did not change', () => {
  const live = fakeReadable(connectionSnapshot())
  let renders = 0
  renderHook(
    () => {
      renders += 1
      return useConnection(live, ({ status }) => status)
    },
    { wrapper: StrictMode },
  )
  const before = renders
  act(() => live.set(connectionSnapshot({ latency: 1 })))
  expect(renders).toBe(before)
})

test('[E3] a change between rendering and subscribing is not missed', () => {
  const live = fakeReadable(connectionSnapshot())
  function Early(): ReactNode {
    useLayoutEffect(() => live.set(connectionSnapshot({ status: 'connected' })), [])
    return null
  }
  const { container } = render(
    <>
      <Status />
      <Early />
    </>,
  )
  function Status(): ReactNode {
    return useConnection(live, ({ status }) => status)
  }
  expect(container.textContent).toBe('connected')
})

test('[E3] a change in the middle of a concurrent render never shows two states at once', async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', false)
  const queue = fakeReadable(liveSnapshot('old'))
  let slices = 0
  let show = (): void => {}
  function Slow(): ReactNode {
    const title = useChannel(queue, ({ data }) => data)
    // Longer than a slice, so that React lets the world go on between two of these.
    for (const until = performance.now() + 8; performance.now() < until;);
    slices += 1
    return <p>{title}</p>
  }
  const commits: string[] = []
  function App(): ReactNode {
    const [isShown, setShown] = useState(false)
    show = () => startTransition(() => setShown(true))
    useLayoutEffect(() => {
      commits.push([...container.querySelectorAll('p')].map((p) => p.textContent).join())
    })
    return isShown && Array.from({ length: 6 }, (_, index) => <Slow key={index} />)
  }
  const container = document.createElement('div')
  const root = createRoot(container)
  root.render(<App />)
  await vi.waitFor(() => expect(commits).toHaveLength(1))
  show()
  await vi.waitFor(() => expect(slices).toBeGreaterThan(0), { interval: 1 })
  expect(slices).toBeLessThan(6)
  queue.set(liveSnapshot('new'))
  await vi.waitFor(() => expect(commits.at(-1)).toContain('new'))
  expect(commits.at(-1)).toBe('new,new,new,new,new,new')
  for (const commit of commits) expect(new Set(commit.split(',')).size).toBe(1)
  root.unmount()
})
