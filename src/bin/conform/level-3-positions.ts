// Level 3, positions: every message has its place, the same for everybody, and what was published once stays once.
import { isDeepStrictEqual } from 'node:util'
import type { Frame } from '../../protocol/frames.ts'
import { messagesOf, type Bench } from './bench.ts'
import type { Case } from './case.ts'
import type { Link } from './link.ts'
import { show } from './show.ts'
import { must, Skip } from './verdict.ts'

const level = 3
const needs = 'channel'

/** Subscribes on a link of its own. */
export async function listen(
  bench: Bench,
  more: object = {},
): Promise<{ readonly link: Link; readonly answer: Frame; messages(): readonly Frame[] }> {
  const link = await bench.enter()
  const answer = await bench.subscribe(link, more)
  return { link, answer, messages: () => messagesOf(link, answer.channel) }
}

/** Publishes one after the other: after this all of them have a place. */
export async function speak(
  bench: Bench,
  count: number,
  channel: string | null = bench.settings.channel,
): Promise<Frame[]> {
  const link = await bench.enter()
  const acks: Frame[] = []
  for (let n = 0; n < count; n++) acks.push(await bench.publish(link, { conform: bench.id() }, { channel }))
  return acks
}

/** Fails unless the messages follow each other, and the first of them the position. */
export function mustFollow(position: Frame, messages: readonly Frame[]): void {
  let last = position
  for (const message of messages) {
    const { epoch, offset, prev = Number(offset) - 1 } = message
    const seen = `After ${show({ epoch: last.epoch, offset: last.offset })} came ${show({ epoch, offset, prev })}.`
    must(epoch === position.epoch && Number(offset) > Number(last.offset) && prev === last.offset, seen)
    last = message
  }
}

function hasPlace({ epoch, offset }: Frame): boolean {
  return (
    typeof epoch === 'string' && epoch.length <= 64 && Number.isSafeInteger(offset) && Number(offset) >= 0
  )
}

