// watchCard(): one crawl, one card that shows its progress, and one outage somewhere on the way, all drawn from a seed.
import { createConnection } from '../../src/index.ts'
import { mockServer, seededRandom, virtualClock } from '../../src/testing/index.ts'

/** What a card shows. A crawl that has ended is cleared away a while later; a load then says no more than that. */
export interface Progress {
  readonly pages: number
  readonly status: 'running' | 'completed' | 'error' | 'gone'
}

/** What happens to the link. `for good`: no socket ever opens again, only HTTP goes on. */
export const outages = [
  'cut',
  'blink',
  'silence',
  'restart',
  'forgetful',
  'hidden',
  'offline',
  'for good',
] as const
export type Outage = (typeof outages)[number]

/** By what a card came to its end: pushed, missed and replayed, polled while there was no link, or loaded for a new one. */
export type Way = 'push' | 'recovery' | 'poll' | 'load'

/** How it went. */
export interface CardStory {
  readonly seed: number
  readonly level: 0 | 1 | 2 | 3
  readonly outage: Outage
  /** null: it never ended. */
  readonly way: Way | null
  /** Milliseconds from when the crawl had ended and the outage was over until the card said so. */
  readonly late: number
  /** What it showed and must not have shown. */
  readonly wrong: readonly string[]
}

const CHANNEL = 'crawl:7'
/** After its end a crawl is remembered for so long. */
const CLEAN_UP = 5_000
/** A link that delivers nothing may be taken for a good one for so long (G3); the rest is the way of a frame. */
const DEAD_LINK = 20_000 + 1_000
/** Whatever happened: the dead link, the wait for a poll, and one poll that failed. */
const PATIENCE = 60_000

