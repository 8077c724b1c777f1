// A page that does nothing by itself: tests make connections in it as they need them.
import { createConnection, type ConnectionOptions } from 'holdfast'

/** A connection, its channel `queue`, and a diary of both, as `globalThis.made`. */
function make(options: Partial<ConnectionOptions> = {}): void {
  const diary: Array<readonly [at: number, status: string, freshness: string, count: number | undefined]> = []
  const errors: string[] = []
  const live = createConnection({ url: '/ws', ...options })
  const queue = live.state<{ readonly count: number }>('queue')
  const note = (): void => {
    const { freshness, data } = queue.getSnapshot()
    diary.push([performance.now(), live.getSnapshot().status, freshness, data?.count])
  }
  live.on('error', ({ code }) => errors.push(code))
  live.subscribe(note)
  queue.subscribe(note)
  Object.assign(globalThis, { made: { live, queue, diary, errors } })
}

Object.assign(globalThis, { make })
