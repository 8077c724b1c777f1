// Compression under attack: off unless switched on, without a memory when it is, and no bomb gets in.
import { deflateRawSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { expectCalm, hello, stage } from '../support/hostile-stage.ts'
import { endAll, level1 } from '../support/raw-client.ts'
import { framesIn, openRaw, rawFrame, upgradeRequest } from '../support/raw-socket.ts'

afterEach(endAll)

describe('compression', () => {
  const offer = ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits']
  const compressed = (payload: string | Buffer): Buffer =>
    rawFrame(deflateRawSync(payload, { finishFlush: 2 }).subarray(0, -4), { reserved: 4 })
  const compression = { level: 1, threshold: 1_024 }

  it('[C6 B7] is off unless switched on, and then a compressed frame is a broken one (fault H17)', async () => {
    const scene = await stage()
    const raw = openRaw(scene.server.port, upgradeRequest(offer))
    expect(await raw.answer).not.toMatch(/extensions/i)
    raw.socket.write(Buffer.concat([hello, compressed('{"type":"a"}')]))
    expect(await raw.ended).toBe('1002')
    expect(scene.heard).toEqual([])
    await expectCalm(scene)
  })

  it('[C6 B7] that is switched on remembers nothing of earlier frames, and leaves small ones alone: no length tells of a secret (fault H17)', async () => {
    const scene = await stage({ compression, maxEventBytes: 100_000 })
    const raw = openRaw(scene.server.port, upgradeRequest(offer))
    const answer = await raw.answer
    for (const bound of ['permessage-deflate', 'server_no_context_takeover', 'client_no_context_takeover'])
      expect(answer).toContain(bound)
    raw.socket.write(hello)
    await vi.waitFor(() => expect(scene.server.live.stats().connections).toHaveLength(2))
    // The second holds what the first did: with a memory it would be a fraction of it.
    const page = Array.from({ length: 400 }, (_, n) => `${(n * 7_919) % 1_000}`).join()
    for (const data of [page, page, 'small']) await scene.server.live.publish('page', data)
    const pages = (): ReturnType<typeof framesIn> =>
      framesIn(raw.received())
        .filter(({ opcode }) => opcode === 1)
        .slice(1)
    await vi.waitFor(() => expect(pages()).toHaveLength(3))
    expect(pages().map(({ reserved }) => reserved)).toEqual([4, 4, 0])
    expect(pages()[1]?.payload.length).toBe(pages()[0]?.payload.length)
    raw.socket.destroy()
    await raw.ended
    await expectCalm(scene)
  })

  it('[C6 C5 B7] bombs are closed with 1009 by their size after inflating, whole or in fragments (fault H11)', async () => {
    const scene = await stage({ compression })
    const zeros = Buffer.alloc(30_000_000, '0')
    const bomb = deflateRawSync(Buffer.concat([Buffer.from('{"type":"a","data":"'), zeros]), {
      finishFlush: 2,
    })
    // It fits through the door.
    expect(bomb.length).toBeLessThan(65_536)
    const before = process.memoryUsage().arrayBuffers
    expect(await scene.attack(Buffer.concat([hello, rawFrame(bomb, { reserved: 4 })]), offer)).toBe('1009')
    const halves = [
      rawFrame(bomb.subarray(0, 9_000), { reserved: 4, fin: false }),
      rawFrame(bomb.subarray(9_000), { opcode: 0 }),
    ]
    expect(await scene.attack(Buffer.concat([hello, ...halves]), offer)).toBe('1009')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(zeros.length)
    // Broken streams are no more than broken frames.
    const broken = rawFrame(Buffer.from('not deflated'), { reserved: 4 })
    expect(await scene.attack(Buffer.concat([hello, broken]), offer)).toBe('1007')
    const good = Buffer.concat([hello, compressed('{"type":"a"}'), rawFrame('', { opcode: 8 })])
    expect(await scene.attack(good, offer)).toBe('1005')
    expect(scene.heard).toEqual(['a'])
    await expectCalm(scene)
  })

  it('[C6] is not offered to a client that does not ask', async () => {
    const scene = await stage({ compression })
    const client = scene.server.connect(level1, { perMessageDeflate: false })
    await client.frame('server_ready')
    expect(client.socket.extensions).toBe('')
    client.socket.terminate()
    await expectCalm(scene)
  })
})
