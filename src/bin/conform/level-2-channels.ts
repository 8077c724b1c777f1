// Level 2, channels: who has subscribed gets what is published, once and in order, and nobody else does.
import { isDeepStrictEqual } from 'node:util'
import type { Frame } from '../../protocol/frames.ts'
import { messagesOf, readyOf, type Bench } from './bench.ts'
import type { Case } from './case.ts'
import type { Link } from './link.ts'
import { show } from './show.ts'
import { must, Skip } from './verdict.ts'

const level = 2
const needs = 'channel'

/** Somebody who listens and somebody who speaks. */
async function two(bench: Bench): Promise<readonly [listener: Link, speaker: Link, ref: unknown]> {
  const [listener, speaker] = [await bench.enter(), await bench.enter()]
  const { id } = await bench.subscribe(listener)
  return [listener, speaker, id]
}

const values: readonly unknown[] = [
  null,
  0,
  '',
  false,
  [],
  { '': { deep: [1, [2, { three: 'ü😀\u2028"\\' }]] } },
  1e21,
  JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
]

/** The cases of level 2 that concern channels. */
export const level2Channels: readonly Case[] = [
  {
    id: '2.subscribe',
    level,
    needs,
    rule: 'rt.subscribe is answered with rt.subscribed of the same id and channel.',
    how: 'Subscribes to --channel.',
    fix: 'Answer with the id of the request. If it was forbidden, see --auth and --channel.',
    after: '1.server-ready',
    async run(bench) {
      const answer = await bench.subscribe(await bench.enter())
      must(answer.channel === bench.settings.channel, `It was answered with ${show(answer)}.`)
    },
  },
  {
    id: '2.publish',
    level,
    needs,
    rule: 'rt.publish is answered with rt.ack of the same id.',
    how: 'Publishes to --channel without having subscribed.',
    fix: 'Answer when the message is kept (or has been sent, where nothing is kept), and say in server_ready.ack which of the two it is.',
    after: '2.subscribe',
    run: async (bench) => bench.publish(await bench.enter(), 'conform'),
  },
  {
    id: '2.message',
    level,
    needs,
    rule: 'A subscriber gets what is published as rt.message, with the channel and the ref of its subscribe, once.',
    how: 'One link subscribes, another one publishes.',
    fix: 'The ref is the id of the rt.subscribe that this link is served under: with it clients tell old messages from new ones.',
    after: '2.publish',
    async run(bench) {
      const [listener, speaker, ref] = await two(bench)
      const data = { conform: bench.id() }
      await bench.publish(speaker, data)
      await listener.frame('rt.message', ({ type }) => type === 'rt.message')
      await listener.settle()
      const messages = messagesOf(listener, bench.settings.channel)
      must(messages.length === 1, `One publication came ${messages.length} times.`)
      must(isDeepStrictEqual(messages[0]?.data, data), `It came as ${show(messages[0])}.`)
      must(
        messages[0]?.ref === ref,
        `The ref was ${show(messages[0]?.ref)}, the subscribe's id ${show(ref)}.`,
      )
    },
  },
  {
    id: '2.data',
    level,
    needs,
    rule: 'Data of any kind comes out as it went in.',
    how: `Publishes ${values.length} values: null, 0, empty ones, nested ones, the key __proto__.`,
    fix: 'Look whether data is there, not whether it is truthy, and do not copy it key by key.',
    after: '2.message',
    async run(bench) {
      const [listener, speaker] = await two(bench)
      for (const data of values) {
        const from = listener.frames.length
        await bench.publish(speaker, data)
        const message = await listener.frame(
          `rt.message for ${show(data)}`,
          ({ type }) => type === 'rt.message',
          from,
        )
        must(isDeepStrictEqual(message.data, data), `${show(data)} came as ${show(message.data)}.`)
      }
    },
  },
  {
    id: '2.order',
    level,
    needs,
    rule: 'What one client publishes arrives in the order in which it was sent.',
    how: 'Publishes ten messages at once, without waiting for acks.',
    fix: 'Finish one publication of a link before you begin the next, where storing takes time.',
    after: '2.message',
    async run(bench) {
      const [listener, speaker] = await two(bench)
      const sent = Array.from({ length: 10 }, (_, n) => n)
      await Promise.all(sent.map((n) => bench.publish(speaker, n)))
      await listener.settle()
      const got = messagesOf(listener, bench.settings.channel).map(({ data }) => data)
      must(isDeepStrictEqual(got, sent), `It arrived as ${show(got)}.`)
    },
  },
  {
    id: '2.uninvited',
    level,
    needs,
    rule: 'Who has not subscribed gets no message of a channel.',
    how: 'Publishes from a link that has not subscribed, and listens on it.',
    fix: 'Send to the links that have subscribed, not to all that may.',
    after: '2.message',
    async run(bench) {
      const [, speaker] = await two(bench)
      await bench.publish(speaker, 'conform')
      await speaker.settle()
      const [first] = speaker.frames.filter(({ type }) => type === 'rt.message')
      must(first === undefined, `It got ${show(first)}.`)
    },
  },
  {
    id: '2.unsubscribe',
    level,
    needs,
    rule: 'rt.unsubscribe is answered with rt.unsubscribed, and no message of the channel comes after it.',
    how: 'Subscribes, unsubscribes, and has another link publish.',
    fix: 'Take the link out of the channel before you answer.',
    after: '2.message',
    async run(bench) {
      const [listener, speaker] = await two(bench)
      const id = bench.id()
      listener.send({ type: 'rt.unsubscribe', id, channel: bench.settings.channel })
      const answer = await listener.answer(id)
      must(answer.type === 'rt.unsubscribed', `It was answered with ${show(answer)}.`)
      await bench.publish(speaker, 'conform')
      await listener.settle()
      const [message] = messagesOf(listener, bench.settings.channel)
      must(message === undefined, `There came ${show(message)}.`)
    },
  },
  {
    id: '2.second-subscribe',
    level,
    needs,
    rule: 'A second subscribe to a channel replaces the first: each message comes once, with the ref of the one in force.',
    how: 'Subscribes twice on one link, and has another link publish.',
    fix: 'Keep one subscription per link and channel. Or answer the second with rt.error and stay with the first.',
    after: '2.message',
    async run(bench) {
      const [listener, speaker, first] = await two(bench)
      const second = bench.id()
      listener.send({ type: 'rt.subscribe', id: second, channel: bench.settings.channel })
      const answer = await listener.answer(second)
      const from = listener.frames.length
      await bench.publish(speaker, 'conform')
      await listener.settle()
      const messages = listener.frames.slice(from).filter(({ type }) => type === 'rt.message')
      must(messages.length === 1, `One publication came ${messages.length} times.`)
      const ref = answer.type === 'rt.subscribed' ? second : first
      must(messages[0]?.ref === ref, `The ref was ${show(messages[0]?.ref)}, in force is ${show(ref)}.`)
    },
  },
  {
    id: '2.apart',
    level,
    needs,
    rule: 'Messages of one channel do not reach the subscribers of another.',
    how: 'Subscribes to --channel, and publishes to a channel whose name begins with it and a colon.',
    fix: 'Compare whole names.',
    after: '2.message',
    async run(bench) {
      const [listener, speaker] = await two(bench)
      const request = {
        type: 'rt.publish',
        id: bench.id(),
        channel: `${bench.settings.channel}:${bench.id()}`,
      }
      speaker.send({ ...request, data: 'elsewhere' })
      const { type } = await speaker.answer(request.id)
      if (type !== 'rt.ack') throw new Skip('no second channel may be published to')
      await listener.settle()
      const [message] = listener.frames.filter((frame) => frame.type === 'rt.message')
      must(message === undefined, `It got ${show(message)}.`)
    },
  },
  {
    id: '2.forbidden',
    level,
    needs: 'forbiddenChannel',
    rule: 'What is forbidden is refused, and looks like what does not exist.',
    how: 'Subscribes and publishes to --forbidden-channel, subscribes to a name that is made up, and compares the answers.',
    fix: 'Say forbidden in both cases, with the same message, so that nobody can find out which channels there are.',
    after: '2.subscribe',
    async run(bench) {
      const link = await bench.enter()
      const ask = async (type: string, channel: string | null): Promise<Frame> => {
        const id = bench.id()
        link.send({ type, id, channel, data: 'conform' })
        return { ...(await link.answer(id)), id: '', channel: '' }
      }
      const { forbiddenChannel } = bench.settings
      const forbidden = await ask('rt.subscribe', forbiddenChannel)
      must(forbidden.type === 'rt.error', `The subscribe was answered with ${show(forbidden)}.`)
      const publish = await ask('rt.publish', forbiddenChannel)
      must(publish.type === 'rt.error', `The publish was answered with ${show(publish)}.`)
      const unknown = await ask('rt.subscribe', `conform-${bench.id()}`)
      // Where every name may be subscribed to, nothing can be told from it.
      if (unknown.type === 'rt.subscribed') return
      must(isDeepStrictEqual(unknown, forbidden), `${show(forbidden)} against ${show(unknown)}.`)
    },
  },
  {
    id: '2.limit',
    level,
    needs,
    rule: 'One link cannot have more channels than server_ready.limits.channels says.',
    how: 'Subscribes to one channel more than that.',
    fix: 'Count the subscriptions of a link, and answer rt.error when there are too many.',
    after: '2.subscribe',
    async run(bench) {
      const link = await bench.enter()
      const { channels } = Object(readyOf(link)?.limits) as { readonly channels?: unknown }
      const most = Number(channels)
      if (!(most >= 1 && most <= 500))
        throw new Skip('server_ready does not announce limits.channels up to 500')
      const ids = Array.from({ length: most + 1 }, () => bench.id())
      for (const id of ids)
        link.send({ type: 'rt.subscribe', id, channel: `${bench.settings.channel}:${id}` })
      const answers = await Promise.all(ids.map((id) => link.answer(id)))
      const given = answers.filter(({ type }) => type === 'rt.subscribed').length
      if (given === 0) throw new Skip('no further channel may be subscribed to')
      must(given <= most, `It announces ${most} and gives ${given}.`)
    },
  },
]
