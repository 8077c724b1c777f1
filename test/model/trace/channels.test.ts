// The checkers of channels and of what is asked of the app: truth, news, sources, requests.
import { it } from 'vitest'
import type { Entry, Happening } from './entry.ts'
import {
  answered,
  arrives,
  at,
  closes,
  effect,
  event,
  expectBroken,
  expectHolds,
  made,
  opens,
  leaves,
  pushes,
  price,
  sample,
  status,
  subscribes,
  tells,
  to,
} from './build.ts'

/** Something becomes the truth about `price`. */
const truth = (ms: number, value: unknown, soon: boolean = false): Entry[] =>
  to('', ms, { kind: 'truth', channel: 'price', value, soon })

const connected = (facts: Parameters<typeof made>[0] = {}): Entry[] =>
  at(0, made(facts), ...opens(1), status('connecting', 'connected'), event('up', {}, 'price'))

/** A whole state is pushed. */
const push = (value: unknown): Happening[] => [
  arrives({ type: 'price', data: value }),
  event('pushed', { whole: true }, 'price'),
  effect('applyPush', { apply: true, keep: false }, 'price'),
]
const load = (request: number): Happening => effect('load', { request }, 'price')
/** A load is answered, and its answer taken. */
const answer = (request: number): Happening[] => [
  event('loaded', { request, older: false }, 'price'),
  effect('applyLoad', {}, 'price'),
  effect('settle', { request }, 'price'),
]
const call = (name: 'subscribe' | 'unsubscribe' | 'update'): Happening => ({
  kind: 'call',
  call: { name, channel: 'price' },
})

it('[INV-12] what is live was proven on this link, and is true', () => {
  const truths = [...truth(0, 1), ...truth(1, 2), ...truth(2, 3)]
  expectHolds(
    'INV-12',
    truths,
    connected(),
    at(9, ...push(2), tells('live', 2)),
    at(10, ...push(3), tells('live', 3)),
  )
  expectHolds(
    'INV-12',
    truths,
    connected(),
    at(9, load(1)),
    truth(10, 4),
    at(11, ...answer(1), tells('live', 4)),
  )
  const unproven = 'price is live, and nothing on this link has proven it.'
  expectBroken('INV-12', unproven, truths, connected(), at(9, tells('live', 3)))
  expectBroken(
    'INV-12',
    unproven,
    truths,
    connected(),
    at(9, ...push(3), ...closes(1), ...opens(2)),
    at(10, sample({}, [price('live', 3)])),
  )
  // A load that began before the link proves nothing, neither does one from before a signal.
  expectBroken('INV-12', unproven, truths, at(0, load(1)), connected(), at(9, ...answer(1), tells('live', 3)))
  expectBroken(
    'INV-12',
    unproven,
    truths,
    connected(),
    at(9, load(1), event('signalled', {}, 'price'), ...answer(1), tells('live', 3)),
  )
  expectBroken(
    'INV-12',
    'price is live with a value of 2 changes before what this link has proven.',
    truths,
    connected(),
    at(9, ...push(3), tells('live', 1)),
  )
  expectBroken(
    'INV-12',
    'price is live with a value of 1 changes before what this link has proven.',
    truths,
    connected(),
    at(9, load(1), ...answer(1), tells('live', 2)),
  )
  expectBroken(
    'INV-12',
    'price is live with a value that never was the truth.',
    truths,
    connected(),
    at(9, ...push(3), tells('live', 7)),
  )
  // What the app shows before it is confirmed is its own affair.
  expectHolds('INV-12', truths, connected(), at(9, ...push(3), call('update'), tells('live', 99)))
  // Nobody knows when what is about to become true does.
  expectHolds(
    'INV-12',
    truths,
    truth(3, 4, true),
    connected(),
    at(9, load(1), ...answer(1), tells('live', 3)),
  )
  expectHolds(
    'INV-12',
    truths,
    truth(3, 4, true),
    connected(),
    at(9, load(1), ...answer(1), tells('live', 4)),
  )
})

