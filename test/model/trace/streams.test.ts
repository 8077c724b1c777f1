// The checkers of streams and publications: what is told is what the server kept, and outcomes are true.
import { it } from 'vitest'
import type { Entry, Happening, StreamWord } from './entry.ts'
import {
  answered,
  at,
  closes,
  expectBroken,
  expectHolds,
  leaves,
  made,
  opens,
  sample,
  status,
  subscribes,
  to,
} from './build.ts'

const talk = { channel: 'talk' }
/** The server keeps the words of a channel, from a place on. */
const kept = (epoch: string, offset: number, ...words: unknown[]): Entry[] =>
  to(
    '',
    0,
    ...words.map((data, index): Happening => {
      const place = { epoch, offset: offset + index, prev: offset + index - 1 }
      return { kind: 'logged', ...talk, ...place, data }
    }),
  )
const tells = (word: StreamWord): Happening => ({ kind: 'streamed', ...talk, depth: 0, ...word })
const word = (data: unknown, offset: number | null): Happening =>
  tells({ what: 'message', data, offset, replayed: false })
const gap = tells({ what: 'gap', reason: 'not-recovered' })
const recovered = (count: number): Happening => tells({ what: 'recovered', count })
const call = (name: 'listen' | 'leave'): Happening => ({ kind: 'call', call: { name, ...talk } })
const answer = (id: string, epoch: string, offset: number, fields: object = {}): Happening =>
  answered(id, { ...talk, epoch, offset, ...fields })
const again = (id: string, epoch: string, offset: number): Happening =>
  leaves({ type: 'rt.subscribe', id, ...talk, since: { epoch, offset } })

const log = [...kept('e', 1, 'a', 'b', 'c', 'd'), ...kept('f', 1, 'a', 'z')]
const begun = at(1, ...opens(1), call('listen'), subscribes('s1', 'talk'), answer('s1', 'e', 0))
const relinked = [...closes(1), ...opens(2)]

it('[INV-6] a publication is kept once in a history', () => {
  const published = { from: 'a', call: 1 }
  // Of another history the server knows nothing any more; and its own words may read alike.
  expectHolds('INV-6', kept('e', 1, published, 'x', 'x'), kept('f', 1, published))
  expectBroken(
    'INV-6',
    'A publication to talk is kept at 3, and was at 1 already.',
    kept('e', 1, published, 'x', published),
  )
})

it('[INV-7] what is acked is in the log, and what failed for sure is not', () => {
  const data = { from: 'a', call: 1 }
  const publish: Happening = { kind: 'call', call: { name: 'publish', id: 1, ...talk, data } }
  const ends = (outcome: object): Happening => ({ kind: 'settled', id: 1, outcome: outcome as never })
  const acked = (offset: number): Happening => ends({ ok: true, outcome: 'acked', level: 'received', offset })
  const failed = (maybeDelivered: boolean): Happening =>
    ends({ ok: false, outcome: 'failed', error: { code: 'expired' }, maybeDelivered })
  expectHolds('INV-7', kept('e', 4, data), at(1, publish, acked(4)))
  expectBroken(
    'INV-7',
    'A publication is acked at 5, and the log does not have it there.',
    kept('e', 4, data),
    at(1, publish, acked(5)),
  )
  expectHolds('INV-7', at(1, publish, failed(false)))
  expectHolds('INV-7', kept('e', 4, data), at(1, publish, failed(true)))
  const late = to('', 9, ...kept('e', 4, data))
  const lie = 'A publication is in the log, and is said to have failed for sure.'
  expectBroken('INV-7', lie, at(1, publish, failed(false)), late)
  expectBroken(
    'INV-7',
    'A publication tells no outcome, and it always does.',
    at(1, publish, {
      kind: 'settled',
      id: 1,
      outcome: 'resolved',
    }),
  )
  expectBroken(
    'INV-7',
    'The promise of publish settles a second time.',
    at(1, publish, failed(true), failed(true)),
  )
})