/** The cases of level 3 that concern positions. */
export const level3Positions: readonly Case[] = [
  {
    id: '3.position',
    level,
    needs,
    rule: 'rt.subscribed says where the channel is: an epoch and an offset.',
    how: 'Subscribes and reads the answer.',
    fix: 'Put epoch (up to 64 characters) and offset (a whole number from 0) into every rt.subscribed, in an empty channel too.',
    after: '2.message',
    async run(bench) {
      const { answer } = await listen(bench)
      must(hasPlace(answer), `It said ${show(answer)}.`)
    },
  },
  {
    id: '3.contiguous',
    level,
    needs,
    rule: 'Offsets rise strictly from the position of the subscribe, and prev (else offset - 1) is the offset before.',
    how: 'Subscribes, has another link publish eight messages, and follows them from one to the next.',
    fix: 'Give the offset and spread the message in one step per channel. Send prev wherever offsets have holes.',
    after: '3.position',
    async run(bench) {
      const { link, answer, messages } = await listen(bench)
      await speak(bench, 8)
      await link.settle()
      must(messages().length === 8, `Eight publications came as ${messages().length} messages.`)
      mustFollow(answer, messages())
    },
  },
  {
    id: '3.ack',
    level,
    needs,
    rule: 'rt.ack of a publication says epoch and offset, those of its message.',
    how: 'Publishes three messages and compares acks and messages.',
    fix: 'Answer with the position that the message got.',
    after: '3.position',
    async run(bench) {
      const { link, messages } = await listen(bench)
      const acks = await speak(bench, 3)
      await link.settle()
      const places = (frames: readonly Frame[]): unknown =>
        frames.map(({ epoch, offset }) => ({ epoch, offset }))
      must(acks.every(hasPlace), `It said ${show(acks.find((ack) => !hasPlace(ack)))}.`)
      const [said, are] = [places(acks), places(messages())]
      must(isDeepStrictEqual(said, are), `The acks said ${show(said)}, the messages ${show(are)}.`)
    },
  },
  {
    id: '3.same-order',
    level,
    needs,
    rule: 'All subscribers see the same messages at the same offsets.',
    how: 'Two links subscribe, two others publish ten messages each at the same time.',
    fix: 'One counter per channel, taken where the message is stored.',
    after: '3.position',
    async run(bench) {
      const [one, other] = [await listen(bench), await listen(bench)]
      await Promise.all([speak(bench, 10), speak(bench, 10)])
      await Promise.all([one.link.settle(), other.link.settle()])
      const [left, right] = [one, other].map(({ messages }) =>
        messages().map(({ offset, data }) => ({ offset, data })),
      )
      must(left?.length === 20, `20 publications came as ${left?.length ?? 0} messages.`)
      const at = left.findIndex((message, n) => !isDeepStrictEqual(message, right?.[n]))
      must(at < 0, `Number ${at + 1} is ${show(left[at])} for one and ${show(right?.[at])} for the other.`)
    },
  },
  {
    id: '3.empty',
    level,
    needs,
    rule: 'A channel without messages has a position too, and who was there before the first message recovers it.',
    how: 'Subscribes to a channel that is new (its name begins with --channel and a colon), publishes, and comes back on another link.',
    fix: 'Make the epoch with the channel, not with its first message.',
    after: '3.position',
    async run(bench) {
      const channel = `${bench.settings.channel ?? ''}:${bench.id()}`
      const link = await bench.enter()
      const request = { type: 'rt.subscribe', id: bench.id(), channel }
      link.send(request)
      const first = await link.answer(request.id)
      if (first.type !== 'rt.subscribed') throw new Skip('no new channel may be subscribed to')
      must(hasPlace(first), `It said ${show(first)}.`)
      link.drop()
      await speak(bench, 2, channel).catch(() => {
        throw new Skip('no new channel may be published to')
      })
      const { epoch, offset } = first
      const later = await listen(bench, { channel, since: { epoch, offset } })
      await later.link.settle()
      must(later.answer.recovered === true, `It said ${show(later.answer)}.`)
      must(later.messages().length === 2, `Two messages came as ${later.messages().length}.`)
      mustFollow(first, later.messages())
    },
  },
  {
    id: '3.duplicate',
    level,
    needs,
    rule: 'The same client publishes under one id once: the second ack says duplicate and the first position, also on a later link.',
    how: 'Publishes under one id twice on one link, and again on another link of the same client.',
    fix: 'Remember the ids of each user and client for dedup_window, with the position of the message, and look there first.',
    after: '3.ack',
    async run(bench) {
      const { link, messages } = await listen(bench)
      const client = { id: bench.id(), lib: 'holdfast-conform/1' }
      const request = { type: 'rt.publish', id: bench.id(), channel: bench.settings.channel, data: 'once' }
      const acks: Frame[] = []
      const isAck = ({ type, id }: Frame): boolean => type === 'rt.ack' && id === request.id
      for (const times of [2, 1]) {
        const speaker = await bench.enter({ client })
        for (let n = 0; n < times; n++) {
          const from = speaker.frames.length
          speaker.send({ ...request, ...(acks.length > 0 && { retry: true }) })
          acks.push(await speaker.frame('rt.ack', isAck, from))
          await speaker.settle()
        }
        speaker.drop()
      }
      await link.settle()
      must(messages().length === 1, `It was published ${messages().length} times.`)
      const said = acks.map(({ offset, duplicate = false }) => ({ offset, duplicate }))
      const offset = acks[0]?.offset
      const right = [false, true, true].map((duplicate) => ({ offset, duplicate }))
      must(isDeepStrictEqual(said, right), `The acks said ${show(said)}.`)
    },
  },
  {
    id: '3.scoped',
    level,
    needs,
    rule: 'The same id of another client is another message.',
    how: 'Two clients publish under the same id.',
    fix: 'Make the user and client.id part of the key, or one client can swallow the messages of another.',
    after: '3.ack',
    async run(bench) {
      const { link, messages } = await listen(bench)
      const id = bench.id()
      const acks = [
        await bench.publish(await bench.enter(), 'one', { id }),
        await bench.publish(await bench.enter(), 'other', { id }),
      ]
      await link.settle()
      must(
        acks.every(({ duplicate }) => duplicate !== true),
        `The second ack said ${show(acks[1])}.`,
      )
      must(messages().length === 2, `Two messages came as ${messages().length}.`)
    },
  },
]
