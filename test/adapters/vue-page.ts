// A Vue page over a connection: the status and as many feeds.
import type { Connection, StateChannel } from 'holdfast'
import { useChannel, useConnection } from 'holdfast/vue'
import { defineComponent, h, nextTick, type PropType } from 'vue'
import { feedNames, type Feed } from './frames.ts'
import type { Live } from './live.ts'

/** Lets time pass, and Vue render what it brought. */
export async function pass({ clock }: Live, ms: number): Promise<void> {
  await clock.advanceAsync(ms)
  await nextTick()
}

/** One feed: its name, what its fourth item has done, how fresh it is. */
export const FeedView = defineComponent({
  props: {
    channel: { type: Object as PropType<StateChannel<Feed>>, required: true },
    onRender: { type: Function as PropType<() => void>, default: undefined },
  },
  setup(props) {
    const { data, freshness } = useChannel(() => props.channel)
    return () => {
      props.onRender?.()
      return h(
        'p',
        `${data.value?.name ?? '?'} ${String(data.value?.items[3]?.progress.done)} ${freshness.value}`,
      )
    }
  },
})

/** The status, and a view of each feed. */
export const Page = defineComponent({
  props: {
    live: { type: Object as PropType<Connection>, required: true },
    names: { type: Array as PropType<readonly string[]>, default: () => feedNames },
  },
  setup(props) {
    const { status } = useConnection(() => props.live)
    return () => [
      status.value,
      props.names.map((name) =>
        h(FeedView, { key: name, channel: props.live.state<Feed>(name, { message: name }) }),
      ),
    ]
  },
})
