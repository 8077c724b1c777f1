// A page that was frozen or cached once said `live` of data that the server had long replaced.
import { expect, it } from 'vitest'
import { connected } from '../behaviour/rig.ts'

it.each(['resume', 'restore'] as const)(
  '[G15 G3 INV-11] after %s nothing is live until the link has answered (fault B2) (fault B3)',
  (how) => {
    const { clock, server, page, live } = connected()
    const queue = live.state('queue')
    queue.subscribe(() => undefined)
    server.push('queue', 1)
    clock.advance(1_000)
    expect(queue.getSnapshot().freshness).toBe('live')
    server.latency(50)
    page.hide()
    page.freeze()
    clock.block(3_000)
    page[how]()
    expect(queue.getSnapshot().freshness).not.toBe('live')
    clock.advance(100)
    page.show()
    expect(queue.getSnapshot().freshness).toBe('live')
  },
)

it('[G15 G3 INV-11] a page that thaws with old data doubts it, whichever signal comes first (fault B2)', () => {
  const { clock, server, page, live } = connected()
  const queue = live.state('queue')
  queue.subscribe(() => undefined)
  server.push('queue', 1)
  clock.advance(1_000)
  server.goesSilent()
  page.hide()
  clock.block(600_000)
  page.show()
  expect(queue.getSnapshot().freshness).not.toBe('live')
  server.resumesTalking()
  clock.advance(100)
  expect(queue.getSnapshot().freshness).toBe('live')
})

it('[G15 INV-11] an answer that comes with the thaw, before anything else, makes nothing live', async () => {
  let answer = (_: number): void => undefined
  const { clock, server, live } = connected()
  const queue = live.state('queue', {
    load: () => new Promise<number>((resolve) => (answer = resolve)),
    onMessage: 'reload',
  })
  queue.subscribe(() => undefined)
  await clock.advanceAsync(100)
  answer(1)
  await clock.advanceAsync(100)
  server.push('queue')
  await clock.advanceAsync(1_500)
  expect(queue.getSnapshot().freshness).toBe('catching-up')
  clock.block(50_000)
  answer(2)
  for (let n = 0; n < 20; n++) await Promise.resolve()
  expect(queue.getSnapshot()).toMatchObject({ data: 2 })
  expect(queue.getSnapshot().freshness).not.toBe('live')
  await clock.advanceAsync(100)
  expect(queue.getSnapshot().freshness).toBe('live')
})

it('[G15 G3] a page that is shown first and restored a moment later is live with the next answer, not a heartbeat later', () => {
  const { clock, server, page, live } = connected()
  const queue = live.state('queue')
  queue.subscribe(() => undefined)
  server.push('queue', 1)
  clock.advance(1_000)
  server.latency(50)
  page.hide()
  page.freeze()
  clock.block(3_000)
  page.show()
  clock.advance(1)
  page.restore()
  expect(queue.getSnapshot().freshness).not.toBe('live')
  clock.advance(150)
  expect(queue.getSnapshot().freshness).toBe('live')
})

it('[G15] without pings nothing is doubted that nobody could ask about', () => {
  const { clock, server, page, live } = connected({ heartbeat: false })
  const queue = live.state('queue')
  queue.subscribe(() => undefined)
  server.push('queue', 1)
  clock.advance(1_000)
  page.restore()
  clock.advance(1_000)
  expect(queue.getSnapshot().freshness).toBe('live')
})

it('[G3] lost time is noticed once, whatever happens in the moment after it', () => {
  const { clock, live, times } = connected()
  clock.advance(1_000)
  const before = times('ping').length
  clock.block(10_000)
  for (let n = 0; n < 5; n++) live.connect()
  clock.advance(0)
  expect(times('ping').length - before).toBeLessThanOrEqual(2)
})
