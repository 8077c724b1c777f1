// Frames of levels 2 and 3 by themselves: what lacks what it needs is none, and what is odd in the rest is left out.
import { describe, expect, it } from 'vitest'
import { toChannelFrame } from '../../../src/protocol/channels.ts'
import { rt } from '../../../src/protocol/protocol.ts'

describe('a frame of a channel', () => {
  it('[G23 P8] without its name, or of an unknown type, is none', () => {
    for (const type of ['rt.subscribed', 'rt.message', 'rt.unsubscribed', 'rt.ack', 'rt.error'])
      expect(toChannelFrame({ type, id: 7, ref: 7 })).toBeNull()
    expect(toChannelFrame({ type: 'rt.other', id: 's1', ref: 's1' })).toBeNull()
  })

  it('[G23] with odd fields is one without them', () => {
    const odd = { epoch: 'x'.repeat(65), offset: -1, replay: 0.5, recovered: 'yes', prev: null }
    expect(toChannelFrame({ type: 'rt.subscribed', id: 's1', ...odd })).toEqual({
      kind: 'subscribed',
      ref: 's1',
      position: null,
      recovered: false,
      replay: 0,
      data: undefined,
    })
    expect(toChannelFrame({ type: 'rt.message', ref: 's1', data: 1, ...odd })).toEqual({
      kind: 'delivery',
      ref: 's1',
      delivery: { data: 1, position: null, prev: -1 },
    })
    expect(toChannelFrame({ type: 'rt.error', id: 'm1', code: 7, message: {}, retry_after: 'soon' })).toEqual(
      {
        kind: 'refused',
        id: 'm1',
        code: 'unknown',
        reason: '',
        retryable: false,
        after: 0,
      },
    )
  })

  it('[G22] a server that says what its acks mean, and how much it takes, is believed where it makes sense', () => {
    const offersOf = (more: object) => {
      const decoded = rt('auto').decode(JSON.stringify({ type: 'server_ready', v: 1, ...more }), null)
      return decoded.kind === 'ready' ? { level: decoded.level, ...decoded.offers } : null
    }
    const none = { level: 1, batch: false, ack: 'received', dedup: 0, limit: Infinity }
    expect(offersOf({ ack: 'eternal', max_message_bytes: 0, dedup_window: 'long', caps: 'all' })).toEqual(
      none,
    )
    expect(offersOf({ ack: 'durable', caps: ['channels'] })).toEqual({ ...none, level: 2, ack: 'durable' })
    const full = {
      ack: 'stored',
      dedup_window: 5,
      max_message_bytes: 9,
      caps: ['recover', 'channels', 'batch'],
    }
    expect(offersOf(full)).toEqual({ level: 3, batch: true, ack: 'stored', dedup: 5, limit: 9 })
  })
})
