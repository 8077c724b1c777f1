// The transport of mockServer(), on a virtual clock: it must behave as a real one does.
import { mockServer, virtualClock } from '../../src/testing/index.ts'
import type { MockLink } from '../../src/testing/index.ts'
import type { Bench, Peer } from './transport.ts'
import { transportContract } from './transport.ts'

const HANGING = 'wss://hangs.test/'
const DEAD = 'wss://nobody.test/'

function toPeer(link: MockLink): Peer {
  const texts: string[] = []
  let closed: Peer['closed'] = null
  link.onText((text) => texts.push(text))
  link.onClosed((farewell) => void (closed = farewell))
  return {
    texts,
    get closed() {
      return closed
    },
    send: link.send,
    sendBinary: () => undefined,
    close: link.close,
    cut: link.drop,
  }
}

function mockBench(latency: number | null): Promise<Bench> {
  const clock = virtualClock()
  const server = mockServer(clock, { latency })
  const peers: Peer[] = []
  server.behaves((link) => {
    if (link.url === HANGING) return
    if (link.url === DEAD) {
      link.drop()
      return
    }
    link.accept()
    peers.push(toPeer(link))
  })
  return Promise.resolve({
    transport: server.transport,
    url: 'wss://app.test/',
    deadUrl: DEAD,
    hanging: { url: HANGING, connections: () => server.connecting },
    peers,
    openBadly() {
      const bad = mockServer(clock)
      bad.throws(new SyntaxError('The url is invalid.'))
      bad.transport.open({ url: 'not a url' }, { opened() {}, message() {}, closed() {} })
    },
    async until(what, condition) {
      for (let ms = 0; ms < 1_000 && !condition(); ms += 1) await clock.advanceAsync(1)
      if (!condition()) throw new Error(`Still waiting for ${what}.`)
    },
    stop: () => Promise.resolve(),
  })
}

transportContract('mockServer() without latency', () => mockBench(0))
transportContract('mockServer() with 30 ms one way', () => mockBench(30))
