// Calls (A5): retry now, another user, wait until there is a connection.
import { describe, expect, it } from 'vitest'
import { codes, connected, loads, rig } from './rig.ts'

describe('retry()', () => {
  it('[A4 A5] skips the wait, without holding', () => {
    const r = rig()
    r.server.refuses()
    const leave = r.live.state('queue').subscribe(() => undefined)
    r.clock.advance(100)
    r.live.retry()
    r.clock.advance(0)
    expect(r.opens).toHaveLength(2)
    r.server.accepts()
    r.live.retry()
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('connected')
    leave()
    r.clock.advance(5_000)
    expect(r.snapshot.status).toBe('idle')
  })

  it('[A5] does nothing where there is nothing to retry', () => {
    const idle = rig()
    idle.live.retry()
    idle.clock.advance(10_000)
    expect(idle.opens).toEqual([])
    const up = connected()
    up.live.retry()
    up.clock.advance(10_000)
    expect(up.opens).toHaveLength(1)
    const connecting = rig()
    connecting.server.hangs()
    connecting.live.connect()
    connecting.live.retry()
    connecting.clock.advance(1_000)
    expect(connecting.opens).toHaveLength(1)
  })
})

describe('reset()', () => {
  it('[A5] drops the link and all channel data, and asks auth anew', async () => {
    const users = ['anna', 'bert']
    let user = 0
    const r = rig({ auth: () => users[user] })
    r.server.behaves((link) => {
      link.accept()
      link.onFrame(({ type, auth }) => type === 'client_ready' && link.push('queue', `of ${String(auth)}`))
    })
    const channel = r.live.state('queue')
    const seen: unknown[] = []
    channel.subscribe(() => seen.push(channel.getSnapshot().data))
    await r.clock.advanceAsync(10_000)
    user = 1
    r.live.reset()
    expect(channel.getSnapshot()).toMatchObject({
      data: undefined,
      freshness: 'unknown',
      source: null,
      asOf: null,
      error: null,
    })
    await r.clock.advanceAsync(1_000)
    expect(seen).toEqual(['of anna', undefined, 'of bert'])
    expect(r.opens).toHaveLength(2)
    expect(r.server.open).toBe(1)
  })

  it('[A5] aborts loads of the old user; their answers are never shown', async () => {
    const r = rig()
    const { load, calls } = loads(r.clock)
    const channel = r.live.state('queue', { load })
    channel.subscribe(() => undefined)
    await r.clock.advanceAsync(0)
    r.live.reset()
    await r.clock.advanceAsync(0)
    expect(calls[0]!.signal.aborted).toBe(true)
    calls[0]!.answer('old')
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toBeUndefined()
    calls[1]!.answer('new')
    await r.clock.advanceAsync(0)
    expect(channel.getSnapshot().data).toBe('new')
  })

  it("[A5 G18] fails what waits to be sent: it was the old user's", async () => {
    const r = rig()
    r.server.refuses()
    const outcome = r.live.send('note', 1, { ttl: 60_000 })
    await r.clock.advanceAsync(1_000)
    r.live.reset()
    expect(await outcome).toMatchObject({ ok: false, maybeDelivered: false, error: { code: 'aborted' } })
  })

  it('[A5 G6] leads out of failed', () => {
    const r = rig()
    r.server.refuses(4403)
    r.live.connect()
    r.clock.advance(0)
    expect(r.snapshot.status).toBe('failed')
    r.server.accepts()
    r.live.reset()
    r.clock.advance(0)
    expect(r.snapshot).toMatchObject({ status: 'connected', error: null })
  })

  it('[A5] opens nothing where nobody is interested', () => {
    const r = rig()
    r.live.reset()
    r.clock.advance(60_000)
    expect(r.opens).toEqual([])
    expect(r.statuses).toEqual([])
  })

  it('[A5] shows initial again', () => {
    const r = rig()
    const channel = r.live.state('queue', { initial: 'none yet' })
    channel.subscribe(() => undefined)
    r.server.push('queue', 'some')
    r.clock.advance(100)
    expect(channel.getSnapshot().data).toBe('some')
    r.live.reset()
    expect(channel.getSnapshot()).toMatchObject({ data: 'none yet', source: 'initial', asOf: null })
    expect(channel.getSnapshot().freshness).not.toBe('live')
  })
})

describe('ready()', () => {
  it('[A5] resolves when connected, at once where it is', async () => {
    const r = rig()
    const ready = r.live.ready()
    await r.clock.advanceAsync(100)
    await expect(ready).resolves.toBeUndefined()
    await expect(r.live.ready()).resolves.toBeUndefined()
  })

  it('[A5] rejects when failed, with the cause', async () => {
    const r = rig()
    r.server.refuses(4403)
    const ready = r.live.ready()
    const caught = ready.catch((error: unknown) => error)
    await r.clock.advanceAsync(100)
    expect(await caught).toBe(r.snapshot.error)
    await expect(r.live.ready()).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('[A5] rejects when disconnected, also while something else is interested', async () => {
    const r = rig()
    r.server.hangs()
    const pending = r.live.ready().catch((error: unknown) => (error as { code: string }).code)
    await r.clock.advanceAsync(100)
    r.live.disconnect()
    expect(await pending).toBe('aborted')
    await expect(r.live.ready()).rejects.toMatchObject({ code: 'aborted' })
    r.live.state('queue').subscribe(() => undefined)
    const later = r.live.ready().catch((error: unknown) => (error as { code: string }).code)
    const soon = Promise.race([later, r.clock.advanceAsync(1_000).then(() => 'pending')])
    expect(await soon).toBe('aborted')
  })

  it('[A5] rejects when aborted, before or after, and leaves no interest behind', async () => {
    const r = rig()
    r.server.hangs()
    const controller = new AbortController()
    const ready = r.live.ready({ signal: controller.signal })
    controller.abort(new Error('mine'))
    await expect(ready).rejects.toMatchObject({ code: 'aborted', cause: { message: 'mine' } })
    await expect(r.live.ready({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    r.clock.advance(5_000)
    expect(r.snapshot.status).toBe('idle')
    expect(codes(r.errors)).toEqual([])
  })

  it('[A5 P15] may follow connect() in a listener that heard of the failure', async () => {
    const r = rig()
    r.server.refuses(4403)
    let ready: Promise<void> | null = null
    r.live.on('status', ({ status }) => {
      if (status !== 'failed') return
      r.server.accepts()
      r.live.connect()
      ready = r.live.ready()
    })
    r.live.connect()
    await r.clock.advanceAsync(1_000)
    expect(ready).not.toBeNull()
    await expect(ready).resolves.toBeUndefined()
  })

  it('[A5] goes on waiting through losses', async () => {
    const r = rig()
    r.server.refuses()
    let done = false
    void r.live.ready().then(() => (done = true))
    await r.clock.advanceAsync(20_000)
    expect(done).toBe(false)
    r.server.accepts()
    await r.clock.advanceAsync(20_000)
    expect(done).toBe(true)
  })
})
