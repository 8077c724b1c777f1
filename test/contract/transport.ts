// The Transport contract: what every transport owes the core, run against each implementation.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Transport } from '../../src/transports/transport.ts'
import { probe } from './probe.ts'
import type { Probe } from './probe.ts'

/** The server's end of a link. */
export interface Peer {
  readonly texts: readonly string[]
  /** How the link ended, as the server saw it; null while it has not. */
  readonly closed: { readonly code: number; readonly reason: string } | null
  send(text: string): void
  /** Sends bytes that are no text; does nothing where frames are text by nature. */
  sendBinary(): void
  /** Closes with a close frame, without a code where none is given. */
  close(code?: number, reason?: string): void
  /** Ends the link without a close frame. */
  cut(): void
}

/** A transport and the world around it. */
export interface Bench {
  readonly transport: Transport
  /** Where a server accepts and does nothing by itself. */
  readonly url: string
  /** Where nobody listens. */
  readonly deadUrl: string
  /** Where a connection is taken and never answered. */
  readonly hanging: { readonly url: string; connections(): number }
  /** The ends of all links so far, oldest first. */
  readonly peers: readonly Peer[]
  /** Opens in a way that makes the constructor throw. */
  openBadly(): void
  /** Lets time pass until something holds. */
  until(what: string, condition: () => boolean): Promise<void>
  stop(): Promise<void>
}

/** Where an implementation differs from a real WebSocket. Each is asserted, so that the list stays true. */
export type Deviation =
  | 'an attempt given up lingers'
  | 'nothing hangs'
  | 'only 1000 by the server is clean'
  | 'what the server sends arrives within the call'
  | 'a close without a code is 1000'

/** Codes a page may not use, and nonsense. */
const ILLEGAL = [0, 999, 1001, 1005, 1006, 1015, 2999, 5000, 70_000, -4000, NaN, Infinity]

