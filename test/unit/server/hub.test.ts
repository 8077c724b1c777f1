// Joining the channels of a broker: what a link is told, in time, whatever app, broker and reader do. Links without sockets, a virtual clock.
import { describe, expect, it } from 'vitest'
import { createAttempt } from '../../../src/server/attempt.ts'
import type { Broker } from '../../../src/server/broker.ts'
import { createHub, type Hub, type Verdict } from '../../../src/server/hub.ts'
import type { Link } from '../../../src/server/link.ts'
import { memoryBroker } from '../../../src/server/memory-broker.ts'
import { resolveServerOptions } from '../../../src/server/options.ts'
import type { SessionEvent, User } from '../../../src/server/session/model.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'

interface Reader extends Link {
  /** What the hub told it but for publications, each as its type and channel; and the events themselves. */
  readonly told: string[]
  readonly events: SessionEvent[]
  /** As a reader who does not read, until it is called again with true. */
  reads(yes: boolean): void
}

interface World {
  readonly clock: ReturnType<typeof virtualClock>
  readonly broker: Broker
  readonly hub: Hub
  readonly users: Map<Link, User>
  reader(id: string): Reader
  ask(link: Link, channel: string, since?: { epoch: string; offset: number }): void
}

function createWorld({
  mayRead = () => true,
  stateOf = () => Promise.resolve('"state"'),
  change = (broker) => broker,
}: {
  mayRead?: (user: User, channel: string) => Verdict | Promise<Verdict>
  stateOf?: () => Promise<string | null>
  change?: (broker: Broker) => Broker
} = {}): World {
  const clock = virtualClock()
  const options = resolveServerOptions({ runtime: { clock, random: () => 0.5 } })
  const broker = memoryBroker({ clock, random: () => 0.5 })
  const users = new Map<Link, User>()
  const { attempt, report } = createAttempt(options)
  const hub = createHub({
    options,
    broker: change(broker),
    attempt,
    mayRead,
    stateOf,
    report,
    userOf: (link) => users.get(link),
  })
  let refs = 0
  return {
    clock,
    broker,
    hub,
    users,
    ask(link, channel, since) {
      const user = users.get(link) ?? { id: '' }
      hub.subscribe(link, {
        type: 'subscribe',
        channel,
        ref: `r${++refs}`,
        since: since ?? null,
        limit: 0,
        user,
      })
    },
    reader(id) {
      const told: string[] = []
      const events: SessionEvent[] = []
      let flushing: Promise<void> = Promise.resolve()
      let flush = (): void => undefined
      const link: Reader = {
        id,
        told,
        events,
        stats: () => undefined as never,
        flushed: () => flushing,
        reads(yes) {
          if (yes) flush()
          else flushing = new Promise((resolve) => (flush = resolve))
        },
        dispatch(event) {
          events.push(event)
          if (event.type === 'publication') return
          told.push('channel' in event ? `${event.type} ${event.channel}` : event.type)
          // As its session does.
          if (event.type === 'refused') hub.quit(link, event.channel)
        },
      }
      users.set(link, { id })
      return link
    },
  }
}

const refusals = ({ events }: Reader): unknown[] =>
  events.flatMap((event) => (event.type === 'refused' ? [[event.code, event.retryable]] : []))

