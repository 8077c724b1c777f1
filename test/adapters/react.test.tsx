// The React hooks over a readable that the test sets by hand.
import { act, cleanup, render, renderHook } from '@testing-library/react'
import type { StateSnapshot } from 'holdfast'
import { useChannel, useConnection } from 'holdfast/react'
import { Component, type ReactNode } from 'react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { connectionSnapshot, fakeReadable, liveSnapshot, unknownSnapshot } from './fake-readable.ts'

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

describe('without a selector', () => {
  test('[E3] gives the snapshot itself, and the next one when it changed', () => {
    const live = fakeReadable(connectionSnapshot())
    const { result } = renderHook(() => useConnection(live))
    expect(result.current).toBe(live.getSnapshot())
    act(() => live.set(connectionSnapshot({ status: 'connected' })))
    expect(result.current).toBe(live.getSnapshot())
    expect(result.current.status).toBe('connected')
  })

  test('[E3] gives undefined for null and undefined, and subscribes once there is something', () => {
    const queue = fakeReadable(liveSnapshot([1]))
    const { result, rerender } = renderHook(({ channel }) => useChannel(channel), {
      initialProps: { channel: null as typeof queue | null | undefined },
    })
    expect(result.current).toBeUndefined()
    rerender({ channel: undefined })
    expect(result.current).toBeUndefined()
    rerender({ channel: queue })
    expect(result.current).toBe(queue.getSnapshot())
    expect(queue.subscribers).toBe(1)
    rerender({ channel: null })
    expect(result.current).toBeUndefined()
    expect(queue.subscribers).toBe(0)
  })

  test('[A7] a notification without a change renders nothing', () => {
    const live = fakeReadable(connectionSnapshot())
    let renders = 0
    renderHook(() => {
      renders += 1
      return useConnection(live)
    })
    act(() => live.set(live.getSnapshot()))
    expect(renders).toBe(1)
  })

  test('[E3] reads asOf from the channel at each render, not from the last notification', () => {
    let confirmedAt = 1
    const queue = fakeReadable<StateSnapshot<string>>({
      ...liveSnapshot('same'),
      get asOf() {
        return confirmedAt
      },
    })
    const { result, rerender } = renderHook(() => useChannel(queue).asOf)
    expect(result.current).toBe(1)
    confirmedAt = 2
    rerender()
    expect(result.current).toBe(2)
  })
})

