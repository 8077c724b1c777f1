// A page rendered on a server is taken over by React without a mismatch.
import { act } from '@testing-library/react'
import { useChannel } from 'holdfast/react'
import type { ReactNode } from 'react'
import { hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'
import { fakeReadable, liveSnapshot } from './fake-readable.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('[E3] hydration starts from the initial snapshot, then shows the current one, without a mismatch', () => {
  const complain = vi.spyOn(console, 'error')
  const queue = fakeReadable(liveSnapshot(['initial']))
  const rendered: unknown[] = []
  function Page(): ReactNode {
    // An inline selector that builds an array: the hardest case for a cached server snapshot.
    const items = useChannel(queue, ({ data }) => [...(data ?? [])])
    rendered.push(items[0])
    return <p>{items.join()}</p>
  }
  const container = document.createElement('div')
  container.innerHTML = renderToString(<Page />)
  expect(container.innerHTML).toBe('<p>initial</p>')
  queue.set(liveSnapshot(['current']))

  const recovered = vi.fn()
  let root: Root | undefined
  act(() => {
    root = hydrateRoot(container, <Page />, { onRecoverableError: recovered })
  })
  expect(rendered).toEqual(['initial', 'initial', 'current'])
  expect(container.innerHTML).toBe('<p>current</p>')
  expect(recovered).not.toHaveBeenCalled()
  expect(complain).not.toHaveBeenCalled()
  expect(queue.subscribers).toBe(1)
  act(() => root?.unmount())
  expect(queue.subscribers).toBe(0)
})
