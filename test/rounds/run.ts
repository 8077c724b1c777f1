// runRounds(): clients, steady traffic, and a server that is killed, cut off and frozen round after round.
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { seededRandom } from '../../src/testing/index.ts'
import { createClient, type Client } from './client.ts'
import { createRecord, createSite } from './site.ts'
import { NOTES, numbered, toKept, type Note, type Place } from './traffic.ts'

/** What a run is asked to be. */
export interface RoundsOptions {
  readonly rounds: number
  readonly clients: number
  readonly seed: number
  /** `lasting`: the channels outlive the server. `mortal`: they die with it. */
  readonly broker: 'lasting' | 'mortal'
}

/** `tear`: a cut, and then another one in the middle of what comes next. */
export type Hurt = 'kill' | 'cut' | 'freeze' | 'tear'

/** One round as it went. */
export interface Round {
  readonly hurt: Hurt
  /** Then once more, in this way, as soon as the first client was back. */
  readonly again: Hurt | null
  /** Milliseconds from the end of the fault until everybody had everything. */
  readonly settled: number
}

/** What was seen. */
export interface RoundsRecord {
  readonly rounds: readonly Round[]
  readonly clients: readonly Client[]
  /** What was said on each channel, where that is known. */
  said(channel: string): readonly unknown[]
  /** What was not as it must be, in words. */
  readonly complaints: readonly string[]
}

/** From one message of a numbered channel to the next, and from one publication of a client to his next. */
const EVERY = 100
/** In this order, again and again. */
export const hurts: readonly Hurt[] = ['kill', 'cut', 'freeze', 'kill', 'tear', 'freeze']
/** So many of the rounds hurt again as soon as the first is back. */
const AGAIN = 0.3
/** Dead links are found soon, and outages every few seconds are what is wanted here. */
const options = {
  heartbeat: { interval: 400, timeout: 400, probe: 400 },
  connectTimeout: 1_000,
  reconnect: { minUptime: 200, budget: { attempts: 1_000_000 }, circuit: false },
} as const
/** How long a publication may wait: less than nine tenths of the time in which the server knows it again. */
const TTL = 60_000
/** Nothing takes that long. */
const PATIENCE = 30_000

/** `say` is told a line every ten rounds. */
export async function runRounds(
  { rounds: count, clients: many, seed, broker }: RoundsOptions,
  script: string,
  say: (line: string) => void = () => undefined,
): Promise<RoundsRecord> {
  const isLasting = broker === 'lasting'
  const random = seededRandom(seed)
  let onNote = (): void => undefined
  const record = await createRecord([...numbered, NOTES], (channel) => {
    if (channel === NOTES) onNote()
  })
  const site = await createSite(script, isLasting ? record.broker : null)
  const { said } = record
  const toPlace = (channel: string): Place => ({
    process: channel === NOTES ? 0 : process.pid,
    n: said(channel).length,
  })
  const clients = Array.from({ length: many }, (_, index) =>
    createClient({
      index,
      url: site.url,
      options,
      isLasting,
      isTrue: isLasting
        ? (channel, offset, data) => isDeepStrictEqual(data, said(channel)[offset - 1])
        : (channel, offset, data) => channel === NOTES || (data as Place).n === offset,
      toTop: (channel) => (isLasting ? said(channel).length : null),
      load: async (channel) => {
        await setImmediate()
        return isLasting ? toPlace(channel) : site.server().ask('place', { channel })
      },
    }),
  )

  /** Where everybody must get. */
  const toPlaces = async (): Promise<ReadonlyMap<string, Place>> => {
    const channels = isLasting ? [...numbered, NOTES] : numbered
    const ask = async (channel: string): Promise<[string, Place]> => [
      channel,
      isLasting ? toPlace(channel) : await site.server().ask('place', { channel }),
    ]
    return new Map(await Promise.all(channels.map(ask)))
  }
  const isSettled = ({ published }: Client): boolean => published.every(({ outcome }) => outcome !== null)
  const everybody = (test: (client: Client) => boolean) => () => clients.every(test)
  const isAway = ({ live }: Client): boolean => live.getSnapshot().status !== 'connected'
  const allAway = (): Promise<void> => until('everybody to be away', everybody(isAway))

  /** In the middle of it: what was just published is on its way, or its answer is. */
  const burst = async (): Promise<void> => {
    const heard = new Promise<void>((resolve) => (onNote = resolve))
    for (const client of clients) for (let n = random() * 3; n > 0; n--) client.publish()
    if (isLasting) await heard
    else for (let turns = random() * 20; turns > 0; turns--) await setImmediate()
  }
  const inflict: Readonly<Record<Hurt, () => Promise<void>>> = {
    kill: () => Promise.all([site.kill(), allAway()]).then(() => undefined),
    cut: () => site.cut(allAway),
    freeze: () => site.freeze(allAway),
    tear: () => site.tear(allAway, many, () => 500 + Math.floor(random() * 4_000)),
  }
  const pick = (): Hurt => hurts[Math.floor(random() * hurts.length)] ?? 'cut'

  const rounds: Round[] = []
  const complaints: string[] = []
  const talk = (): void => {
    if (isLasting)
      for (const channel of numbered) {
        const place: Place = { process: process.pid, n: said(channel).length + 1 }
        void record.broker.publish(channel, JSON.stringify(place), {
          history: { size: toKept(channel), ttl: 300_000 },
        })
      }
    const client = clients[Math.floor(random() * many)]
    client?.publish()
  }
  try {
    await until(
      'everybody to be live',
      everybody((client) => client.hasCome()),
    )
    if (!isLasting) await site.begin({ every: EVERY, channels: numbered })
    const talking = setInterval(talk, EVERY)
    try {
      for (let n = 0; n < count; n++) {
        const hurt = hurts[n % hurts.length] ?? 'cut'
        const first = await toPlaces()
        await until(
          'the traffic',
          everybody((client) => client.hasCome(first)),
        )
        await burst()
        await inflict[hurt]()
        const again = random() < AGAIN ? pick() : null
        if (again) {
          await until('somebody to be back', () => !clients.every(isAway))
          await inflict[again]()
        }
        const healedAt = performance.now()
        await until(
          'everybody to be back',
          everybody((client) => client.hasCome()),
        )
        const places = await toPlaces()
        await until(
          'everybody to have everything',
          everybody((client) => client.hasCome(places)),
        )
        await until('every publication to be settled', everybody(isSettled))
        rounds.push({ hurt, again, settled: performance.now() - healedAt })
        if (rounds.length % 10 === 0) say(`${rounds.length} rounds`)
      }
    } finally {
      clearInterval(talking)
    }
    await until('the last publications', everybody(isSettled))
    const last = await toPlaces()
    await until(
      'the last messages',
      everybody((client) => client.hasCome(last)),
    )
  } catch (error) {
    const [late] = clients.filter((client) => !client.hasCome())
    complaints.push(`round ${rounds.length + 1}: ${String(error)} ${late ? toState(late) : ''}`)
  } finally {
    for (const { live } of clients) live.close()
    await site.close()
  }
  for (const client of clients) {
    complaints.push(
      ...client.complaints,
      ...[...client.judges.values()].flatMap(({ complaints: all }) => all),
    )
  }
  complaints.push(...judgePatience(clients))
  if (isLasting) complaints.push(...judgeNotes(clients, said(NOTES) as readonly Note[]))
  else complaints.push(...judgeDeaths(clients, rounds))
  return { rounds, clients, said, complaints }
}

