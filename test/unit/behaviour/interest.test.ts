// Interest (A5): what opens a connection, what keeps it, when it rests.
import { describe, expect, it } from 'vitest'
import { createConnection } from '../../../src/index.ts'
import { loads, rig, type Rig } from './rig.ts'

const interests: ReadonlyArray<readonly [name: string, begin: (r: Rig) => () => void]> = [
  ['a channel subscription', (r) => r.live.state('queue').subscribe(() => undefined)],
  ['a message listener', (r) => r.live.on('message', () => undefined)],
  [
    'a pending ready()',
    (r) => {
      const controller = new AbortController()
      r.live.ready({ signal: controller.signal }).catch(() => undefined)
      return () => controller.abort()
    },
  ],
  [
    'a hold',
    (r) => {
      r.live.connect()
      return () => r.live.disconnect()
    },
  ],
]

describe('interest', () => {
  it('[A5] (fault B15) none: nothing is opened, listened to or timed, whatever is made or read', () => {
    const r = rig()
    const channel = r.live.state('queue', { load: () => 1 })
    r.live.getSnapshot()
    channel.getSnapshot()
    r.live.subscribe(() => undefined)
    r.live.on('status', () => undefined)
    r.live.on('error', () => undefined)
    r.live.on('trace', () => undefined)
    r.clock.advance(60_000)
    expect(r.opens).toEqual([])
    expect(r.clock.pending).toBe(0)
    expect(r.page.listeners).toBe(0)
    expect(r.snapshot.status).toBe('idle')
  })

  it('[A5] (fault B15) none: the surroundings are not even looked at', () => {
    const touched: string[] = []
    const page = new Proxy(rig().page, {
      get(target, key, receiver) {
        touched.push(String(key))
        return Reflect.get(target, key, receiver) as unknown
      },
    })
    const { clock, random } = rig().server.runtime
    const live = createConnection({ url: '/ws', runtime: { clock, random, page } })
    live.state('queue', { load: () => 1 }).getSnapshot()
    live.close()
    expect(touched).toEqual([])
  })

  it.each(interests.slice(0, 3))(
    '[A5] %s opens one link, and 5 s after its end there is rest',
    (_name, begin) => {
      const r = rig()
      r.server.latency(10)
      const end = begin(r)
      r.clock.advance(0)
      expect(r.opens).toHaveLength(1)
      r.clock.advance(20)
      end()
      r.clock.advance(4_999)
      expect(r.snapshot.status).not.toBe('idle')
      r.clock.advance(1)
      expect(r.snapshot.status).toBe('idle')
      expect(r.server.open).toBe(0)
      expect(r.clock.pending).toBe(0)
      expect(r.page.listeners).toBe(0)
    },
  )

  it('[A5] (fault B14) comes and goes quickly: StrictMode, HMR, a fast remount make one link', () => {
    const r = rig()
    for (let n = 0; n < 20; n++) {
      const leave = r.live.state(`queue`).subscribe(() => undefined)
      const other = r.live.state(`other`).subscribe(() => undefined)
      r.clock.advance(100)
      leave()
      other()
      r.clock.advance(1_000)
    }
    expect(r.opens).toHaveLength(1)
    expect(r.server.open).toBe(1)
  })

  it('[A5] a send that may wait opens a link, one that may not opens none', async () => {
    const r = rig()
    expect(await r.live.send('note', 1)).toMatchObject({ ok: false })
    r.clock.advance(1_000)
    expect(r.opens).toEqual([])
    const outcome = r.live.send('note', 1, { ttl: 5_000 })
    await r.clock.advanceAsync(100)
    expect(await outcome).toEqual({ ok: true, outcome: 'written' })
    r.clock.advance(5_000)
    expect(r.snapshot.status).toBe('idle')
  })

  it('[A5 A9] lingers as long as linger says', () => {
    for (const linger of [0, 700]) {
      const r = rig({ linger })
      const leave = r.live.state('queue').subscribe(() => undefined)
      r.clock.advance(100)
      leave()
      r.clock.advance(Math.max(0, linger - 1))
      expect(r.snapshot.status).toBe(linger === 0 ? 'idle' : 'connected')
      r.clock.advance(1)
      expect(r.snapshot.status).toBe('idle')
    }
  })

  it('[A5] ends in any phase: while auth hangs, in the handshake, while waiting', async () => {
    const phases: ReadonlyArray<(r: Rig) => void> = [
      () => undefined,
      (r) => r.server.opensSilently(),
      (r) => r.server.refuses(),
      (r) => r.server.hangs(),
    ]
    for (const [n, prepare] of phases.entries()) {
      const r = rig({
        protocol: 'rt',
        handshakeTimeout: 60_000,
        ...(n === 0 ? { auth: () => new Promise(() => undefined) } : {}),
      })
      prepare(r)
      const leave = r.live.state('queue').subscribe(() => undefined)
      await r.clock.advanceAsync(1_000)
      leave()
      await r.clock.advanceAsync(5_000)
      expect(r.snapshot.status).toBe('idle')
      expect(r.clock.pending).toBe(0)
      expect(r.server.links).toEqual([])
    }
  })

  it('[A5] an unsubscribe counts once, however often it is called', () => {
    const r = rig()
    const channel = r.live.state('queue')
    const leave = channel.subscribe(() => undefined)
    channel.subscribe(() => undefined)
    const off = r.live.on('message', () => undefined)
    for (let n = 0; n < 3; n++) {
      leave()
      off()
    }
    r.clock.advance(60_000)
    expect(r.snapshot.status).toBe('connected')
  })

  it('[A5] that returns within linger keeps link and data', () => {
    const r = rig()
    const channel = r.live.state('queue')
    r.server.push('queue', { n: 1 })
    const leave = channel.subscribe(() => undefined)
    r.clock.advance(100)
    const before = channel.getSnapshot()
    leave()
    r.clock.advance(4_000)
    channel.subscribe(() => undefined)
    r.clock.advance(60_000)
    expect(channel.getSnapshot()).toBe(before)
    expect(r.opens).toHaveLength(1)
  })
})

