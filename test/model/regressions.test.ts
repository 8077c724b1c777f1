// What the exploration found once, as short as it can be told: stays for ever.
import { expect, it } from 'vitest'
import type { Event, State } from '../../src/machine/model.ts'
import { initialState } from '../../src/machine/state.ts'
import { transition } from '../../src/machine/transition.ts'
import { base as small } from './tunings.ts'

const base = { ...small, reconnect: { ...small.reconnect, budget: { attempts: null, per: 300_000 } } }

const failure = { code: 'closed-by-server', closeCode: 4403 } as const
const away = { type: 'away', min: 500, spread: 0, grace: 5_000, final: false, reason: 'deploy' } as const

/** Plays events, each at its instant; ids are those the state holds. */
function play(
  moves: readonly (readonly [at: number, event: { readonly type: string }])[],
  tuning = base,
): State {
  return moves.reduce<State>((state, [now, event]) => {
    const { type } = event
    const id =
      type === 'prepared' || type === 'admitted'
        ? { request: 'request' in state ? state.request : 0 }
        : ['opened', 'closed', 'plain', 'away'].includes(type) && { link: 'link' in state ? state.link : 0 }
    const context = { now, wall: now, random: 0, heardAt: now, loading: false, tuning }
    return transition(state, { ...id, ...event } as unknown as Event, context)[0]
  }, initialState)
}

const connecting = [
  [0, { type: 'wanted' }],
  [0, { type: 'prepared' }],
  [0, { type: 'admitted' }],
] as const
const leaving = [...connecting, [0, { type: 'opened' }], [0, { type: 'plain' }], [0, away]] as const

it('[G6 INV-27] a fatal close after rt.go_away is fatal all the same', () => {
  const close = { type: 'closed', failure, class: 'fatal', min: null, spread: null }
  const state = play([...leaving, [100, close]])
  expect(state).toMatchObject({ phase: 'failed', memory: { failure } })
})

it('[G4 G7] a close after rt.go_away that asks for patience gets it', () => {
  const close = { type: 'closed', failure, class: 'long', min: null, spread: null }
  expect(play([...leaving, [100, close]])).toMatchObject({ phase: 'waiting', timers: { retry: 10_100 } })
  const hinted = { type: 'closed', failure, class: 'spread', min: 7_000, spread: 0 }
  expect(play([...leaving, [100, hinted]])).toMatchObject({ phase: 'waiting', timers: { retry: 7_100 } })
})

it('[G4 INV-5] nobody gets around a floor by leaving and coming back, but for connect()', () => {
  const close = { type: 'closed', failure, class: 'long', min: 60_000, spread: 0 }
  const rested = [
    ...connecting,
    [0, close],
    [0, { type: 'unwanted' }],
    [5_000, { type: 'due', slot: 'linger' }],
  ] as const
  expect(play(rested)).toMatchObject({ phase: 'idle', timers: {} })
  expect(play([...rested, [6_000, { type: 'wanted' }]])).toMatchObject({
    phase: 'waiting',
    timers: { retry: 60_000 },
  })
  expect(play([...rested, [60_000, { type: 'wanted' }]])).toMatchObject({ phase: 'connecting' })
  expect(play([...rested, [6_000, { type: 'connect' }]])).toMatchObject({ phase: 'connecting' })
})

it('[G9 INV-13] an open circuit stays open over a rest', () => {
  const failing = { type: 'closed', failure, class: 'backoff', min: null, spread: null }
  const attempt = (now: number) =>
    [
      [now, { type: 'retry' }],
      [now, { type: 'prepared' }],
      [now, { type: 'admitted' }],
      [now, failing],
    ] as const
  const tripped = [...connecting, [0, failing], ...attempt(60_000)] as const
  expect(play(tripped)).toMatchObject({ phase: 'waiting', suspended: true, timers: { retry: 90_000 } })
  const rested = [
    ...tripped,
    [60_000, { type: 'unwanted' }],
    [65_000, { type: 'due', slot: 'linger' }],
  ] as const
  expect(play([...rested, [66_000, { type: 'wanted' }]])).toMatchObject({
    phase: 'waiting',
    suspended: true,
    timers: { retry: 90_000 },
  })
})

it('[G6] disconnect() and connect() lead out of failed as connect() does: with every count at zero', () => {
  const refuse = (at: number) =>
    [at, { type: 'closed', failure, class: 'fatal', min: null, spread: null }] as const
  const failed = [...connecting, refuse(0)] as const
  const tuning = { ...base, reconnect: { ...base.reconnect, maxAttempts: 1 } }
  const again = (...calls: readonly string[]): State =>
    play(
      [
        ...failed,
        ...calls.map((type) => [0, { type }] as const),
        ...connecting.slice(1),
        ...leaving.slice(3),
      ],
      tuning,
    )
  expect(again('connect')).toMatchObject({ phase: 'connected', memory: { outage: { failures: 0 } } })
  expect(again('disconnect', 'connect')).toMatchObject({
    phase: 'connected',
    memory: { outage: { failures: 0 } },
  })
})
