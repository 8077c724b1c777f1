// The checkers where one link follows another (rt.go_away): two links, the order in which they deliver, and what both may say.
import { expect, it } from 'vitest'
import type { Entry, Happening } from './entry.ts'
import {
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
  status,
  tells,
  to,
} from './build.ts'
import { inDeliveryOrder } from './order.ts'

const away = (link: number, final: boolean = false): Happening => event('away', { link, final, min: 500 })
const drop = (link: number): Happening => effect('drop', { link, code: 1000, reason: '' })
const hears = (link: number, frame: object): Happening => ({
  kind: 'inbound',
  text: JSON.stringify(frame),
  link,
})
const says = (link: number, frame: object): Happening => ({
  kind: 'outbound',
  text: JSON.stringify(frame),
  buffered: 0,
  link,
})

/** Link 1 is connected since 0 and told to go at 100; link 2 opens at 700. */
const leaving = [
  ...at(0, made(), event('connect'), ...opens(1), status('idle', 'connecting')),
  ...at(1, status('connecting', 'connected')),
  ...at(100, away(1)),
]
const following = [...leaving, ...at(700, ...opens(2))]

it('[INV-1] a second link is one that follows a link whose server goes away, and there is no third', () => {
  expectHolds('INV-1', following, at(800, event('joined', { link: 2 }), drop(1)))
  expectHolds('INV-1', following, at(800, event('joined', { link: 2 }), drop(1), away(2), ...opens(3)))
  expectBroken('INV-1', 'Link 3 is opened while two are held.', following, at(800, ...opens(3)))
  // Of a link that took over nobody has said that it goes.
  const taken = [...following, ...at(800, drop(1))]
  expectBroken('INV-1', 'Link 3 is opened while link 2 is held.', taken, at(900, ...opens(3)))
  const final = [...leaving.slice(0, -1), ...at(100, away(1, true))]
  expectBroken('INV-1', 'Link 2 is opened while link 1 is held.', final, at(700, ...opens(2)))
})

it('[INV-2 INV-4] both links are held, and what is dropped of them is not', () => {
  expectHolds('INV-2', following, at(800, event('pong', { link: 1 }), effect('report')))
  expectHolds('INV-4', following, at(800, says(1, { type: 'ping' }), says(2, { type: 'rt.subscribe' })))
  const taken = [...following, ...at(800, drop(1))]
  expectBroken(
    'INV-2',
    'A late pong leads to report.',
    taken,
    at(900, event('pong', { link: 1 }), effect('report')),
  )
  expectBroken(
    'INV-4',
    'Text leaves on a link that is not held any more.',
    taken,
    at(900, says(1, { type: 'ping' })),
  )
  expectHolds('INV-4', taken, at(900, leaves({ type: 'ping' })))
})

it('[INV-11] silence is that of the link that delivers', () => {
  const heard = (link: number): Entry[] => at(22_000, hears(link, { type: 'pong' }))
  const look = at(23_000, sample({ status: 'connected' }, [price('live', 1)]))
  expectHolds('INV-11', following, heard(1), look)
  expectBroken(
    'INV-11',
    'price is live after 23000 ms of silence; the bound is 22000.',
    following,
    heard(2),
    look,
  )
  expectHolds('INV-11', following, at(800, drop(1)), heard(2), look)
})

it('[INV-22] what comes on the next link is told when that delivers, and not before', () => {
  const note: Happening = { kind: 'message', type: 'note', data: 1, depth: 0 }
  const early = [...following, ...at(750, hears(2, { type: 'note', data: 1 }))]
  expectHolds('INV-22', early, at(800, event('joined', { link: 2 }), drop(1), note))
  expectBroken('INV-22', 'Message note is told out of order, or never arrived.', early, at(800, note))
})

it('[INV-12] what was proven stays so over two links where the server says that nothing is missing', () => {
  const subscribe = (id: string): object => ({ type: 'rt.subscribe', id, channel: 'price' })
  const answer = (id: string, fields: object): object => ({
    type: 'rt.subscribed',
    id,
    channel: 'price',
    ...fields,
  })
  const truth = to('', 0, { kind: 'truth', channel: 'price', value: 7 })
  const live = at(
    2,
    event('ready', { link: 1, level: 3 }),
    says(1, subscribe('s1')),
    hears(1, answer('s1', { data: 7 })),
    event('up', { recovered: false }, 'price'),
    event('pushed', { whole: true, replayed: false }, 'price'),
    tells('live', 7),
  )
  const handed = (recovered: boolean): Entry[] =>
    at(
      750,
      event('ready', { link: 2, level: 3 }),
      says(2, subscribe('s2')),
      hears(2, answer('s2', { recovered })),
      event('joined', { link: 2 }),
      drop(1),
      event('up', { recovered }, 'price'),
      sample({ status: 'connected' }, [price('live', 7)]),
    )
  const before = [...leaving.slice(0, -1), ...truth, ...live, ...at(100, away(1)), ...at(700, ...opens(2))]
  expectHolds('INV-12', before, handed(true))
  expectBroken('INV-12', 'price is live, and nothing on this link has proven it.', before, handed(false))
})

it('[INV-15] what a link is sent of a stream leaves nothing out', () => {
  const log = [1, 2, 3].flatMap((offset) =>
    to('', 0, { kind: 'logged', channel: 'talk', epoch: 'e', offset, prev: offset - 1, data: `m${offset}` }),
  )
  const send = (frame: object): Happening => ({
    kind: 'session',
    link: 'a.1',
    effect: { type: 'send', text: JSON.stringify(frame) },
    phase: '',
  })
  const talk = { channel: 'talk', epoch: 'e' }
  const answer = (offset: number, replay: number): Happening =>
    send({ type: 'rt.subscribed', id: 's1', ...talk, offset, replay })
  const say = (offset: number): Happening =>
    send({ type: 'rt.message', ref: 's1', ...talk, offset, data: `m${offset}` })
  expectHolds('INV-15', log, at(1, answer(1, 0), say(2), say(3)))
  expectHolds('INV-15', log, at(1, answer(2, 1), say(2), say(3)))
  expectBroken('INV-15', 'talk is sent e:3 after e:1.', log, at(1, answer(1, 0), say(3)))
  expectBroken('INV-15', 'talk is sent e:3 after e:1.', log, at(1, answer(2, 2), say(1), say(3)))
})

it('[INV-8 INV-9 INV-10] a link that never delivers is left out of the order', () => {
  const frame = at(750, hears(2, { type: 'note' }))
  expect(inDeliveryOrder([...following, ...frame, ...at(800, drop(2))])).not.toContain(frame[0])
  const order = inDeliveryOrder([
    ...following,
    ...frame,
    ...at(800, hears(1, { type: 'x' })),
    ...at(900, drop(1)),
  ])
  expect(order.at(-1)).toBe(frame[0])
})
