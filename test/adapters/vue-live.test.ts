// Vue over a real connection to a mock server: how many sockets there are, and what a page sees.
import { mount } from '@vue/test-utils'
import { seededRandom } from 'holdfast/testing'
import { useChannel, useConnection } from 'holdfast/vue'
import { describe, expect, test } from 'vitest'
import { defineComponent, effectScope, h, nextTick, ref, type Ref } from 'vue'
import { feed, toFrameText, type Feed } from './frames.ts'
import { createLive, LINGER } from './live.ts'
import { FeedView, Page, pass } from './vue-page.ts'

describe('one socket', () => {
  test('[A5] (fault B14) eight components and twenty fast remounts share one socket', async () => {
    const all = createLive()
    const { live, server, clock } = all
    for (let round = 0; round < 20; round += 1) {
      const wrapper = mount(Page, { props: { live } })
      await pass(all, round * 50)
      wrapper.unmount()
      await pass(all, round * 10)
    }
    const wrapper = mount(Page, { props: { live } })
    server.push('feed-0', feed('feed-0'))
    await pass(all, 2_000)
    expect(wrapper.text()).toContain('connected')
    expect(wrapper.text()).toContain('feed-0 1 live')
    expect([server.attempts, server.open]).toEqual([1, 1])
    expect(server.received.filter(({ type }) => type === 'client_ready')).toHaveLength(1)

    wrapper.unmount()
    await pass(all, LINGER)
    expect([server.attempts, server.open, live.getSnapshot().status]).toEqual([1, 0, 'idle'])
    live.close()
    expect(clock.pending).toBe(0)
  })

  test('[A5] (fault B14) hot replacement of a component keeps the socket and one subscription', async () => {
    const all = createLive()
    const { live, server } = all
    const queue = live.state<number>('queue')
    const version = (text: string) => ({
      __hmrId: 'hot',
      setup() {
        const { data } = useChannel(queue)
        return () => h('p', `${text} ${String(data.value)}`)
      },
    })
    const hot = (
      globalThis as unknown as {
        __VUE_HMR_RUNTIME__: {
          createRecord(id: string, component: object): boolean
          reload(id: string, component: object): void
        }
      }
    ).__VUE_HMR_RUNTIME__
    const Hot = version('first')
    hot.createRecord('hot', Hot)
    const wrapper = mount(defineComponent(() => () => h('main', [h(Hot)])))
    server.push('queue', 1)
    await pass(all, 2_000)
    expect(wrapper.text()).toBe('first 1')
    for (const text of ['second', 'third', 'fourth']) {
      hot.reload('hot', version(text))
      await pass(all, 500)
      expect(wrapper.text()).toBe(`${text} 1`)
    }
    expect([server.attempts, server.open]).toEqual([1, 1])
    wrapper.unmount()
    await pass(all, LINGER)
    expect([server.open, live.getSnapshot().status]).toEqual([0, 'idle'])
    live.close()
  })

  test('[A5] looking at a connection opens nothing, and a channel in use opens one', async () => {
    const all = createLive()
    const { live, server } = all
    const names = ref<readonly string[]>([])
    const wrapper = mount(defineComponent(() => () => h(Page, { live, names: names.value })))
    await pass(all, 60_000)
    expect(server.attempts).toBe(0)
    names.value = ['feed-1']
    await nextTick()
    await pass(all, 2_000)
    expect([server.attempts, server.open]).toEqual([1, 1])
    wrapper.unmount()
    live.close()
  })

  test('[A5] (fault B14) a hot-replaced module leaves its connection behind, which closes by itself', async () => {
    const all = createLive()
    const { live, server } = all
    const replaced = createLive({ transport: server.transport, runtime: server.runtime }).live
    const wrapper = mount(Page, { props: { live, names: ['feed-0'] } })
    await pass(all, 2_000)
    await wrapper.setProps({ live: replaced })
    await pass(all, LINGER)
    expect([server.attempts, server.open]).toEqual([2, 1])
    expect([live.getSnapshot().status, replaced.getSnapshot().status]).toEqual(['idle', 'connected'])
    wrapper.unmount()
    live.close()
    replaced.close()
  })
})

describe('what a page sees', () => {
  test('[E3] there is a ref for every field of a snapshot', () => {
    const { live } = createLive()
    const queue = live.state('queue', { initial: 1 })
    const scope = effectScope()
    scope.run(() => {
      expect(Object.keys(useConnection(live)).sort()).toEqual(Object.keys(live.getSnapshot()).sort())
      expect(Object.keys(useChannel(queue)).sort()).toEqual(
        [...new Set([...Object.keys(queue.getSnapshot()), 'asOf'])].sort(),
      )
    })
    scope.stop()
    live.close()
  })

  test('[B10] a lost link shows at once, with the data that was there', async () => {
    const all = createLive()
    const { live, server } = all
    const wrapper = mount(FeedView, { props: { channel: live.state<Feed>('feed-0') } })
    expect(wrapper.text()).toBe('? undefined unknown')
    server.push('feed-0', feed('feed-0'))
    await pass(all, 2_000)
    expect(wrapper.text()).toBe('feed-0 1 live')
    server.refuses()
    server.closeAll(1006)
    await pass(all, 1)
    expect(wrapper.text()).toBe('feed-0 1 stale')
    wrapper.unmount()
    live.close()
  })

  test('[B10] a closed connection shows as closed, and unmounting after that is harmless', async () => {
    const all = createLive()
    const { live, clock } = all
    const wrapper = mount(Page, { props: { live, names: ['feed-0'] } })
    await pass(all, 2_000)
    live.close()
    await nextTick()
    expect(wrapper.text()).toMatch(/^closed/)
    wrapper.unmount()
    expect(clock.pending).toBe(0)
  })

  test('[B10] asOf moves with every confirmation, and triggers nothing', async () => {
    const all = createLive()
    const { live, server, clock } = all
    let renders = 0
    let asOf: Readonly<Ref<number | null>> | undefined
    const wrapper = mount(
      defineComponent(() => {
        const channel = useChannel(live.state<Feed>('feed-0'))
        asOf = channel.asOf
        return () => {
          renders += 1
          return h('p', String(channel.asOf.value))
        }
      }),
    )
    server.push('feed-0', feed('feed-0'))
    await pass(all, 2_000)
    const before = renders
    await pass(all, 3_000)
    server.send(toFrameText('feed-0', feed('feed-0'), seededRandom(1)))
    await pass(all, 0)
    expect(asOf?.value).toBe(clock.now())
    expect(renders).toBe(before)
    wrapper.unmount()
    live.close()
  })
})