/** Runs the contract against one implementation. */
export function transportContract(
  name: string,
  setUp: () => Promise<Bench>,
  deviations: readonly Deviation[] = [],
): void {
  const deviates = (deviation: Deviation): boolean => deviations.includes(deviation)
  const closed = (code: number, reason = ''): string => {
    const isClean = code === 1000 || !deviates('only 1000 by the server is clean')
    return `closed ${code}${reason && ` ${reason}`}${isClean ? '' : ', not clean'}`
  }

  describe(`the Transport contract: ${name}`, () => {
    let bench: Bench
    beforeAll(async () => void (bench = await setUp()))
    afterAll(() => bench.stop())

    /** Both ends of a fresh link. */
    const connect = async (): Promise<Probe & { readonly peer: Peer }> => {
      const before = bench.peers.length
      const { link, log } = probe(bench.transport, bench.url)
      await bench.until('open', () => log.length > 0 && bench.peers.length > before)
      const peer = bench.peers[before]
      if (!peer) throw new Error('There is no peer.')
      return { link, log, peer }
    }

    /** Whatever was under way has had its time: a round trip over another link came and went. */
    const settle = async (): Promise<void> => {
      const { link, log, peer } = await connect()
      link.send('there')
      await bench.until('a text at the server', () => peer.texts.length === 1)
      peer.send('back')
      await bench.until('a text at the client', () => log.length === 2)
      peer.close(1000)
      await bench.until('a close', () => log.length === 3)
    }

    it('[E4] opens, carries text both ways in order, and closes with the code of the server', async () => {
      const { link, log, peer } = await connect()
      expect(log).toEqual(['opened'])
      for (const text of ['a', '', 'é 😀 \u0000', '{"type":"x"}']) {
        link.send(text)
        peer.send(text)
      }
      await bench.until('all texts', () => peer.texts.length === 4 && log.length === 5)
      peer.close(4001, 'because')
      await bench.until('the close', () => log.length === 6)
      const texts = ['a', '', 'é 😀 \u0000', '{"type":"x"}']
      expect(peer.texts).toEqual(texts)
      expect(log).toEqual(['opened', ...texts.map((text) => `message ${text}`), closed(4001, 'because')])
    })

    it.each([1000, 1001, 1011, 1012, 1013, 3000, 4403, 4999])(
      '[E4] reports %i from the server',
      async (code) => {
        const { log, peer } = await connect()
        peer.close(code)
        await bench.until('the close', () => log.length === 2)
        expect(log[1]).toBe(closed(code))
      },
    )

    it('[E4] reports a close without a code as 1005', async () => {
      const { log, peer } = await connect()
      peer.close()
      await bench.until('the close', () => log.length === 2)
      expect(log[1]).toBe(deviates('a close without a code is 1000') ? 'closed 1000' : 'closed 1005')
    })

    it('[E4] reports a link that ends without a close frame as 1006, not clean', async () => {
      const { log, peer } = await connect()
      peer.cut()
      await bench.until('the close', () => log.length === 2)
      expect(log[1]).toBe('closed 1006, not clean')
    })

    it('[E4] reports a refusal once, as 1006, and never opened', async () => {
      const { link, log } = probe(bench.transport, bench.deadUrl)
      await bench.until('the close', () => log.length > 0)
      await settle()
      link.close()
      expect(log).toEqual(['closed 1006, not clean'])
    })

    it('[E4 G1] reports nothing after closed, and bears to be used on', async () => {
      const { link, log, peer } = await connect()
      peer.close(1012)
      await bench.until('the close', () => log.length === 2)
      link.send('too late')
      link.close()
      link.close(4000, 'again')
      peer.send('too late')
      peer.close(1000)
      peer.cut()
      await settle()
      expect(log).toEqual(['opened', closed(1012)])
      expect([peer.texts, link.bufferedBytes >= 0]).toEqual([[], true])
    })

    it('[E4 G1] reports nothing after its own close(), not even what was under way', async () => {
      const { link, log, peer } = await connect()
      peer.send('under way')
      link.close(4000, 'bye')
      link.send('too late')
      link.close(4001)
      peer.send('too late')
      await bench.until('the farewell', () => peer.closed !== null)
      await settle()
      const early = deviates('what the server sends arrives within the call') ? ['message under way'] : []
      expect(log).toEqual(['opened', ...early])
      expect([peer.closed, peer.texts]).toEqual([{ code: 4000, reason: 'bye' }, []])
    })

    it('[E4] delivers what was sent before its own close()', async () => {
      const { link, peer } = await connect()
      for (const text of ['1', '2', '3']) link.send(text)
      link.close()
      await bench.until('the farewell', () => peer.closed !== null)
      expect([peer.texts, peer.closed?.code]).toEqual([['1', '2', '3'], 1000])
    })

    it('[E4] bears to be closed while its own events are reported', async () => {
      for (const when of ['opened', 'message first']) {
        const before = bench.peers.length
        const { log } = probe(bench.transport, bench.url, (event, link) => {
          if (event === when) link?.close(4000)
        })
        await bench.until('a peer', () => bench.peers.length > before)
        const peer = bench.peers[before]
        peer?.send('first')
        peer?.send('second')
        await bench.until('the farewell', () => peer?.closed !== null)
        await settle()
        expect(log.at(-1)).toBe(when)
      }
    })

    it('[E4] closes with 1000 where a page may not use the code', async () => {
      for (const code of ILLEGAL) {
        const { link, peer } = await connect()
        link.close(code, 'reason')
        await bench.until('the farewell', () => peer.closed !== null)
        expect([code, peer.closed]).toEqual([code, { code: 1000, reason: 'reason' }])
      }
    })

    it('[E4] cuts the reason of its own close to 123 bytes', async () => {
      const long = await connect()
      long.link.close(4000, 'x'.repeat(500))
      await bench.until('the farewell', () => long.peer.closed !== null)
      expect(long.peer.closed).toEqual({ code: 4000, reason: 'x'.repeat(123) })
      const wide = await connect()
      wide.link.close(4000, '😀'.repeat(100))
      await bench.until('the farewell', () => wide.peer.closed !== null)
      expect(wide.peer.closed?.code).toBe(4000)
      expect(new TextEncoder().encode(wide.peer.closed?.reason).length).toBeLessThanOrEqual(123)
    })

    it('[E4] does nothing with what is sent before it opened', async () => {
      const before = bench.peers.length
      const { link, log } = probe(bench.transport, bench.url)
      link.send('too early')
      expect(link.bufferedBytes).toBe(0)
      await bench.until('open', () => log.length > 0 && bench.peers.length > before)
      link.send('in time')
      await bench.until('a text', () => bench.peers[before]?.texts.length === 1)
      await settle()
      expect(bench.peers[before]?.texts).toEqual(['in time'])
      link.close()
    })

    it('[E4] reports nothing of an attempt closed at once', async () => {
      const { link, log } = probe(bench.transport, bench.url)
      link.close()
      link.send('too late')
      await settle()
      expect(log).toEqual([])
    })

    if (!deviates('nothing hangs')) {
      it('[E4] gives up a hanging attempt when closed, so that none queues behind it', async () => {
        const before = bench.hanging.connections()
        const { link, log } = probe(bench.transport, bench.hanging.url)
        await bench.until('a hanging attempt', () => bench.hanging.connections() === before + 1)
        link.close(4000, 'gave up')
        const lingers = deviates('an attempt given up lingers')
        if (!lingers) await bench.until('the end of it', () => bench.hanging.connections() === before)
        await settle()
        expect(bench.hanging.connections()).toBe(lingers ? before + 1 : before)
        expect(log).toEqual([])
      })
    }

    it('[E4] does not report binary frames', async () => {
      const { link, log, peer } = await connect()
      peer.sendBinary()
      peer.send('text')
      await bench.until('the text', () => log.length > 1)
      await settle()
      expect(log).toEqual(['opened', 'message text'])
      link.close()
    })

    it('[E4] tells how many bytes wait, never fewer than none', async () => {
      const { link, peer } = await connect()
      expect(link.bufferedBytes).toBe(0)
      const text = 'é'.repeat(500_000)
      link.send(text)
      expect(link.bufferedBytes).toBeGreaterThanOrEqual(0)
      await bench.until('the text', () => peer.texts.length === 1)
      await bench.until('nothing buffered', () => link.bufferedBytes === 0)
      expect(peer.texts[0] === text).toBe(true)
      link.close()
      expect(link.bufferedBytes).toBeGreaterThanOrEqual(0)
    })

    it('[E4] lets what the constructor throws through', () => {
      expect(() => bench.openBadly()).toThrow()
    })

    it('[E4] keeps its links apart', async () => {
      const first = await connect()
      const second = await connect()
      first.peer.send('for the first')
      second.link.send('from the second')
      await bench.until('both', () => first.log.length === 2 && second.peer.texts.length === 1)
      first.link.close()
      await bench.until('the farewell', () => first.peer.closed !== null)
      second.peer.send('for the second')
      await bench.until('the last', () => second.log.length === 2)
      expect([first.log[1], second.log[1]]).toEqual(['message for the first', 'message for the second'])
      expect([first.peer.texts, second.peer.texts]).toEqual([[], ['from the second']])
      second.link.close()
    })

    it('[E4] has methods that may be passed around detached', async () => {
      const { open } = bench.transport
      const before = bench.peers.length
      const { link, log } = probe({ ...bench.transport, open }, bench.url)
      const { send, close } = link
      await bench.until('open', () => log.length > 0 && bench.peers.length > before)
      send('detached')
      await bench.until('the text', () => bench.peers[before]?.texts.length === 1)
      close(4000)
      await bench.until('the farewell', () => bench.peers[before]?.closed?.code === 4000)
    })
  })
}
