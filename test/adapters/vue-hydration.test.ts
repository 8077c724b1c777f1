// A page rendered on a server is taken over by Vue without a mismatch.
import { useChannel } from 'holdfast/vue'
import { afterEach, expect, test, vi } from 'vitest'
import { createSSRApp, defineComponent, h, nextTick } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { fakeReadable, liveSnapshot } from './fake-readable.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('[E3] hydration starts from the initial snapshot, then shows the current one, without a mismatch', async () => {
  const warn = vi.spyOn(console, 'warn')
  const complain = vi.spyOn(console, 'error')
  const queue = fakeReadable(liveSnapshot('initial'))
  const rendered: unknown[] = []
  const Item = defineComponent(() => {
    const { data } = useChannel(queue)
    const picked = useChannel(queue, (snapshot) => snapshot.data)
    return () => {
      rendered.push(data.value)
      return h('p', `${data.value ?? ''} ${picked.value ?? ''}`)
    }
  })
  const Page = defineComponent(() => () => h('main', [h(Item)]))
  const container = document.createElement('div')
  container.innerHTML = await renderToString(createSSRApp(Page))
  expect(container.innerHTML).toBe('<main><p>initial initial</p></main>')
  expect(queue.subscriptions).toBe(0)
  queue.set(liveSnapshot('current'))

  const app = createSSRApp(Page)
  app.mount(container)
  await nextTick()
  expect(rendered).toEqual(['initial', 'initial', 'current'])
  expect(container.innerHTML).toBe('<main><p>current current</p></main>')
  expect(queue.subscribers).toBe(2)
  expect([warn.mock.calls, complain.mock.calls]).toEqual([[], []])
  app.unmount()
  expect(queue.subscribers).toBe(0)
})
