// Vue over a real connection to a mock server: what renders, and what does not.
import { mount } from '@vue/test-utils'
import { seededRandom } from 'holdfast/testing'
import { useChannel, useConnection } from 'holdfast/vue'
import { expect, test } from 'vitest'
import { defineComponent, h } from 'vue'
import { dashboard, replayed, rowsOf, type Dashboard } from './dashboard.ts'
import { changedPaths, feed, feedNames, references, toFrameText, type Feed } from './frames.ts'
import { countNotifications, createLive } from './live.ts'
import { FeedView, pass } from './vue-page.ts'

test('[A7] 800 frames of the same value over 8 channels render nothing; one changed leaf renders one component once', async () => {
  const all = createLive()
  const { live, server } = all
  const random = seededRandom(7)
  const channels = feedNames.map((name) => live.state<Feed>(name))
  const renders = new Map<string, number>()
  let statusRenders = 0
  const Status = defineComponent(() => {
    const status = useConnection(live, (snapshot) => snapshot.status)
    return () => {
      statusRenders += 1
      return status.value
    }
  })
  const wrapper = mount(
    defineComponent(() => () => [
      h(Status),
      channels.map((channel) =>
        h(FeedView, {
          channel,
          onRender: () => void renders.set(channel.name, (renders.get(channel.name) ?? 0) + 1),
        }),
      ),
    ]),
  )
  for (const name of feedNames) server.push(name, feed(name))
  await pass(all, 2_000)
  expect(wrapper.text()).toContain('connected')
  expect(channels.map((channel) => channel.getSnapshot().freshness)).toEqual(feedNames.map(() => 'live'))

  const notifications = channels.map(countNotifications)
  const snapshots = channels.map((channel) => channel.getSnapshot())
  const rendersBefore = new Map(renders)
  const statusRendersBefore = statusRenders
  const texts = new Set<string>()
  for (let frame = 0; frame < 800; frame += 1) {
    const name = feedNames[frame % 8]!
    const text = toFrameText(name, feed(name), random)
    texts.add(text)
    server.send(text)
    await pass(all, 2)
  }
  expect(texts.size).toBe(800)
  expect(notifications.map(({ count }) => count)).toEqual(feedNames.map(() => 0))
  channels.forEach((channel, index) => expect(channel.getSnapshot()).toBe(snapshots[index]))
  expect(renders).toEqual(rendersBefore)
  expect(statusRenders).toBe(statusRendersBefore)

  const before = channels.map((channel) => references(channel.getSnapshot().data))
  server.send(toFrameText('feed-5', feed('feed-5', 2), random))
  await pass(all, 2)
  expect(notifications.map(({ count }) => count)).toEqual([0, 0, 0, 0, 0, 1, 0, 0])
  expect(renders).toEqual(new Map(rendersBefore).set('feed-5', rendersBefore.get('feed-5')! + 1))
  expect(wrapper.text()).toContain('feed-5 2 live')
  channels.forEach((channel, index) => {
    const changed = changedPaths(before[index]!, references(channel.getSnapshot().data))
    expect(changed).toEqual(index === 5 ? ['', '/items', '/items/3', '/items/3/progress'] : [])
  })
  wrapper.unmount()
  live.close()
})

test('[A7] a change of latency alone renders nothing in a component that shows the status', async () => {
  const all = createLive({ heartbeat: { interval: 5_000 } })
  const { live, server } = all
  live.connect()
  await pass(all, 2_000)
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
  const notifications = countNotifications(live)
  const latencies = new Set<unknown>()
  for (const latency of [10, 20, 30, 40, 30, 20]) {
    server.latency(latency)
    await pass(all, 5_000)
    latencies.add(live.getSnapshot().latency)
  }
  expect(latencies.size).toBeGreaterThan(3)
  expect(notifications.count).toBeGreaterThan(3)
  expect([wrapper.text(), renders]).toEqual(['connected', 1])
  wrapper.unmount()
  live.close()
})

test('[A7] a dashboard of 50 rows gets 100 frames, 10 of them with one changed row: 10 notifications, 10 row renders', async () => {
  const all = createLive()
  const { live, server } = all
  const channel = live.state<Dashboard>('dashboard')
  let pageRenders = 0
  let rowRenders = 0
  const Row = defineComponent({
    props: { index: { type: Number, required: true } },
    setup(props) {
      const row = useChannel(channel, ({ data }) => data?.rows[props.index])
      return () => {
        rowRenders += 1
        return h('li', `${row.value?.title ?? ''} ${String(row.value?.done)}`)
      }
    },
  })
  const wrapper = mount(
    defineComponent(() => {
      const length = useChannel(channel, ({ data }) => data?.rows.length ?? 0)
      return () => {
        pageRenders += 1
        return Array.from({ length: length.value }, (_, index) => h(Row, { key: index, index }))
      }
    }),
  )
  server.push('dashboard', dashboard())
  await pass(all, 2_000)
  expect([pageRenders, rowRenders]).toEqual([2, 50])

  const notifications = countNotifications(channel)
  for (const text of replayed(seededRandom(3))) {
    server.send(text)
    await pass(all, 10)
  }
  expect(notifications.count).toBe(10)
  expect([pageRenders, rowRenders]).toEqual([2, 60])
  expect(wrapper.findAll('li').map((item) => item.text())).toEqual(rowsOf(channel.getSnapshot().data))
  wrapper.unmount()
  live.close()
})
