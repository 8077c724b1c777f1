// Level 1, bad input: what is malformed, too large, too much or from elsewhere ends in a close code, or in nothing.
import { readyOf, type Bench } from './bench.ts'
import type { Case } from './case.ts'
import { isRefusal, silence, type Ended, type Link } from './link.ts'
import { show } from './show.ts'
import { must, Skip } from './verdict.ts'

const malformed: readonly string[] = [
  '',
  '{',
  'null',
  '7',
  '"text"',
  '[1]',
  '{}',
  '{"type":7}',
  '{"type":"a b"}',
  `{"type":"${'x'.repeat(65)}"}`,
  '{"type":"conform","type":',
  // Recursive parsers run out of stack here.
  `{"type":"conform","data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
]
const hellos: readonly object[] = [
  { v: 'one' },
  { v: 1.5 },
  { v: -1 },
  { client: [] },
  { client: { id: 7 } },
  { client: { id: 'x'.repeat(65), lib: 'conform' } },
  { caps: { length: 3 } },
  { auth: [1] },
  { auth: { token: { token: 7 } } },
]

/** What the server takes; the protocol's default where it does not say. */
function sizeOf(link: Link): number {
  const size = readyOf(link)?.max_message_bytes ?? 65_536
  must(typeof size === 'number' && size >= 1_024, `It announces max_message_bytes ${show(size)}.`)
  if (size > 16_777_216) throw new Skip('max_message_bytes is too large to be tried')
  return size
}

/** An app message of so many bytes. */
function ofSize(bytes: number): string {
  const empty = JSON.stringify({ type: 'conform.large', data: '' })
  return JSON.stringify({ type: 'conform.large', data: 'x'.repeat(bytes - empty.length) })
}

async function after(bench: Bench, what: (link: Link) => void): Promise<Ended | null> {
  const link = await bench.enter()
  what(link)
  const how = await link.probe()
  link.drop()
  return how
}

/** The cases of level 1 that concern bad input. */
export const level1Hostile: readonly Case[] = [
  {
    id: '1.malformed',
    level: 1,
    rule: 'What is no JSON object with a legal type closes its link with 4400, or is ignored.',
    how: `Sends ${malformed.length} such texts, each on a link of its own: half JSON, no objects, no legal type, very deep.`,
    fix: 'Catch what the parser throws, look whether it is an object, close with 4400. 1006 and 1011 say that your handler crashed.',
    after: '1.server-ready',
    async run(bench) {
      for (const text of malformed) {
        const how = await after(bench, (link) => link.send(text))
        must(
          how === null || how.code === 4400,
          `After ${show(text.slice(0, 40))} the link was ${how?.words ?? ''}.`,
        )
      }
    },
  },
  {
    id: '1.bad-hello',
    level: 1,
    rule: 'A client_ready with fields of wrong types is closed with a code from 4400 to 4499, or served without them.',
    how: `Sends ${hellos.length} of them: v, client, caps and auth of types that they may not have.`,
    fix: 'Look at the type of every field before you use it.',
    after: '1.server-ready',
    async run(bench) {
      for (const more of hellos) {
        const link = await bench.open()
        link.send(bench.hello(more))
        const how = await link.probe()
        must(how === null || isRefusal(how), `After ${show(more)} the link was ${how?.words ?? ''}.`)
        link.drop()
      }
    },
  },
  {
    id: '1.oversize',
    level: 1,
    rule: 'A message over max_message_bytes (65 536 where it is not announced) closes its link with 1009.',
    how: 'Sends an app message that is one byte too large.',
    fix: 'Set the limit of your WebSocket library, and announce it in server_ready.',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.enter()
      link.send(ofSize(sizeOf(link) + 1))
      const how = await link.probe()
      must(how !== null, 'It was taken.')
      must(how.code === 1009 || how.code === 4413, `The link was ${how.words}.`)
    },
  },
  {
    id: '1.at-limit',
    level: 1,
    rule: 'A message of exactly max_message_bytes is taken.',
    how: 'Sends an app message of that size, then a ping.',
    fix: 'Announce the limit that is in force; it counts the bytes of the text, not its characters.',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.enter()
      link.send(ofSize(sizeOf(link)))
      const how = await link.probe()
      must(how === null, `The link was ${how?.words ?? ''}.`)
    },
  },
  {
    id: '1.binary',
    level: 1,
    rule: 'A binary frame closes its link with 1003 (or 4400), or is ignored.',
    how: 'Sends eight bytes that are no UTF-8 as a binary frame.',
    fix: 'Ask your library whether a message is text before you decode it.',
    after: '1.server-ready',
    async run(bench) {
      const bytes = Uint8Array.of(0xff, 0xfe, 0, 1, 2, 3, 0x80, 0xc0)
      const how = await after(bench, (link) => link.sendBinary(bytes))
      must(how === null || [1003, 1007, 4400].includes(how.code ?? 0), `The link was ${how?.words ?? ''}.`)
    },
  },
  {
    id: '1.origin',
    level: 1,
    rule: 'A page of a foreign origin is served, or let in and then closed with 4403; its upgrade is not refused.',
    how: 'Opens a link with the origin https://conform.invalid and says client_ready.',
    fix: 'Accept, compare the Origin header, close with 4403: a refused upgrade looks like a broken network, and pages try again for ever.',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.open({ origin: 'https://conform.invalid' })
      link.send(bench.hello())
      const how = await link.probe()
      must(how === null || isRefusal(how), `The link was ${how?.words ?? ''}.`)
    },
  },
  {
    id: '1.unknown-control',
    level: 1,
    rule: 'Control frames (rt.*) that the server does not know are ignored.',
    how: 'Sends rt.conform with an id, then a ping.',
    fix: 'Ignore what you do not know: no close, no answer.',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.enter()
      const id = bench.id()
      link.send({ type: 'rt.conform', id, data: 1 })
      await link.settle()
      const answer = link.frames.find((frame) => frame.id === id)
      must(answer === undefined, `It was answered with ${show(answer)}.`)
    },
  },
  {
    id: '1.rate',
    level: 1,
    rule: 'Who sends more than the announced rate is told rt.error rate_limited, or closed with 4429.',
    how: 'Sends a few more app messages at once than server_ready.limits.rate allows.',
    fix: 'Count what a link sends, in a token bucket; or do not announce a rate.',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.enter()
      const { rate } = Object(readyOf(link)?.limits) as { readonly rate?: { readonly max?: unknown } }
      const max = Number(rate?.max)
      if (!(max >= 1 && max <= 5_000)) throw new Skip('server_ready does not announce a rate up to 5000')
      for (let n = 0; n < max * 1.05 + 5; n++) link.send({ type: 'conform.flood' })
      const isTold = (): boolean =>
        link.frames.some(({ type, code }) => type === 'rt.error' && code === 'rate_limited')
      for (let n = 0; n < bench.settings.timeout / 100 && !isTold() && link.ended() === null; n++)
        await silence(1)
      const how = link.ended()
      must(isTold() || how?.code === 4429, how === null ? 'Nothing was said.' : `The link was ${how.words}.`)
    },
  },
]