describe('with a selector', () => {
  test('[A7] a change of latency alone renders nothing in a component that selects the status', () => {
    const live = fakeReadable(connectionSnapshot({ status: 'connected', latency: 20 }))
    let renders = 0
    const { result } = renderHook(() => {
      renders += 1
      return useConnection(live, (snapshot) => snapshot.status)
    })
    for (let latency = 21; latency < 121; latency += 1) {
      act(() => live.set(connectionSnapshot({ status: 'connected', latency })))
    }
    expect(renders).toBe(1)
    act(() => live.set(connectionSnapshot({ status: 'reconnecting' })))
    expect([renders, result.current]).toEqual([2, 'reconnecting'])
  })

  test('[E3] an inline selector that builds an object neither loops nor renders for nothing', () => {
    const queue = fakeReadable(liveSnapshot([1, 2]))
    let renders = 0
    const { result, rerender } = renderHook(() => {
      renders += 1
      return useChannel(queue, ({ data }) => ({ length: data?.length }))
    })
    expect([renders, result.current]).toEqual([1, { length: 2 }])
    rerender()
    expect(renders).toBe(2)
    act(() => queue.set(liveSnapshot([1, 2, 3])))
    expect([renders, result.current]).toEqual([3, { length: 3 }])
  })

  test('[A7] an equal value keeps its reference, also when the selector is a new function', () => {
    const queue = fakeReadable(liveSnapshot([1, 2, 3]))
    let renders = 0
    const { result, rerender } = renderHook(() => {
      renders += 1
      return useChannel(
        queue,
        ({ data }) => data?.filter((item) => item > 1),
        (previous, next) => String(previous) === String(next),
      )
    })
    const first = result.current
    rerender()
    expect(result.current).toBe(first)
    act(() => queue.set(liveSnapshot([0, 2, 3])))
    expect([renders, result.current]).toEqual([2, [2, 3]])
    expect(result.current).toBe(first)
    act(() => queue.set(liveSnapshot([0, 2, 4])))
    expect([renders, result.current]).toEqual([3, [2, 4]])
    const second = result.current
    rerender()
    expect(result.current).toBe(second)
  })

  test('[E3] a selector that is always the same function runs once for each snapshot', () => {
    const queue = fakeReadable(liveSnapshot([1]))
    const selector = vi.fn((snapshot: StateSnapshot<number[]>) => snapshot.data?.length)
    const { rerender } = renderHook(() => useChannel(queue, selector))
    rerender()
    rerender()
    expect(selector).toHaveBeenCalledTimes(1)
    act(() => queue.set(liveSnapshot([1, 2])))
    expect(selector).toHaveBeenCalledTimes(2)
  })

  test('[E3] a selector sees the props of its own render', () => {
    const queue = fakeReadable(liveSnapshot(['a', 'b']))
    const { result, rerender } = renderHook(({ index }) => useChannel(queue, ({ data }) => data?.[index]), {
      initialProps: { index: 0 },
    })
    rerender({ index: 1 })
    expect(result.current).toBe('b')
  })

  test('[E3] a selector is not asked while there is nothing', () => {
    const selector = vi.fn(() => 1)
    const { result } = renderHook(() => useConnection(null, selector))
    expect(result.current).toBeUndefined()
    expect(selector).not.toHaveBeenCalled()
  })

  test('[E3] what a selector throws reaches the error boundary', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const queue = fakeReadable(unknownSnapshot<number[]>())
    class Boundary extends Component<{ readonly children: ReactNode }, { readonly message?: string }> {
      override state: { readonly message?: string } = {}
      static getDerivedStateFromError(error: Error): { readonly message: string } {
        return { message: error.message }
      }
      override render(): ReactNode {
        return this.state.message ?? this.props.children
      }
    }
    function Total(): ReactNode {
      return useChannel(queue, ({ data, error }) => {
        if (data?.includes(13)) throw new Error(`no 13 ${String(error)}`)
        return data?.length ?? 'none'
      })
    }
    const { container } = render(
      <Boundary>
        <Total />
      </Boundary>,
    )
    expect(container.textContent).toBe('none')
    act(() => queue.set(liveSnapshot([13])))
    expect(container.textContent).toBe('no 13 null')
  })
})

describe('another readable', () => {
  test('[E3] is shown in the very render that brought it, and the old one is left', () => {
    const first = fakeReadable(liveSnapshot('first'))
    const second = fakeReadable(liveSnapshot('second'))
    const rendered: unknown[] = []
    const { rerender } = renderHook(
      ({ channel }) => {
        rendered.push(useChannel(channel, ({ data }) => data))
      },
      { initialProps: { channel: first } },
    )
    rerender({ channel: second })
    expect(rendered).toEqual(['first', 'second'])
    expect([first.subscribers, second.subscribers]).toEqual([0, 1])
    act(() => first.set(liveSnapshot('late')))
    act(() => second.set(liveSnapshot('third')))
    expect(rendered).toEqual(['first', 'second', 'third'])
  })

  test('[E3] its value is not taken for the old one, however little the equality looks at', () => {
    const first = fakeReadable(liveSnapshot(['a']))
    const second = fakeReadable(liveSnapshot(['b']))
    const { result, rerender } = renderHook(
      ({ channel }) =>
        useChannel(
          channel,
          ({ data }) => data,
          (previous, next) => previous?.length === next?.length,
        ),
      { initialProps: { channel: first } },
    )
    rerender({ channel: second })
    expect(result.current).toEqual(['b'])
  })
})