it('[INV-12] where channels are subscribed to, what is live was proven since the answer, or recovered', () => {
  const truths = [...truth(0, 1), ...truth(1, 2), ...truth(2, 3)]
  const up = (recovered: boolean): Happening => event('up', { recovered }, 'price')
  const down = event('down', {}, 'price')
  const unproven = 'price is live, and nothing on this link has proven it.'
  const linked = (link: number): Happening[] => [
    ...opens(link),
    event('ready', { link, level: 3 }),
    status('connecting', 'connected'),
    subscribes(`s${link}`),
  ]
  const begun = at(3, made(), ...linked(1))
  const back = (recovered: boolean): Happening[] => [
    ...closes(1),
    down,
    ...linked(2),
    answered('s2', { recovered }),
    up(recovered),
  ]
  const pushed = (data: unknown, replayed: boolean = false): Happening[] => [
    pushes('s1', data),
    event('pushed', { whole: true, replayed }, 'price'),
    effect('applyPush', { apply: true, keep: false }, 'price'),
  ]
  // A whole state with the answer, and as a message.
  const state = at(9, answered('s1', { data: 3 }), up(false), ...pushed(3).slice(1), tells('live', 3))
  const changed = at(9, answered('s1'), up(false), ...pushed(3), tells('live', 3))
  expectHolds('INV-12', truths, begun, state)
  expectHolds('INV-12', truths, begun, changed)
  expectBroken(
    'INV-12',
    unproven,
    truths,
    begun,
    at(9, answered('s1', { data: 3 }), up(false), tells('live', 3)),
  )
  const behind = 'price is live with a value of 2 changes before what this link has proven.'
  expectBroken(
    'INV-12',
    behind,
    truths,
    begun,
    at(9, answered('s1'), up(false), ...pushed(3), tells('live', 1)),
  )
  // A load begun after the answer proves, one begun before does not, though the link is connected.
  expectHolds(
    'INV-12',
    truths,
    begun,
    at(9, answered('s1'), up(false), load(1), ...answer(1), tells('live', 3)),
  )
  expectBroken(
    'INV-12',
    unproven,
    truths,
    begun,
    at(9, load(1), answered('s1'), up(false), ...answer(1), tells('live', 3)),
  )
  // The answer to an older subscribe is none.
  expectBroken(
    'INV-12',
    unproven,
    truths,
    begun,
    at(9, subscribes('s7'), answered('s1'), load(1), ...answer(1), tells('live', 3)),
  )
  // Recovered: what was proven still is, if the server says so and if it was proven when the link was lost.
  expectHolds('INV-12', truths, begun, changed, at(10, ...back(true), tells('live', 3)))
  expectBroken('INV-12', unproven, truths, begun, changed, at(10, ...back(false), tells('live', 3)))
  expectBroken(
    'INV-12',
    unproven,
    truths,
    begun,
    changed,
    at(10, ...closes(1), down, ...linked(2), answered('s2'), up(true), tells('live', 3)),
  )
  const unkept = at(9, answered('s1'), up(false))
  expectBroken('INV-12', unproven, truths, begun, unkept, at(10, ...back(true), tells('live', 3)))
  const signal = event('signalled', {}, 'price')
  expectBroken(
    'INV-12',
    unproven,
    truths,
    begun,
    changed,
    at(9, signal),
    at(10, ...back(true), tells('live', 3)),
  )
  // What was replayed belongs to what was recovered; without that word it proves nothing.
  const replay = [pushes('s2', 4), event('pushed', { whole: true, replayed: true }, 'price')]
  const missed = (recovered: boolean): Happening[] => [
    ...closes(1),
    down,
    ...linked(2),
    answered('s2', { recovered, replay: 1 }),
    ...replay,
  ]
  const [first, next] = [begun, changed]
  expectHolds('INV-12', truths, first, next, truth(9, 4), at(10, ...missed(true), up(true), tells('live', 4)))
  expectBroken(
    'INV-12',
    unproven,
    truths,
    first,
    next,
    truth(9, 4),
    at(10, ...missed(true), tells('live', 4)),
  )
  expectBroken(
    'INV-12',
    'price is live with a value of 1 changes before what this link has proven.',
    truths,
    first,
    next,
    truth(9, 4),
    at(10, ...missed(true), up(true), tells('live', 3)),
  )
})

