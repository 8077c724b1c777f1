// Named cases for recovery: both real machines over bad networks, and what may be sent again. Each runs on its own and throws when it fails.
import assert from 'node:assert/strict'
import { resend, type Outgoing } from '../../../src/channels/outbox.ts'
import {
  initialSubscription,
  subscriptionStep,
  type SubscriptionEvent,
} from '../../../src/channels/subscription.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { judge } from '../recovery/judge.ts'
import { createRecoveryWorld } from '../recovery/world.ts'

/** By name: what must not fail. */
export const recoveryCases: Readonly<Record<string, () => void | Promise<void>>> = {
  '[INV-8 INV-9 INV-10 G12 G14] bad networks give each message once and in order, or say that some are missing'() {
    let recovered = 0
    for (let seed = 1; seed <= 300; seed++) {
      const chances = { cut: 0.5, lose: 0.05, repeat: 0.1, miss: 0.05, restart: seed % 2 === 0 ? 0.05 : 0 }
      const world = createRecoveryWorld(seededRandom(seed), chances)
      for (let step = 0; step < 150; step++) world.step()
      world.heal()
      assert.equal(judge(world.told), null, `seed ${seed}`)
      assert.equal(world.client.phase, 'live', `seed ${seed}`)
      assert.deepEqual(world.client.position, world.top, `seed ${seed}`)
      recovered += world.seen.get('recovered with replay') ?? 0
    }
    assert.ok(recovered > 100)
  },

  '[G12 G14] a client asks for nothing again because of what comes twice, and checks what is said to be recovered'() {
    const context = { now: 0, random: 0.5, timeout: 10_000 }
    let refs = 0
    let state = initialSubscription
    const hear = (event: SubscriptionEvent): readonly string[] => {
      const [next, effects] = subscriptionStep(state, event, { ...context, nextRef: `s${++refs}` })
      state = next
      return effects.map((effect) => (effect.type === 'up' ? `up ${effect.recovered}` : effect.type))
    }
    const answer = (recovered: boolean, offset: number) => {
      const { ref } = state
      const position = { epoch: 'e', offset }
      return hear({
        type: 'frame',
        frame: { kind: 'subscribed', ref, position, recovered, replay: 0, data: 1 },
      })
    }
    const say = (offset: number) => {
      const delivery = { data: 1, position: { epoch: 'e', offset }, prev: offset - 1 }
      return hear({ type: 'frame', frame: { kind: 'delivery', ref: state.ref, delivery } })
    }
    hear({ type: 'link', isUp: true })
    assert.deepEqual(answer(true, 5), ['up false'])
    assert.deepEqual([say(6), say(6), say(5)], [['deliver'], [], []])
    hear({ type: 'link', isUp: false })
    hear({ type: 'link', isUp: true })
    assert.deepEqual(answer(true, 7), ['up false'])
  },

  '[G11 G12 INV-8 INV-9] what two links say of the same time is told once, whichever of them was ahead'() {
    const context = { now: 0, random: 0.5, timeout: 10_000, nextRef: 's1' }
    const at = (offset: number) => ({ epoch: 'e', offset })
    for (const [top, late] of [
      [5, []],
      [8, [7, 8]],
    ] as const) {
      let state = initialSubscription
      const told: unknown[] = []
      const hear = (event: SubscriptionEvent): void => {
        const [next, effects] = subscriptionStep(state, event, context)
        state = next
        for (const effect of effects) {
          if (effect.type === 'up')
            told.push(`up ${effect.recovered}`, ...effect.items.map(({ data }) => data))
          if (effect.type === 'down') told.push('down')
          if (effect.type === 'deliver') told.push(effect.delivery.data)
        }
      }
      const answer = (position: number, replay: number, recovered: boolean): void =>
        hear({
          type: 'frame',
          frame: {
            kind: 'subscribed',
            ref: state.ref,
            position: at(position),
            recovered,
            replay,
            data: undefined,
          },
        })
      const say = (offset: number): void => {
        const delivery = { data: offset, position: at(offset), prev: offset - 1 }
        hear({ type: 'frame', frame: { kind: 'delivery', ref: state.ref, delivery } })
      }
      hear({ type: 'link', isUp: true })
      answer(5, 0, false)
      say(6)
      // Asked for on the next link while this one was at 5.
      hear({ type: 'moved', ref: 's2', since: at(5), answered: true })
      answer(top, top - 5, true)
      for (let offset = 6; offset <= 9; offset++) say(offset)
      const replayed = late.length > 0 ? ['up true', ...late, 9] : ['up true', 7, 8, 9]
      assert.deepEqual(told, ['up false', 6, ...replayed])
    }
  },

  '[G19] only publications to a server that drops duplicates are sent again, and not beyond what it remembers'() {
    const message = (kind: Outgoing['kind'], sentAt: number): Outgoing => {
      return {
        kind,
        id: `${kind} ${sentAt}`,
        type: 'a',
        data: '1',
        bytes: 1,
        until: 1e6,
        canWait: true,
        sentAt: { now: sentAt, wall: sentAt },
        order: 0,
        isAgain: false,
      }
    }
    const flying = [message('publish', 0), message('publish', 20_000), message('request', 100_000)]
    const ids = (now: number, dedup: number, level = 3, slept = 0) =>
      resend(flying, { now, wall: now + slept }, level, dedup).map((one) => one.map(({ id }) => id))
    assert.deepEqual(ids(110_000, 120_000), [['publish 20000'], ['publish 0', 'request 100000']])
    assert.deepEqual(ids(110_000, 0)[0], [])
    assert.deepEqual(ids(110_000, 120_000, 2)[0], [])
    assert.deepEqual(ids(110_000, 120_000, 3, 100_000)[0], [])
  },
}
