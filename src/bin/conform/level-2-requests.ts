// Level 2, requests: each has one answer, whatever it asks for.
import { readyOf } from './bench.ts'
import type { Case } from './case.ts'
import { isAnswer, silence, type Link } from './link.ts'
import { show } from './show.ts'
import { must, Skip } from './verdict.ts'

const level = 2
const needs = 'channel'

function answersTo(link: Link, id: string): number {
  return link.frames.filter((frame) => isAnswer(frame) && frame.id === id).length
}

const badChannels: readonly unknown[] = ['', 'a b', '\u0000', 'x'.repeat(256), 7, null, {}, ['x']]
const badIds: readonly unknown[] = [undefined, null, 7, {}, '', 'a b', 'x'.repeat(65)]

/** The cases of level 2 that concern requests. */
export const level2Requests: readonly Case[] = [
  {
    id: '2.one-answer',
    level,
    needs,
    rule: 'Each request has exactly one answer.',
    how: 'Subscribes, publishes, unsubscribes, unsubscribes from what it does not have, and counts the answers.',
    fix: 'Write the answer in one place per request. What is not there to be given up has an answer too.',
    after: '2.publish',
    async run(bench) {
      const { channel } = bench.settings
      const link = await bench.enter()
      const types = ['rt.subscribe', 'rt.publish', 'rt.unsubscribe', 'rt.unsubscribe']
      for (const type of types) {
        const id = bench.id()
        link.send({ type, id, channel, data: 'conform' })
        await link.answer(id)
        await link.settle()
        must(answersTo(link, id) === 1, `${type} had ${answersTo(link, id)} answers.`)
      }
    },
  },
  {
    id: '2.overtaken',
    level,
    needs,
    rule: 'A subscribe that is overtaken by another one, or by an unsubscribe, has its answer too.',
    how: 'Sends two subscribes and an unsubscribe at once, and waits for three answers.',
    fix: 'Where a later request takes the place of one under way, answer that one with rt.error.',
    after: '2.subscribe',
    async run(bench) {
      const { channel } = bench.settings
      const link = await bench.enter()
      const requests = ['rt.subscribe', 'rt.subscribe', 'rt.unsubscribe'].map((type) => ({
        type,
        id: bench.id(),
      }))
      for (const request of requests) link.send({ ...request, channel })
      for (const { id } of requests) await link.answer(id)
      await link.settle()
      const counts = requests.map(({ id }) => answersTo(link, id))
      must(
        counts.every((count) => count === 1),
        `They had ${counts.join(', ')} answers.`,
      )
    },
  },
  {
    id: '2.bad-channel',
    level,
    needs,
    rule: 'A subscribe to what is no legal channel name is answered with rt.error, or closes the link with 4400.',
    how: `Subscribes to ${badChannels.length} of them: an empty one, one with a space, one of 256 bytes, a number, null.`,
    fix: 'A name is 1 to 255 printable ASCII characters without spaces; check its type first.',
    after: '2.subscribe',
    async run(bench) {
      for (const channel of badChannels) {
        const link = await bench.enter()
        const id = bench.id()
        link.send({ type: 'rt.subscribe', id, channel })
        const { answer, code, words } = await link.reply(id)
        must(answer?.type === 'rt.error' || code === 4400, `After ${show(channel).slice(0, 40)}: ${words}.`)
        link.drop()
      }
    },
  },
  {
    id: '2.odd-channel',
    level,
    needs,
    rule: 'Names that a programming language knows are channels like any other.',
    how: 'Subscribes to __proto__, constructor and toString, and waits for an answer of either kind.',
    fix: 'Keep channels in a map, not in the fields of an object.',
    after: '2.subscribe',
    async run(bench) {
      const link = await bench.enter()
      for (const channel of ['__proto__', 'constructor', 'toString']) {
        const id = bench.id()
        link.send({ type: 'rt.subscribe', id, channel })
        await link.answer(id)
      }
      await link.settle()
    },
  },
  {
    id: '2.bad-id',
    level,
    needs,
    rule: 'A subscribe without a legal id is not carried out.',
    how: `Subscribes with ${badIds.length} of them: none, a number, an empty one, one of 65 characters.`,
    fix: 'An id is 1 to 64 of A-Z a-z 0-9 _ -: answer rt.error without an id, ignore it, or close with 4400.',
    after: '2.subscribe',
    async run(bench) {
      for (const id of badIds) {
        const link = await bench.enter()
        link.send({ type: 'rt.subscribe', id, channel: bench.settings.channel })
        const how = await link.probe()
        await silence(1)
        must(
          how === null || how.code === 4400,
          `After ${show(id).slice(0, 40)} the link was ${how?.words ?? ''}.`,
        )
        const answer = link.frames.find(({ type }) => type === 'rt.subscribed')
        must(answer === undefined, `${show(id).slice(0, 40)} was answered with ${show(answer)}.`)
        link.drop()
      }
    },
  },
  {
    id: '2.request',
    level,
    needs,
    rule: 'An app message with an id has one answer, rt.ack or rt.error; one without an id has none.',
    how: 'Sends an app message of a made-up type without an id, then one with it.',
    fix: 'Answer rt.error with the code rejected when nobody knows what to do with it.',
    after: '2.subscribe',
    async run(bench) {
      const link = await bench.enter()
      link.send({ type: 'conform.send', data: 1 })
      await link.settle()
      const early = link.frames.find(isAnswer)
      must(early === undefined, `Without an id it was answered with ${show(early)}.`)
      const id = bench.id()
      link.send({ type: 'conform.request', id, data: 1 })
      await link.answer(id)
      await link.settle()
      must(answersTo(link, id) === 1, `It had ${answersTo(link, id)} answers.`)
    },
  },
  {
    id: '2.batch',
    level,
    needs,
    rule: 'With the cap "batch", an array of control frames is as good as the frames one by one.',
    how: 'Sends a subscribe, a publish and an unsubscribe in one array.',
    fix: 'Take arrays apart before you look at types; without that, do not announce the cap.',
    after: '2.publish',
    async run(bench) {
      const link = await bench.enter()
      const caps = readyOf(link)?.caps
      if (!Array.isArray(caps) || !caps.includes('batch'))
        throw new Skip('server_ready does not announce the cap "batch"')
      const { channel } = bench.settings
      const subscribed = await bench.subscribe(link)
      const [publish, unsubscribe] = [bench.id(), bench.id()]
      link.send([
        { type: 'rt.publish', id: publish, channel, data: 'batch' },
        { type: 'rt.unsubscribe', id: unsubscribe, channel },
      ])
      const [ack, left] = [await link.answer(publish), await link.answer(unsubscribe)]
      must(ack.type === 'rt.ack', `The publish was answered with ${show(ack)}.`)
      must(left.type === 'rt.unsubscribed', `The unsubscribe was answered with ${show(left)}.`)
      await link.settle()
      must(answersTo(link, String(subscribed.id)) === 1, 'The subscribe before it was answered again.')
    },
  },
]