it('[INV-22] messages of subscribed channels are told in the order of their channel, by the name of the channel', () => {
  const message = (type: string, data: unknown): Happening => ({ kind: 'message', type, data, depth: 0 })
  const begun = at(0, subscribes('s1'), subscribes('s2', 'votes'))
  const arrived = at(0, pushes('s1', 1), pushes('s2', 1, 'votes'), arrives({ type: 'x' }), pushes('s1', 2))
  const told = [message('votes', 1), message('price', 1), message('x', undefined), message('price', 2)]
  expectHolds('INV-22', begun, arrived, at(1, ...told))
  const wrong = 'Message price is told out of order, or never arrived.'
  expectBroken('INV-22', wrong, begun, arrived, at(1, message('price', 2), message('price', 1)))
  expectBroken('INV-22', wrong, begun, arrived, at(1, message('price', 1), message('price', 1)))
  // What was not subscribed to, or comes for an older subscribe, is no message of the channel.
  expectBroken('INV-22', wrong, at(0, pushes('s1', 1)), at(1, message('price', 1)))
  expectBroken('INV-22', wrong, at(0, subscribes('s7'), pushes('s1', 1)), at(1, message('price', 1)))
  const lost = at(1, ...closes(1), ...opens(2))
  expectBroken('INV-22', wrong, begun, arrived, lost, at(2, message('price', 1)))
})

it('[INV-16] a subscription does not wait for a slow socket, a message does', () => {
  const full = 300_000
  const subscribe = { type: 'rt.subscribe', id: 's1', channel: 'price' }
  expectHolds('INV-16', at(0, made(), leaves(subscribe, full), leaves([subscribe, subscribe], full)))
  const publish = { type: 'rt.publish', id: 'm1', channel: 'price', data: 1 }
  const before = full - 14 - JSON.stringify(publish).length
  const what = `A message is written while ${before} bytes wait in the socket.`
  expectBroken('INV-16', what, at(0, made(), leaves(publish, full)))
})

it('[INV-24] what feeds a subscription is for those who were let in, and comes after server_ready', () => {
  const session = (fields: object): Happening => ({ kind: 'session', link: 'l', phase: '', ...fields })
  const sends = (frame: object): Happening =>
    session({ effect: { type: 'send', text: JSON.stringify(frame) } })
  const hello = session({ event: { type: 'frame', text: '{"type":"client_ready"}' } })
  const message = sends({ type: 'rt.message', channel: 'price' })
  expectHolds('INV-24', at(0, hello, sends({ type: 'server_ready' }), message))
  expectBroken('INV-24', 'rt.message is sent before client_ready.', at(0, message))
  expectBroken(
    'INV-24',
    'rt.subscribed is sent to a link that nobody was let in on.',
    at(0, hello, session({ event: { type: 'authenticated', user: null } }), sends({ type: 'rt.subscribed' })),
  )
})

