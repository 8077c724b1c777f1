// The Vue composables over a readable that the test sets by hand.
import { mount } from '@vue/test-utils'
import type { StateSnapshot } from 'holdfast'
import { useChannel, useConnection } from 'holdfast/vue'
import { describe, expect, test, vi } from 'vitest'
import {
  computed,
  defineComponent,
  h,
  isReactive,
  isReadonly,
  isRef,
  nextTick,
  reactive,
  ref,
  shallowRef,
  watch,
} from 'vue'
import { connectionSnapshot, fakeReadable, liveSnapshot, unknownSnapshot } from './fake-readable.ts'
import { inScope } from './in-scope.ts'

describe('without a selector', () => {
  test('[E3] gives one readonly ref for each field, safe to destructure and to spread', () => {
    const live = fakeReadable(connectionSnapshot())
    const queue = fakeReadable(liveSnapshot([1]))
    const { result, stop } = inScope(() => ({ ...useConnection(live), ...useChannel(queue) }))
    expect(Object.keys(result).sort()).toEqual(
      [...new Set([...Object.keys(live.getSnapshot()), ...Object.keys(queue.getSnapshot())])].sort(),
    )
    for (const field of Object.values(result)) expect([isRef(field), isReadonly(field)]).toEqual([true, true])
    expect([result.status.value, result.freshness.value]).toEqual(['idle', 'live'])
    expect(result.data.value).toBe(queue.getSnapshot().data)
    expect(() => Object.assign(result.status, { value: 'connected' })).toThrow(TypeError)
    live.set(connectionSnapshot({ status: 'connected' }))
    expect(result.status.value).toBe('connected')
    stop()
  })

  test('[A7] only the fields that changed trigger', () => {
    const live = fakeReadable(connectionSnapshot({ status: 'connected', latency: 1 }))
    const triggered: string[] = []
    const { stop } = inScope(() => {
      const { status, latency } = useConnection(live)
      watch(status, () => triggered.push('status'), { flush: 'sync' })
      watch(latency, () => triggered.push('latency'), { flush: 'sync' })
    })
    live.set(connectionSnapshot({ status: 'connected', latency: 2 }))
    live.set(connectionSnapshot({ status: 'connected', latency: 2 }))
    expect(triggered).toEqual(['latency'])
    stop()
  })

  test('[A7] a change of latency alone renders nothing in a component that shows the status', async () => {
    const live = fakeReadable(connectionSnapshot({ status: 'connected', latency: 1 }))
    let renders = 0
    const wrapper = mount(
      defineComponent(() => {
        const { status } = useConnection(live)
        return () => {
          renders += 1
          return h('p', status.value)
        }
      }),
    )
    for (let latency = 2; latency < 102; latency += 1) {
      live.set(connectionSnapshot({ status: 'connected', latency }))
      await nextTick()
    }
    expect(renders).toBe(1)
    live.set(connectionSnapshot({ status: 'reconnecting' }))
    await nextTick()
    expect([renders, wrapper.text()]).toEqual([2, 'reconnecting'])
    wrapper.unmount()
  })

  test('[E3] a watcher of one field sees all fields of the same snapshot', () => {
    const queue = fakeReadable(unknownSnapshot<string>())
    const seen: unknown[] = []
    const { stop } = inScope(() => {
      const { data, freshness, source } = useChannel(queue)
      watch(data, () => seen.push([data.value, freshness.value, source.value]), { flush: 'sync' })
    })
    queue.set(liveSnapshot('first'))
    expect(seen).toEqual([['first', 'live', 'push']])
    stop()
  })

  test('[E3] data is never made reactive in depth, not even through a ref of the channel or a reactive holder', () => {
    const data = { rows: [{ id: 1 }] }
    const queue = fakeReadable(liveSnapshot(data))
    const { result, stop } = inScope(() => ({
      plain: useChannel(queue),
      held: reactive(useChannel(ref(queue))),
      picked: useChannel(queue, (snapshot) => snapshot.data?.rows),
    }))
    expect(result.plain.data.value).toBe(data)
    expect(result.held.data).toBe(data)
    expect(result.picked.value).toBe(data.rows)
    expect(isReactive(result.held.data)).toBe(false)
    stop()
  })

  test('[E3] asOf is current whenever it is read, and triggers only with the snapshot', () => {
    let confirmedAt = 1000
    const confirmed = (data: string): StateSnapshot<string> => ({
      ...liveSnapshot(data),
      get asOf() {
        return confirmedAt
      },
    })
    const queue = fakeReadable(confirmed('first'))
    const now = ref(1500)
    let triggers = 0
    const { result, stop } = inScope(() => {
      const { asOf } = useChannel(queue)
      watch(asOf, () => (triggers += 1), { flush: 'sync' })
      return { asOf, age: computed(() => now.value - (asOf.value ?? 0)) }
    })
    expect(result.age.value).toBe(500)
    confirmedAt = 2000
    expect(result.asOf.value).toBe(2000)
    expect(triggers).toBe(0)
    now.value = 2001
    expect(result.age.value).toBe(1)
    queue.set(confirmed('second'))
    expect(triggers).toBe(1)
    stop()
  })
})

