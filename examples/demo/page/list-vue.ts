// The list of campaigns in Vue: render functions, so that this demo needs no compiler.
import { useChannel } from 'holdfast/vue'
import { createApp, defineComponent, h, onMounted, onUpdated, type App } from 'vue'
import { campaign, campaigns } from './live.ts'
import { bump } from './tally.ts'
import { percent, phaseText } from './words.ts'

const Row = defineComponent({
  props: { id: { type: String, required: true }, name: { type: String, required: true } },
  setup: (props) => {
    const { data, freshness } = useChannel(() => campaign(props.id))
    onMounted(() => bump('vue'))
    onUpdated(() => bump('vue'))
    return () => {
      const progress = data.value === undefined ? 0 : data.value.progress
      return h('li', { class: 'row', 'data-state': freshness.value }, [
        h('b', props.name),
        h('span', { class: 'badge', 'data-state': freshness.value }, freshness.value),
        h('span', data.value && phaseText(data.value)),
        h('span', { class: 'number' }, percent(progress)),
        h('span', { class: 'meter' }, h('i', { style: { translate: `${progress - 100}%` } })),
      ])
    }
  },
})

const List = defineComponent(() => {
  const { data } = useChannel(campaigns)
  return () =>
    h(
      'ul',
      { class: 'rows' },
      data.value?.map(({ id, name }) => h(Row, { key: id, id, name })),
    )
})

export function createVueList(): App {
  return createApp(List)
}