it('[INV-22] a channel tells what is new, and only that', () => {
  const told = at(0, call('subscribe'), tells('live', { a: 1, b: 2 }))
  expectHolds(
    'INV-22',
    told,
    at(1, sample({}, [price('live', { b: 2, a: 1 })]), tells('stale', { a: 1, b: 2 })),
  )
  expectBroken('INV-22', 'price tells what it has told before.', told, at(1, tells('live', { b: 2, a: 1 })))
  expectBroken(
    'INV-22',
    'price has changed, and told nobody.',
    told,
    at(1, sample({}, [price('live', { a: 1, b: 3 })])),
  )
  // Two subscribers are told once each; an error is news, although it reads like the last.
  expectHolds('INV-22', at(0, call('subscribe'), call('subscribe'), tells('live', 1), tells('live', 1)))
  expectHolds('INV-22', at(0, call('subscribe'), tells('stale', 1, 'e'), tells('stale', 1, 'e')))
  expectHolds('INV-22', told, at(1, call('unsubscribe'), sample({}, [price('stale', 9)])))
  const message = (type: string): Happening => ({ kind: 'message', type, data: 1, depth: 0 })
  const arrived = at(0, arrives({ type: 'x' }), arrives({ type: 'y' }), arrives({ type: 'x' }))
  expectHolds('INV-22', arrived, at(1, message('x'), message('y'), message('x')))
  expectBroken(
    'INV-22',
    'Message x is told out of order, or never arrived.',
    arrived,
    at(1, message('x'), message('x'), message('x')),
  )
})

it('[INV-23] push and poll never feed a channel both', () => {
  const live = [...connected(), ...at(1, ...push(1), tells('live', 1))]
  const due = event('due', { slot: 'load' }, 'price')
  expectBroken('INV-23', 'price polls while it is live, on due.', live, at(9, due, load(1)))
  expectHolds('INV-23', live, at(9, event('refresh', {}, 'price'), load(1)))
  expectHolds('INV-23', live, at(9, event('down', {}, 'price')), at(9, due, load(1)))
  const owed = at(9, event('refresh', {}, 'price'), load(1), event('refresh', {}, 'price'))
  expectHolds('INV-23', live, owed, at(10, ...answer(1), load(2)))
  expectBroken(
    'INV-23',
    'price takes an answer that is older than 1 pushes.',
    connected(),
    at(1, load(1), ...push(1), ...answer(1)),
  )
  // What was recovered is live without a load, and stays so: what is due by habit is too much.
  const recovered = at(2, event('down', {}, 'price'), event('up', { recovered: true }, 'price'))
  expectHolds('INV-23', live, recovered, at(3, due, load(1)))
  expectBroken(
    'INV-23',
    'price polls while it is live, on due.',
    live,
    recovered,
    at(3, tells('live', 1), due, load(1)),
  )
  // A replayed state is a push too.
  expectBroken(
    'INV-23',
    'price takes an answer that is older than 1 pushes.',
    connected(),
    at(1, load(1), event('pushed', { whole: true, replayed: true }, 'price'), ...answer(1)),
  )
  const versioned = { kind: 'replace', loads: true, pollEvery: null, versioned: true } as const
  expectHolds(
    'INV-23',
    connected({ channels: { price: versioned } }),
    at(1, load(1), ...push(1), ...answer(1)),
  )
})

it('[INV-19] one request at a time', () => {
  const asked = (what: 'load' | 'auth' | 'url'): Happening => ({ kind: 'asked', what, key: '' })
  const answered = (what: 'load' | 'auth' | 'url'): Happening => ({ kind: 'answered', what, key: '' })
  expectHolds(
    'INV-19',
    at(0, load(1), ...answer(1), load(2)),
    at(1, asked('load'), answered('load'), asked('load')),
  )
  expectHolds('INV-19', at(0, asked('url'), asked('url')))
  expectBroken('INV-19', 'channel price begins a second load beside the first.', at(0, load(1), load(2)))
  expectBroken('INV-19', 'auth is asked while it is being answered.', at(0, asked('auth'), asked('auth')))
  expectBroken(
    'INV-19',
    'A late answer leads to applyLoad in channel price.',
    at(0, load(1), effect('abort', { request: 1 }, 'price')),
    at(1, event('loaded', { request: 1 }, 'price'), effect('applyLoad', {}, 'price')),
  )
  expectBroken(
    'INV-19',
    'connection begins a second prepare beside the first.',
    at(0, effect('prepare', { request: 1 }), effect('prepare', { request: 2 })),
  )
})
