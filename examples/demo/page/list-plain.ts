// The list of campaigns without a framework.
import { bind, watch } from 'holdfast/vanilla'
import type { CampaignList } from '../app/events.ts'
import { campaign, campaigns } from './live.ts'
import { bump } from './tally.ts'
import { percent, phaseText } from './words.ts'

/** Fills `root` and keeps it current until the returned stop is called. */
export function mountPlainList(root: Element): () => void {
  let stops: (() => void)[] = []
  const stopRows = (): void => stops.forEach((stop) => stop())
  const list = element('ul', 'rows')
  root.replaceChildren(list)
  const showRows = (known: CampaignList = []): void => {
    stopRows()
    const rows = known.map(({ id, name }) => ({ id, ...createRow(name) }))
    list.replaceChildren(...rows.map(({ row }) => row))
    stops = rows.map(({ id, row, show }) => bind(row, campaign(id), show))
  }
  const stopList = watch(campaigns, ({ data }) => data, showRows)
  return () => {
    stopList()
    stopRows()
  }
}

function createRow(name: string): { row: HTMLElement; show: (snapshot: Snapshot) => void } {
  const row = element('li', 'row')
  const badge = element('span', 'badge')
  const phase = element('span')
  const number = element('span', 'number')
  const bar = element('i')
  row.append(element('b', '', name), badge, phase, number, element('span', 'meter', bar))
  const show = ({ data, freshness }: Snapshot): void => {
    const progress = data?.progress ?? 0
    row.dataset['state'] = badge.dataset['state'] = badge.textContent = freshness
    phase.textContent = data === undefined ? '' : phaseText(data)
    number.textContent = percent(progress)
    bar.style.translate = `${progress - 100}%`
    bump('plain')
  }
  return { row, show }
}

type Snapshot = ReturnType<ReturnType<typeof campaign>['getSnapshot']>

function element(tag: string, className = '', ...children: (Node | string)[]): HTMLElement {
  const made = Object.assign(document.createElement(tag), { className })
  made.append(...children)
  return made
}
