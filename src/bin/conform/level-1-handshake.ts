// Level 1, the handshake: server_ready comes first and once, credentials are looked at, and nobody waits for ever.
import { errorFrame, goAway, notice, serverReady } from '../../schemas/frames.ts'
import * as channels from '../../schemas/channel-frames.ts'
import type { Frame } from '../../protocol/frames.ts'
import { readyOf } from './bench.ts'
import type { Case } from './case.ts'
import { isRefusal, silence, type Link } from './link.ts'
import { show } from './show.ts'
import { must, Skip } from './verdict.ts'

const isReady = ({ type }: Frame): boolean => type === 'server_ready'
const noAuthCap = 'server_ready does not announce the cap "auth"'

/** How each frame of a server must look. */
const schemas: ReadonlyMap<unknown, { safeParse(value: unknown): { success: boolean; error?: Error } }> =
  new Map(
    Object.entries({
      server_ready: serverReady,
      'rt.error': errorFrame,
      'rt.go_away': goAway,
      'rt.notice': notice,
      'rt.ack': channels.ack,
      'rt.subscribed': channels.subscribed,
      'rt.unsubscribed': channels.unsubscribed,
      'rt.message': channels.message,
    }),
  )

function capsOf(link: Link): readonly unknown[] {
  const caps = readyOf(link)?.caps
  return Array.isArray(caps) ? caps : []
}

