// The Vue composables on a server: no page, no subscription, the initial snapshot.
// @vitest-environment node
import { createConnection } from 'holdfast'
import { useChannel, useConnection } from 'holdfast/vue'
import { expect, test } from 'vitest'
import { createSSRApp, defineComponent, h, ref } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { connectionSnapshot, fakeReadable, liveSnapshot, unknownSnapshot } from './fake-readable.ts'
import { withoutGlobals } from './without-globals.ts'

test('[E3] (fault B15) a server renders the initial snapshot, whatever the readable holds now, and subscribes to nothing', async () => {
  const live = fakeReadable(connectionSnapshot())
  const queue = fakeReadable(unknownSnapshot<number[]>())
  live.set(connectionSnapshot({ status: 'connected' }))
  queue.set(liveSnapshot([1, 2]))
  const Part = defineComponent(() => {
    const source = ref<typeof queue | null>(null)
    // Vue itself looks for a window when it makes an app; the composables may not.
    const { data, freshness, status, nothing } = withoutGlobals(() => ({
      ...useChannel(source),
      status: useConnection(live, (snapshot) => snapshot.status),
      nothing: useChannel(null),
    }))
    withoutGlobals(() => (source.value = queue))
    return () => [status.value, freshness.value, String(data.value), String(nothing.data.value)].join()
  })
  const Page = defineComponent(() => () => h(Part))
  const html = await renderToString(createSSRApp(Page))
  expect(html).toBe('idle,unknown,undefined,undefined')
  expect([live.subscriptions, queue.subscriptions]).toEqual([0, 0])
})

test('[A5] (fault B15) a connection with nothing but a relative url is made, rendered and dropped without touching a global', async () => {
  const live = withoutGlobals(() => createConnection({ url: '/ws' }))
  const Page = defineComponent(() => {
    const { status, data, freshness } = withoutGlobals(() => ({
      ...useChannel(live.state('queue', { initial: [1, 2] })),
      ...useConnection(live),
    }))
    return () => [status.value, freshness.value, data.value?.length].join()
  })
  expect(await renderToString(createSSRApp(Page))).toBe('idle,stale,2')
  withoutGlobals(() => live.close())
})
