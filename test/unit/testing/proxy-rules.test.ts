// Rules of the fault proxy on what is said through it: bytes in, bytes out, without a socket.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createConversation, type Conversation } from '../../../src/testing/proxy-conversation.ts'
import { createFrameScanner, encodeFrame, payloadOf } from '../../../src/testing/proxy-frames.ts'
import { createRules, type OneWay, type ProxyRule } from '../../../src/testing/proxy-rules.ts'

const REQUEST = Buffer.from(
  'GET /ws HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n' +
    'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n',
)
const SWITCH = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n')

interface Talk {
  readonly conversation: Conversation
  /** Everything that passed, or was put in. */
  bytes(way: OneWay): Buffer
  /** The texts in it, after the heads. */
  texts(way: OneWay): string[]
  readonly late: ReadonlyArray<readonly [text: string, later: number]>
  readonly events: readonly string[]
  left(): number
  rule(rule: ProxyRule): () => void
  /** Says these on one way, a frame each. */
  say(way: OneWay, ...messages: readonly unknown[]): void
}

function talk(rules: readonly ProxyRule[] = [], id = 1): Talk {
  const known = createRules()
  rules.forEach(known.add)
  const passed: Record<OneWay, Buffer[]> = { toTarget: [], toClient: [] }
  const late: Array<readonly [string, number]> = []
  const events: string[] = []
  let left = 0
  const conversation = createConversation({
    id,
    rules: known,
    put(way, bytes, later) {
      passed[way].push(bytes)
      if (later !== undefined) late.push([textsOf(bytes)[0] ?? '', later])
    },
    leave: () => (left += 1),
    note: (what, type) => events.push(type === null ? what : `${what} ${type}`),
  })
  const bytes = (way: OneWay): Buffer => Buffer.concat(passed[way])
  return {
    conversation,
    bytes,
    texts(way) {
      const all = bytes(way)
      return textsOf(all.subarray(all.indexOf('\r\n\r\n') + 4))
    },
    late,
    events,
    left: () => left,
    rule(rule) {
      const remove = known.add(rule)
      conversation.arm()
      return remove
    },
    say(way, ...messages) {
      for (const message of messages) conversation.read(way, frame(way, message))
    },
  }
}

/** After the handshake. */
function opened(rules: readonly ProxyRule[] = [], id = 1): Talk {
  const made = talk(rules, id)
  made.conversation.read('toTarget', REQUEST)
  made.conversation.read('toClient', SWITCH)
  return made
}

function frame(way: OneWay, message: unknown): Buffer {
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  return encodeFrame(1, Buffer.from(text), way === 'toTarget')
}

/** Text messages put together, control frames as `[opcode payload]`. */
function textsOf(bytes: Buffer): string[] {
  const texts: string[] = []
  let message = ''
  for (const part of createFrameScanner().scan(bytes)) {
    const text = payloadOf([part]).toString('latin1')
    if (part.head.opcode >= 8) texts.push(`[${part.head.opcode} ${text}]`)
    else message += text
    if (part.head.opcode < 8 && part.head.fin) {
      texts.push(message)
      message = ''
    }
  }
  return texts
}

const a = { type: 'a', n: 1 }
const b = { type: 'b', n: 2 }
const [A, B] = [JSON.stringify(a), JSON.stringify(b)]

