// The page of the log: the last lines, as they are written, and a mark where some are missing.
import { createConnection } from 'holdfast'
import { bind } from 'holdfast/vanilla'
import { showConnection } from '../shared/connection-line.ts'

interface Line {
  readonly number: number
  readonly at: number
  readonly level: 'info' | 'error'
  readonly text: string
}

/** So many rows are shown, and so many are held back during a pause. */
const MOST = 500
const find = (id: string): HTMLElement => document.getElementById(id)!
const [box, rows, pause] = [find('box'), find('rows'), find('pause')]
/** What came during a pause; null: there is none. */
let held: HTMLElement[] | null = null
let dropped = 0

const live = createConnection({ url: '/ws' })
const log = live.stream<Line>('log', { history: 100 })

log.on('message', ({ number, at, level, text }) => {
  const time = new Date(at).toLocaleTimeString('en-GB')
  add(rowOf(level, `${String(number).padStart(4)}  ${time}  ${level.padEnd(5)}  ${text}`))
})
log.on('gap', () => add(rowOf('gap', '… lines may be missing here …')))

function rowOf(kind: string, text: string): HTMLElement {
  return Object.assign(document.createElement('li'), { className: kind, textContent: text })
}

function add(row: HTMLElement): void {
  if (!held) return show([row])
  // One fewer, for the mark that says so.
  if (held.push(row) >= MOST) dropped += held.splice(0, 1).length
  pause.textContent = `Resume (${held.length + dropped} new)`
}

function show(added: readonly HTMLElement[]): void {
  const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40
  rows.append(...added)
  while (rows.childElementCount > MOST) rows.firstElementChild?.remove()
  // Who has scrolled up is reading.
  if (isAtEnd) box.scrollTop = box.scrollHeight
}

pause.onclick = () => {
  const lost = dropped > 0 ? [rowOf('gap', `… ${dropped} lines were not kept during the pause …`)] : []
  if (held) show([...lost, ...held])
  held = held ? null : []
  dropped = 0
  pause.textContent = held ? 'Resume' : 'Pause'
}

bind(find('badge'), log, ({ freshness }, badge) => (badge.dataset['state'] = freshness))
showConnection(live)
