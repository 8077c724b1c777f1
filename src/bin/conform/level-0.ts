// Level 0: JSON objects come and go, pings are answered, and nobody is hurt by what another one sends.
import type { Case } from './case.ts'
import type { Link } from './link.ts'
import type { Bench } from './bench.ts'
import { show } from './show.ts'
import { must } from './verdict.ts'

const isPong = ({ type }: { readonly type: string }): boolean => type === 'pong'

/** Somebody who has nothing to do with it is served on, and so is who comes next. */
async function othersAreServed(bench: Bench, other: Link): Promise<void> {
  const how = await other.probe()
  must(how === null, `Another link was lost too: ${how?.words ?? ''}.`)
  await bench.enter()
}

/** The cases of level 0. */
export const level0: readonly Case[] = [
  {
    id: '0.open',
    level: 0,
    rule: 'An upgrade without a subprotocol is accepted, and none is chosen.',
    how: 'Opens a WebSocket and offers no subprotocol.',
    fix: 'Accept the upgrade whoever it is, and say no later with a close code: pages cannot see why an upgrade was refused.',
    async run(bench) {
      const link = await bench.open()
      must(link.protocol() === '', `The server chose the subprotocol ${show(link.protocol())}.`)
    },
  },
  {
    id: '0.pong',
    level: 0,
    rule: 'A ping that comes together with client_ready is answered with a pong.',
    how: 'Sends client_ready and a ping at once, and waits for a pong.',
    fix: 'Answer {"type":"ping","timestamp":t} with {"type":"pong","timestamp":t}. If client_ready was refused, see --auth.',
    after: '0.open',
    run: (bench) => bench.enter(),
  },
  {
    id: '0.timestamp',
    level: 0,
    rule: 'A pong carries the timestamp of its ping, untouched.',
    how: 'Sends pings with 0, a fraction, a time in milliseconds and 2^53 - 1, and compares.',
    fix: 'Echo the number as it came: no rounding, no time of your own, no default for 0.',
    after: '0.pong',
    async run(bench) {
      const link = await bench.enter()
      for (const timestamp of [0, 1.5, 1_732_118_400_123, Number.MAX_SAFE_INTEGER]) {
        const from = link.frames.length
        link.send({ type: 'ping', timestamp })
        const pong = await link.frame('pong', isPong, from)
        must(pong.timestamp === timestamp, `The ping said ${timestamp}, the pong ${show(pong.timestamp)}.`)
      }
    },
  },
  {
    id: '0.one-pong',
    level: 0,
    rule: 'Each ping has exactly one pong.',
    how: 'Sends five pings at once and counts.',
    fix: 'Answer every ping once; a limit must leave room for ten in a second.',
    after: '0.pong',
    async run(bench) {
      const link = await bench.enter()
      const from = link.frames.length
      for (let n = 1; n <= 5; n++) link.send({ type: 'ping', timestamp: n })
      await link.settle()
      // One more is the kit's own.
      const pongs = link.frames.slice(from).filter(isPong).length
      must(pongs === 6, `Six pings had ${pongs} pongs.`)
    },
  },
  {
    id: '0.pong-silent',
    level: 0,
    rule: 'A pong is never answered.',
    how: 'Sends two pongs, then a ping, and counts the pongs that come back.',
    fix: 'Ignore frames of the type pong: two ends that answer them never stop.',
    after: '0.pong',
    async run(bench) {
      const link = await bench.enter()
      const from = link.frames.length
      for (const timestamp of [1, 2]) link.send({ type: 'pong', timestamp })
      await link.settle()
      const answers = link.frames.slice(from).filter(({ type }) => type === 'pong' || type === 'ping')
      must(answers.length === 1, `One ping and two pongs had ${answers.length} answers.`)
    },
  },
  {
    id: '0.unknown-types',
    level: 0,
    rule: 'Frames of types that the server does not know are ignored.',
    how: 'Sends two frames of made-up types, then a ping.',
    fix: 'Ignore what you do not know. A client that is newer than the server must not be thrown out.',
    after: '0.pong',
    async run(bench) {
      const link = await bench.enter()
      link.send({ type: 'conform.unknown', data: { a: 1 } })
      link.send({ type: 'conform:other' })
      const how = await link.probe()
      must(how === null, `The link was lost: ${how?.words ?? ''}.`)
    },
  },
  {
    id: '0.unknown-fields',
    level: 0,
    rule: 'Fields that the server does not know are ignored, in client_ready too.',
    how: 'Says client_ready with all that level 1 adds and with more, and sends a ping with a field too many.',
    fix: 'Read the fields that you need and no others.',
    after: '0.pong',
    async run(bench) {
      const extras = {
        v: 1,
        client: { id: bench.id(), lib: 'holdfast-conform/1', more: 1 },
        caps: ['conform'],
      }
      const link = await bench.enter({ ...(bench.settings.level === 0 && extras), conform: { a: [1] } })
      link.send({ type: 'ping', timestamp: 7, conform: true })
      const how = await link.probe()
      must(how === null, `The link was lost: ${how?.words ?? ''}.`)
    },
  },
  {
    id: '0.fragments',
    level: 0,
    rule: 'A message in several WebSocket fragments is one message.',
    how: 'Sends a ping in four fragments.',
    fix: 'Put fragments together before you parse; WebSocket libraries do, where they are asked for messages and not for frames.',
    after: '0.pong',
    async run(bench) {
      const link = await bench.enter()
      const from = link.frames.length
      link.sendFragments({ type: 'ping', timestamp: 9 }, 4)
      await link.frame('pong', isPong, from)
    },
  },
  {
    id: '0.socket-ping',
    level: 0,
    rule: 'A ping of the WebSocket layer is answered by that layer.',
    how: 'Sends a WebSocket ping and waits for its pong.',
    fix: 'RFC 6455 asks for it (5.5.2), and proxies rely on it: leave it to the WebSocket library.',
    after: '0.pong',
    run: async (bench) => (await bench.enter()).pingSocket(),
  },
  {
    id: '0.close',
    level: 0,
    rule: 'A close is answered.',
    how: 'Closes with 1000 and waits for the close that comes back.',
    fix: 'RFC 6455 asks for it (5.5.1). A link that is only cut shows as 1006, like a fault of the network.',
    after: '0.pong',
    async run(bench) {
      const link = await bench.enter()
      link.close()
      const { code, words } = await link.end()
      must(code !== null && code !== 1006, `The link was ${words}.`)
    },
  },
  {
    id: '0.garbage-harmless',
    level: 0,
    rule: 'What is no JSON object hurts nobody but its sender.',
    how: 'Sends [1], null, text, half an object and nothing at all on links of their own, beside one that behaves.',
    fix: 'Check what was parsed before you use it; close with 4400 or ignore it, and catch what is thrown on that link only.',
    after: '0.pong',
    async run(bench) {
      const other = await bench.enter()
      for (const text of ['[1]', 'null', '"text"', '{', '{"type":{}}', '']) {
        const link = await bench.enter()
        link.send(text)
        await link.probe()
      }
      await othersAreServed(bench, other)
    },
  },
  {
    id: '0.size-harmless',
    level: 0,
    rule: 'A message of a mebibyte hurts nobody but its sender.',
    how: 'Sends one, beside a link that behaves.',
    fix: 'Set the limit of your WebSocket library (65 536 bytes is a good one): it closes that link with 1009.',
    after: '0.pong',
    async run(bench) {
      const other = await bench.enter()
      const link = await bench.enter()
      link.send({ type: 'conform.large', data: 'x'.repeat(1_048_576) })
      await link.probe()
      await othersAreServed(bench, other)
    },
  },
  {
    id: '0.frames',
    level: 0,
    rule: 'Everything from the server is a text frame with one JSON object and a legal type.',
    how: 'Looks at all that came in on all links of the run.',
    fix: 'Send objects with a type of 1 to 64 of A-Z a-z 0-9 _ . : -, one to a frame.',
    after: '0.open',
    when: 'last',
    run({ seen }) {
      must(seen.wrong.length === 0, `There was ${seen.wrong.join('; ')}.`)
      return Promise.resolve()
    },
  },
]
