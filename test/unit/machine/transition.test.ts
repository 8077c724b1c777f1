// The connection machine by itself: late news and deadlines that a phase does not owe change nothing. Its life is explored elsewhere.
import { describe, expect, it } from 'vitest'
import type { Context, Event, Phase, Slot, State } from '../../../src/machine/model.ts'
import { initialState, slots } from '../../../src/machine/state.ts'
import { transition } from '../../../src/machine/transition.ts'
import { resolveOptions, type ConnectionOptions } from '../../../src/options.ts'
import { atLevel } from '../../support/greeting.ts'

const context = (options: Partial<ConnectionOptions> = {}): Context => ({
  now: 1_000,
  wall: 1_700_000_000_000,
  random: 0.5,
  heardAt: 1_000,
  loading: false,
  tuning: resolveOptions({ url: 'ws://app.test', ...options }).tuning,
})

const run = (events: readonly Event[], options?: Partial<ConnectionOptions>): State =>
  events.reduce((state, event) => transition(state, event, context(options))[0], initialState)

const connecting: readonly Event[] = [{ type: 'connect' }]
const opening: readonly Event[] = [
  ...connecting,
  { type: 'prepared', request: 1 },
  { type: 'admitted', request: 2 },
]
const handshaking: readonly Event[] = [...opening, { type: 'opened', link: 3 }]
const connected: readonly Event[] = [
  ...handshaking,
  { type: 'ready', link: 3, ...atLevel(1), window: null, heartbeat: null },
]
const lost: Event = {
  type: 'closed',
  link: 3,
  failure: { code: 'closed-by-server', closeCode: 1006 },
  class: 'backoff',
  min: null,
  spread: null,
}
const lives: { readonly [P in Phase]: readonly Event[] } = {
  idle: [],
  connecting,
  opening,
  handshaking,
  connected,
  waiting: [...connected, lost],
  failed: [...connected, { ...lost, class: 'fatal' }],
  closed: [{ type: 'close' }],
}

/** The deadlines that may be armed in each phase. */
const owed: { readonly [P in Phase]: readonly Slot[] } = {
  idle: [],
  connecting: ['deadline', 'linger'],
  opening: ['deadline', 'linger'],
  handshaking: ['deadline', 'ready', 'linger'],
  connected: ['pong', 'level', 'ping', 'overdue', 'stable', 'renew', 'away', 'linger'],
  waiting: ['retry', 'linger'],
  failed: [],
  closed: [],
}

describe('transition()', () => {
  it.each(Object.entries(lives) as Array<[Phase, readonly Event[]]>)(
    '[G1 G2] in %s, deadlines that the phase does not owe change nothing',
    (phase, events) => {
      const state = run(events)
      expect(state.phase).toBe(phase)
      expect(slots.filter((slot) => state.timers[slot] !== undefined && !owed[phase].includes(slot))).toEqual(
        [],
      )
      for (const slot of slots.filter((one) => !owed[phase].includes(one)))
        expect(transition(state, { type: 'due', slot }, context())).toEqual([state, []])
    },
  )

  it.each(Object.entries(lives) as Array<[Phase, readonly Event[]]>)(
    '[G1 BB5 BB6] in %s, news of a link or request it does not hold changes nothing',
    (_phase, events) => {
      const state = run(events)
      const late: readonly Event[] = [
        { type: 'opened', link: 99 },
        { ...lost, link: 99 },
        { type: 'ready', link: 99, ...atLevel(1), window: 500, heartbeat: null },
        { type: 'plain', link: 99 },
        { type: 'pong', link: 99, timestamp: 1 },
        { type: 'heard', link: 99 },
        { type: 'away', link: 99, min: 0, spread: 0, grace: 0, final: true, reason: '' },
        { type: 'advice', link: 99, window: 500, expiresIn: null },
        { type: 'flooded', link: 99 },
        { type: 'prepared', request: 98 },
        { type: 'unprepared', request: 98, failure: { code: 'auth-failed' }, fatal: true },
        { type: 'admitted', request: 98 },
        { type: 'diagnosed', request: 98, verdict: 'fatal' },
      ]
      for (const event of late) expect(transition(state, event, context()), event.type).toEqual([state, []])
    },
  )

  it('[G4] the time to move that was not announced moves nobody', () => {
    const state = run(connected)
    expect(transition(state, { type: 'due', slot: 'away' }, context())).toEqual([state, []])
  })

  it('[G3] without a heartbeat no deadline sends a ping', () => {
    const state = run(connected, { heartbeat: false })
    for (const event of [
      { type: 'due', slot: 'ping' },
      { type: 'woke', slept: true },
      { type: 'page', signal: 'visible' },
    ] as const)
      expect(transition(state, event, context({ heartbeat: false }))[1]).toEqual([])
  })

  it('[G2] is pure: the same arguments give the same step, and nothing of them is written to', () => {
    for (const events of Object.values(lives)) {
      const state = run(events)
      const frozen = freeze(structuredClone(state))
      for (const event of [
        { type: 'connect' },
        { type: 'disconnect' },
        { type: 'retry' },
        { type: 'reset' },
        { type: 'close' },
        lost,
      ] as const) {
        expect(transition(frozen, event, context())).toEqual(transition(state, event, context()))
      }
    }
  })
})

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}
