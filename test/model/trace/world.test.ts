// The checkers of everything beside the machines: secrets, sizes, the server, herds, throws, and peace in the end.
import { expect, it } from 'vitest'
import { CANARY as SIMULATED } from '../simulation/tokens.ts'
import type { Entry, Happening, Leftovers } from './entry.ts'
import { CANARY } from './secrets.ts'
import {
  arrives,
  at,
  effect,
  event,
  expectBroken,
  expectHolds,
  leaves,
  made,
  opens,
  price,
  sample,
  snapshot,
  status,
  subscribes,
  to,
} from './build.ts'

it('[INV-16] what waits to be sent is bounded', () => {
  const outbox = { messages: 2, bytes: 100 }
  const send = (id: number, bytes: number): Happening => ({
    kind: 'call',
    call: { name: 'send', id, type: 'x', bytes },
  })
  const begun = at(0, made({ outbox, sendWatermark: 1_000 }))
  expectHolds('INV-16', begun, at(1, send(1, 50), send(2, 50), sample({})))
  expectBroken(
    'INV-16',
    '3 messages wait; the outbox holds 2.',
    begun,
    at(1, send(1, 1), send(2, 1), send(3, 1), sample({})),
  )
  expectBroken('INV-16', '101 bytes wait; the outbox holds 100.', begun, at(1, send(1, 101), sample({})))
  expectBroken(
    'INV-16',
    '3 messages wait; the outbox holds 2.',
    begun,
    at(1, sample({}, [], { waiting: { messages: 3, bytes: 3 } })),
  )
  const x = { type: 'x', data: '' }
  expectHolds('INV-16', begun, at(1, leaves(x, 1_000), leaves({ type: 'ping' }, 9_999)))
  expectBroken(
    'INV-16',
    'A message is written while 1964 bytes wait in the socket.',
    begun,
    at(1, leaves(x, 2_000)),
  )
})

it('[INV-18] what is held of the world is bounded', () => {
  const held: Leftovers = { timers: 3, links: 1, listeners: 1, promises: 0, requests: 1 }
  expectHolds('INV-18', at(0, made(), sample({}, [], { held })))
  expectBroken(
    'INV-18',
    '4 timers are held; 3 are needed.',
    at(0, made(), sample({}, [], { held: { ...held, timers: 4 } })),
  )
  // The subscriptions of a link have an alarm of their own.
  const more = { held: { ...held, timers: 4 } }
  expectHolds('INV-18', at(0, made(), subscribes('s1'), sample({}, [], more)))
  expectBroken(
    'INV-18',
    '2 links are held; 1 are needed.',
    at(0, made(), sample({}, [], { held: { ...held, links: 2 } })),
  )
  expectBroken(
    'INV-18',
    '1 promises are held; 0 are needed.',
    at(0, made(), sample({}, [], { held: { ...held, promises: 1 } })),
  )
})

it('[INV-20] nothing throws', () => {
  expectHolds('INV-20', at(0, made()))
  expectBroken('INV-20', 'close threw: oh', at(0, { kind: 'threw', where: 'close', text: 'oh' }))
})

it('[INV-21] no credentials are told', () => {
  // What is not marked is not found.
  expect(SIMULATED).toBe(CANARY)
  const token = `${CANARY}-1`
  expectHolds(
    'INV-21',
    at(0, leaves({ type: 'client_ready', auth: { token } }), snapshot({ error: 'unauthorized' })),
  )
  expectBroken('INV-21', 'A token is told in log.', at(0, { kind: 'log', text: `with ${token}` }))
  expectBroken(
    'INV-21',
    'A token is told in error.',
    at(0, { kind: 'error', code: 'x', text: token, depth: 0 }),
  )
  expectBroken('INV-21', 'A token is told in snapshot.', at(0, snapshot({ error: token })))
  expectBroken(
    'INV-21',
    'A token is told in effect.',
    at(0, effect('report', { failure: { reason: token } })),
  )
  expectBroken(
    'INV-21',
    'A token is told in channel.',
    at(0, { kind: 'channel', ...price('stale', 1, token), depth: 0 }),
  )
})