describe('with a selector', () => {
  test('[A7] gives one readonly ref that triggers only when the picked value changed', () => {
    const live = fakeReadable(connectionSnapshot({ latency: 1 }))
    let triggers = 0
    const { result, stop } = inScope(() => {
      const status = useConnection(live, (snapshot) => snapshot.status)
      watch(status, () => (triggers += 1), { flush: 'sync' })
      return status
    })
    expect([isRef(result), isReadonly(result), result.value]).toEqual([true, true, 'idle'])
    live.set(connectionSnapshot({ latency: 2 }))
    expect(triggers).toBe(0)
    live.set(connectionSnapshot({ status: 'connected' }))
    expect([triggers, result.value]).toEqual([1, 'connected'])
    stop()
  })

  test('[A7] an equal value keeps its reference', () => {
    const queue = fakeReadable(liveSnapshot([1, 2, 3]))
    const { result, stop } = inScope(() =>
      useChannel(
        queue,
        ({ data }) => data?.filter((item) => item > 1),
        (previous, next) => String(previous) === String(next),
      ),
    )
    const first = result.value
    queue.set(liveSnapshot([0, 2, 3]))
    expect(result.value).toBe(first)
    queue.set(liveSnapshot([0, 2, 4]))
    expect(result.value).toEqual([2, 4])
    stop()
  })

  test('[E3] follows what is reactive inside the selector', () => {
    const queue = fakeReadable(liveSnapshot(['a', 'b']))
    const index = ref(0)
    const { result, stop } = inScope(() => useChannel(queue, ({ data }) => data?.[index.value]))
    index.value = 1
    expect(result.value).toBe('b')
    stop()
  })

  test('[E3] neither selector nor equality is asked while there is nothing', () => {
    const selector = vi.fn(() => 1)
    const equal = vi.fn(Object.is)
    const source = shallowRef<ReturnType<typeof fakeReadable<ReturnType<typeof connectionSnapshot>>> | null>()
    const { result, stop } = inScope(() => useConnection(source, selector, equal))
    source.value = null
    expect(result.value).toBeUndefined()
    expect([selector.mock.calls.length, equal.mock.calls.length]).toEqual([0, 0])
    source.value = fakeReadable(connectionSnapshot())
    expect(result.value).toBe(1)
    expect([selector.mock.calls.length, equal.mock.calls.length]).toEqual([1, 0])
    stop()
  })
})

describe('another readable', () => {
  test('[E3] a ref or getter may change: the old one is left, the new one shown at once', () => {
    const first = fakeReadable(liveSnapshot('first'))
    const second = fakeReadable(liveSnapshot('second'))
    const id = ref<number | null>(null)
    const { result, stop } = inScope(() => {
      const source = () => (id.value === null ? null : id.value === 1 ? first : second)
      return { ...useChannel(source), picked: useChannel(source, ({ data }) => data) }
    })
    const shown = () => [result.data.value, result.freshness.value, result.picked.value]
    expect(shown()).toEqual([undefined, undefined, undefined])
    id.value = 1
    expect(shown()).toEqual(['first', 'live', 'first'])
    id.value = 2
    expect(shown()).toEqual(['second', 'live', 'second'])
    expect([first.subscribers, second.subscribers]).toEqual([0, 2])
    first.set(liveSnapshot('late'))
    expect(shown()).toEqual(['second', 'live', 'second'])
    id.value = null
    expect(shown()).toEqual([undefined, undefined, undefined])
    expect(second.subscribers).toBe(0)
    stop()
  })

  test('[E3] its value is not taken for the old one, however little the equality looks at', () => {
    const source = shallowRef(fakeReadable(liveSnapshot(['a'])))
    const { result, stop } = inScope(() =>
      useChannel(
        source,
        ({ data }) => data,
        (previous, next) => previous?.length === next?.length,
      ),
    )
    source.value = fakeReadable(liveSnapshot(['b']))
    expect(result.value).toEqual(['b'])
    stop()
  })
})
