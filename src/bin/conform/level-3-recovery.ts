// Level 3, recovery: who says where it was gets exactly what it missed, before anything new, or an honest no.
import { isDeepStrictEqual } from 'node:util'
import type { Frame } from '../../protocol/frames.ts'
import type { Bench } from './bench.ts'
import type { Case } from './case.ts'
import { listen, mustFollow, speak } from './level-3-positions.ts'
import { show } from './show.ts'
import { must } from './verdict.ts'

const level = 3
const needs = 'channel'
const after = '3.position'

function toSince({ epoch, offset }: Frame): { readonly epoch: unknown; readonly offset: unknown } {
  return { epoch, offset }
}

/** Comes back with a position that means nothing here: a no, no messages of the past, and then what is new. */
async function mustRefuse(bench: Bench, since: unknown): Promise<void> {
  const { link, answer, messages } = await listen(bench, { since })
  must(answer.recovered !== true, `It said ${show(answer)}.`)
  await link.settle()
  must(messages().length === 0, `All the same there came ${messages().length} messages.`)
  await speak(bench, 1)
  await link.settle()
  must(messages().length === 1, `A new message came ${messages().length} times.`)
  mustFollow(answer, messages())
}

/** As JSON, because some of them are no values of JavaScript. */
const hostile: readonly string[] = [
  'null',
  '[]',
  '"7"',
  '{}',
  '{"epoch":"EPOCH"}',
  '{"offset":0}',
  '{"epoch":"EPOCH","offset":-1}',
  '{"epoch":"EPOCH","offset":0.5}',
  '{"epoch":"EPOCH","offset":"0"}',
  '{"epoch":"EPOCH","offset":9007199254740993}',
  '{"epoch":"EPOCH","offset":1e999}',
  '{"epoch":{"a":1},"offset":0}',
  `{"epoch":"${'e'.repeat(1_000)}","offset":0}`,
]

/** The cases of level 3 that concern recovery. */
export const level3Recovery: readonly Case[] = [
  {
    id: '3.at-top',
    level,
    needs,
    rule: 'Who was at the top has missed nothing: recovered is true, and nothing is replayed.',
    how: 'Publishes, and subscribes with the position of the top.',
    fix: 'Nothing after since is a full answer: say "recovered": true, "replay": 0.',
    after,
    async run(bench) {
      await speak(bench, 2)
      const top = (await listen(bench)).answer
      const { link, answer, messages } = await listen(bench, { since: toSince(top) })
      await link.settle()
      const { recovered, replay = 0, offset } = answer
      must(recovered === true && replay === 0 && offset === top.offset, `It said ${show(answer)}.`)
      must(messages().length === 0, `There came ${messages().length} messages.`)
    },
  },
  {
    id: '3.behind',
    level,
    needs,
    rule: 'Who was behind gets exactly what it missed, as many messages as replay says, up to offset.',
    how: 'Publishes four messages, and subscribes with the position before the first and with that of the second.',
    fix: 'Read what is after since and up to the top, count it into replay, send it under the new ref. Any client may ask, not only the one that was there.',
    after,
    async run(bench) {
      const witness = await listen(bench)
      await speak(bench, 4)
      await witness.link.settle()
      const all = witness.messages()
      must(all.length === 4, `Four publications came as ${all.length} messages.`)
      for (const missed of [4, 2]) {
        const since = missed === 4 ? witness.answer : (all[1] ?? witness.answer)
        const { link, answer, messages } = await listen(bench, { since: toSince(since) })
        await link.settle()
        must(
          answer.recovered === true && answer.replay === missed,
          `${missed} behind it said ${show(answer)}.`,
        )
        must(answer.offset === all[3]?.offset, `The top is ${show(all[3]?.offset)}, it said ${show(answer)}.`)
        const right = all.slice(-missed).map((message) => ({ ...message, ref: answer.id }))
        must(isDeepStrictEqual(messages(), right), `${missed} behind it sent ${show(messages())}.`)
        mustFollow(since, messages())
      }
    },
  },
  {
    id: '3.before-live',
    level,
    needs,
    rule: 'The replay comes before anything new, and nothing is lost or doubled where they meet.',
    how: 'Comes back with a position while ten messages have been published and twenty more are on their way.',
    fix: 'Hear the channel first and keep what comes, read the past, send the replay, then what was kept and is newer.',
    after,
    async run(bench) {
      const start = (await listen(bench)).answer
      await speak(bench, 10)
      const speaker = await bench.enter()
      const acks: Array<Promise<Frame>> = []
      const publish = (count: number): void => {
        for (let n = 0; n < count; n++) acks.push(bench.publish(speaker, n))
      }
      const link = await bench.enter()
      const request = {
        type: 'rt.subscribe',
        id: bench.id(),
        channel: bench.settings.channel,
        since: toSince(start),
      }
      publish(10)
      link.send(request)
      publish(10)
      const answer = await link.answer(request.id)
      await Promise.all(acks)
      await link.settle()
      must(answer.recovered === true, `It said ${show(answer)}.`)
      const isMessage = ({ type }: Frame): boolean => type === 'rt.message'
      must(
        link.frames.findIndex(isMessage) > link.frames.indexOf(answer),
        'A message came before rt.subscribed.',
      )
      const messages = link.frames.filter(isMessage)
      mustFollow(start, messages)
      must(messages.length === 30, `30 publications came as ${messages.length} messages.`)
      const replayed = messages.filter(({ offset }) => Number(offset) <= Number(answer.offset)).length
      must(
        replayed === answer.replay,
        `replay is ${show(answer.replay)}, up to offset there were ${replayed}.`,
      )
    },
  },
  {
    id: '3.other-epoch',
    level,
    needs,
    rule: 'A position of another epoch is answered with recovered false and without a replay; what is new then comes.',
    how: 'Publishes, and subscribes with a made-up epoch and an offset below the top.',
    fix: 'Compare the epochs before the offsets.',
    after,
    async run(bench) {
      const { answer } = await listen(bench)
      await speak(bench, 2)
      await mustRefuse(bench, { epoch: 'conform-other', offset: answer.offset })
    },
  },
  {
    id: '3.beyond-top',
    level,
    needs,
    rule: 'A position beyond the top is answered with recovered false and without a replay; what is new then comes.',
    how: 'Subscribes with the right epoch and an offset of a thousand more.',
    fix: 'since.offset > top means that the history has gone back: the client must load.',
    after,
    async run(bench) {
      const { answer } = await listen(bench)
      await mustRefuse(bench, { epoch: answer.epoch, offset: Number(answer.offset) + 1_000 })
    },
  },
  {
    id: '3.hostile-since',
    level,
    needs,
    rule: 'A since that is no position is never recovered: it is answered as if it were not there, or with rt.error, or closes with 4400.',
    how: `Subscribes with ${hostile.length} of them: negative, fractional, as text, beyond 2^53, an epoch that is an object.`,
    fix: 'A position is { epoch: a string of up to 64 characters, offset: a whole number from 0 to 2^53 - 1 }.',
    after,
    async run(bench) {
      const { answer: top } = await listen(bench)
      for (const text of hostile) {
        const since = text.replace('"EPOCH"', JSON.stringify(top.epoch))
        const link = await bench.enter()
        const id = bench.id()
        const head = JSON.stringify({ type: 'rt.subscribe', id, channel: bench.settings.channel })
        link.send(`${head.slice(0, -1)},"since":${since}}`)
        const { answer, code, words } = await link.reply(id)
        const isRight = answer ? answer.recovered !== true : code === 4400
        must(isRight, `After ${text.slice(0, 60)}: ${words}.`)
        link.drop()
      }
    },
  },
]
