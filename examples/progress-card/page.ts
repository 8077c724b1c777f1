// The page of one job: a card that gets to its end by push or by poll, and until then says how far it can be trusted.
import { createConnection, type StateSnapshot } from 'holdfast'
import { watch } from 'holdfast/vanilla'
import { showConnection } from '../shared/connection-line.ts'
import type { Job } from './server.ts'

const find = (id: string): HTMLElement => document.getElementById(id)!
const live = createConnection({ url: '/ws' })
const titles = { running: 'Running:', done: 'Done:', failed: 'Failed at' }
const isOver = (job: Job | undefined): boolean => job !== undefined && job.state !== 'running'
let stop = (): void => undefined

function follow(id: string): void {
  stop()
  const job = live.state<Job>(`job:${id}`, {
    load: ({ signal }) => ask(`/api/jobs/${id}`, { signal }),
    // What is over does not change any more.
    pollEvery: (data) => (isOver(data) ? false : 2_000),
  })
  const end = (stop = watch(job, (snapshot) => {
    draw(snapshot)
    // Nobody watches any more, so the socket closes too.
    if (isOver(snapshot.data)) setTimeout(() => end(), 5_000)
  }))
}

async function ask(url: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, init)
  if (!response.ok) throw new Error(`The server answered ${response.status}`)
  return await response.json()
}

function draw({ data, freshness, asOf, error }: StateSnapshot<Job>): void {
  find('card').dataset['state'] = data && isOver(data) ? data.state : freshness
  find('title').textContent = data ? `${titles[data.state]} ${data.percent} %` : 'Loading'
  find('bar').setAttribute('value', String(data?.percent ?? 0))
  find('note').textContent = isOver(data)
    ? 'This is the end: nothing more will come.'
    : {
        live: 'Told as it happens.',
        polling: 'The socket is away: asked for every two seconds.',
        'catching-up': 'Connected, and looking for what was missed.',
        stale: `Nobody answers. It was like this at ${new Date(asOf ?? 0).toLocaleTimeString('en-GB')}.`,
        unknown: error === null ? 'Asking the server.' : `Nothing is known: ${error.message}`,
      }[freshness]
}

const start = (query: string): void => {
  const started = ask(`/api/jobs${query}`, { method: 'POST' }) as Promise<{ readonly id: string }>
  const complain = (error: unknown): unknown => (find('note').textContent = `Not started. ${String(error)}`)
  // The address names the job, so that the card survives a reload.
  started.then(({ id }) => (location.hash = id), complain)
}
find('start').onclick = () => start('')
find('fail').onclick = () => start('?fails')
onhashchange = () => follow(location.hash.slice(1))
if (location.hash !== '') follow(location.hash.slice(1))
showConnection(live)
