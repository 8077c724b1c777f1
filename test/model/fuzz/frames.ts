// Frames that are nearly legal: known types with parts missing, wrong, twice or huge, and texts that were frames once.
import fc from 'fast-check'
import { json, key, toObjectText, value } from './json-text.ts'

type Text = fc.Arbitrary<string>

/** What belongs there, most of the time. */
function near(...legal: readonly string[]): Text {
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...legal) }, { weight: 2, arbitrary: value })
}

/** An object with some of these fields, and sometimes with others, or the same once more. */
function nearObject(fields: Readonly<Record<string, Text>>): Text {
  const known = fc
    .record(fields, { requiredKeys: [] })
    .map((given) => Object.entries(given) as [string, string][])
  const more = fc.array(fc.tuple(fc.oneof(key, fc.constantFrom(...Object.keys(fields))), json), {
    maxLength: 2,
  })
  return fc.oneof(
    { weight: 8, arbitrary: fc.tuple(known, more).map(([own, odd]) => toObjectText([...own, ...odd])) },
    { weight: 1, arbitrary: value },
  )
}

const heartbeat = nearObject({ interval: near('15000'), timeout: near('5000') })
const session = nearObject({ id: near('"s_1"') })
const pacing = nearObject({ window: near('500'), min: near('500', '0'), spread: near('1000', '0') })
const client = nearObject({ id: near('"c_1"'), lib: near('"holdfast/0.1.0"') })
const limits = nearObject({ rate: nearObject({ per: near('60000'), max: near('600') }) })
const timestamp = near('1767225600000', '1767225600001', '"t"')
const caps = near('[]', '["auth"]')
/** What an app reads fields of. */
const data = fc.oneof(
  nearObject({ n: near('1', '2'), every: near('5000'), a: near('{"n":3}', 'null') }),
  near('null', '{"n":1}', '[{"n":3}]', '"text"'),
)
const words = { code: near('"deploy"', '"rate_limited"'), message: near('"no"', '"token CANARY"') }
const position = { epoch: near('"k3x"'), offset: near('21', '-1', '1.5', '"7"'), prev: near('20') }

/** The fields of each frame that a server sends, those of higher levels among them. */
const fromServer: ReadonlyArray<readonly [type: string, fields: Readonly<Record<string, Text>>]> = [
  [
    'server_ready',
    {
      v: near('1', '2'),
      session,
      heartbeat,
      max_message_bytes: near('65536'),
      caps,
      limits,
      reconnect: pacing,
    },
  ],
  [
    'rt.go_away',
    {
      ...words,
      reconnect: fc.oneof(pacing, near('false')),
      grace: near('5000', '0'),
      fallback: near('"poll"'),
    },
  ],
  [
    'rt.error',
    { id: near('"7"'), ...words, retryable: near('true'), retry_after: near('2000'), channel: near('"a"') },
  ],
  ['rt.notice', { reconnect: pacing }],
  ['rt.ack', { id: near('"7"'), ...position, duplicate: near('true') }],
  [
    'rt.subscribed',
    {
      id: near('"8"'),
      channel: near('"queue"'),
      ...position,
      recovered: near('true'),
      replay: near('4'),
      data,
    },
  ],
  ['rt.message', { channel: near('"queue"'), ref: near('"8"'), data, ...position }],
  [
    'rt.unsubscribed',
    { channel: near('"queue"'), ref: near('"8"'), code: near('"insufficient_state"'), retry: near('true') },
  ],
  ['rt.from-a-later-version', { data }],
  ['ping', { timestamp }],
  ['pong', { timestamp }],
  ['client_ready', { v: near('1'), client }],
  ...['queue', 'changes', 'signals', 'parts', 'rows', 'other', '__proto__', 'toString'].map(
    (type) => [type, { data, id: near('"1"') }] as const,
  ),
]

/** The fields of each frame that a client sends. */
const fromClient: typeof fromServer = [
  ['client_ready', { v: near('1'), client, auth: near('"ann"', '{"token":"x"}'), caps }],
  ['ping', { timestamp }],
  ['pong', { timestamp }],
  ['rt.auth', { id: near('"7"'), auth: near('{"token":"x"}') }],
  ['rt.subscribe', { id: near('"8"'), channel: near('"queue"'), params: data, since: nearObject(position) }],
  ['rt.unsubscribe', { id: near('"9"'), channel: near('"queue"') }],
  ['rt.publish', { id: near('"c_1-00000042"'), channel: near('"queue"'), data, retry: near('true') }],
  ['server_ready', { v: near('1') }],
  ...['order', '__proto__', 'constructor'].map((type) => [type, { data }] as const),
]

/** Types that are none, but for the last: as long as is allowed. */
const oddTypes = fc.constantFrom(
  ...['""', '" "', '"a b"', '"queue\\n"', '"\\u0000"', '"ü"', 'null', '5', '["queue"]', '{"toString":1}'],
  ...[`"${'x'.repeat(65)}"`, `"${'a.'.repeat(500_000)}"`, `"${'x'.repeat(64)}"`],
)

function toFrame([type, fields]: (typeof fromServer)[number]): Text {
  const name = fc.oneof(
    { weight: 30, arbitrary: fc.constant(JSON.stringify(type)) },
    { weight: 1, arbitrary: oddTypes },
  )
  const place = fc.constantFrom('first', 'last', 'first', 'nowhere')
  return fc.tuple(name, nearObject(fields), place).map(([type, text, where]) => {
    const inner = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : ''
    const own = where === 'nowhere' ? '' : `"type":${type}`
    return `{${(where === 'last' ? [inner, own] : [own, inner]).filter(Boolean).join()}}`
  })
}

/** A text that was something else before: flipped, cut, grown, or spliced into another. */
function broken(frame: Text): Text {
  return fc
    .tuple(frame, frame, fc.nat(), fc.nat(), fc.nat(8), fc.string({ maxLength: 4 }))
    .map(([text, other, first, second, way, piece]) => {
      const at = first % (text.length + 1)
      const end = at + (second % 16)
      switch (way) {
        case 0:
          return text.slice(0, at)
        case 1:
          return text.slice(at)
        case 2:
          return text.slice(0, at) + text.slice(end)
        case 3:
          return text.slice(0, at) + piece + text.slice(at)
        case 4:
          return text.slice(0, at) + other.slice(second % (other.length + 1))
        case 5:
          return text + other
        case 6:
          return `[${text},${other}]`
        case 7:
          return `\ufeff${text}`
        default: {
          // One bit of one character.
          const code = text.charCodeAt(at % Math.max(1, text.length)) || 0
          return text.slice(0, at) + String.fromCharCode(code ^ (1 << (second % 16))) + text.slice(at + 1)
        }
      }
    })
}

function anyOf(shapes: typeof fromServer): Text {
  const frame = fc.oneof(...shapes.map(toFrame))
  return fc.oneof(
    { weight: 12, arbitrary: frame },
    { weight: 3, arbitrary: broken(frame) },
    { weight: 1, arbitrary: value },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  )
}

/** What a server might send, or what is left of it. */
export const serverText: Text = anyOf(fromServer)

/** What a client might send, or what is left of it. */
export const clientText: Text = anyOf(fromClient)