it('[INV-24] a server feeds nobody it does not know', () => {
  const seen = (fields: { event?: object; effect?: object }): Happening =>
    ({ kind: 'session', link: 'a.1', phase: '', ...fields }) as Happening
  const ready = seen({ event: { type: 'frame', text: '{"type":"client_ready"}' } })
  const fed = seen({ effect: { type: 'send', wire: '{"type":"price"}', channel: 'price' } })
  const greeted = seen({ effect: { type: 'send', wire: '{"type":"server_ready"}' } })
  const user = (user: unknown): Happening => seen({ event: { type: 'authenticated', user } })
  expectHolds('INV-24', at(0, ready, user({ id: 'u' }), greeted, fed, seen({ effect: { type: 'close' } })))
  expectHolds('INV-24', at(0, ready, fed))
  expectBroken('INV-24', 'price is sent before client_ready.', at(0, fed))
  expectBroken('INV-24', 'price is sent to a link that nobody was let in on.', at(0, ready, user(null), fed))
  expectBroken(
    'INV-24',
    'server_ready is sent to a link that nobody was let in on.',
    at(0, ready, user('failed'), greeted),
  )
  expectBroken(
    'INV-24',
    'server_ready is sent after what it must come before.',
    at(0, ready, user({ id: 'u' }), fed, greeted),
  )
  expectBroken(
    'INV-24',
    'Something is sent after the end of the link.',
    at(0, ready, seen({ effect: { type: 'close' } }), fed),
  )
  expectBroken(
    'INV-24',
    'message on a link that nobody was let in on.',
    at(0, ready, seen({ effect: { type: 'message' } }), user({ id: 'u' })),
  )
})

it('[INV-26] a herd comes back spread out', () => {
  const herd = (backAt: (index: number) => number): Entry[] =>
    Array.from({ length: 400 }, (_, index) => [
      ...to(`c${index}`, 0, made(), ...opens(1), event('ready', { link: 1, window: 10_000 })),
      ...to(`c${index}`, 9, event('due', { slot: 'stable' })),
      ...to(`c${index}`, 10, event('closed', { link: 1, class: 'spread', min: null, spread: null })),
      ...to(`c${index}`, backAt(index), event('admitted'), effect('open', { link: 2 })),
    ]).flat()
  expectHolds(
    'INV-26',
    herd((index) => 10 + index * 25),
  )
  expectBroken(
    'INV-26',
    'More than 60 of 400 clients are back within 500 ms of a window of 10000 ms.',
    herd((index) => 10 + (index % 2) * index * 25),
  )
})

it('[INV-30] in the end all is well', () => {
  const truth = to('', 0, { kind: 'truth', channel: 'price', value: 1 })
  const begun = [
    ...truth,
    ...at(0, made(), { kind: 'call', call: { name: 'subscribe', channel: 'price' } }, ...opens(1)),
    ...to('', 1_000, { kind: 'healed' }),
  ]
  const end = (shown: Parameters<typeof sample>[0], ...channels: ReturnType<typeof price>[]): Entry[] =>
    at(61_000, arrives({ type: 'pong' }), sample(shown, channels))
  const up = { status: 'connected' } as const
  expectHolds('INV-30', begun, at(2_000, sample({})), end(up, price('live', 1)))
  expectHolds('INV-30', begun, end({ status: 'failed', error: 'forbidden' }, price('stale', 0)))
  expectBroken('INV-30', 'The client is reconnecting.', begun, end({ status: 'reconnecting' }))
  expectBroken('INV-30', 'The client is failed.', begun, end({ status: 'failed' }))
  expectBroken('INV-30', 'price is stale.', begun, end(up, price('stale', 1)))
  expectBroken('INV-30', 'price is live, and not what the server says.', begun, end(up, price('live', 0)))
  const send: Happening = { kind: 'call', call: { name: 'send', id: 3, type: 'x', bytes: 1 } }
  expectBroken(
    'INV-30',
    'Send 3 has not settled since 61000 ms.',
    at(0, send),
    begun,
    end(up, price('live', 1)),
  )
  // Who is not wanted, or has just lost a link to an expiry, is not at fault.
  expectHolds('INV-30', begun, at(3, { kind: 'call', call: { name: 'disconnect' } }), end({}))
  expectHolds(
    'INV-30',
    begun,
    at(60_000, status('connected', 'reconnecting')),
    end({ status: 'reconnecting' }),
  )
  // Whoever waited until all was well need not wait a minute.
  expectBroken('INV-30', 'The client is idle.', begun, to('', 1_100, { kind: 'well' }), at(1_200, sample({})))
})
