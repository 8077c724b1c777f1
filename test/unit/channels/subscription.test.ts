// The life of one subscription, step by step: late answers, refusals, waits, and servers whose claims do not hold.
import { describe, expect, it } from 'vitest'
import {
  initialSubscription,
  subscriptionStep,
  type Subscription,
  type SubscriptionEffect,
  type SubscriptionEvent,
} from '../../../src/channels/subscription.ts'
import type { Delivery, Position } from '../../../src/protocol/channels.ts'

interface Driven {
  readonly state: Subscription
  /** What it orders. */
  hear(event: SubscriptionEvent): readonly SubscriptionEffect[]
  frame(frame: Extract<SubscriptionEvent, { type: 'frame' }>['frame']): readonly SubscriptionEffect[]
  now: number
}

function drive(start: Subscription = initialSubscription): Driven {
  let state = start
  let refs = 0
  const driven: Driven = {
    now: 0,
    get state() {
      return state
    },
    hear(event) {
      const [next, effects] = subscriptionStep(state, event, {
        now: driven.now,
        random: 0.5,
        nextRef: `s${++refs}`,
        timeout: 10_000,
      })
      state = next
      return effects
    },
    frame: (frame) => driven.hear({ type: 'frame', frame }),
  }
  return driven
}

const at = (offset: number, epoch = 'e'): Position => ({ epoch, offset })
const said = (offset: number, prev = offset - 1, epoch = 'e'): Delivery => ({
  data: offset,
  position: at(offset, epoch),
  prev,
})
const answer = (ref: string, more: object = {}): Parameters<Driven['frame']>[0] => ({
  kind: 'subscribed',
  ref,
  position: at(5),
  recovered: false,
  replay: 0,
  data: undefined,
  ...more,
})

/** Live at offset 5. */
function live(): Driven {
  const one = drive()
  one.hear({ type: 'link', isUp: true })
  one.frame(answer('s1'))
  return one
}

describe('a subscription', () => {
  it('[G14] is asked for with the link, and live with the answer', () => {
    const one = drive()
    expect(one.hear({ type: 'link', isUp: true })).toEqual([{ type: 'subscribe', ref: 's1', since: null }])
    expect(one.hear({ type: 'link', isUp: true })).toEqual([])
    expect(one.frame(answer('s1', { data: 'x' }))).toEqual([
      { type: 'up', recovered: false, items: [], data: 'x' },
    ])
    expect(one.frame({ kind: 'delivery', ref: 's1', delivery: said(6) })).toEqual([
      { type: 'deliver', delivery: said(6) },
    ])
    expect(one.hear({ type: 'link', isUp: false })).toEqual([{ type: 'down' }])
    expect(one.hear({ type: 'link', isUp: false })).toEqual([])
    expect(one.hear({ type: 'link', isUp: true })).toMatchObject([{ since: at(6) }])
  })

  it('[G14] (fault S22) does not hear what was said to an older one, or comes twice', () => {
    const one = live()
    expect(one.frame(answer('s0'))).toEqual([])
    expect(one.frame(answer('s1'))).toEqual([])
    expect(one.frame({ kind: 'delivery', ref: 's0', delivery: said(6) })).toEqual([])
    expect(
      one.frame({ kind: 'refused', id: 's1', code: 'x', reason: '', retryable: false, after: 0 }),
    ).toEqual([])
    expect(one.frame({ kind: 'unsubscribed', ref: 's0', retry: true, code: 'x' })).toEqual([])
    const asked = drive()
    asked.hear({ type: 'link', isUp: true })
    expect(asked.frame({ kind: 'delivery', ref: 's1', delivery: said(1) })).toEqual([])
  })

  it('[G14] is asked for once more when no answer comes, later and later', () => {
    const one = drive()
    one.hear({ type: 'link', isUp: true })
    one.now = 9_999
    expect(one.hear({ type: 'due' })).toEqual([])
    one.now = 10_000
    expect(one.hear({ type: 'due' })).toEqual([])
    expect(one.state).toMatchObject({ phase: 'waiting', dueAt: 10_500, failures: 1 })
    one.now = 10_500
    expect(one.hear({ type: 'due' })).toMatchObject([{ type: 'subscribe' }])
    for (let n = 0; n < 20; n++) {
      one.now = one.state.dueAt ?? 0
      one.hear({ type: 'due' })
    }
    expect((one.state.dueAt ?? 0) - one.now).toBeLessThanOrEqual(15_000)
    expect(live().hear({ type: 'due' })).toEqual([])
  })

  it('[G5] waits as long as the server asks for, and is given up where it says no', () => {
    const one = drive()
    one.hear({ type: 'link', isUp: true })
    expect(
      one.frame({
        kind: 'refused',
        id: 's1',
        code: 'rate_limited',
        reason: '',
        retryable: true,
        after: 60_000,
      }),
    ).toEqual([])
    expect(one.state.dueAt).toBe(60_500)
    const two = drive()
    two.hear({ type: 'link', isUp: true })
    expect(
      two.frame({ kind: 'refused', id: 's1', code: 'forbidden', reason: 'No.', retryable: false, after: 0 }),
    ).toEqual([{ type: 'report', code: 'forbidden', reason: 'No.' }])
    two.now = 1e9
    expect(two.hear({ type: 'due' })).toEqual([])
    expect(two.hear({ type: 'link', isUp: false })).toEqual([])
    expect(two.hear({ type: 'link', isUp: true })).toHaveLength(1)
  })

  it('[G14] that the server ends is down, and asked for again where it may be', () => {
    const one = live()
    const ended = { kind: 'unsubscribed', ref: 's1', code: 'over' } as const
    expect(one.frame({ ...ended, retry: true })).toEqual([{ type: 'down' }])
    one.now = one.state.dueAt ?? 0
    expect(one.hear({ type: 'due' })).toMatchObject([{ type: 'subscribe', since: at(5) }])
    const two = live()
    expect(two.frame({ ...ended, retry: false })).toEqual([
      { type: 'down' },
      { type: 'report', code: 'over', reason: 'the server ended it' },
    ])
    expect(two.state).toMatchObject({ phase: 'refused', dueAt: null })
  })

  it('[G12 G14] (fault N23) (fault P6) (fault P7) leaves out what it had, and asks at a hole or another epoch for what is missing: at once, then later', () => {
    for (const wrong of [said(8), said(6, 5, 'other'), { data: 1, position: null, prev: 0 }]) {
      const one = live()
      expect(one.frame({ kind: 'delivery', ref: 's1', delivery: said(5) })).toEqual([])
      expect(one.frame({ kind: 'delivery', ref: 's1', delivery: wrong })).toMatchObject([
        { type: 'down' },
        { type: 'subscribe', since: at(5) },
      ])
      const { ref } = one.state
      one.frame(answer(ref, { recovered: true }))
      expect(one.frame({ kind: 'delivery', ref, delivery: wrong })).toEqual([{ type: 'down' }])
      expect(one.state.phase).toBe('waiting')
    }
  })

  it('[G14] at level 2 delivers what comes, as it comes', () => {
    const one = drive()
    one.hear({ type: 'link', isUp: true })
    one.frame(answer('s1', { position: null, replay: 1 }))
    const bare: Delivery = { data: 'x', position: null, prev: -1 }
    expect(one.frame({ kind: 'delivery', ref: 's1', delivery: bare })).toMatchObject([
      { type: 'up', recovered: false, items: [bare] },
    ])
    expect(one.frame({ kind: 'delivery', ref: 's1', delivery: bare })).toEqual([
      { type: 'deliver', delivery: bare },
    ])
  })
})

