// Faults planted in what levels 2 and 3 add: to channels that go on, to the session's answers, and to recovery.
import type { Mutant } from './mutant.ts'

const table = 'src/channels/table.ts'
const client = 'src/channels/subscription.ts'
const session = 'src/server/session/requests.ts'
const server = 'src/server/session/subscription.ts'
const checks =
  '[G12 G14] a client asks for nothing again because of what comes twice, and checks what is said to be recovered'
const resends =
  '[G19] only publications to a server that drops duplicates are sent again, and not beyond what it remembers'
const recovers =
  '[INV-8 INV-9 INV-10 G12 G14] bad networks give each message once and in order, or say that some are missing'

type Planted = readonly [name: string, find: string, replace: string]

const all = (file: string, by: string, planted: readonly Planted[]): readonly Mutant[] =>
  planted.map(([name, find, replace]) => ({ name, file, find, replace, by }))

/** All of them, with what finds them. */
export const requestsMutants: readonly Mutant[] = [
  ...all(table, 'channel', [
    [
      'what the server says it recovered makes live whatever was there',
      `event.recovered && isKept(channel))`,
      `event.recovered)`,
    ],
    [
      'what was live is live again though the server says that something is missing',
      `event.recovered && isKept(channel))`,
      `isKept(channel))`,
    ],
    ['what was not proven is continued', `const kept = isKept(channel)`, `const kept = true`],
    ['what was proven is never continued', `const kept = isKept(channel)`, `const kept = false`],
    [
      'a load between two links is not marked on a change channel',
      `kept: channel.kept && !(apply && context.mode === 'change'),`,
      `kept: channel.kept,`,
    ],
    [
      'replayed changes are applied onto what was loaded since',
      `if (replayed && !whole && !isKept(channel)) return [channel, []]`,
      ``,
    ],
    [
      'replayed changes are left out',
      `if (replayed && !whole && !isKept(channel))`,
      `if (replayed && !whole)`,
    ],
    [
      'what is spoiled between two links is continued',
      `proven: false, kept: false, load: channel.load`,
      `proven: false, load: channel.load`,
    ],
  ]),
  ...all(session, 'requests', [
    [
      'a subscribe that is overtaken is never answered',
      `[...overtaken(subscriptions, channel), { type: 'subscribe'`,
      `[{ type: 'subscribe'`,
    ],
    [
      'an unsubscribe leaves the subscribe before it unanswered',
      `const answers = [...overtaken(state.subscriptions, channel), told]`,
      `const answers = [told]`,
    ],
    [
      'the answer for an older subscribe is taken for that of the newer',
      `('ref' in event && event.ref !== subscription.ref)`,
      `false`,
    ],
    ['positions are believed at level 2', `const since = level > 2 ?`, `const since = level > 1 ?`],
    [
      'one channel more than the limit says',
      `subscriptions.size >= settings.limits.subscriptions`,
      `subscriptions.size > settings.limits.subscriptions`,
    ],
    ['subscribing knows no rate', `if (churn.refused > state.churn.refused) {`, `if (churn.refused < 0) {`],
    [
      'an unsubscribe is not honoured',
      `return [without(state, channel), [...answers, { type: 'quit', channel }]]`,
      `return [state, answers]`,
    ],
    [
      'a refused subscription stays in the hub',
      `return [without(state, channel), [told, { type: 'quit', channel }]]`,
      `return [without(state, channel), [told]]`,
    ],
    [
      'new credentials may be those of somebody else',
      `if (user.id !== state.user.id) return close(4403, 'another user')`,
      ``,
    ],
    ['rt.auth is not answered', `control('rt.ack', { id }), ...expiry`, `...expiry`],
    [
      'a second subscribe keeps the old ref',
      `const next: Model.Subscription = { ref: id, since`,
      `const next: Model.Subscription = { ref: subscriptions.get(channel)?.ref ?? id, since`,
    ],
  ]),
  ...all(server, 'requests', [
    ['what came while the past was read is dropped', `of state.early) {`, `of state.early.slice(0, 0)) {`],
    [
      'the server sends twice what was read and heard',
      `if (epoch === position.epoch && offset <= position.offset) return [state, []]`,
      ``,
    ],
    ['the server goes on after a hole', `|| prev !== position.offset) return`, `) return`],
    ['another history is taken for the same', `epoch !== position.epoch || prev`, `prev`],
    [
      'what could not be replayed is said to be recovered',
      `recovered: since !== null && fits`,
      `recovered: since !== null`,
    ],
    [
      'live messages come before what is replayed',
      `const effects = [told, ...replay.map((publication) => toMessage(channel, ref, publication))]`,
      `const effects = [...replay.map((publication) => toMessage(channel, ref, publication)), told]`,
    ],
    [
      'offsets with holes are told as if there were none',
      `const hole = prev === offset - 1 ? {} : { prev }`,
      `const hole = {}`,
    ],
    [
      'a subscribe that cannot be answered is ended instead',
      `    position === null
      ? { type: 'rt.error'`,
      `    position === undefined
      ? { type: 'rt.error'`,
    ],
  ]),
  ...all(client, checks, [
    [
      'the client delivers twice what comes twice',
      `if (position.offset <= last.offset) return [state, []]`,
      ``,
    ],
    [
      'the client believes what is said to be recovered',
      `claimed && since !== null && at?.epoch === since.epoch && isRun(since, state.replay.items, top)`,
      `claimed`,
    ],
  ]),
  ...all(client, recovers, [
    ['the client takes a hole for none', `if (prev !== last.offset) return lost(state, context)`, ``],
    [
      'the position is not kept over links',
      `phase: 'off', replay: NONE, told: false,`,
      `phase: 'off', replay: NONE, position: null, told: false,`,
    ],
    [
      'the position does not move',
      `return [{ ...state, position, failures: 0 }, [{ type: 'deliver', delivery }]]`,
      `return [{ ...state, failures: 0 }, [{ type: 'deliver', delivery }]]`,
    ],
  ]),
  ...all('src/channels/outbox.ts', resends, [
    ['messages that nobody remembers are sent again', `kind === 'publish' && level === 3`, `level === 3`],
    ['publications are sent again beyond what the server remembers', `< dedup * 0.9`, `< Infinity`],
    ['a sleep makes nothing older', `Math.max(now - sentAt.now, wall - sentAt.wall)`, `now - sentAt.now`],
  ]),
]