/** The cases of level 1 that concern the handshake. */
export const level1Handshake: readonly Case[] = [
  {
    id: '1.server-ready',
    level: 1,
    rule: 'client_ready with v is answered with server_ready, whose v is a whole number.',
    how: 'Says client_ready with "v": 1 and waits.',
    fix: 'Send {"type":"server_ready","v":1} once you know who is there.',
    after: '0.pong',
    async run(bench) {
      const link = await bench.enter()
      const ready = await link.frame('server_ready', isReady)
      must(Number.isInteger(ready.v) && Number(ready.v) >= 1, `It said ${show(ready)}.`)
    },
  },
  {
    id: '1.first',
    level: 1,
    rule: 'server_ready is the first frame of a link; the pong of an early ping follows it.',
    how: 'Sends client_ready and a ping at once and looks at the order of what comes.',
    fix: 'Keep everything back until server_ready is written: a client that sees another frame first takes the server for a plain one.',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.enter()
      const [first] = link.frames
      must(first?.type === 'server_ready', `The first frame was ${show(first)}.`)
    },
  },
  {
    id: '1.silent',
    level: 1,
    rule: 'Nothing is sent before client_ready.',
    how: 'Opens a link, says nothing and listens for a moment.',
    fix: 'Wait for client_ready: before it nobody knows who listens.',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.open()
      await silence(2)
      must(link.frames.length === 0, `There came ${show(link.frames[0])}.`)
      must(link.ended() === null, `The link was ${link.ended()?.words ?? ''}.`)
    },
  },
  {
    id: '1.once',
    level: 1,
    rule: 'A link has one server_ready, whatever the client says again.',
    how: 'Says client_ready a second time.',
    fix: 'Ignore the second client_ready, or close with a code from 4400 to 4499.',
    after: '1.server-ready',
    async run(bench) {
      const client = { id: bench.id(), lib: 'holdfast-conform/1' }
      const link = await bench.enter({ client })
      link.send(bench.hello({ client }))
      const how = await link.probe()
      must(how === null || isRefusal(how), `The link was ${how?.words ?? ''}.`)
      await silence(1)
      const count = link.frames.filter(isReady).length
      must(count === 1, `There were ${count}.`)
    },
  },
  {
    id: '1.heartbeat',
    level: 1,
    rule: 'The heartbeat that is advised is sane: an interval of 5 to 60 s, a timeout of 1 to 20 s and no longer than it.',
    how: 'Reads server_ready.heartbeat.',
    fix: 'Milliseconds, not seconds: {"interval":15000,"timeout":5000}. Clients cut what is outside these bounds.',
    after: '1.server-ready',
    async run(bench) {
      const heartbeat = readyOf(await bench.enter())?.heartbeat
      if (heartbeat === undefined) throw new Skip('server_ready does not announce it')
      const { interval, timeout } = Object(heartbeat) as Record<string, unknown>
      const isWithin = (value: unknown, least: number, most: number): boolean =>
        typeof value === 'number' && value >= least && value <= most
      const isSane = isWithin(interval, 5_000, 60_000) && isWithin(timeout, 1_000, Number(interval))
      must(isSane && isWithin(timeout, 1_000, 20_000), `It is ${show(heartbeat)}.`)
    },
  },
  {
    id: '1.newer',
    level: 1,
    rule: 'A client of a later version with unknown caps is served, or closed with 4426.',
    how: 'Says client_ready with "v": 2 and a cap that nobody knows.',
    fix: 'Answer with the version you speak, and skip the caps you do not know.',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.open()
      link.send(bench.hello({ v: 2, caps: ['conform-unknown'] }))
      const how = await link.probe()
      must(how === null || how.code === 4426, `The link was ${how?.words ?? ''}.`)
    },
  },
  {
    id: '1.bad-auth',
    level: 1,
    rule: 'Wrong credentials are answered with close 4401, and with nothing before it.',
    how: 'Says client_ready with what --bad-auth gives, and a ping.',
    fix: 'Accept, look at auth, close with 4401. Send no frame and no data until the credentials are known to be good.',
    after: '1.server-ready',
    needs: 'badAuth',
    async run(bench) {
      const link = await bench.open()
      link.send(bench.hello({ auth: bench.settings.badAuth }))
      link.send({ type: 'ping', timestamp: 1 })
      const { code, words } = await link.end()
      must(code === 4401, `The link was ${words}.`)
      must(link.frames.length === 0, `Before that there came ${show(link.frames[0])}.`)
    },
  },
  {
    id: '1.before-hello',
    level: 1,
    rule: 'Nothing but client_ready opens a link: what comes before it is not answered, or closes it.',
    how: 'Sends an app message, a subscribe and a ping instead of client_ready.',
    fix: 'Read client_ready first; close with 4401 when something else comes.',
    after: '1.server-ready',
    async run(bench) {
      for (const type of ['conform.early', 'rt.subscribe', 'ping']) {
        const link = await bench.open()
        link.send({ type, id: bench.id(), channel: 'conform', timestamp: 1 })
        await silence(1)
        must(link.frames.length === 0, `${type} was answered with ${show(link.frames[0])}.`)
        const how = link.ended()
        must(how === null || isRefusal(how), `After ${type} the link was ${how?.words ?? ''}.`)
      }
    },
  },
  {
    id: '1.handshake-timeout',
    level: 1,
    rule: 'A link that never says client_ready is closed within 10 s.',
    how: 'Opens a link, says nothing and waits.',
    fix: 'Start a timer when the socket opens, stop it at client_ready; close with 4408.',
    after: '1.server-ready',
    when: 'first',
    async run(bench) {
      const link = await bench.open()
      const how = await link.end(10_000 + bench.settings.timeout)
      must(isRefusal(how), `The link was ${how.words}.`)
    },
  },
  {
    id: '1.renew',
    level: 1,
    rule: 'rt.auth with good credentials is answered with rt.ack, and the link goes on.',
    how: 'Sends the credentials of client_ready again.',
    fix: 'Check them as at the beginning and answer with the id. Without rt.auth, do not announce the cap "auth".',
    after: '1.server-ready',
    async run(bench) {
      const link = await bench.enter()
      if (!capsOf(link).includes('auth')) throw new Skip(noAuthCap)
      const id = bench.id()
      link.send({ type: 'rt.auth', id, auth: bench.settings.auth ?? null })
      const answer = await link.answer(id)
      must(answer.type === 'rt.ack', `It was answered with ${show(answer)}.`)
      await link.settle()
    },
  },
  {
    id: '1.renew-bad',
    level: 1,
    rule: 'rt.auth with wrong credentials is refused: rt.error, or close 4401 or 4403.',
    how: 'Sends what --bad-auth gives on a link that is open.',
    fix: 'Check every rt.auth as you check client_ready.',
    after: '1.server-ready',
    needs: 'badAuth',
    async run(bench) {
      const link = await bench.enter()
      if (!capsOf(link).includes('auth')) throw new Skip(noAuthCap)
      const id = bench.id()
      link.send({ type: 'rt.auth', id, auth: bench.settings.badAuth })
      const { answer, code, words } = await link.reply(id)
      must(answer?.type === 'rt.error' || code === 4401 || code === 4403, `What came of it: ${words}.`)
    },
  },
  {
    id: '1.control',
    level: 1,
    rule: 'Every control frame has the fields that it needs, with values in their bounds.',
    how: 'Holds what came in on all links of the run against the schemas of holdfast/protocol.',
    fix: 'Compare with the tables of the protocol: durations are milliseconds, offsets whole numbers from 0, ids 1 to 64 of A-Z a-z 0-9 _ -.',
    after: '1.server-ready',
    when: 'last',
    run({ seen }) {
      const wrong = seen.control.filter(
        (frame) => schemas.get(frame.type)?.safeParse(frame).success === false,
      )
      must(wrong.length === 0, `There was ${show(wrong[0])}.`)
      return Promise.resolve()
    },
  },
]
