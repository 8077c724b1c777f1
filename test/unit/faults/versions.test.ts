// A client and a server that are not of the same version, and a server whose clock jumps.
import { expect, it } from 'vitest'
import { codes, connected, rig } from '../behaviour/rig.ts'
import { driveOpen, driveSession } from '../server/drive-session.ts'

it('[G2a] (fault S20) a newer server: fields, rt.* frames and a version unknown here change nothing', () => {
  const r = rig()
  const extra = { v: 7, caps: ['resume', 'binary'], resume: { ttl: 60_000 }, heartbeat: { mode: 'adaptive' } }
  r.server.accepts({ window: 500, extra })
  r.live.connect()
  const queue = r.live.state('queue')
  queue.subscribe(() => undefined)
  const heard: unknown[] = []
  r.live.on('message', (message) => heard.push(message))
  r.clock.advance(6_000)
  const before = r.snapshot
  for (const type of ['rt.subscribed', 'rt.ack', 'rt.tomorrow', 'rt.'])
    r.server.send(JSON.stringify({ type, ref: 1, offset: 7, epoch: 'e', data: { length: 9 } }))
  r.server.send(JSON.stringify({ type: 'queue', data: 1, offset: 12, epoch: 'e', tomorrow: [] }))
  r.clock.advance(0)
  expect(r.errors).toEqual([])
  expect(r.snapshot).toBe(before)
  expect(heard).toEqual([{ type: 'queue', data: 1 }])
  expect(queue.getSnapshot()).toMatchObject({ data: 1, freshness: 'live' })
})

it('[G6] (fault S20) a server that refuses this version with 4426 is not tried again', () => {
  const r = rig()
  r.server.refuses(4426)
  r.live.connect()
  r.clock.advance(3_600_000)
  expect(r.snapshot.status).toBe('failed')
  expect(r.opens).toHaveLength(1)
  expect(codes(r.errors)).toHaveLength(1)
})

it('[G2a] (fault S20) an older, plain server in the place of a level-1 one, in the middle of a deploy, is waited out', () => {
  const r = connected({ random: 0.5 })
  r.server.accepts({ level: 0 })
  r.server.closeAll(1012)
  r.clock.advance(8_000)
  expect(codes(r.errors)).toContain('handshake-timeout')
  r.server.accepts()
  r.clock.advance(30_000)
  expect(r.snapshot.status).toBe('connected')
})

it('[C1] (fault S20) a newer client: caps, fields and rt.* frames unknown here are ignored, and level 1 is spoken', () => {
  const link = driveSession()
  const client = { id: 'c_1', lib: 'holdfast/9', platform: 'watch' }
  link.hear({ type: 'client_ready', v: 3, client, caps: ['resume', 'zstd'], resume: { session: 's' } })
  link.event({ type: 'authenticated', user: { id: 'ann' }, others: 0 })
  expect(link.sent[0]).toMatchObject({ type: 'server_ready', v: 1 })
  const effects = [
    ...link.hear({ type: 'rt.subscribe', channels: ['queue'], ref: 1 }),
    ...link.hear({ type: 'rt.publish', id: 'p_1', channel: 'queue', data: 1 }),
  ]
  expect(effects.map(({ type }) => type)).toEqual(['ignored', 'ignored'])
  expect(link.hear({ type: 'note', data: 1, tomorrow: true })).toEqual([
    { type: 'message', user: { id: 'ann' }, name: 'note', data: 1, id: null },
  ])
  expect(link.closed()).toBeNull()
})

it.each([3_600_000, -3_600_000])(
  '[C1] (fault S18) the clock of the server set by %d ms closes nobody, and delivery goes on',
  (jump) => {
    const link = driveOpen()
    link.clock.jumpWall(jump)
    for (let beat = 0; beat < 20; beat++) {
      link.clock.advance(15_000)
      link.heard()
      link.event({ type: 'push', wire: `{"type":"queue","data":${beat}}`, channel: 'queue' })
    }
    expect(link.closed()).toBeNull()
    expect(link.sent.filter(({ type }) => type === 'queue')).toHaveLength(20)
    expect(link.effects.filter(({ type }) => type === 'ping')).toHaveLength(20)
  },
)

it.each([3_600_000, -3_600_000])(
  '[G3 G15] (fault S18) the times in pongs of a server set by %d ms change no latency and no freshness',
  (jump) => {
    const r = rig({ network: { latency: 20 } })
    const wrong = (): object => ({ time: r.clock.now() + jump, serverTime: r.clock.now() + jump })
    r.server.behaves((link) => {
      link.accept()
      link.onFrame(({ type, timestamp }) => {
        if (type === 'client_ready') link.send(JSON.stringify({ type: 'server_ready', v: 1, ...wrong() }))
        if (type === 'ping') link.send(JSON.stringify({ type: 'pong', timestamp, ...wrong() }))
      })
    })
    r.live.connect()
    r.clock.advance(6_000)
    const queue = r.live.state('queue')
    queue.subscribe(() => undefined)
    r.server.send(JSON.stringify({ type: 'queue', data: 1, ...wrong() }))
    r.clock.advance(60_000)
    expect(queue.getSnapshot()).toMatchObject({ data: 1, freshness: 'live' })
    expect(queue.getSnapshot().asOf).toBeLessThanOrEqual(r.clock.now())
    expect(queue.getSnapshot().asOf).toBeGreaterThan(r.clock.now() - 61_000)
    expect(r.snapshot).toMatchObject({ status: 'connected', latency: 40, quality: 'excellent' })
    expect(r.errors).toEqual([])
  },
)
