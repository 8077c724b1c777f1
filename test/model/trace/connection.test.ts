// The checkers of links, states, endings, pace and heartbeat, each on a trace that keeps its rule and on some that break it.
import { it } from 'vitest'
import type { Entry } from './entry.ts'
import {
  arrives,
  at,
  closes,
  effect,
  event,
  expectBroken,
  expectHolds,
  leaves,
  left,
  made,
  opens,
  price,
  sample,
  snapshot,
  status,
  tells,
  to,
} from './build.ts'

/** A client whose link 1 is connected since 0. */
const connected = (facts: Parameters<typeof made>[0] = {}): Entry[] =>
  at(
    0,
    made(facts),
    event('connect'),
    ...opens(1),
    status('idle', 'connecting'),
    status('connecting', 'connected'),
  )

it('[INV-1] one link at a time, and never the same twice', () => {
  expectHolds('INV-1', at(0, made(), ...opens(1), ...closes(1), ...opens(2)), to('b', 0, ...opens(1)))
  expectBroken('INV-1', 'Link 2 is opened while link 1 is held.', at(0, ...opens(1)), at(9, ...opens(2)))
  expectBroken(
    'INV-1',
    'Link 1 is opened after link 1: its number is not new.',
    at(0, ...opens(1), ...closes(1)),
    at(9, ...opens(1)),
  )
})

it('[INV-2] nothing old has an effect, and nothing is delivered that did not arrive', () => {
  const lost = at(0, ...opens(1), ...closes(1))
  expectHolds('INV-2', lost, at(5, event('pong', { link: 1 })), at(6, effect('open', { link: 2 })).slice(1))
  expectBroken(
    'INV-2',
    'A late closed leads to report.',
    lost,
    at(5, event('closed', { link: 1 }), effect('report')),
  )
  expectBroken(
    'INV-2',
    'A late prepared leads to queue.',
    at(0, effect('prepare', { request: 1 }), effect('cancel', { request: 1 })),
    at(5, event('prepared', { request: 1 }), effect('queue', { request: 2 })),
  )
  expectBroken('INV-2', 'channel price is fed without a link.', lost, at(5, event('pushed', {}, 'price')))
  expectBroken(
    'INV-2',
    'Message x is delivered, and nothing more had arrived.',
    at(0, ...opens(1), arrives({ type: 'x' })),
    at(1, { kind: 'message', type: 'x', data: 1, depth: 0 }),
    at(2, { kind: 'message', type: 'x', data: 1, depth: 0 }),
  )
})

it('[INV-3] states follow the table, once each, and never inside a callback', () => {
  expectHolds(
    'INV-3',
    connected(),
    at(9, status('connected', 'reconnecting'), status('reconnecting', 'closed')),
  )
  expectBroken(
    'INV-3',
    'connected follows idle, which the table does not allow.',
    at(0, status('idle', 'connected')),
  )
  expectBroken(
    'INV-3',
    'closed is said to follow idle, but connected was told last.',
    connected(),
    at(1, status('idle', 'closed')),
  )
  expectBroken('INV-3', 'connected follows connected, which the table does not allow.', [
    ...connected(),
    ...at(1, status('connected', 'connected')),
  ])
  expectBroken('INV-3', 'A status callback runs inside 1 other.', at(0, status('idle', 'connecting', 1)))
})

it('[INV-4] after close() nothing runs and nothing is left', () => {
  const closed = [
    ...connected(),
    ...at(9, event('close'), effect('drop', { link: 1 }), status('connected', 'closed')),
  ]
  expectHolds('INV-4', closed, at(9, left()), at(20, { kind: 'answered', what: 'load', key: 'price' }))
  expectBroken('INV-4', '1 of its timers are left after the close.', closed, at(9, left({ timers: 1 })))
  expectBroken('INV-4', 'channel after the close.', closed, at(10, tells('stale', 1)))
  expectBroken('INV-4', 'event after the close.', closed, at(10, event('due', { slot: 'ping' })))
  expectBroken(
    'INV-4',
    'Text leaves on a link that is not held any more.',
    at(0, ...opens(1), ...closes(1), leaves({ type: 'ping' })),
  )
})

it('[INV-5] the budget counts every open, and minDelay stands between two', () => {
  const attempts = (count: number, gap: number, from: number = 1): Entry[] =>
    Array.from({ length: count }, (_, index) =>
      at((from + index) * gap, ...opens(from + index), ...closes(from + index)),
    ).flat()
  expectHolds('INV-5', at(0, made()), attempts(40, 1_000))
  expectHolds('INV-5', at(0, made()), attempts(80, 8_000))
  expectBroken(
    'INV-5',
    '41 links are opened in 300000 ms; the budget is 40.',
    at(0, made()),
    attempts(41, 1_000),
  )
  const windowed = at(
    0,
    made(),
    effect('open', { link: 1 }),
    event('ready', { link: 1, window: 800 }),
    ...closes(1),
  )
  expectHolds('INV-5', windowed, attempts(100, 1_000, 2))
  expectHolds('INV-5', at(0, made({ minDelay: 2_000 })), attempts(3, 2_000))
  expectBroken(
    'INV-5',
    'A link is opened 1000 ms after the last; minDelay is 2000.',
    at(0, made({ minDelay: 2_000 })),
    attempts(2, 1_000),
  )
  const asked = at(1_500, event('connect'))
  expectHolds('INV-5', at(0, made({ minDelay: 2_000 })), attempts(1, 1_000), asked, attempts(1, 1_000, 2))
})

