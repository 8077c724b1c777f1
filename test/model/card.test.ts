// A card with the progress of a crawl, through 500 outages: it never sticks, and shows nothing as live that is not so.
import { beforeAll, describe, expect, it } from 'vitest'
import { outages, watchCard, type CardStory, type Way } from './card.ts'

const SEEDS = 500

describe(`a card that shows how far a crawl is, in ${SEEDS} outages`, () => {
  const stories: CardStory[] = []
  beforeAll(async () => {
    for (let seed = 1; seed <= SEEDS; seed++) stories.push(await watchCard(seed))
  }, 60_000)

  const count = (way: Way, is: (story: CardStory) => boolean = () => true): number =>
    stories.filter((story) => story.way === way && is(story)).length

  it('[D3 G10] always reaches its end state', () => {
    expect(stories.filter(({ way }) => way === null)).toEqual([])
  })

  it('[D3 G14 G15] shows nothing that was never so, nothing older than it showed, and nothing as live that is long over', () => {
    expect(
      stories.flatMap(({ seed, level, outage, wrong }) =>
        wrong.map((what) => `seed ${seed}, level ${level}, ${outage}: ${what}`),
      ),
    ).toEqual([])
  })

  it('[D3 A12] gets there by push, by recovery, by a poll, and by the load of a new link, each of them many times', () => {
    const ways = Object.fromEntries(
      (['push', 'recovery', 'poll', 'load'] as const).map((way) => [way, count(way)]),
    )
    for (const [way, times] of Object.entries(ways)) expect(times, way).toBeGreaterThan(20)
    // What cannot be otherwise: nothing is replayed below level 3, and without a socket there are polls.
    expect(count('recovery', ({ level }) => level < 3)).toBe(0)
    for (const outage of outages)
      expect(stories.filter((story) => story.outage === outage).length, outage).toBeGreaterThan(50)
    expect(count('poll', ({ outage }) => outage === 'for good')).toBeGreaterThan(20)
  })
})

it('[D3 G3 G10] polls where a link is silent from its first moment on: it is live no longer than a link may be dead', async () => {
  // Silence settled that the server is a plain one, and the channel forgot that it was doubted.
  expect(await watchCard(3_978)).toMatchObject({ outage: 'silence', way: 'poll', wrong: [] })
})
