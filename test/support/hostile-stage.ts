// A real server with somebody who behaves, for tests in which others do not: whatever they do, they are served as before.
import { expect, vi } from 'vitest'
import type { ServerOptions } from '../../src/server/index.ts'
import { serve, type RawClient, type RawServer } from './raw-client.ts'
import { openRaw, rawFrame, upgradeRequest } from './raw-socket.ts'

/** What a client says first. */
export const hello: Buffer = rawFrame('{"type":"client_ready","v":1}')

export interface Stage {
  readonly server: RawServer
  /** Somebody who behaves. */
  readonly witness: RawClient
  /** What the app was told. */
  readonly heard: string[]
  readonly logged: unknown[]
  /** Upgraded: writes the bytes, and tells how the socket ended. */
  attack(bytes: Buffer, headers?: readonly string[]): Promise<string>
}

/** A server and its witness. Nobody's links are counted. */
export async function stage(options: ServerOptions = {}): Promise<Stage> {
  const heard: string[] = []
  const logged: unknown[] = []
  const server = await serve({
    message: ({ type }) => heard.push(type),
    logger: { error: (...line) => logged.push(line), warn: (...line) => logged.push(line) },
    limits: { connectionsPerIp: 10_000, connectionsPerUser: 10_000 },
    ...options,
  })
  const witness = server.connect()
  await witness.frame('server_ready')
  return {
    server,
    witness,
    heard,
    logged,
    async attack(bytes, headers) {
      const raw = openRaw(server.port, upgradeRequest(headers))
      await raw.answer
      raw.socket.write(bytes)
      return raw.ended
    },
  }
}

/** The witness is answered, hears what is published, and is alone again. */
export async function expectCalm({ server, witness, logged }: Stage): Promise<void> {
  const pongs = witness.frames.filter(({ type }) => type === 'pong').length
  const news = witness.frames.filter(({ type }) => type === 'news').length
  witness.send({ type: 'ping', timestamp: pongs })
  expect(await witness.frame('pong', pongs)).toMatchObject({ timestamp: pongs })
  await server.live.publish('news', news)
  expect(await witness.frame('news', news)).toMatchObject({ data: news })
  await vi.waitFor(() => expect(server.live.stats().sockets).toBe(1), 5_000)
  expect(logged).toEqual([])
}