describe('what a server claims to have recovered', () => {
  /** Comes back to a link, standing at 5. */
  function back(): Driven {
    const one = live()
    one.hear({ type: 'link', isUp: false })
    one.hear({ type: 'link', isUp: true })
    return one
  }
  const replay = (one: Driven, ...items: readonly Delivery[]): readonly SubscriptionEffect[] => {
    const { ref } = one.state
    return items.flatMap((delivery) => one.frame({ kind: 'delivery', ref, delivery }))
  }

  it('[G14] is delivered as a whole, once all of it is there', () => {
    const one = back()
    expect(one.frame(answer(one.state.ref, { recovered: true, replay: 2, position: at(7) }))).toEqual([])
    expect(replay(one, said(6))).toEqual([])
    expect(replay(one, said(7))).toEqual([
      { type: 'up', recovered: true, items: [said(6), said(7)], data: undefined },
    ])
    expect(one.state).toMatchObject({ phase: 'live', position: at(7) })
  })

  it('[G12] (fault N22) is the same where a relay says all of it twice, after a loss and at the beginning', () => {
    for (const [start, recovered] of [
      [{ ...initialSubscription, position: at(5) }, true],
      [initialSubscription, false],
    ] as const) {
      const driven = drive(start)
      driven.hear({ type: 'link', isUp: true })
      for (let times = 0; times < 2; times++)
        expect(driven.frame(answer('s1', { position: at(7), recovered, replay: 2 }))).toEqual([])
      const effects = [6, 6, 7, 7, 8, 8].flatMap((offset) =>
        driven.frame({ kind: 'delivery', ref: 's1', delivery: said(offset) }),
      )
      expect(effects).toEqual([
        { type: 'up', recovered, items: [said(6), said(7)], data: undefined },
        { type: 'deliver', delivery: said(8) },
      ])
    }
  })

  it('[G14] (fault P8) is not believed where nothing proves it', () => {
    for (const claim of [
      { recovered: true, position: at(6) },
      { recovered: true, position: at(5, 'other') },
      { recovered: true, position: null },
    ]) {
      const one = back()
      expect(one.frame(answer(one.state.ref, claim))).toMatchObject([{ type: 'up', recovered: false }])
    }
    const first = drive()
    first.hear({ type: 'link', isUp: true })
    expect(first.frame(answer('s1', { recovered: true }))).toMatchObject([{ recovered: false }])
  })

  it('[G14] (fault P9) that is no run is asked for once more, and then taken as what it is: lost', () => {
    for (const wrong of [
      [said(6), said(8)],
      [said(7), said(6)],
      [said(6), said(7, 6, 'other')],
      [said(6), { data: 1, position: null, prev: 6 }],
      [said(6), said(7, 7)],
    ]) {
      const one = back()
      one.frame(answer(one.state.ref, { recovered: true, replay: 2, position: at(7) }))
      expect(replay(one, ...wrong)).toMatchObject([{ type: 'subscribe', since: at(5) }])
      one.frame(answer(one.state.ref, { recovered: true, replay: 2, position: at(7) }))
      expect(replay(one, ...wrong)).toEqual([])
      expect(one.state).toMatchObject({ phase: 'waiting', position: null })
    }
  })

  it('[C3] what was before a first subscription is a run of its own', () => {
    const one = drive()
    one.hear({ type: 'link', isUp: true })
    one.frame(answer('s1', { replay: 2, position: at(5) }))
    expect(replay(one, said(4), said(5))).toMatchObject([
      { type: 'up', recovered: false, items: [said(4), said(5)] },
    ])
    const two = drive()
    two.hear({ type: 'link', isUp: true })
    two.frame(answer('s1', { replay: 2, position: at(9) }))
    expect(replay(two, said(4), said(5))).toMatchObject([{ type: 'subscribe' }])
  })
})