describe('a rule for messages', () => {
  it.each([
    ['suppress', [A, A], ['suppressed b', 'suppressed b']],
    ['suppressOnwards', [A], ['suppressed b']],
    ['duplicate', [A, B, B, A, B, B], ['duplicated b', 'duplicated b']],
    [{ replaceWith: { type: 'c' } }, [A, '{"type":"c"}', A, '{"type":"c"}'], ['replaced b', 'replaced b']],
    [
      { replaceWith: (text: string) => text.replace('2', '3') },
      [A, '{"type":"b","n":3}', A, '{"type":"b","n":3}'],
      ['replaced b', 'replaced b'],
    ],
    [{ inject: 'news' }, [A, B, 'news', A, B, 'news'], ['injected b', 'injected b']],
    [{ delay: 70 }, [A, B, A, B], ['delayed b', 'delayed b']],
    [{ close: 4001, reason: 'go' }, [A, B, '[8 \x0f\xa1go]'], ['closing b']],
    [{ inject: 'news', close: 4001 }, [A, B, 'news', '[8 \x0f\xa1]'], ['injected b', 'closing b']],
  ] as const)('[E4] %j acts on those of its type and on nothing else', (action, texts, events) => {
    const {
      say,
      texts: heard,
      events: noted,
      late,
      left,
    } = opened([{ way: 'toClient', type: 'b', do: action }])
    say('toTarget', a, b)
    say('toClient', a, b, a, b)
    expect(heard('toClient')).toEqual(texts)
    expect(heard('toTarget')).toEqual([A, B])
    expect(noted).toEqual(events)
    expect(late).toEqual(
      typeof action === 'object' && 'delay' in action
        ? [
            [B, 70],
            [B, 70],
          ]
        : [],
    )
    expect(left()).toBe(events.some((event) => event.startsWith('closing')) ? 1 : 0)
  })

  it('[E4] counts its times, and is taken back by the function it gives', () => {
    const { say, texts, rule } = opened()
    rule({ type: 'a', times: 2, do: 'suppress' })
    const remove = rule({ type: 'b', do: 'suppress' })
    say('toClient', a, a, a, b)
    remove()
    remove()
    say('toClient', b)
    expect(texts('toClient')).toEqual([A, B])
  })

  it('[E4] acts on both ways, one way, one connection', () => {
    for (const [rule, id, toClient, toTarget] of [
      [{ do: 'suppress' }, 1, [], []],
      [{ way: 'toTarget', do: 'suppress' }, 1, [A], []],
      [{ connection: 2, do: 'suppress' }, 1, [A], [A]],
      [{ connection: 2, do: 'suppress' }, 2, [], []],
    ] as const) {
      const { say, texts } = opened([rule], id)
      say('toClient', a)
      say('toTarget', a)
      expect([texts('toClient'), texts('toTarget')]).toEqual([toClient, toTarget])
    }
  })

  it('[E4] leaves to the first that fits what several would take', () => {
    const { say, texts } = opened([
      { type: 'b', do: 'suppress' },
      { type: 'a', times: 1, do: 'duplicate' },
      { do: { replaceWith: 'x' } },
    ])
    say('toClient', a, a, b)
    expect(texts('toClient')).toEqual([A, A, 'x'])
  })

  it('[E4] does not act before its time', () => {
    const { say, texts } = opened([{ after: 3_600_000, do: 'suppress' }])
    say('toClient', a)
    expect(texts('toClient')).toEqual([A])
  })

  it('[E4] without a type takes text that is no JSON and binary, which no type ever fits', () => {
    for (const [rule, count] of [
      [{ do: 'suppress' }, 0],
      [{ type: 'a', do: 'suppress' }, 4],
    ] as const) {
      const { say, conversation, bytes } = opened([rule])
      const before = bytes('toClient').length
      const binary = encodeFrame(2, Buffer.from(A), false)
      say('toClient', 'a', '[]', '{"type":7}')
      conversation.read('toClient', binary)
      expect(createFrameScanner().scan(bytes('toClient').subarray(before))).toHaveLength(count)
    }
  })

  it('[E4] injects on the other way, masked as a client must', () => {
    const { say, texts } = opened([{ way: 'toClient', type: 'a', do: { inject: b, into: 'toTarget' } }])
    say('toClient', a)
    expect([texts('toClient'), texts('toTarget')]).toEqual([[A], [B]])
  })

  it('[E4] that waits for nothing but time acts once on each connection, at its handshake or at once', () => {
    const early = opened([{ do: { inject: a } }])
    early.say('toClient', b)
    expect(early.texts('toClient')).toEqual([A, B])
    early.rule({ do: { inject: 'late' } })
    early.rule({ times: 0, do: { close: 4001 } })
    early.rule({ times: 1, do: { close: 4000 } })
    expect(early.texts('toClient')).toEqual([A, B, 'late', '[8 \x0f\xa0]'])
    early.say('toClient', b)
    expect(early.texts('toClient')).toHaveLength(4)
    expect(early.left()).toBe(1)
  })

  it('[E4] puts nothing into the middle of a message that is passing', () => {
    const { conversation, rule, texts } = opened()
    const half = Buffer.from(frame('toClient', a))
    half.writeUInt8(0x01, 0) // text, not the last frame
    const rest = Buffer.from(frame('toClient', b))
    rest.writeUInt8(0x80, 0) // goes on, the last
    conversation.read('toClient', half.subarray(0, 3))
    rule({ do: { inject: 'news', close: 4000 } })
    conversation.read('toClient', half.subarray(3))
    conversation.read('toClient', encodeFrame(9, Buffer.from('ping'), false))
    expect(texts('toClient')).toEqual(['[9 ping]'])
    conversation.read('toClient', rest)
    expect(texts('toClient')).toEqual(['[9 ping]', A + B, 'news', '[8 \x0f\xa0]'])
  })

  it('[E4] lets nothing pass behind a close of its own, not even what came in the same piece', () => {
    const { conversation, texts } = opened([{ type: 'a', times: 1, do: { close: 4000 } }])
    conversation.read('toClient', Buffer.concat([a, b, a].map((message) => frame('toClient', message))))
    expect(texts('toClient')).toEqual([A, '[8 \x0f\xa0]'])
  })

  it('[E4] says so where messages are compressed, and lets them pass', () => {
    const { conversation, rule, bytes, events } = opened()
    rule({ type: 'a', do: 'suppress' })
    const compressed = Buffer.from(frame('toClient', a))
    compressed.writeUInt8(0xc1, 0)
    const before = bytes('toClient').length
    conversation.read('toClient', compressed)
    expect(bytes('toClient').subarray(before).equals(compressed)).toBe(true)
    expect(events).toEqual(['unreadable'])
  })

  it('[E4] keeps the pings within a message, whatever becomes of that', () => {
    for (const [action, expected] of [
      ['suppress', ['[9 p]']],
      ['duplicate', ['[9 p]', A, A]],
      [{ replaceWith: 'x' }, ['[9 p]', 'x']],
      [{ delay: 5 }, ['[9 p]', A]],
    ] as const) {
      const { conversation, texts } = opened([{ type: 'a', do: action }])
      const first = Buffer.from(encodeFrame(1, Buffer.from(A.slice(0, 4)), false))
      first.writeUInt8(0x01, 0)
      const last = Buffer.from(encodeFrame(0, Buffer.from(A.slice(4)), false))
      for (const bytes of [first, encodeFrame(9, Buffer.from('p'), false), last])
        conversation.read('toClient', bytes)
      expect(texts('toClient')).toEqual(expected)
    }
  })

  it('[E4] gives back what it held when nothing more comes, and lets pass what is too large to hold', () => {
    const { conversation, bytes } = opened([{ type: 'z', do: 'suppress' }])
    const before = bytes('toClient').length
    const large = frame('toClient', 'x'.repeat(3 * 1024 * 1024))
    conversation.read('toClient', large.subarray(0, 1_000_000))
    expect(bytes('toClient').length).toBe(before)
    conversation.read('toClient', large.subarray(1_000_000, 2_000_000))
    expect(bytes('toClient').length).toBe(before + 2_000_000)
    conversation.read('toClient', large.subarray(2_000_000))
    conversation.read('toClient', frame('toClient', a).subarray(0, 5))
    expect(bytes('toClient').length).toBe(before + large.length)
    conversation.flush('toClient')
    expect(bytes('toClient').length).toBe(before + large.length + 5)
  })
})

