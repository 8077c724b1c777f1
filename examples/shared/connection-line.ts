// What the pages of the examples have in common: how the connection is, and a button for who does not want to wait.
import type { Connection } from 'holdfast'

const words: Partial<Record<string, string>> = {
  idle: 'No socket is needed',
  connected: 'Connected',
  suspended: 'The server is away; trying less often',
  failed: 'The server refused this page',
}

/** Keeps the elements `connection` and `retry` up to date. */
export function showConnection(live: Connection): void {
  const line = document.getElementById('connection')!
  const button = document.getElementById('retry')!
  const draw = (): void => {
    const { status, retryAt } = live.getSnapshot()
    line.textContent = words[status] ?? 'Connecting'
    line.dataset['state'] = status
    button.hidden = status === 'connected' || status === 'idle'
    const wait = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / 1_000)
    button.textContent = wait > 0 ? `Retry now (${wait} s)` : 'Retry now'
  }
  button.onclick = () => (live.getSnapshot().status === 'failed' ? live.connect() : live.retry())
  live.subscribe(draw)
  setInterval(draw, 500) // for the countdown
  draw()
}
