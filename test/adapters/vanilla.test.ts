// watch() and bind() over a readable that the test sets by hand.
import { bind, watch } from 'holdfast/vanilla'
import { describe, expect, test, vi } from 'vitest'
import { connectionSnapshot, fakeReadable, liveSnapshot, unknownSnapshot } from './fake-readable.ts'

describe('watch', () => {
  test('[E3] runs at once with the snapshot, and again with the next', () => {
    const live = fakeReadable(connectionSnapshot())
    const seen: unknown[] = []
    watch(live, (snapshot) => seen.push(snapshot))
    const first = live.getSnapshot()
    live.set(connectionSnapshot({ status: 'connecting' }))
    expect(seen).toEqual([first, live.getSnapshot()])
    expect(seen[1]).toBe(live.getSnapshot())
  })

  test('[A7] runs only when what the selector picks changed', () => {
    const live = fakeReadable(connectionSnapshot({ latency: 1 }))
    const seen: unknown[] = []
    watch(
      live,
      ({ status }) => status,
      (status) => seen.push(status),
    )
    live.set(connectionSnapshot({ latency: 2 }))
    live.set(connectionSnapshot({ status: 'connected' }))
    live.set(connectionSnapshot({ status: 'connected', latency: 3 }))
    expect(seen).toEqual(['idle', 'connected'])
  })

  test('[A7] compares with the last value it ran with, as the given equality says', () => {
    const queue = fakeReadable(liveSnapshot({ at: 1 }))
    const seen: unknown[] = []
    watch(
      queue,
      ({ data }) => data?.at ?? 0,
      (at) => seen.push(at),
      (previous, next) => Math.abs(previous - next) < 3,
    )
    for (let at = 2; at <= 7; at += 1) queue.set(liveSnapshot({ at }))
    expect(seen).toEqual([1, 4, 7])
  })

  test('[E3] takes NaN for equal to NaN, and undefined for a value', () => {
    const queue = fakeReadable(unknownSnapshot<number>())
    const seen: unknown[] = []
    watch(
      queue,
      ({ data }) => data,
      (data) => seen.push(data),
    )
    queue.set(liveSnapshot(Number.NaN))
    queue.set(liveSnapshot(Number.NaN))
    queue.set(unknownSnapshot())
    expect(seen).toEqual([undefined, Number.NaN, undefined])
  })

  test('[E3] asks the selector once for each snapshot, however often it is told', () => {
    const live = fakeReadable(connectionSnapshot())
    const selector = vi.fn(() => ({}))
    const run = vi.fn()
    watch(live, selector, run)
    live.set(live.getSnapshot())
    expect([selector.mock.calls.length, run.mock.calls.length]).toEqual([1, 1])
  })

  test('[E3] does not miss what its own first run or its subscribing changed', () => {
    const live = fakeReadable(connectionSnapshot())
    const starting = {
      ...live,
      subscribe(onChange: () => void) {
        const stop = live.subscribe(onChange)
        live.set(connectionSnapshot({ status: 'connecting' }))
        return stop
      },
    }
    const seen: unknown[] = []
    watch(starting, ({ status }) => {
      seen.push(status)
      if (status === 'connecting') live.set(connectionSnapshot({ status: 'connected' }))
    })
    expect(seen).toEqual(['connecting', 'connected'])
  })

  test('[A10 E3] runs nothing after stop, not even within the same notification', () => {
    const live = fakeReadable(connectionSnapshot())
    const seen: unknown[] = []
    let stopSecond = (): void => {}
    const stopFirst = watch(live, ({ status }) => {
      if (status !== 'idle') stopSecond()
    })
    stopSecond = watch(live, ({ status }) => seen.push(status))
    live.set(connectionSnapshot({ status: 'connected' }))
    expect(seen).toEqual(['idle'])
    stopSecond()
    stopFirst()
    stopFirst()
    expect(live.subscribers).toBe(0)
  })

  test('[A10 E3] a first run that throws leaves nothing subscribed', () => {
    const live = fakeReadable(connectionSnapshot())
    const broken = (): void => {
      throw new Error('broken')
    }
    expect(() => watch(live, broken)).toThrow('broken')
    expect(live.subscribers).toBe(0)
  })

  test('[E3] has nothing to do for null and undefined', () => {
    const run = vi.fn()
    watch(null, run)()
    watch(undefined, run, run)()
    expect(run).not.toHaveBeenCalled()
  })
})

describe('bind', () => {
  test('[E3] shows the returned text at once and on change, as text', () => {
    const element = document.createElement('p')
    const queue = fakeReadable(liveSnapshot('<b>1</b>'))
    bind(element, queue, ({ data }) => data)
    expect(element.innerHTML).toBe('&lt;b&gt;1&lt;/b&gt;')
    queue.set(liveSnapshot('2'))
    expect(element.textContent).toBe('2')
  })

  test('[A7] leaves the text node alone while the text stays the same', () => {
    const element = document.createElement('p')
    const live = fakeReadable(connectionSnapshot({ latency: 1 }))
    bind(element, live, ({ status }) => status)
    const node = element.firstChild
    live.set(connectionSnapshot({ latency: 2 }))
    expect(element.firstChild).toBe(node)
  })

  test('[E3] leaves the placeholder until there is a text, and clears the text when there is none any more', () => {
    const element = document.createElement('p')
    element.textContent = 'loading'
    const queue = fakeReadable(unknownSnapshot<number>())
    bind(element, queue, ({ data }) => data)
    expect(element.textContent).toBe('loading')
    queue.set(liveSnapshot(0))
    expect(element.textContent).toBe('0')
    queue.set(unknownSnapshot())
    expect(element.textContent).toBe('')
  })

  test('[E3] hands over the element, and touches nothing of what render changed itself', () => {
    const button = document.createElement('button')
    button.textContent = 'Retry now'
    const live = fakeReadable(connectionSnapshot())
    const stop = bind(button, live, ({ status }, element) => (element.disabled = status !== 'suspended'))
    expect([button.disabled, button.textContent]).toEqual([true, 'Retry now'])
    live.set(connectionSnapshot({ status: 'suspended' }))
    expect([button.disabled, button.textContent]).toEqual([false, 'Retry now'])
    stop()
    live.set(connectionSnapshot())
    expect(button.disabled).toBe(false)
    expect(live.subscribers).toBe(0)
  })

  test('[E3] renders nothing for null and undefined', () => {
    const element = document.createElement('p')
    const render = vi.fn(() => 'text')
    bind(element, null, render)()
    expect([element.textContent, render.mock.calls.length]).toEqual(['', 0])
  })
})
