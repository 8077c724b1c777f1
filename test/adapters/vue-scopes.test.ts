// The Vue composables while scopes and components come and go.
import { mount } from '@vue/test-utils'
import { useConnection } from 'holdfast/vue'
import { expect, test } from 'vitest'
import { defineComponent, h, KeepAlive, nextTick, onMounted, ref } from 'vue'
import { connectionSnapshot, fakeReadable } from './fake-readable.ts'
import { inScope } from './in-scope.ts'

test('[A10 E3] disposing the scope unsubscribes, and nothing changes after it', () => {
  const live = fakeReadable(connectionSnapshot())
  const { result, stop } = inScope(() => ({
    ...useConnection(live),
    picked: useConnection(live, ({ attempt }) => attempt),
  }))
  expect(live.subscribers).toBe(2)
  stop()
  expect(live.subscribers).toBe(0)
  live.set(connectionSnapshot({ status: 'connected', attempt: 7 }))
  expect([result.status.value, result.picked.value]).toEqual(['idle', 0])
})

test('[A10 E3] a component unsubscribes when it is unmounted, and shows the current value before it is mounted', () => {
  const live = fakeReadable(connectionSnapshot())
  live.set(connectionSnapshot({ status: 'connected' }))
  const inSetup: unknown[] = []
  const Status = defineComponent(() => {
    const { status } = useConnection(live)
    inSetup.push(status.value)
    return () => h('p', status.value)
  })
  const wrapper = mount(Status)
  expect([inSetup, wrapper.text()]).toEqual([['connected'], 'connected'])
  expect(live.subscribers).toBe(1)
  wrapper.unmount()
  expect(live.subscribers).toBe(0)
})

test('[E3] may be used in a lifecycle hook, where there is an element already', () => {
  const live = fakeReadable(connectionSnapshot())
  live.set(connectionSnapshot({ status: 'connected' }))
  const seen: unknown[] = []
  const wrapper = mount(
    defineComponent(() => {
      onMounted(() => seen.push(useConnection(live, ({ status }) => status).value))
      return () => h('p')
    }),
  )
  expect(seen).toEqual(['connected'])
  expect(live.subscribers).toBe(1)
  wrapper.unmount()
  expect(live.subscribers).toBe(0)
})

test('[A5] (fault B14) going away and coming back under KeepAlive keeps one subscription', async () => {
  const live = fakeReadable(connectionSnapshot())
  const Status = defineComponent({
    name: 'Status',
    setup() {
      const { status } = useConnection(live)
      return () => h('p', status.value)
    },
  })
  const isShown = ref(true)
  const wrapper = mount(defineComponent(() => () => h(KeepAlive, () => (isShown.value ? h(Status) : null))))
  for (const shown of [false, true]) {
    isShown.value = shown
    await nextTick()
  }
  expect([live.subscriptions, live.subscribers]).toEqual([1, 1])
  wrapper.unmount()
  expect(live.subscribers).toBe(0)
})
