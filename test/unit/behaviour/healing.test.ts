// Whatever happens: what is live is young and true, what is shown is kept to, and in the end everything is well again.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { StateChannel } from '../../../src/index.ts'
import { rig, type Rig } from './rig.ts'

/** A server with a state of its own, which it sends on client_ready and on change, and serves by HTTP; and a client that watches it. */
interface World extends Rig {
  /** What the server knows. */
  state: { n: number; list: number[] }
  readonly pushed: StateChannel<World['state']>
  readonly loaded: StateChannel<World['state']>
  readonly signalled: StateChannel<World['state']>
  /** When the client last heard anything. */
  heardAt: number
  loadsFail: boolean
}

function world(seed: number): World {
  const r = rig({ network: { seed, latency: 20 } })
  const load = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const answer = structuredClone(made.state)
      r.clock.setTimeout(() => (made.loadsFail ? reject(new Error('mine')) : resolve(answer)), 50)
    })
  const channel = (name: string, options: object): World['pushed'] =>
    r.live.state(name, { message: 'state', ...options })
  const made: World = Object.assign(r, {
    state: { n: 0, list: [1, 2, 3] },
    loadsFail: false,
    heardAt: 0,
    pushed: channel('pushed', {}),
    loaded: channel('loaded', { load }),
    signalled: channel('signalled', { load, onMessage: 'reload' }),
  })
  for (const one of [made.pushed, made.loaded, made.signalled]) one.subscribe(() => undefined)
  const signs = ['opened', 'pong', 'ready', 'heard', 'plain']
  r.live.on('trace', ({ event }) => {
    if (signs.includes((event as { readonly type: string } | undefined)?.type ?? '')) made.heardAt = r.at()
  })
  r.live.on('message', () => (made.heardAt = r.at()))
  return made
}

const greeting = (w: World) => ({
  greet: (link: { push(type: string, data: unknown): void }) => link.push('state', w.state),
})

const fault = fc.constantFrom<(w: World) => void>(
  (w) => w.server.accepts(greeting(w)),
  (w) => w.server.accepts({ ...greeting(w), level: 0 }),
  (w) => w.server.accepts({ ...greeting(w), window: 800, readyAfter: 1_500 }),
  (w) => w.server.accepts({ ...greeting(w), pongs: false }),
  (w) => w.server.refuses(),
  (w) => w.server.refuses(1013),
  (w) => w.server.hangs(),
  (w) => w.server.opensSilently(),
  (w) => w.server.dropsAfter(2_000),
  (w) => w.server.goesSilent(),
  (w) => w.server.goesSilent('to-client'),
  (w) => w.server.goesSilent('to-server'),
  (w) => w.server.resumesTalking(),
  (w) => w.server.closeAll(1006),
  (w) => w.server.closeAll(1012),
  (w) => w.server.goAway({ grace: 3_000, reconnect: { min: 100, spread: 4_000 } }),
  (w) => w.server.latency(400, 800),
  (w) => w.server.latency(5),
  (w) => w.page.hide(),
  (w) => w.page.show(),
  (w) => w.page.goOffline(),
  (w) => w.page.goOnline(),
  (w) => w.page.changeNetwork(),
  (w) => w.server.send('garbage'),
  (w) => w.live.retry(),
  (w) => void w.loaded.refresh(),
  (w) => (w.loadsFail = true),
  (w) => (w.loadsFail = false),
)
const change = fc.nat(3).map((n) => (w: World) => {
  w.state = { n: w.state.n + n, list: [...w.state.list] }
  w.server.push('state', w.state)
})
const pass = fc.integer({ min: 0, max: 30_000 }).map((ms) => (w: World) => w.clock.advanceAsync(ms))
const lost = fc.constantFrom<(w: World) => void>(
  (w) => w.clock.sleep(600_000),
  (w) => w.clock.block(30_000),
  (w) => w.clock.jumpWall(-3_600_000),
  (w) => w.page.freeze(),
  (w) => w.page.resume(),
)
const punctual = fc.array(fc.oneof(fault, change, pass), { maxLength: 30 })
const steps = fc.array(fc.oneof(fault, change, pass, lost), { maxLength: 30 })

it('[B10 G3 G15] what is live was heard of within 20 s, and a wait is never longer than shown', async () => {
  await fc.assert(
    fc.asyncProperty(punctual, fc.nat(), async (all, seed) => {
      const w = world(seed)
      for (const step of all) {
        await step(w)
        for (const channel of [w.pushed, w.loaded, w.signalled]) {
          if (channel.getSnapshot().freshness === 'live') {
            expect(w.snapshot.status).toBe('connected')
            expect(w.at() - w.heardAt).toBeLessThanOrEqual(20_000)
          }
        }
        const { retryAt } = w.snapshot
        if (retryAt !== null) expect(retryAt).toBeGreaterThanOrEqual(w.clock.now() - 1)
      }
      w.live.close()
      expect(w.page.listeners).toBe(0)
    }),
    { numRuns: 150, seed: 5 },
  )
}, 60_000)

it('[D5 G9 G10 G15] once all is well again every channel is live and says what the server says', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (all, seed) => {
      const w = world(seed)
      for (const step of all) await step(w)
      w.server.accepts(greeting(w))
      w.server.answersPings()
      w.server.resumesTalking()
      w.server.latency(20)
      w.page.goOnline()
      w.page.show()
      w.loadsFail = false
      await w.clock.advanceAsync(11 * 60_000) // the longest cool-down, twice
      w.server.push('state', w.state) // a link of before may have had no greeting
      await w.clock.advanceAsync(2_000)
      expect(w.snapshot).toMatchObject({ status: 'connected', error: null, circuit: 'closed' })
      for (const channel of [w.pushed, w.loaded, w.signalled]) {
        expect(channel.getSnapshot()).toMatchObject({ freshness: 'live', data: w.state })
      }
      expect(w.server.open).toBe(1)
      w.live.close()
      expect(w.page.listeners).toBe(0)
    }),
    { numRuns: 150, seed: 6 },
  )
}, 60_000)