it('[INV-7] a promise settles once, and says what became of the message', () => {
  const send = (id: number) => ({ kind: 'call', call: { name: 'send', id, type: 'x', bytes: 9 } }) as const
  const written = { ok: true, outcome: 'written' } as const
  const failed = { ok: false, outcome: 'failed', error: null as never, maybeDelivered: false } as const
  const settles = (id: number, outcome: typeof written | typeof failed | 'resolved') =>
    ({ kind: 'settled', id, outcome }) as const
  const x = leaves({ type: 'x' })
  expectHolds('INV-7', at(0, send(1), x, settles(1, written), send(2), settles(2, failed), left()))
  expectHolds('INV-7', at(0, send(1), x, settles(1, { ...failed, maybeDelivered: true } as never)))
  expectBroken('INV-7', 'A send counts as written, and never left.', at(0, send(1), settles(1, written)))
  expectBroken(
    'INV-7',
    'A message left, and its send is said to have failed for sure.',
    at(0, send(1), x, settles(1, failed)),
  )
  expectBroken(
    'INV-7',
    'The promise of send settles a second time.',
    at(0, send(1), settles(1, failed), settles(1, failed)),
  )
  expectBroken('INV-7', 'Promise 7 settles and was never given out.', at(0, settles(7, 'resolved')))
  expectBroken('INV-7', 'The promise of send is still open after the close.', at(0, send(1), left()))
})

it('[INV-11] what was not heard of is neither live nor good', () => {
  const live = (ms: number): Entry[] =>
    at(ms, sample({ status: 'connected', quality: 'good' }, [price('live', 1)]))
  const stale = (ms: number): Entry[] => at(ms, sample({ status: 'connected' }, [price('stale', 1)]))
  expectHolds(
    'INV-11',
    connected(),
    live(20_000),
    at(20_001, arrives({ type: 'pong' })),
    live(42_000),
    stale(99_000),
  )
  const both = connected().concat(at(23_000, sample({}, [price('live', 1)])))
  expectBroken('INV-11', 'price is live after 23000 ms of silence; the bound is 22000.', both)
  expectBroken(
    'INV-11',
    'Quality is good after 30000 ms of silence; the bound is 22000.',
    connected(),
    at(30_000, sample({ quality: 'good' })),
  )
  expectBroken(
    'INV-11',
    'price becomes live after 23000 ms of silence; the bound is 22000.',
    connected(),
    at(23_000, tells('live', 1)),
  )
  // A probe may take its time, but only where the silence was not too long already.
  const woke = event('woke', { slept: false })
  expectHolds('INV-11', connected(), at(19_000, woke), live(23_000))
  expectBroken(
    'INV-11',
    'price is live after 41000 ms of silence; the bound is 22000.',
    connected(),
    at(40_000, event('page', { signal: 'resumed' }), effect('ping', { link: 1 })),
    live(41_000),
  )
  // Hidden, timers are late; while nothing runs, nobody looks.
  expectHolds('INV-11', connected(), at(1, event('page', { signal: 'hidden' })), live(80_000))
  expectHolds('INV-11', connected(), at(90_000, { kind: 'froze', ms: 80_000 }), live(90_000))
  expectHolds('INV-11', connected({ heartbeat: null }), live(99_000))
})

it('[INV-13] half open, one attempt at a time', () => {
  const open = [...connected(), ...at(9, ...closes(1), status('connected', 'suspended'))]
  const probe = at(99, ...opens(2), ...closes(2))
  expectHolds('INV-13', open, probe, at(100, status('reconnecting', 'suspended')), at(200, ...opens(3)))
  expectHolds(
    'INV-13',
    open,
    at(99, ...opens(2), event('due', { slot: 'stable' }), ...closes(2)),
    at(200, ...opens(3)),
  )
  expectBroken('INV-13', 'Attempt 2 of a circuit that is half open.', open, probe, at(100, ...opens(3)))
})

it('[INV-14] attempts are counted until a link has held', () => {
  const waits = (attempt: number): Parameters<typeof snapshot>[0] => ({
    status: 'reconnecting',
    attempt,
    retryAt: 1,
  })
  const failing = at(0, made(), snapshot(waits(1)), snapshot(waits(2)))
  const stable = event('due', { slot: 'stable' })
  const up = at(10, event('ready', {}), status('reconnecting', 'connected'))
  expectHolds('INV-14', failing, up, at(5_010, stable), at(5_020, snapshot(waits(0))))
  expectHolds('INV-14', failing, at(20, event('reset'), snapshot({ status: 'connecting', attempt: 1 })))
  expectBroken(
    'INV-14',
    '1 failed attempts follow 2, and no link held in between.',
    failing,
    up,
    at(20, snapshot(waits(1))),
  )
  expectBroken(
    'INV-14',
    'The outage is over after 2000 ms of uptime, not 5000.',
    failing,
    up,
    at(2_010, stable),
  )
  expectBroken('INV-14', 'Attempt 4; maxAttempts is 3.', at(0, made({ maxAttempts: 3 }), snapshot(waits(4))))
})

