// The next link while this one still delivers, as the machine alone sees it.
import { describe, expect, it } from 'vitest'
import type { Event, State } from '../../../src/machine/model.ts'
import { initialState } from '../../../src/machine/state.ts'
import { transition } from '../../../src/machine/transition.ts'
import { atLevel } from '../../support/greeting.ts'
import { base } from '../../model/tunings.ts'

const greeted = { window: null, heartbeat: null }

/** After these events, each with its time. */
function after(...events: ReadonlyArray<readonly [Event, number]>): { state: State; effects: string[] } {
  let state = initialState
  const effects: string[] = []
  for (const [event, now] of events) {
    const context = {
      now,
      wall: now,
      random: 0,
      heardAt: now,
      loading: false,
      tuning: { ...base, hasAuth: true },
    }
    const [next, more] = transition(state, event, context)
    state = next
    effects.push(...more.map((effect) => `${effect.type}${'link' in effect ? ` ${effect.link}` : ''}`))
  }
  return { state, effects }
}

const connectedAt3: ReadonlyArray<readonly [Event, number]> = [
  [{ type: 'connect' }, 0],
  [{ type: 'prepared', request: 1 }, 0],
  [{ type: 'admitted', request: 2 }, 0],
  [{ type: 'opened', link: 3 }, 0],
  [{ type: 'ready', link: 3, ...atLevel(3), ...greeted }, 0],
]
const leaving: ReadonlyArray<readonly [Event, number]> = [
  ...connectedAt3,
  [{ type: 'away', link: 3, min: 500, spread: 0, grace: 60_000, final: false, reason: 'deploy' }, 10_000],
  [{ type: 'due', slot: 'away' }, 10_500],
]
const joining: ReadonlyArray<readonly [Event, number]> = [
  ...leaving,
  [{ type: 'prepared', request: 4 }, 10_500],
  [{ type: 'admitted', request: 5 }, 10_500],
  [{ type: 'opened', link: 6 }, 10_600],
  [{ type: 'ready', link: 6, ...atLevel(3), ...greeted }, 10_700],
]

describe('the heir of a link', () => {
  it('[G1 INV-1] is begun at the time to move, and the link stays', () => {
    const { state, effects } = after(...leaving)
    expect(state).toMatchObject({ phase: 'connected', link: 3, heir: { phase: 'connecting', request: 4 } })
    expect(effects.at(-1)).toBe('prepare')
  })

  it('[G1 INV-1] is awaited for 10 s, whatever else its link says', () => {
    const { state } = after(...joining, [{ type: 'pong', link: 6, timestamp: 10_600 }, 11_000])
    expect(state).toMatchObject({ link: 3, heir: { link: 6 }, timers: { away: 20_700 } })
    expect(after(...joining, [{ type: 'due', slot: 'away' }, 20_700])).toMatchObject({
      state: { link: 6, heir: null },
      effects: expect.arrayContaining(['drop 3']) as unknown,
    })
  })

  it('[G2a] of a server without a handshake takes over as soon as it counts as connected', () => {
    const { state } = after(
      ...connectedAt3.slice(0, -1),
      [{ type: 'plain', link: 3 }, 0],
      ...leaving.slice(-2),
      ...joining.slice(-4, -1),
      [{ type: 'due', slot: 'heir' }, 11_600],
    )
    expect(state).toMatchObject({ phase: 'connected', link: 6, level: null, heir: null })
  })

  it('[G8] meets its own deadlines, and is let go of with the link', () => {
    const { state, effects } = after(...leaving.slice(0, -1), ...leaving.slice(-1), [
      { type: 'due', slot: 'heir' },
      20_500,
    ])
    expect(state).toMatchObject({ phase: 'connected', link: 3, heir: null })
    expect(effects.at(-1)).toBe('cancel')
    expect(after(...joining, [{ type: 'close' }, 11_000]).effects.slice(-2)).toEqual(['drop 3', 'drop 6'])
  })

  it('[G6] that may not come at all leaves the link as it is, to its end', () => {
    const { state, effects } = after(...joining.slice(0, -1), [
      { type: 'closed', link: 6, failure: { code: 'forbidden' }, class: 'fatal', min: null, spread: null },
      10_700,
    ])
    expect(state).toMatchObject({ phase: 'connected', link: 3, heir: null, memory: { restUntil: 0 } })
    expect(effects.filter((effect) => effect === 'report')).toEqual([])
  })

  it('[G7] learns that credentials are refused, for the next attempt', () => {
    const { state } = after(...joining.slice(0, -1), [
      {
        type: 'closed',
        link: 6,
        failure: { code: 'unauthorized' },
        class: 'refresh',
        min: null,
        spread: null,
      },
      10_700,
    ])
    expect(state).toMatchObject({
      phase: 'connected',
      link: 3,
      heir: null,
      memory: { expired: true, refusals: 1, failure: null, outage: { failures: 0 } },
    })
  })
})