it('[INV-8] no message twice, and none after a later one', () => {
  const twice = at(2, word('a', 1), word('b', 2), word('b', 2))
  expectHolds('INV-8', log, begun, twice.slice(0, 2))
  expectBroken('INV-8', 'talk tells 2 after 2.', log, begun, twice)
  expectBroken('INV-8', 'talk tells 1 after 2.', log, begun, at(2, word('a', 1), word('b', 2), word('a', 1)))
  // In another history numbers begin anew; and so does who has left and asks for what was before.
  const other = at(3, ...relinked, again('s2', 'e', 2), answer('s2', 'f', 0), gap, word('a', 1))
  expectHolds('INV-8', log, begun, twice.slice(0, 2), other)
  const back = at(
    3,
    call('leave'),
    ...relinked,
    subscribes('s2', 'talk'),
    answer('s2', 'e', 2, { replay: 1 }),
  )
  expectHolds('INV-8', log, begun, twice.slice(0, 2), back, at(4, call('listen'), word('b', 2)))
  const asked = at(
    3,
    ...relinked,
    subscribes('s2', 'talk'),
    answer('s2', 'e', 2, { replay: 1 }),
    word('b', 2),
  )
  expectBroken('INV-8', 'talk tells 2 after 2.', log, begun, twice.slice(0, 2), asked)
})

it('[INV-9] nothing is left out without a word', () => {
  const first = at(2, word('a', 1))
  expectHolds('INV-9', log, begun, first, at(3, word('b', 2)))
  expectBroken('INV-9', 'talk tells e:3 after e:1, and no gap.', log, begun, first, at(3, word('c', 3)))
  expectBroken('INV-9', 'talk tells e:2 after e:0, and no gap.', log, begun, at(2, word('b', 2)))
  expectBroken('INV-9', 'talk tells what the server never kept at 1.', log, begun, at(2, word('x', 1)))
  // After a gap it goes on at the top that was announced.
  const lost = at(3, ...relinked, again('s2', 'e', 1), answer('s2', 'e', 3), gap)
  expectHolds('INV-9', log, begun, first, lost, at(4, word('d', 4)))
  expectBroken(
    'INV-9',
    'talk tells e:3 after e:1, and no gap.',
    log,
    begun,
    first,
    lost.slice(0, -1),
    at(4, word('c', 3)),
  )
  const early = at(3, ...relinked, again('s2', 'e', 1), answer('s2', 'e', 2), gap)
  expectBroken(
    'INV-9',
    'talk tells e:4 after e:2, and no gap.',
    log,
    begun,
    first,
    early,
    at(4, word('d', 4)),
  )
  // What was said while nobody listened was for nobody.
  expectHolds('INV-9', log, begun, first, at(3, call('leave'), call('listen'), word('c', 3)))
  // Below level 3 messages have no places.
  expectHolds('INV-9', log, at(2, word('q', null), word('a', null)))
})

it('[INV-10] what has recovered has got to the top', () => {
  const first = at(2, word('a', 1))
  const back = (fields: object): Entry[] =>
    at(3, ...relinked, again('s2', 'e', 1), answer('s2', 'e', 3, fields))
  const said = back({ recovered: true, replay: 2 })
  const missed = [word('b', 2), word('c', 3)]
  expectHolds('INV-10', log, begun, first, said, at(3, ...missed, recovered(2)))
  expectBroken(
    'INV-10',
    'talk is said to have recovered e:3, and got to e:2.',
    log,
    begun,
    first,
    said,
    at(3, word('b', 2), recovered(2)),
  )
  expectBroken(
    'INV-10',
    'talk is said to have recovered 1 messages of 2.',
    log,
    begun,
    first,
    said,
    at(3, ...missed, recovered(1)),
  )
  const unsaid = 'talk is said to have recovered, and the server did not say so.'
  expectBroken('INV-10', unsaid, log, begun, first, back({ replay: 0 }), at(3, recovered(0)))
  const elsewhere = at(
    3,
    ...relinked,
    again('s2', 'e', 1),
    answer('s2', 'f', 1, { recovered: true, replay: 0 }),
  )
  expectBroken(
    'INV-10',
    'talk is said to have recovered f:1, and got to e:1.',
    log,
    begun,
    first,
    elsewhere,
    at(3, recovered(0)),
  )
})

it('[INV-30] in the end a stream is live, and has the last word', () => {
  const healed = to('', 100, { kind: 'healed' })
  const shows = (freshness: 'live' | 'stale', last: unknown): Entry[] =>
    at(70_000, {
      ...(sample({ status: 'connected' }) as Extract<Happening, { kind: 'sample' }>),
      stream: { ...talk, freshness, last },
    })
  const all = [
    ...at(0, made(), status('connecting', 'connected'), call('listen')),
    ...healed,
    ...kept('e', 1, 'a', 'b'),
  ]
  const heard = at(69_000, { kind: 'inbound', text: '{"type":"pong"}' })
  expectHolds('INV-30', all, heard, shows('live', 'b'))
  expectBroken(
    'INV-30',
    'talk is live, and its last message is not the server’s.',
    all,
    heard,
    shows('live', 'a'),
  )
  expectBroken('INV-30', 'talk is stale.', all, heard, shows('stale', 'b'))
})
