// The channel machine by itself: what a channel does not hold or owe changes nothing. Its life is explored elsewhere.
import { describe, expect, it } from 'vitest'
import type { Channel, ChannelContext, ChannelEvent } from '../../../src/channels/model.ts'
import { channelSlots, channelStep, initialChannel } from '../../../src/channels/table.ts'

const context: ChannelContext = {
  now: 1_000,
  random: 0.5,
  mode: 'replace',
  canLoad: true,
  hasInitial: false,
  versioned: false,
  loadTimeout: 10_000,
  interval: 10_000,
  spread: 1_000,
  linger: 5_000,
  surroundings: { up: true, doubted: false, away: false },
  grace: 3_000,
}

const run = (events: readonly ChannelEvent[], from: Channel = initialChannel): Channel =>
  events.reduce((channel, event) => channelStep(channel, event, context)[0], from)

const loading = run([{ type: 'subscribed' }])
const live = run([{ type: 'loaded', request: 1, older: false }], loading)

describe('channelStep()', () => {
  it('[G1 G16 P17] answers and failures of loads it does not hold change nothing', () => {
    for (const channel of [initialChannel, loading, live]) {
      for (const request of [0, 2, 99]) {
        expect(channelStep(channel, { type: 'loaded', request, older: false }, context)).toEqual([
          channel,
          [],
        ])
        expect(channelStep(channel, { type: 'failed', request }, context)).toEqual([channel, []])
      }
    }
    expect(channelStep(live, { type: 'failed', request: 1 }, context)).toEqual([live, []])
  })

  it('[G1] deadlines that it does not owe end no load', () => {
    expect(channelStep(live, { type: 'due', slot: 'deadline' }, context)).toEqual([live, []])
  })

  it('[A5] nobody subscribed: pushes, signals, refreshes and bad messages ask for nothing', () => {
    const events: readonly ChannelEvent[] = [
      { type: 'pushed', whole: true, replayed: false },
      { type: 'signalled' },
      { type: 'refresh' },
      { type: 'spoiled' },
      { type: 'trusted' },
      { type: 'up', recovered: null },
      { type: 'down' },
      { type: 'doubted' },
    ]
    for (const event of events) {
      const [channel, effects] = channelStep(initialChannel, event, context)
      expect(effects).toEqual([])
      expect(channel).toMatchObject({ active: false, hasData: false, load: null })
      expect(channelSlots.map((slot) => channel.timers[slot]).filter((at) => at !== undefined)).toEqual([])
    }
  })

  it('[G14 G15] goes on live, without a load, where all that was missed was replayed, and loads where it was not', () => {
    const away = run([{ type: 'down' }], live)
    const change = channelStep(away, { type: 'pushed', whole: false, replayed: true }, context)
    expect(change[1]).toEqual([{ type: 'applyPush', apply: true, keep: false }])
    const back = channelStep(change[0], { type: 'up', recovered: true }, context)
    expect(back[0]).toMatchObject({ proven: true, timers: { load: undefined } })
    const not = channelStep(change[0], { type: 'up', recovered: false }, context)
    expect(not[0]).toMatchObject({ proven: false, timers: { load: context.now } })
  })

  it('[G12 G16] a replayed change is in what was loaded since, and left out', () => {
    const polled = run([{ type: 'down' }, { type: 'refresh' }], live)
    const asked = polled.load!.request
    const change = { ...context, mode: 'change' } as const
    const [since] = channelStep(polled, { type: 'loaded', request: asked, older: false }, change)
    expect(channelStep(since, { type: 'pushed', whole: false, replayed: true }, change)).toEqual([since, []])
    expect(channelStep(since, { type: 'up', recovered: true }, change)[0].proven).toBe(false)
  })

  it('[G15] a push while there is no link proves nothing', () => {
    const away = run([{ type: 'down' }], live)
    const pushed = channelStep(away, { type: 'pushed', whole: true, replayed: false }, context)[0]
    expect(pushed).toMatchObject({ hasData: true, proven: false })
  })

  it('[G10] a load that has become impossible is not begun', () => {
    const polling = run([{ type: 'down' }], live)
    const [channel, effects] = channelStep(
      polling,
      { type: 'due', slot: 'load' },
      { ...context, canLoad: false },
    )
    expect(effects).toEqual([])
    expect(channel.load).toBeNull()
    expect(channel.timers.load).toBeUndefined()
  })
})