describe('connect()', () => {
  it('[A5] holds the connection open until disconnect(), without any interest', () => {
    const r = rig()
    r.live.connect()
    r.live.connect()
    r.clock.advance(3_600_000)
    expect(r.snapshot.status).toBe('connected')
    expect(r.opens).toHaveLength(1)
    r.live.disconnect()
    expect(r.snapshot.status).toBe('idle')
    expect(r.server.open).toBe(0)
    expect(r.clock.pending).toBe(0)
  })

  it('[A5] holds what was about to rest', () => {
    const r = rig()
    r.live.state('queue').subscribe(() => undefined)()
    r.clock.advance(4_000)
    r.live.connect()
    r.clock.advance(60_000)
    expect(r.snapshot.status).toBe('connected')
  })

  it('[A5] is not undone by interest that ends', () => {
    const r = rig()
    r.live.connect()
    r.live.state('queue').subscribe(() => undefined)()
    r.clock.advance(60_000)
    expect(r.snapshot.status).toBe('connected')
  })
})

describe('disconnect()', () => {
  it('[A5 G10] stays idle whatever subscribes; channels poll; connect() works again', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    r.live.connect()
    await r.clock.advanceAsync(1_000)
    r.live.disconnect()
    const channel = r.live.state('queue', { load })
    channel.subscribe(() => undefined)
    r.live.on('message', () => undefined)
    await r.clock.advanceAsync(0)
    calls[0]!.answer(1)
    await r.clock.advanceAsync(15_000)
    expect(r.snapshot.status).toBe('idle')
    expect(r.opens).toHaveLength(1)
    expect(calls.length).toBe(2)
    expect(channel.getSnapshot()).toMatchObject({ data: 1, freshness: 'polling' })
    r.live.connect()
    await r.clock.advanceAsync(100)
    expect(r.snapshot.status).toBe('connected')
  })

  it('[A5] is not undone by retry(), a page signal or time', () => {
    const r = rig()
    r.live.connect()
    r.live.disconnect()
    r.live.retry()
    r.page.goOnline()
    r.clock.advance(60_000)
    expect(r.opens).toHaveLength(1)
    expect(r.server.links).toEqual([])
    expect(r.statuses).toEqual(['connecting', 'idle'])
  })
})