export async function watchCard(seed: number): Promise<CardStory> {
  const random = seededRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low))
  const level = (seed % 4) as CardStory['level']
  const outage = outages[Math.floor(seed / 4) % outages.length] ?? 'cut'
  const clock = virtualClock()
  const server = mockServer(clock, { seed })
  const { page } = server
  const latency = between(0, 200)
  server.latency(latency, between(1, 100))
  if (random() < 0.2) server.keeps(2)

  /** What is true, and since when. */
  const truths: Array<{ readonly progress: Progress; readonly at: number }> = []
  const truth = (): Progress => truths.at(-1)?.progress ?? { pages: 0, status: 'running' }
  const become = (progress: Progress): void => void truths.push({ progress, at: clock.monotonic() })
  become(truth())
  const greets = random() < 0.5
  const accept = (): void =>
    server.accepts({
      level,
      ...(random() < 0.5 ? { window: 500 } : {}),
      // Below the levels at which a channel is subscribed to, a server may say by itself how far things are.
      greet: (link) => {
        if (greets && level < 2 && truth().status !== 'gone') link.push(CHANNEL, truth())
      },
    })
  accept()

  let isHttpDown = false
  const answer = (): Promise<Progress> =>
    new Promise((resolve, reject) => {
      clock.setTimeout(() => {
        const progress = truth()
        const isLost = isHttpDown || !page.isOnline()
        clock.setTimeout(
          () => (isLost ? reject(new TypeError('Failed to fetch')) : resolve(progress)),
          latency,
        )
      }, latency)
    })
  const live = createConnection({
    url: 'wss://app.test/ws',
    transport: server.transport,
    runtime: server.runtime,
  })
  const wrong: string[] = []
  /** Each time it was seen to have ended. */
  const ends: Array<{ readonly way: Way; readonly at: number }> = []
  let isReplayed = false
  live
    .stream<Progress>(CHANNEL)
    .on('message', ({ status }, { replayed }) => (isReplayed = status !== 'running' && replayed))
  const versioned = random() < 0.5
  const version = versioned ? { version: ({ pages }: Progress) => pages } : {}
  // Where a socket will come, a card must do without polls too.
  const polls = outage !== 'for good' && random() < 0.3 ? { pollEvery: false as const } : {}
  const card = live.state<Progress>(CHANNEL, { load: answer, ...version, ...polls })

  const toWay = (freshness: string, source: string | null): Way => {
    if (source === 'poll') return freshness === 'polling' ? 'poll' : 'load'
    return isReplayed ? 'recovery' : 'push'
  }
  let shown: Progress | undefined
  const look = (): void => {
    const { data, freshness, source } = card.getSnapshot()
    if (data === undefined) return
    const say = (what: string): void =>
      void wrong.push(`${clock.monotonic()}: ${freshness} by ${source}, ${JSON.stringify(data)}: ${what}`)
    const index = truths.findIndex(
      ({ progress }) => progress.pages === data.pages && progress.status === data.status,
    )
    if (index === -1) return say('was never so')
    const isOver =
      data.status === 'running' && clock.monotonic() - (truths[index + 1]?.at ?? Infinity) > DEAD_LINK
    if (freshness === 'live' && isOver) say('is long over')
    // Without a version a push that an answer has overtaken is taken for the newer one, until the next push.
    if (
      versioned &&
      shown &&
      (data.pages < shown.pages || (shown.status !== 'running' && data.status === 'running'))
    )
      say(`after ${JSON.stringify(shown)}`)
    shown = data
    if (data.status !== 'running') ends.push({ way: toWay(freshness, source), at: clock.monotonic() })
  }
  card.subscribe(look)

  const begin: Readonly<Record<Outage, () => void>> = {
    cut: () => {
      server.refuses()
      server.closeAll(1006)
    },
    blink: () => server.closeAll(1006),
    silence: () => {
      server.hangs()
      server.goesSilent()
    },
    restart: () => {
      server.refuses()
      isHttpDown = true
      server.closeAll(1012)
    },
    forgetful: () => {
      server.refuses()
      isHttpDown = true
      server.restarts()
    },
    hidden: () => {
      page.hide()
      if (random() < 0.7) server.closeAll(1006)
    },
    offline: () => {
      page.goOffline()
      server.goesSilent()
      server.hangs()
    },
    'for good': () => {
      if (random() < 0.5) server.refuses()
      else server.hangs()
      if (random() < 0.5) server.closeAll(1006)
      else server.goesSilent()
    },
  }
  const end = (): void => {
    if (outage === 'for good') return
    isHttpDown = false
    accept()
    if (outage === 'silence' && random() < 0.5) server.resumesTalking()
    if (outage === 'hidden') page.show()
    if (outage === 'offline') page.goOnline()
  }

  const startsAt = clock.monotonic() + between(0, 2_000)
  const lasts = outage === 'blink' ? 0 : between(100, random() < 0.5 ? 3_000 : 40_000)
  const fallsAt = startsAt + between(0, 40_000)
  const healsAt = fallsAt + lasts
  // Most often it is the end that is missed.
  const endsAt = fallsAt + (random() < 0.8 ? between(0, lasts + 500) : between(0, 60_000))
  const goneAt = endsAt + CLEAN_UP
  const last = pick(['completed', 'error'] as const)
  const push = (status: 'running' | 'completed' | 'error'): void => {
    become({ pages: truth().pages + 1, status })
    server.push(CHANNEL, truth())
  }
  const events: Array<readonly [at: number, run: () => void]> = [
    [fallsAt, begin[outage]],
    [healsAt, end],
    [endsAt, () => push(last)],
    [goneAt, () => become({ ...truth(), status: 'gone' })],
  ]
  for (let at = startsAt; at < endsAt; at += between(300, 3_000)) events.push([at, () => push('running')])
  for (const [at, run] of events) clock.setTimeout(run, Math.max(0, at - clock.monotonic()))

  const owedAt = Math.max(endsAt, outage === 'for good' ? 0 : healsAt)
  const isDone = (): boolean => ends.length > 0 && clock.monotonic() > Math.max(goneAt, healsAt)
  while (clock.monotonic() < owedAt + PATIENCE && !isDone()) {
    await clock.advanceAsync(500)
    look()
  }
  live.close()
  const { way, at } = ends[0] ?? { way: null, at: Infinity }
  return { seed, level, outage, way, late: Math.max(0, at - owedAt), wrong }
}
