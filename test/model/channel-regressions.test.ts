// What the exploration of the channel found once, as short as it can be told: stays for ever.
import { expect, it } from 'vitest'
import type { Channel, ChannelContext, ChannelEffect, ChannelEvent } from '../../src/channels/model.ts'
import { channelStep, initialChannel } from '../../src/channels/table.ts'

const context: ChannelContext = {
  now: 0,
  random: 0,
  mode: 'replace',
  canLoad: true,
  hasInitial: false,
  versioned: false,
  loadTimeout: 10_000,
  interval: 10_000,
  spread: 1_000,
  linger: 5_000,
  surroundings: { up: false, doubted: false, away: false },
  grace: 3_000,
}

/** Plays events, and gives the last state and what the last event asked for. */
function play(
  events: readonly ChannelEvent[],
  given: Partial<ChannelContext> = {},
): readonly [Channel, readonly ChannelEffect[]] {
  return events.reduce<readonly [Channel, readonly ChannelEffect[]]>(
    ([channel], event) => channelStep(channel, event, { ...context, ...given }),
    [initialChannel, []],
  )
}

it('[G10 INV-23] a poll that was missed while hidden is not made up for once push is live', () => {
  const missed: readonly ChannelEvent[] = [
    { type: 'subscribed' },
    { type: 'loaded', request: 1, older: false },
    { type: 'away' },
    { type: 'due', slot: 'load' },
  ]
  const back: ChannelEvent = { type: 'back' }
  expect(play([...missed, back])[1]).toEqual([{ type: 'load', request: 2 }])
  expect(
    play([
      ...missed,
      { type: 'up', recovered: null },
      { type: 'pushed', whole: true, replayed: false },
      back,
    ])[1],
  ).toEqual([])
})

it('[A10 G8] reset() while nobody is subscribed any more still ends in rest, with and without a load', () => {
  for (const canLoad of [true, false]) {
    const [channel] = play([{ type: 'subscribed' }, { type: 'unsubscribed' }, { type: 'reset' }], { canLoad })
    expect(channel).toMatchObject({ active: true, timers: { linger: 5_000 } })
  }
})