it('[INV-17] pings keep their pace, and pongs are answers', () => {
  const ping = effect('ping', { link: 1 })
  const due = event('due', { slot: 'ping' })
  expectHolds(
    'INV-17',
    connected(),
    at(15_000, due, ping),
    at(16_000, event('woke'), ping),
    at(31_000, due, ping),
  )
  expectBroken(
    'INV-17',
    'A ping leaves 9000 ms after the last; the interval is 15000.',
    connected(),
    at(9_000, due, ping),
  )
  expectBroken('INV-17', 'A ping is 5000 ms late.', connected(), at(20_000, sample({})))
  const advice = event('ready', { link: 1, heartbeat: { interval: 30_000, timeout: 5_000 }, window: null })
  expectHolds('INV-17', connected(), at(1, advice), at(30_000, due, ping))
  expectBroken(
    'INV-17',
    'A ping leaves 15000 ms after the last; the interval is 30000.',
    connected(),
    at(1, advice),
    at(15_000, due, ping),
  )
  const pong = leaves({ type: 'pong' })
  expectHolds('INV-17', connected(), at(1, arrives({ type: 'ping' }), pong))
  expectBroken(
    'INV-17',
    'A pong leaves that no ping asked for.',
    connected(),
    at(1, arrives({ type: 'pong' }), pong),
  )
  const eleven = Array.from({ length: 11 }, () => [arrives({ type: 'ping' }), pong]).flat()
  expectBroken('INV-17', '11 pongs leave in a second.', connected(), at(1, ...eleven))
})

it('[INV-27] fatal means stop', () => {
  const again = at(50, effect('prepare', { request: 9 }))
  expectHolds('INV-27', connected(), at(9, ...closes(1)), again)
  expectHolds('INV-27', connected(), at(9, ...closes(1, 'fatal')), at(40, event('connect')), again)
  const after = (kind: string): string => `After a close of class ${kind} comes prepare.`
  expectBroken('INV-27', after('fatal'), connected(), at(9, ...closes(1, 'fatal')), again)
  expectBroken('INV-27', after('refresh'), connected(), at(9, ...closes(1, 'refresh')), again)
  const auth = { hasAuth: true }
  expectHolds('INV-27', connected(auth), at(9, ...closes(1, 'refresh')), again)
  expectBroken(
    'INV-27',
    after('refresh'),
    connected(auth),
    at(9, ...closes(1, 'refresh'), ...opens(2), ...closes(2, 'refresh')),
    again,
  )
  expectHolds('INV-27', connected(), at(9, ...closes(1, 'twice'), ...opens(2), ...closes(2)), again)
  expectBroken(
    'INV-27',
    after('twice'),
    connected(),
    at(9, ...closes(1, 'twice'), ...opens(2), ...closes(2, 'twice')),
    again,
  )
  expectBroken(
    'INV-27',
    'After status failed comes prepare.',
    at(0, event('diagnosed', { verdict: 'fatal' }), status('connecting', 'failed')),
    again,
  )
})

it('[INV-28] hints lengthen the wait, up to a clamp', () => {
  const hinted = (kind: string, hint: object): Entry[] => [...connected(), ...at(0, ...closes(1, kind, hint))]
  expectHolds('INV-28', hinted('backoff', { min: 5_000 }), at(5_000, ...opens(2)))
  expectHolds('INV-28', hinted('backoff', { min: 5_000 }), at(1_000, event('retry'), ...opens(2)))
  expectBroken(
    'INV-28',
    'A link is opened 4000 ms sooner than was asked for.',
    hinted('backoff', { min: 5_000 }),
    at(1_000, ...opens(2)),
  )
  expectBroken(
    'INV-28',
    'A link is opened 9000 ms sooner than was asked for.',
    hinted('long', {}),
    at(1_000, ...opens(2)),
  )
  expectBroken(
    'INV-28',
    'A link is opened 500 ms sooner than was asked for.',
    connected(),
    at(0, event('away', { link: 1, min: 2_000, spread: 0, grace: 5_000 }), ...closes(1)),
    at(1_500, ...opens(2)),
  )
  const waits = (retryAt: number): Entry[] => at(0, snapshot({ status: 'reconnecting', retryAt }))
  expectHolds('INV-28', hinted('backoff', { min: 900_000, spread: 1_000 }), waits(901_000))
  expectBroken(
    'INV-28',
    'The next attempt is 400000 ms away; nobody asked for more than 300000.',
    hinted('backoff', {}),
    waits(400_000),
  )
  expectBroken('INV-28', 'min 1000000000000 of closed is not clamped.', hinted('backoff', { min: 1e12 }))
})