/** Each publication has at most one effect, exactly one where it was acknowledged, none where it cannot have left; in order. */
export function judgeNotes(
  clients: ReadonlyArray<Pick<Client, 'index' | 'published'>>,
  said: readonly Note[],
): readonly string[] {
  return clients.flatMap(({ index, published }) => {
    const keys = said.filter(({ client }) => client === index).map(({ key }) => key)
    const wrong = keys.some((key, at) => key <= (keys[at - 1] ?? -1)) ? ['came twice, or out of order'] : []
    for (const { note, outcome } of published) {
      const times = keys.filter((key) => key === note.key).length
      const isWrong =
        outcome === null ||
        times > 1 ||
        (outcome.ok && times !== 1) ||
        (!outcome.ok && !outcome.maybeDelivered && times !== 0)
      if (isWrong) wrong.push(`${note.key} has ${times} effects, and was told ${JSON.stringify(outcome)}`)
      if (outcome?.ok === true && outcome.outcome === 'acked') {
        const there = said[(outcome.offset ?? 0) - 1]
        if (!isDeepStrictEqual(there, note)) wrong.push(`${note.key} was acknowledged at ${outcome.offset}`)
      }
    }
    return wrong.map((what) => `client ${index}, publications: ${what}`)
  })
}

/** Whatever a link or a server came to, nothing that was published is given up before its time. */
export function judgePatience(
  clients: ReadonlyArray<Pick<Client, 'index' | 'published'>>,
): readonly string[] {
  return clients.flatMap(({ index, published }) =>
    published
      .filter(({ outcome, took }) => outcome?.ok === false && took < TTL)
      .map(
        ({ note, outcome, took }) =>
          `client ${index}, publications: ${note.key} was given up after ${Math.round(took)} ms, and told ${JSON.stringify(outcome)}`,
      ),
  )
}

/** What died with its server is a gap for everybody, one each time that he came back in between, and nothing else is one. */
function judgeDeaths(clients: readonly Client[], rounds: readonly Round[]): readonly string[] {
  const least = rounds.filter((round) => [round.hurt, round.again].includes('kill')).length
  const most = rounds.flatMap((round) => [round.hurt, round.again]).filter((hurt) => hurt === 'kill').length
  return clients.flatMap(({ judges }) =>
    [...judges].flatMap(([channel, { counts }]) => {
      const isRight = counts.gaps >= least && (counts.gaps <= most || channel === 'narrow')
      return isRight ? [] : [`${channel}: ${counts.gaps} gaps after ${least} to ${most} deaths`]
    }),
  )
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = performance.now() + PATIENCE; !condition();) {
    if (performance.now() > end) throw new Error(`Still waiting for ${what}.`)
    await sleep(5)
  }
}

function toState({ index, live, judges }: Client): string {
  const streams = [...judges].map(
    ([name, { last, process }]) =>
      `${name} ${live.stream(name).getSnapshot().freshness} at ${last} of ${process}`,
  )
  return `client ${index} is ${live.getSnapshot().status}, ${streams.join(', ')}`
}
