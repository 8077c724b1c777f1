// Named cases for the server around its sessions: sockets and timers, channels, accounting. Each runs on its own and throws when it fails.
import assert from 'node:assert/strict'
import { makeChannels, openLink, push, withServer } from './rig.ts'

/** By name: what must not fail. */
export const serverCases: Readonly<Record<string, () => void | Promise<void>>> = {
  '[A10 INV-4] a link that has ended leaves no timer, and is said to have left once'() {
    const { clock, link, socket, log } = openLink()
    socket.bufferedAmount = 1
    link.dispatch(push('news'))
    socket.bufferedAmount = 0
    assert.equal(clock.pending, 2)
    link.dispatch({ type: 'replaced' })
    socket.emit('close')
    link.dispatch({ type: 'leave', grace: 0 })
    assert.equal(clock.pending, 0)
    assert.deepEqual(log, ['server_ready', 'news', 'closed 4409', 'left'])
  },

  '[C1] a blocked event loop is told from a client that says nothing'() {
    const { clock, log, socket, link, flush } = openLink()
    socket.bufferedAmount = 1
    link.dispatch(push('news'))
    socket.bufferedAmount = 0
    clock.block(40_000)
    clock.advance(0)
    assert.deepEqual(log, ['server_ready', 'news'])
    flush()
    clock.advance(10_000)
    assert.deepEqual(log, ['server_ready', 'news'])
  },

  '[C1] (fault S11) a reader who does not read is seen as long as it does not, and no longer'() {
    const { clock, log, socket, link, flush } = openLink()
    socket.bufferedAmount = 1
    link.dispatch(push('news'))
    flush()
    clock.advance(12_000)
    link.dispatch(push('news'))
    clock.advance(11_000)
    assert.deepEqual(log, ['server_ready', 'news', 'news', 'closed 4429', 'left'])
  },

  '[C1] (fault S11) nothing is written to a socket that is closing'() {
    const { log, socket, link } = openLink()
    socket.readyState = 2
    link.dispatch(push('news'))
    assert.deepEqual(log, ['server_ready'])
  },

  '[C1] pongs of the WebSocket layer are signs of life'() {
    const { clock, log, socket } = openLink()
    for (let beat = 0; beat < 6; beat++) {
      clock.advance(15_000)
      socket.emit('pong')
    }
    assert.deepEqual(log, ['server_ready'])
  },

  '[INV-20] (fault P1) an error of the socket and bytes instead of text end a link, and nothing else'() {
    const broken = openLink()
    broken.socket.emit('error', new Error('reset'))
    assert.deepEqual(broken.log, ['server_ready', 'left'])
    const binary = openLink()
    binary.socket.emit('message', Buffer.from('{"type":"ping"}'), true)
    assert.deepEqual(binary.log, ['server_ready', 'closed 1003', 'left'])
  },

  async '[INV-24] a channel reaches whom authorize allows, whether it answers now or later, and nobody else'() {
    const mayRead = (user: { readonly id: string }, channel: string): boolean | Promise<boolean> =>
      channel === 'now' ? user.id === 'ann' : Promise.resolve(user.id === 'ann')
    const { clock, join, publish, publishIfChanged } = makeChannels({}, mayRead)
    await publishIfChanged('later', 0)
    const [ann, bob] = [join('ann'), join('bob')]
    assert.equal((await publish('now', 1)).recipients, 1)
    await publish('later', 1)
    await clock.advanceAsync(0)
    assert.deepEqual(bob.got, [])
    assert.deepEqual([...ann.got].sort(), ['later 0', 'later 1', 'now 1'])
  },

  async '[G11] what is published stays in order while authorize thinks'() {
    let thinks = true
    const answers: ((yes: boolean) => void)[] = []
    const mayRead = (): boolean | Promise<boolean> =>
      thinks ? new Promise((resolve) => answers.push(resolve)) : true
    const { clock, join, publish } = makeChannels({}, mayRead)
    const ann = join('ann')
    const told = publish('news', 1)
    thinks = false
    await publish('news', 2)
    for (const answer of answers) answer(true)
    await told
    await clock.advanceAsync(0)
    assert.deepEqual(ann.got, ['news 1', 'news 2'])
  },

  async '[G21] (fault S11) what waits for an answer that does not come is bounded'() {
    const limits = { bufferedBytes: 100 }
    const { join, publish } = makeChannels({ limits }, () => new Promise(() => undefined))
    const ann = join('ann')
    for (let count = 0; count < 10; count++) void publish('news', 'ten letters')
    await Promise.resolve()
    assert.ok((ann.waiting[0] ?? 0) > 100)
  },

  async '[C1c] an unchanged state is not published, and nobody is greeted with one that is outdated'() {
    let state = 1
    const { clock, join, publishIfChanged, watch } = makeChannels()
    const stop = watch('news', { every: 1_000, load: () => state })
    const ann = join('ann')
    await clock.advanceAsync(3_000)
    assert.equal(await publishIfChanged('news', 1), null)
    assert.deepEqual(ann.got, ['news 1'])
    ann.leave()
    await clock.advanceAsync(3_000)
    state = 2
    const bob = join('bob')
    await clock.advanceAsync(0)
    assert.deepEqual(bob.got, ['news 2'])
    stop()
  },

  async '[C1c INV-19] a watch looks only while somebody reads, once at a time, and gives up what hangs'() {
    const { clock, join, watch } = makeChannels({ handshakeTimeout: 5_000 })
    let looks = 0
    const answers: ((state: unknown) => void)[] = []
    const stop = watch('news', {
      every: 1_000,
      load: () => (looks++, new Promise((resolve) => answers.push(resolve))),
    })
    await clock.advanceAsync(3_000)
    assert.equal(looks, 0)
    const ann = join('ann')
    join('bob')
    await clock.advanceAsync(4_000)
    assert.equal(looks, 1)
    await clock.advanceAsync(6_000)
    assert.equal(looks, 2)
    answers[0]?.('late')
    await clock.advanceAsync(0)
    assert.deepEqual(ann.got, [])
    await clock.advanceAsync(1_200)
    assert.deepEqual([looks, clock.pending], [2, 1])
    stop()
    assert.equal(clock.pending, 0)
    answers[1]?.('stopped')
    await clock.advanceAsync(10_000)
    assert.deepEqual([ann.got, looks, clock.pending], [[], 2, 0])
  },

  async '[B2 B7] names of the protocol and frames over the limit are refused, counted in bytes'() {
    const { publish } = makeChannels({ maxEventBytes: 40 })
    const refusal = (channel: string, data: unknown): Promise<unknown> =>
      publish(channel, data).then(
        () => null,
        (error: unknown) => (error as { readonly code: string }).code,
      )
    assert.equal(await refusal('ping', 1), 'invalid-message')
    assert.equal(await refusal('rt.ack', 1), 'invalid-message')
    assert.equal(await refusal('news', 'ten letter'), null)
    assert.equal(await refusal('news', 'ééééééééééé'), 'message-too-large')
  },

  async '[A5] (fault S19) an older link that ends does not touch the one that replaced it'() {
    await withServer({}, async ({ server, connect }) => {
      const ready = { v: 1, client: { id: 'c_1', lib: 'holdfast/0' } }
      const first = await connect(ready)
      await first.first
      const second = await connect(ready)
      assert.equal(await first.closed, 4409)
      await second.first
      const third = await connect(ready)
      await third.first
      assert.equal(server.stats().connections.length, 1)
    })
  },

  async '[INV-24] who is revoked while it is asked who this is does not come in'() {
    let answer: (user: { readonly id: string }) => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      answer = () => resolve()
    })
    const authenticate = (): Promise<{ readonly id: string }> =>
      new Promise((resolve) => {
        answer({ id: '' })
        answer = resolve
      })
    await withServer({ authenticate }, async ({ server, connect }) => {
      const { first, closed } = await connect({ v: 1 })
      await asked
      await server.revoke('ann')
      answer({ id: 'ann' })
      assert.equal(await Promise.race([closed, first]), 4401)
    })
  },

  async '[G4] (fault S3) a drain lets them go one after the other, and tells all of them of all the others'() {
    await withServer({ acceptRate: 1 }, async ({ clock, server, connect }) => {
      const links = [await connect({ v: 1 }), await connect({}), await connect({ v: 1 }), await connect({})]
      await Promise.all(links.map(({ first }) => first))
      const spreads: unknown[] = []
      for (const { socket } of links)
        socket.on('message', (data: Buffer) => {
          const { type, reconnect } = JSON.parse(data.toString()) as Readonly<Record<string, unknown>>
          if (type === 'rt.go_away') spreads.push(reconnect)
        })
      const ended = server.close({ drain: 8_000 })
      const left = (): number => server.stats().connections.length
      const counts: number[] = []
      for (let step = 0; step < 5; step++) {
        clock.advance(step === 0 ? 0 : 1_000)
        counts.push(left())
      }
      // Two plain ones leave at 1 and 3 s; level 1 was told at 0 and 2 s, and has 4 s more.
      assert.deepEqual(counts, [4, 3, 3, 2, 1])
      clock.advance(4_000)
      assert.equal(left(), 0)
      await ended
      assert.deepEqual(spreads, [{ spread: 4_800 }, { spread: 4_800 }])
    })
  },

  async '[G5] (fault S4) a drain that has the time lets everybody move before it is closed'() {
    for (const [links, window] of [
      [1, 1_200],
      [6, 7_200],
    ] as const)
      await withServer({ acceptRate: 1 }, async ({ clock, server, connect }) => {
        const told: { reconnect: { spread: number }; grace: number }[] = []
        for (let n = 0; n < links; n++) {
          const { first, socket } = await connect({ v: 1 })
          await first
          socket.on('message', (data: Buffer) => {
            const frame = JSON.parse(data.toString()) as (typeof told)[number] & { type: string }
            if (frame.type === 'rt.go_away') told.push(frame)
          })
        }
        const ended = server.close({ drain: 60_000 })
        for (let step = 0; step < 60; step++) clock.advance(1_000)
        await ended
        assert.equal(told.length, links)
        for (const { reconnect, grace } of told) {
          assert.equal(reconnect.spread, window)
          // Where no minimum is given a client takes half a second; then it needs time to arrive.
          assert.ok(grace >= Math.max(5_000, 500 + window + 1_000), `${grace}`)
        }
      })
  },
}
