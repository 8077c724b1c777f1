// mockServer(): a server in the hands of a test, the transport that leads to it and the runtime to go with it.
import type { Frame } from '../protocol/frames.ts'
import type { Clock, Runtime } from '../runtime.ts'
import type { Transport } from '../transports/transport.ts'
import { accepting, refusing } from './behaviours.ts'
import type { Behaviour } from './behaviours.ts'
import type { Farewell } from './close-info.ts'
import { createMockChannels } from './mock-channels.ts'
import { createMockLink, parseFrames } from './mock-link.ts'
import type { MockLink, MockLinkControl, MockLinkHost } from './mock-link.ts'
import { mockPage } from './mock-page.ts'
import type { MockServer, MockServerOptions } from './mock-server-api.ts'
import { seededRandom } from './seeded-random.ts'

/**
 * Creates a mock server. It accepts at level 1 until told otherwise.
 *
 * @param clock - Usually a `virtualClock()`; everything the server does happens through it.
 * @example
 * const clock = virtualClock()
 * const server = mockServer(clock)
 * const live = createConnection({ url: 'wss://app.test/ws', transport: server.transport, runtime: server.runtime })
 * const queue = live.state('queue')
 * queue.subscribe(() => console.log(queue.getSnapshot().data))
 * server.push('queue', { length: 3 })
 * server.dropsAfter(3000)
 * clock.advance(20_000)
 */
export function mockServer(clock: Clock, options: MockServerOptions = {}): MockServer {
  const { seed = 1, capabilities } = options
  const page = options.page ?? mockPage({ address: 'https://app.test/' })
  // A stream of its own: the network's jitter never shifts the client's.
  const networkRandom = seededRandom(seed + 1)
  const controls = new Map<MockLink, MockLinkControl>()
  const drops = new Map<MockLink, () => void>()
  const received: Frame[] = []
  const texts: string[] = []
  const farewells: Farewell[] = []
  let delay = options.latency === undefined ? 0 : options.latency
  let jitter = 0
  let lateness: number | null = null
  let isAnsweringPings = true
  let drop: { readonly ms: number; readonly code: number | undefined } | null = null
  let toThrow: { readonly error: unknown } | null = null
  let attempts = 0
  let accepted = 0
  /** What was pushed before there was anybody; null from the first accepted link on. */
  let early: Array<readonly [type: string, data: unknown]> | null = []

  const dropLater = (link: MockLink): void => {
    drops.get(link)?.()
    drops.delete(link)
    if (drop === null) return
    const { ms, code } = drop
    drops.set(
      link,
      link.after(ms, () => link.close(code ?? 1006)),
    )
  }

  const channels = createMockChannels()
  /** The last behaviour was to accept at a level at which channels are subscribed to. */
  let subscribes = false
  let behaviour: Behaviour = accepting({}, () => isAnsweringPings, channels)
  const behave = (next: Behaviour): void => {
    behaviour = next
    drop = null
    toThrow = null
  }

  const host: Omit<MockLinkHost, 'ended'> = {
    clock,
    delay: () => (delay === null || jitter === 0 ? delay : delay + Math.floor(networkRandom() * jitter)),
    lateness: () => lateness,
    arrived(link) {
      dropLater(link)
      behaviour(link)
    },
    accepted(link) {
      accepted += 1
      const pushes = early ?? []
      early = null
      for (const [type, data] of pushes) controls.get(link)?.pushLater(type, data)
    },
    text(text) {
      texts.push(text)
      received.push(...parseFrames(text))
    },
    closedByClient: (farewell) => void farewells.push(farewell),
  }

  const transport: Transport = {
    name: 'mock',
    capabilities: { ownsHeartbeat: false, ownsRecovery: false, closeCodes: true, ...capabilities },
    open({ url }, events) {
      attempts += 1
      if (toThrow !== null) throw toThrow.error
      const control: MockLinkControl = createMockLink(
        {
          ...host,
          ended() {
            controls.delete(control.link)
            drops.delete(control.link)
          },
        },
        attempts,
        url,
        events,
      )
      controls.set(control.link, control)
      control.start()
      return control.client
    },
  }

  const runtime: Runtime = { clock, random: seededRandom(seed), page }
  const live = (): MockLink[] => [...controls.keys()].filter((link) => link.status !== 'closed')
  const count = (status: MockLink['status']): number => live().filter((link) => link.status === status).length

  const server: MockServer = {
    transport,
    runtime,
    page,
    accepts(how = {}) {
      subscribes = (how.level ?? 1) > 1
      behave(accepting(how, () => isAnsweringPings, channels))
    },
    refuses: (code) => behave(refusing(code)),
    hangs: () => behave(() => undefined),
    opensSilently: () => server.accepts({ silent: true }),
    behaves: behave,
    throws(error) {
      behave(() => undefined)
      toThrow = { error }
    },
    dropsAfter(ms, code) {
      drop = { ms, code }
      for (const link of controls.keys()) dropLater(link)
    },
    latency(ms, more = 0) {
      delay = ms
      jitter = more
    },
    goesSilent(direction = 'both') {
      for (const control of controls.values()) control.stall(direction)
    },
    resumesTalking() {
      for (const control of controls.values()) control.flow()
    },
    ignoresPings() {
      isAnsweringPings = false
    },
    answersPings() {
      isAnsweringPings = true
    },
    closesLate(ms) {
      lateness = ms
    },
    push(type, data) {
      if (subscribes) channels.push(type, data)
      else if (early !== null) early.push([type, data])
      else for (const control of [...controls.values()]) control.pushLater(type, data)
    },
    keeps: channels.keep,
    restarts() {
      channels.restart()
      server.closeAll(1012)
    },
    send(text) {
      for (const link of [...controls.keys()]) link.send(text)
    },
    goAway({ closeCode = 1012, ...frame } = {}) {
      for (const link of [...controls.keys()]) {
        link.send(JSON.stringify({ type: 'rt.go_away', code: 'deploy', ...frame }))
        if (frame.grace !== undefined) link.after(frame.grace, () => link.close(closeCode))
      }
    },
    closeAll(code, reason) {
      for (const link of [...controls.keys()]) link.close(code, reason)
    },
    forget() {
      received.length = texts.length = farewells.length = 0
    },
    received,
    texts,
    farewells,
    get links() {
      return live()
    },
    get attempts() {
      return attempts
    },
    get accepted() {
      return accepted
    },
    get open() {
      return count('open')
    },
    get connecting() {
      return count('connecting')
    },
  }
  return server
}
