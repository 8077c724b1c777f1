// What a client at level 2 or 3, the app and the broker may do to an open link.
import type * as Model from '../../../src/server/session/model.ts'
import { channels, readPast, type Channel, type RequestsDraft, type RequestsWorld } from './requests-world.ts'

/** Whose link it is. */
export const ann = { id: 'ann' }

/** Something that happens. `asks`: it is a request, with the id that it carries and what it asks for. */
export interface Move {
  readonly name: string
  readonly event: Model.SessionEvent | null
  readonly world?: Partial<RequestsDraft>
  readonly asks?: {
    readonly type: string
    readonly channel?: Channel
    readonly since?: RequestsWorld['tops']['a'] | null
  }
}

/** Which details a run tells apart: what comes of one channel, or who is let in, and everything else that is asked for. */
export type Lens = 'order' | 'crowd'

/** Everything that may happen next. */
export function moves(world: RequestsWorld, lens: Lens): readonly Move[] {
  const { now, lastId, pending, tops, views, logs, early } = world
  const found: Move[] = []
  const id = `r${lastId + 1}`
  const ask = (type: string, fields: object, more: Partial<Move['asks']> = {}): void => {
    const text = JSON.stringify({ type, id, ...fields })
    found.push({
      name: `${type} ${JSON.stringify(fields)}`,
      event: { type: 'frame', text },
      asks: { type, ...more },
      // How often one may subscribe is looked at in the crowd.
      world: lens === 'order' ? { now: now + 60_000, spent: [] } : {},
    })
  }
  const tell = (event: Model.SessionEvent, changed: Partial<RequestsDraft> = {}, note = ''): void =>
    void found.push({ name: `${event.type} ${note}`, event, world: changed })
  const asked = Object.entries(pending)

  for (const channel of lens === 'order' ? (['a'] as const) : channels) {
    const top = tops[channel]
    const behind = logs[channel].at(-1)?.prev ?? top.offset - 1
    const sinces =
      lens === 'order'
        ? [
            null,
            top,
            { ...top, offset: behind },
            { ...top, offset: top.offset + 5 },
            { epoch: 'old', offset: 1 },
          ]
        : [null]
    for (const since of sinces) ask('rt.subscribe', { channel, ...(since && { since }) }, { channel, since })
    ask('rt.unsubscribe', { channel }, { channel })
    if (channel === 'c') continue
    const view = views[channel]
    if (view && !view.last) {
      const answers = { channel, ref: view.ref }
      for (const late of early[channel] > 0 ? [true, false] : [true]) {
        const past = readPast(world, channel, view.since, late)
        tell({ type: 'joined', ...answers, past, data: past.complete ? null : '1' }, {}, `${channel} ${late}`)
      }
      for (const retryable of [true, false])
        tell({ type: 'refused', ...answers, code: 'forbidden', message: 'No.', retryable })
    }
    if (view?.last)
      tell({ type: 'refused', channel, ref: view.ref, code: 'forbidden', message: 'No.', retryable: false })
    const stale = { channel, ref: 'r0' }
    tell(
      { type: 'joined', ...stale, past: readPast(world, channel, null, true), data: null },
      {},
      'of before',
    )
    tell({ type: 'refused', ...stale, code: 'forbidden', message: 'No.', retryable: false }, {}, 'of before')
    tell({ type: 'lost', channel })
    if (lens === 'crowd') continue
    tell({ type: 'top', channel, top })
    const publish = (offset: number, isTold: boolean): void => {
      const publication = { epoch: top.epoch, offset, prev: top.offset, data: '1' }
      const changed = {
        tops: { ...tops, [channel]: { epoch: top.epoch, offset } },
        logs: { ...logs, [channel]: [...logs[channel], publication].slice(-2) },
        early: { ...early, [channel]: isTold && isAsked ? early[channel] + 1 : 0 },
      }
      if (isTold) tell({ type: 'publication', channel, publication }, changed, `${offset - top.offset}`)
      else found.push({ name: 'a publication is lost', event: null, world: changed })
    }
    const isAsked = view !== undefined && !view.last
    const fits = !isAsked || early[channel] < 2
    if (fits) publish(top.offset + 1, true)
    if (fits) publish(top.offset + 3, true)
    // Between a read and what is heard nothing is lost: the hub listens before it reads.
    if (!isAsked) publish(top.offset + 1, false)
    const before = logs[channel].at(-1)
    if (before && !isAsked) tell({ type: 'publication', channel, publication: before }, {}, 'again')
    if (top.epoch === 'e1' && !isAsked)
      found.push({
        name: 'the history begins anew',
        event: null,
        world: { tops: { ...tops, a: { epoch: 'e2', offset: 4 } }, logs: { ...logs, a: [] } },
      })
  }
  tell({ type: 'revoked', userId: 'ann' })
  tell({ type: 'leave', grace: 0 })
  tell({ type: 'closed' }, { isOver: true, pending: {}, wishes: {}, views: {} })
  if (lens === 'order') return found
  for (const [other, kind] of asked) {
    if (kind === 'rt.publish' || kind === 'note') {
      tell({ type: 'answered', id: other, ack: { offset: 7 } })
      tell({ type: 'failed', id: other, code: 'unavailable', message: 'No.', retryable: true })
    }
    if (kind === 'rt.auth')
      for (const user of [ann, { id: 'bob' }, null, 'failed'] as const)
        tell({ type: 'renewed', id: other, user }, {}, JSON.stringify(user))
  }
  for (const [type, fields] of [
    ['rt.publish', { channel: 'a', data: 1 }],
    ['rt.auth', { auth: 1 }],
    ['note', {}],
  ] as const)
    if (!asked.some(([, kind]) => kind === type)) ask(type, fields)
  ask('rt.subscribe', { channel: 'é'.repeat(128) })
  ask('rt.publish', { channel: '' })
  const nameless = JSON.stringify({ type: 'rt.subscribe', id: '?', channel: 'a' })
  found.push({ name: 'a subscribe without an id', event: { type: 'frame', text: nameless } })
  const two = JSON.stringify([
    { type: 'rt.unsubscribe', id, channel: 'a' },
    { type: 'rt.nothing', id: 'x' },
  ])
  found.push({
    name: 'two in one frame',
    event: { type: 'frame', text: two },
    asks: { type: 'rt.unsubscribe', channel: 'a' },
  })
  found.push({ name: 'half a minute passes', event: null, world: { now: now + 30_000 } })
  return found
}