describe('subscribing at the hub', () => {
  it('[G14] gives the state along with the answer where what was missed is too much to be replayed', async () => {
    for (const [messages, length] of [
      [301, 1],
      [21, 50_000],
      // Bytes, not letters.
      [8, 50_000],
    ] as const) {
      const { broker, clock, reader, ask } = createWorld()
      const { epoch } = (await broker.history('a')).top
      const letter = messages === 8 ? '語' : 'x'
      for (let n = 0; n < messages; n++)
        await broker.publish('a', JSON.stringify(letter.repeat(length)), {
          history: { size: 400, ttl: 60_000 },
        })
      const ann = reader('ann')
      ask(ann, 'a', { epoch, offset: 0 })
      await clock.advanceAsync(0)
      expect(ann.events).toMatchObject([
        { type: 'joined', data: '"state"', past: { complete: false, items: [], top: { offset: messages } } },
      ])
    }
  })

  it('[G14] gives no state where all that was missed is replayed', async () => {
    const { broker, clock, reader, ask } = createWorld({ stateOf: () => expect.fail('nobody needs it') })
    const { epoch } = (await broker.history('a')).top
    await broker.publish('a', '1')
    const ann = reader('ann')
    ask(ann, 'a', { epoch, offset: 0 })
    await clock.advanceAsync(0)
    expect(ann.events).toMatchObject([{ type: 'joined', data: null, past: { complete: true } }])
  })

  it('[INV-24 G18] says forbidden only where the app said no, and unavailable where it did not say', async () => {
    for (const [verdict, refusal] of [
      [false, ['forbidden', false]],
      ['failed', ['unavailable', true]],
    ] as const)
      for (const answer of [verdict, Promise.resolve(verdict)]) {
        const { clock, reader, ask } = createWorld({ mayRead: () => answer })
        const ann = reader('ann')
        ask(ann, 'a')
        await clock.advanceAsync(0)
        expect(refusals(ann)).toEqual([refusal])
      }
  })

  it.each(['subscribe', 'history'] as const)(
    '(fault S17) [G18] answers before its client gives up when %s of the broker hangs, and joins when it works again',
    async (hanging) => {
      let hangs = true
      let heard = 0
      const change = (broker: Broker): Broker => ({
        ...broker,
        async subscribe(...args) {
          if (hangs && hanging === 'subscribe') return new Promise(() => undefined)
          const end = await broker.subscribe(...args)
          heard++
          return () => {
            heard--
            end()
          }
        },
        history: (...args) =>
          hangs && hanging === 'history' ? new Promise(() => undefined) : broker.history(...args),
      })
      const { clock, hub, reader, ask } = createWorld({ change })
      const [ann, bob] = [reader('ann'), reader('bob')]
      ask(ann, 'a')
      await clock.advanceAsync(2_000)
      ask(bob, 'a')
      await clock.advanceAsync(7_000)
      expect([refusals(ann), refusals(bob)]).toEqual([[['unavailable', true]], [['unavailable', true]]])
      expect([hub.count('a'), heard]).toEqual([0, 0])
      hangs = false
      ask(ann, 'a')
      await clock.advanceAsync(0)
      expect(ann.told.at(-1)).toBe('joined a')
      hub.left(ann)
      await clock.advanceAsync(0)
      expect([heard, clock.pending]).toEqual([0, 0])
    },
  )

  it('[R7 S11] writes one replay after the other, each when the reader has taken the one before', async () => {
    const { broker, clock, reader, ask } = createWorld()
    const { epoch } = (await broker.history('a')).top
    const ann = reader('ann')
    ann.reads(false)
    for (const channel of ['a', 'b', 'c']) {
      await broker.publish(channel, '1')
      ask(ann, channel, { epoch, offset: 0 })
    }
    await clock.advanceAsync(0)
    expect(ann.told).toEqual([])
    ann.dispatch = ((dispatch) => (event: SessionEvent) => {
      dispatch(event)
      if (event.type === 'joined') ann.reads(false)
    })(ann.dispatch)
    for (const channel of ['a', 'b', 'c']) {
      ann.reads(true)
      await clock.advanceAsync(0)
      expect(ann.told.at(-1)).toBe(`joined ${channel}`)
    }
    expect(ann.told).toHaveLength(3)
  })

  it('[R7 G18] answers who does not read that it may try again, and holds nothing for it', async () => {
    const { clock, hub, reader, ask } = createWorld()
    const ann = reader('ann')
    ann.reads(false)
    ask(ann, 'a')
    await clock.advanceAsync(9_000)
    expect([refusals(ann), hub.count('a')]).toEqual([[['unavailable', true]], 0])
    ann.reads(true)
    await clock.advanceAsync(0)
    expect(ann.told).toEqual(['refused a'])
  })
})

describe('who may not any more', () => {
  it('[INV-24] is asked for at each look at the top, and sent away; where the app cannot say, it stays', async () => {
    const answers: Record<string, Verdict> = { ann: true, bob: true, eve: true }
    const { clock, hub, reader, ask } = createWorld({
      mayRead: ({ id }) => Promise.resolve(answers[id] ?? false),
    })
    const [ann, bob, eve] = [reader('ann'), reader('bob'), reader('eve')]
    for (const link of [ann, bob, eve]) ask(link, 'a')
    await clock.advanceAsync(0)
    Object.assign(answers, { bob: false, eve: 'failed' })
    await clock.advanceAsync(39_999)
    expect(bob.told).toEqual(['joined a'])
    await clock.advanceAsync(1)
    expect([refusals(ann), refusals(bob), refusals(eve)]).toEqual([[], [['forbidden', false]], []])
    expect(hub.count('a')).toBe(2)
  })

  it('[INV-24 G7] is asked for when its link has new credentials, also while it is still joining', async () => {
    const { clock, hub, users, reader, ask } = createWorld({
      mayRead: ({ id }, channel) => id === 'admin' || channel === 'open',
      stateOf: () => new Promise(() => undefined),
    })
    const ann = reader('admin')
    for (const channel of ['open', 'secret']) ask(ann, channel)
    await clock.advanceAsync(0)
    users.set(ann, { id: 'guest' })
    hub.renewed(ann)
    await clock.advanceAsync(0)
    expect(ann.told).toEqual(['refused secret'])
    expect([hub.count('open'), hub.count('secret')]).toEqual([1, 0])
  })

  it('[INV-24 G7] is not sent away for what was asked about the credentials of before', async () => {
    let answer = (_: boolean): void => undefined
    const { clock, hub, users, reader, ask } = createWorld({
      mayRead: ({ id }) => id === 'admin' || new Promise<boolean>((resolve) => (answer = resolve)),
    })
    const ann = reader('admin')
    ask(ann, 'a')
    await clock.advanceAsync(0)
    users.set(ann, { id: 'guest' })
    hub.renewed(ann)
    users.set(ann, { id: 'admin' })
    hub.renewed(ann)
    answer(false)
    await clock.advanceAsync(0)
    expect(ann.told).toEqual(['joined a'])
  })
})