const part = fc.record({
  n: fc.nat(3),
  fragments: fc.integer({ min: 1, max: 3 }),
  ping: fc.boolean(),
  isLong: fc.boolean(),
})
type Part = typeof part extends fc.Arbitrary<infer T> ? T : never

/** One message of type t0 to t3, in fragments, perhaps with a ping between them. */
function encodePart({ n, fragments, ping, isLong }: Part, isMasked: boolean): Buffer {
  const text = JSON.stringify({ type: `t${n}`, data: isLong ? 'x'.repeat(200) : '' })
  const size = Math.ceil(text.length / fragments)
  const frames: Buffer[] = Array.from({ length: fragments }, (_, index) => {
    const bytes = Buffer.from(
      encodeFrame(index === 0 ? 1 : 0, Buffer.from(text.slice(index * size, (index + 1) * size)), isMasked),
    )
    if (index < fragments - 1) bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0)
    return bytes
  })
  if (ping) frames.splice(1, 0, encodeFrame(9, Buffer.from('p'), isMasked))
  return Buffer.concat(frames)
}

/** Cut into pieces of these sizes, over and over. */
function slices(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

describe('any conversation, in any slices', () => {
  const input = [
    fc.array(part, { maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 }),
  ] as const

  it('[E4] passes untouched where no rule fits', () => {
    fc.assert(
      fc.property(
        ...input,
        fc.constantFrom<OneWay>('toTarget', 'toClient'),
        fc.boolean(),
        (parts, sizes, way, isWatched) => {
          const made = talk()
          made.conversation.read('toTarget', REQUEST)
          if (way === 'toTarget') made.conversation.read('toClient', SWITCH)
          if (isWatched) made.rule({ type: 'other', do: 'suppress' })
          const stream = Buffer.concat(parts.map((each) => encodePart(each, way === 'toTarget')))
          const sent = way === 'toTarget' ? stream : Buffer.concat([SWITCH, stream])
          for (const piece of slices(sent, sizes)) made.conversation.read(way, piece)
          const before = way === 'toTarget' ? REQUEST : Buffer.alloc(0)
          expect(made.bytes(way).equals(Buffer.concat([before, sent]))).toBe(true)
        },
      ),
      { seed: 2, numRuns: 300 },
    )
  })

  it('[E4] loses the messages of one type, and nothing else', () => {
    fc.assert(
      fc.property(...input, (parts, sizes) => {
        const made = opened([{ way: 'toClient', type: 't0', do: 'suppress' }])
        const stream = Buffer.concat(parts.map((each) => encodePart(each, false)))
        for (const piece of slices(stream, sizes)) made.conversation.read('toClient', piece)
        const kept = parts.flatMap((each) =>
          each.n > 0 ? textsOf(encodePart(each, false)) : each.ping ? ['[9 p]'] : [],
        )
        expect(made.texts('toClient')).toEqual(kept)
      }),
      { seed: 3, numRuns: 300 },
    )
  })
})

describe('a rule for requests', () => {
  const html = { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>Sign in, plæse</p>' }
  const PLAIN = Buffer.from('GET /api HTTP/1.1\r\nHost: here\r\n\r\n')

  it.each([1, 7, 1_000])('[E4] answers in place of the server, whatever the slices (%i bytes)', (size) => {
    const { conversation, bytes, events, left } = talk([{ do: { answer: html } }])
    for (const piece of slices(REQUEST, [size])) conversation.read('toTarget', piece)
    expect(bytes('toClient').toString()).toBe(
      'HTTP/1.1 200 \r\ncontent-type: text/html\r\ncontent-length: 22\r\nconnection: close\r\n\r\n<p>Sign in, plæse</p>',
    )
    expect([bytes('toTarget').length, events, left()]).toEqual([0, ['answered'], 1])
  })

  it('[E4] lets other requests pass, unless it is for all', () => {
    for (const [requests, answered] of [
      ['upgrades', 0],
      ['all', 1],
    ] as const) {
      const { conversation, bytes, left } = talk([{ requests, do: { answer: html } }])
      conversation.read('toTarget', PLAIN)
      expect([bytes('toTarget').equals(PLAIN), left()]).toEqual([answered === 0, answered])
    }
  })

  it('[E4] counts requests, not connections', () => {
    const rules = createRules()
    rules.add({ times: 1, do: { answer: html } })
    expect(rules.forRequest(1, false)).toBe(null)
    expect(rules.forRequest(2, true)).toEqual({ answer: html })
    expect([rules.forRequest(3, true), rules.isEmpty]).toEqual([null, true])
  })

  it('[E4] refuses the connection it names, as often as it says', () => {
    const rules = createRules()
    rules.add({ connection: 2, do: 'refuse' })
    rules.add({ times: 1, do: 'refuse' })
    expect([1, 2, 3].map((id) => rules.refuses(id))).toEqual([true, true, false])
  })

  it('[E4] strips the upgrade and passes the rest on', () => {
    const { conversation, bytes, events } = talk([{ do: 'stripUpgrade' }])
    conversation.read('toTarget', REQUEST)
    const said = bytes('toTarget').toString()
    expect(said).toMatch(/^GET \/ws HTTP\/1\.1\r\nHost: here\r\nSec-WebSocket-Key: x\r\n[^]*\r\n\r\n$/)
    expect(said).not.toMatch(/upgrade/i)
    expect(events).toEqual(['stripped'])
    const answer = Buffer.from('HTTP/1.1 404 Not Found\r\n\r\n')
    conversation.read('toClient', answer)
    expect(bytes('toClient').equals(answer)).toBe(true)
  })

  it('[E4] asks for no compression while there are rules, and leaves the request alone without', () => {
    expect(
      opened([{ type: 'a', do: 'suppress' }])
        .bytes('toTarget')
        .toString(),
    ).not.toMatch(/permessage/)
    expect(opened().bytes('toTarget').equals(REQUEST)).toBe(true)
  })

  it('[E4] has no say where there is no HTTP, and gives back half a request at its end', () => {
    const rules: ProxyRule[] = [{ requests: 'all', do: { answer: html } }, { do: 'suppress' }]
    for (const bytes of [
      Buffer.from([0x16, 3, 1, 0, 200]),
      Buffer.from('SSH-2.0\r\n'),
      Buffer.alloc(20_000, 'GET '),
    ]) {
      const { conversation, bytes: passed } = talk(rules)
      conversation.read('toTarget', bytes)
      expect(passed('toTarget').equals(bytes)).toBe(true)
    }
    const { conversation, bytes } = talk(rules)
    conversation.read('toTarget', Buffer.from('GE'))
    conversation.read('toTarget', Buffer.from('T /'))
    expect(bytes('toTarget').length).toBe(0)
    conversation.flush('toTarget')
    expect(bytes('toTarget').toString()).toBe('GET /')
  })

  it('[E4] lets a refusal of the server pass, and what follows on it', () => {
    const { conversation, bytes } = talk([{ do: 'suppress' }])
    conversation.read('toTarget', REQUEST)
    const refusal = Buffer.from('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno')
    for (const piece of slices(refusal, [5])) conversation.read('toClient', piece)
    expect(bytes('toClient').equals(refusal)).toBe(true)
  })
})
