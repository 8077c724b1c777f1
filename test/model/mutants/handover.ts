// Faults planted in the hand-over from link to link, in the renewal of credentials, and in streams.
import type { Mutant } from './mutant.ts'

type Planted = readonly [name: string, find: string, replace: string]

const all = (file: string, by: string, planted: readonly Planted[], run?: string): readonly Mutant[] =>
  planted.map(([name, find, replace]) => ({
    name,
    file,
    find,
    replace,
    by,
    ...(run === undefined ? {} : { in: run }),
  }))

const machine = 'src/machine'
const client = 'src/channels/subscription.ts'
const many = 'src/channels/subscriptions.ts'
const stream = 'src/channels/stream-channel.ts'
const once =
  '[G7] credentials that take their time are asked for once, however often the server says that they run out'
const seamless = '[G1 G11 G12 G14] a server that goes away is left without a gap or a repeat'
const overlapping =
  '[G11 G12 INV-8 INV-9] what two links say of the same time is told once, whichever of them was ahead'
const early = '[G1 INV-1] what is to follow delivers nothing before it does, and then all of it'
const asked = '[G12 G14] what was before is asked for once, and what was missed from then on'

/** All of them, with what finds them. */
export const handoverMutants: readonly Mutant[] = [
  ...all(`${machine}/attempt.ts`, 'handover', [
    [
      'the link before is dropped as soon as the next one begins',
      `return follow(arm(state, { away: away.endAt }), [next, effects])`,
      `return [next, [{ type: 'drop', link: state.link, code: 1000, reason: '' }, ...effects]]`,
    ],
    [
      'a hidden page opens a link beside the one that goes',
      `if (!heir && !memory.hidden && context.now < away.endAt) {`,
      `if (!heir && context.now < away.endAt) {`,
    ],
    ['one link after the other is begun', `if (!heir && !memory.hidden`, `if (!memory.hidden`],
  ]),
  ...all(`${machine}/heir.ts`, 'handover', [
    [
      'a link takes over before it has answered',
      `if (event.type === 'joined' ||`,
      `if (event.type === 'ready' || event.type === 'joined' ||`,
    ],
    [
      'both links are dropped when one takes over',
      `const effects = release({ ...state, heir: null })`,
      `const effects = release(state)`,
    ],
    [
      'the link before is never closed',
      `const effects = release({ ...state, heir: null })`,
      `const effects: ReturnType<typeof release> = []`,
    ],
    [
      'a failure of the next link counts for the one that works',
      `const memory = { ...next.memory, outage, failure }`,
      `const memory = { ...next.memory, failure }`,
    ],
    [
      'a failure of the next link is reported',
      `const quiet = effects.filter(({ type }) => type !== 'report')`,
      `const quiet = effects`,
    ],
    [
      'what the next link learned is forgotten with it',
      `const memory = { ...next.memory, outage, failure }`,
      `const memory = { ...state.memory, lastId: next.memory.lastId }`,
    ],
    [
      'the answers on the next link are awaited as long as the server lets',
      `arm(followed, { away: Math.min(state.away.endAt,`,
      `arm(followed, { away: Math.max(state.away.endAt,`,
    ],
    [
      'the next link has no deadline',
      `arm({ ...state, memory, heir: next }, { heir: due })`,
      `arm({ ...state, memory, heir: next }, {})`,
    ],
  ]),
  ...all(`${machine}/state.ts`, 'handover', [
    [
      'the next link outlives the end',
      `if ('heir' in state && state.heir) effects.push(...release(state.heir))`,
      ``,
    ],
  ]),
  ...all(`${machine}/link.ts`, once, [
    [
      'credentials that are asked for are asked for once more',
      `|| state.away || state.request !== null) return state`,
      `|| state.away) return state`,
    ],
  ]),
  ...all(`${machine}/link.ts`, 'handover', [
    ['a second rt.go_away puts off the end', `if (state.away) return [state, []]`, ``],
  ]),
  ...all(
    `${machine}/link.ts`,
    'connection',
    [
      [
        'credentials for a link that goes are asked for all the same',
        `request === null ? [] : [{ type: 'cancel', request }]`,
        `[]`,
      ],
      [
        'nobody waits for new credentials only so long',
        `arm(next, { renew: undefined, deadline: now + tuning.authTimeout })`,
        `arm(next, { renew: undefined })`,
      ],
    ],
    'credentials',
  ),
  ...all(
    `${machine}/link.ts`,
    '[G7] new credentials are sent on the open link, once, and not at the moment the server says so',
    [
      ['new credentials are not sent', `: [{ type: 'hello', link }],`, `: [],`],
      ['all ask for new credentials at once', `now + (random * within) / 2`, `now`],
    ],
  ),
  ...all('src/driver.ts', seamless, [
    [
      'what came early is lost, and nobody asks',
      `early = null
      for (const text of texts)`,
      `early = null
      for (const text of texts.slice(0, 1))`,
    ],
  ]),
  ...all('src/driver.ts', early, [
    [
      'what is to follow delivers before it does',
      `if (heir?.phase !== 'connected') return inbound.take(id, text, null)`,
      `return inbound.take(id, text, heir?.phase === 'connected' ? heir.level : null)`,
    ],
    ['what came early is lost', `for (const text of texts) receive(link, text)`, ``],
  ]),
  ...all('src/driver.ts', '[G23] what comes on a link that is to follow is not kept without bounds', [
    ['what comes early is kept without bounds', `early.size > options.maxMessageBytes`, `early.size < 0`],
  ]),
  ...all('src/delivery.ts', '[S4 G18] the link before is kept as long as it owes an answer', [
    [
      'a link is left that still owes answers',
      `subscriptions.isJoined && sender.isQuiet`,
      `subscriptions.isJoined`,
    ],
  ]),
  ...all(client, overlapping, [
    [
      'the position falls back to what the next link said',
      `const position = isAhead ? at : top`,
      `const position = top`,
    ],
    [
      'what both links said is told twice',
      `(item.position?.offset ?? 0) > seen)`,
      `(item.position?.offset ?? 0) > -1)`,
    ],
    [
      'what only the next link said is lost',
      `{ type: 'up', recovered, items: unseen,`,
      `{ type: 'up', recovered, items: unseen.slice(1),`,
    ],
  ]),
  ...all(client, '[G3 G15] a channel that the next link did not answer for is not live', [
    [
      'what the next link did not answer for counts as answered',
      `return answered ? [next, []] : [{ ...next, told: false }, down(state)]`,
      `return [next, []]`,
    ],
  ]),
  ...all(many, '[G14 G20] what nobody wants any more is not subscribed to on the link that follows', [
    [
      'what was left while links change stays subscribed to',
      `if (!all.has(channel)) request(requests.unsubscribe(\`u\${++lastRef}\`, channel))`,
      `continue`,
    ],
  ]),
  ...all(
    'src/channels/outbox.ts',
    '[G19] only publications to a server that drops duplicates are sent again, and not beyond what it remembers',
    [['at level 2 publications are sent again', `level === 3 && age`, `level > 1 && age`]],
  ),
  ...all(many, asked, [
    ['what was before is asked for on every link', `begun.has(channel) ? undefined : histories`, `histories`],
  ]),
  ...all(many, '[G14] after reset() nothing is continued', [
    [
      'the position is kept for the next user',
      `for (const channel of all.keys()) all.set(channel, initialSubscription)`,
      `for (const [channel, { position }] of all) all.set(channel, { ...initialSubscription, position })`,
    ],
  ]),
  ...all(stream, '[G14] a gap is told, and shown', [
    [
      'a gap is not told',
      `if (gap) turns.run(() => events.emit('gap', gap))`,
      `if (gap) turns.run(() => undefined)`,
    ],
    [
      'a gap is not shown',
      `show(gap)
          if (gap)`,
      `show()
          if (gap)`,
    ],
  ]),
  ...all(stream, '[G8 B1] who iterates over a stream is told that it has ended', [
    ['who iterates waits for ever', `for (const end of [...iterators]) end()`, ``],
  ]),
  ...all('src/server/hub.ts', '[C1a G14] the state that comes with an answer is no older than its position', [
    [
      'the state is read before its position',
      `await write(link, () => answer(past, data))`,
      `const { top } = await broker.history(channel, null, 0)
    await write(link, () => answer({ ...past, top }, data))`,
    ],
  ]),
  ...all('src/connection.ts', '[G18 G20] who publishes hears it: what was asked for before leaves before', [
    ['publications leave before what was subscribed to', `feeds.subscriptions.flush()`, ``],
  ]),
]
