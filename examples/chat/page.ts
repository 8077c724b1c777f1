// The page of the chat: what was said, what was not heard, and what became of each message of one's own.
import { createConnection, type SendOutcome } from 'holdfast'
import { bind } from 'holdfast/vanilla'
import { showConnection } from '../shared/connection-line.ts'

interface Message {
  readonly id: string
  readonly from: string
  readonly text: string
}

const find = (id: string): HTMLElement => document.getElementById(id)!
const [talk, said, waiting] = [find('talk'), find('said'), find('waiting')]
const me = `Guest ${Math.ceil(Math.random() * 899) + 100}`

const live = createConnection({ url: '/ws' })
const room = live.stream<Message>('chat:room', { history: 50 })

room.on('message', (message) => {
  const row = rowOf(message)
  if (row.parentElement === waiting) mark(row, 'said', 'said')
  add(row)
})
room.on('gap', () => add(divider('Messages may be missing here: the server could not replay them.', 'gap')))
room.on('recovered', ({ replayed }) => {
  if (replayed > 0) add(divider(`Back again. Nothing is missing: ${replayed} came while you were away.`))
})

find('form').onsubmit = (event) => {
  event.preventDefault()
  const input = find('text') as HTMLInputElement
  const text = input.value.trim()
  if (text === '') return
  input.value = ''
  void say({ id: crypto.randomUUID(), from: me, text })
}

async function say(message: Message): Promise<void> {
  const row = rowOf(message)
  mark(row, 'sending', 'sending')
  waiting.append(row)
  talk.scrollTop = talk.scrollHeight
  const outcome = await room.publish(message, { ttl: 15_000 })
  // It has come back meanwhile: that is proof, whatever became of the answer.
  if (outcome.ok || row.parentElement === waiting) mark(row, outcome.outcome, describe(outcome))
}

function describe(outcome: SendOutcome): string {
  if (!outcome.ok) return outcome.maybeDelivered ? 'no answer: it may have arrived' : 'not sent'
  return outcome.outcome === 'acked' ? outcome.level : 'written'
}

/** One row per message, however often it is told: a new server process does not know what the old one said. */
function rowOf({ id, from, text }: Message): HTMLElement {
  const known = document.getElementById(`message-${id}`)
  if (known) return known
  const row = Object.assign(document.createElement('li'), { id: `message-${id}` })
  const parts = ['b', 'span', 'small'].map((tag) => document.createElement(tag))
  parts.forEach((part, index) => (part.textContent = [from, text][index] ?? ''))
  row.append(...parts)
  row.classList.toggle('own', from === me)
  return row
}

function mark(row: HTMLElement, outcome: string, words: string): void {
  row.dataset['outcome'] = outcome
  row.lastElementChild!.textContent = words
}

function divider(text: string, kind = 'note'): HTMLElement {
  return Object.assign(document.createElement('li'), { className: `divider ${kind}`, textContent: text })
}

function add(row: HTMLElement): void {
  const isAtEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40
  said.append(row)
  if (said.childElementCount > 200) said.firstElementChild?.remove()
  // Who has scrolled up is reading.
  if (isAtEnd) talk.scrollTop = talk.scrollHeight
}

find('me').textContent = me
bind(find('badge'), room, ({ freshness }, badge) => (badge.dataset['state'] = freshness))
showConnection(live)
