// The codec under fuzz: whatever the text, it means one of a few known things, within their bounds.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classifyClose, parseReason } from '../../../src/protocol/close-codes.ts'
import { isType, parseFrame, toDuration } from '../../../src/protocol/frames.ts'
import { plain, rt, type Decoded } from '../../../src/protocol/protocol.ts'
import { clientText, serverText } from './frames.ts'
import { json } from './json-text.ts'
import { watchPrototypes } from './prototypes.ts'
import { patience, runs } from './runs.ts'

const DAY = 86_400_000
const text = fc.oneof(serverText, clientText)

function within(value: number | null, least: number, most: number): void {
  assert.ok(value === null || (value >= least && value <= most), String(value))
}

/** Throws unless this is something that the client knows what to do with. */
function check(decoded: Decoded): void {
  switch (decoded.kind) {
    case 'message':
      return assert.ok(isType(decoded.type))
    case 'ping': {
      // Its length does not depend on that of the ping, nor does writing it again.
      const { type, timestamp } = JSON.parse(decoded.reply) as Record<string, unknown>
      assert.equal(type, 'pong')
      assert.ok(decoded.reply.length < 512)
      return assert.ok(timestamp === undefined || timestamp === null || typeof timestamp !== 'object')
    }
    case 'ready':
      within(decoded.window, 0, DAY)
      within(decoded.heartbeat?.interval ?? null, 5_000, 60_000)
      return within(decoded.heartbeat?.timeout ?? null, 1_000, 20_000)
    case 'advice':
      return within(decoded.window, 0, DAY)
    case 'away':
      for (const duration of [decoded.min, decoded.spread, decoded.grace]) within(duration, 0, DAY)
      return assert.equal(typeof decoded.final + typeof decoded.reason, 'booleanstring')
    case 'refusal':
    case 'invalid':
      return assert.equal(typeof decoded.reason, 'string')
    case 'channel':
      return assert.ok(JSON.stringify(decoded.frame).length > 0)
    case 'pong':
    case 'ignored':
  }
}

describe('the codec under fuzz', { timeout: patience }, () => {
  it('[G23 INV-20] gives a frame only for a JSON object with a legal type, else a reason, and never throws (fault H5)', () => {
    const seen = { frames: 0, reasons: 0 }
    const untouched = watchPrototypes()
    fc.assert(
      fc.property(text, (text) => {
        const frame = parseFrame(text)
        seen[typeof frame === 'string' ? 'reasons' : 'frames'] += 1
        if (typeof frame === 'string') return assert.ok(frame !== '')
        assert.ok(Object.hasOwn(frame, 'type') && isType(frame.type))
        assert.equal(Object.getPrototypeOf(frame), Object.prototype)
      }),
      runs(6_000),
    )
    untouched()
    // Both happened often: the frames are nearly legal, not noise.
    expect(Math.min(seen.frames, seen.reasons)).toBeGreaterThan(500)
  })

  it('[G5 G23 INV-20] gives every text one meaning within its bounds, in all protocols at all levels', () => {
    const kinds = new Set<string>()
    const protocols = [rt('auto'), rt('rt'), plain(), plain({ decode: () => undefined })]
    const untouched = watchPrototypes()
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(...protocols),
        fc.constantFrom(null, 0, 1, 3),
        (text, protocol, level) => {
          const decoded = protocol.decode(text, level)
          kinds.add(`${decoded.kind} ${protocol.name === 'plain' ? 0 : level}`)
          check(decoded)
          // On a plain server whatever is not special belongs to the app (P14).
          if (protocol.name === 'plain' || level === 0)
            assert.ok(['message', 'ping', 'pong', 'ignored', 'invalid'].includes(decoded.kind))
        },
      ),
      runs(8_000),
    )
    untouched()
    for (const kind of [
      'message',
      'ping',
      'pong',
      'ready',
      'away',
      'advice',
      'refusal',
      'ignored',
      'invalid',
    ])
      expect(kinds).toContain(`${kind} 1`)
    expect([...kinds].filter((kind) => /^(ready|message) null$/.test(kind))).toHaveLength(2)
  })

  it('[G5] (fault H8) takes a duration only from a finite number that is not negative, and clamps it (fault S21)', () => {
    fc.assert(
      fc.property(json, fc.nat(1_000), fc.nat(100_000), (text, least, more) => {
        const value: unknown = JSON.parse(text)
        const duration = toDuration(value, least, least + more)
        if (typeof value !== 'number' || !(value >= 0) || value === Infinity)
          assert.equal(duration, null, text)
        else assert.equal(duration, Math.min(Math.max(value, least), least + more))
      }),
      runs(3_000),
    )
  })

  it('[G5 G6] reads hints of 0 to a day, or none, from any close reason, and knows every code (fault P11)', () => {
    const piece = fc.oneof(
      fc.constantFrom('retry_after=', 'spread=', ';', '=', '-', '.', 'e9', ' ', '\n', 'NaN', 'é'),
      fc.nat().map(String),
      fc.tuple(fc.constantFrom('retry_after', 'spread'), fc.nat()).map((field) => `${field.join('=')};`),
      fc.constantFrom('0', '000', '86400001', '9'.repeat(15), '9'.repeat(16), '9'.repeat(400)),
    )
    let hints = 0
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
        fc.double(),
        (reason, code) => {
          const { min, spread } = parseReason(reason)
          for (const hint of [min, spread]) {
            within(hint, 0, DAY)
            if (hint !== null) hints += 1
          }
          // A hint is a field of its own, whole and in digits only.
          for (const [name, hint] of Object.entries({ retry_after: min, spread })) {
            const first = reason.split(';').find((field) => new RegExp(`^${name}=\\d{1,15}$`).test(field))
            assert.equal(hint, first === undefined ? null : Math.min(DAY, Number(first.split('=')[1])))
          }
          assert.equal(typeof classifyClose(code), 'string')
        },
      ),
      runs(4_000),
    )
    expect(hints).toBeGreaterThan(100)
  })
})
