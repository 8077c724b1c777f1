// Faults of the redactor and of hostile input that reviews found, kept as tests.
import { describe, expect, it } from 'vitest'
import type { HoldfastError } from '../../../src/index.ts'
import { codes, connected, rig, type Rig, type RigOptions } from '../behaviour/rig.ts'

/** Everything a connection says of itself: its errors, log lines and trace, as text. */
function talkative(options: RigOptions): { r: Rig; said: () => string } {
  const lines: unknown[] = []
  const log = (message: string, context?: unknown): void => void lines.push([message, context])
  const r = rig({
    logger: { debug: log, info: log, warn: log, error: log },
    on: {
      error: ({ message, context }: HoldfastError) => lines.push([message, context]),
      trace: (entry) => lines.push(entry),
    },
    ...options,
  })
  return { r, said: () => JSON.stringify(lines) }
}

/** Every way in which a server gets text into what we say, one after the other. */
async function reflect(
  r: Rig,
  secret: string,
  escape: (json: string) => string = (json) => json,
): Promise<void> {
  const frames = [
    JSON.stringify({ type: 'rt.error', code: 'x', message: `refused ${secret}` }),
    JSON.stringify({ type: 'rt.error', code: 'x', message: `${'.'.repeat(200)} ${secret}` }),
    `no JSON: "${JSON.stringify(secret).slice(1, -1)}"`,
    JSON.stringify({ type: 'pong', timestamp: secret }),
  ]
  for (const frame of frames) {
    r.server.send(escape(frame))
    await r.clock.advanceAsync(1_500)
  }
  // A close reason has no room for more.
  if (secret.length < 100) r.server.closeAll(4000, `bad ${secret}`)
  await r.clock.advanceAsync(10_000)
}

/** The pieces of a secret, eight characters each, that are found in a text. */
function pieces(secret: string, text: string): string[] {
  const runs = secret.match(/[\da-z]{5,}/gi) ?? []
  const all = runs.flatMap((run) =>
    Array.from({ length: Math.max(1, run.length - 7) }, (_, at) => run.slice(at, at + 8)),
  )
  return all.filter((piece) => text.includes(piece))
}

describe('the redactor', () => {
  it.each([90, 403, 1_200, 6_000])('[B7 G24] shows no piece of a token of %d characters', async (length) => {
    const token = Array.from({ length }, (_, n) => ((n * 7 + n * n) % 36).toString(36)).join('')
    const { r, said } = talkative({ auth: () => ({ token }) })
    r.live.connect()
    await r.clock.advanceAsync(6_000)
    await reflect(r, token)
    expect(codes(r.errors)).toContain('rejected')
    expect(pieces(token, said())).toEqual([])
  })

  it('[B7 G24] knows a token though the server writes its slashes as JSON may', async () => {
    const token = 'abcde/defghij/klmnopq=='
    const { r, said } = talkative({ auth: () => ({ token }) })
    r.live.connect()
    await r.clock.advanceAsync(6_000)
    await reflect(r, token, (json) => json.replaceAll('/', '\\/'))
    expect(said()).toContain('[redacted]')
    expect(pieces(token, said())).toEqual([])
  })

  it('[B7 G24] takes numbers of more than three digits out, too, and leaves short ones', async () => {
    const { r, said } = talkative({ auth: () => ({ pin: 12_345_678, floor: 404, deep: [{ code: 98_765 }] }) })
    r.live.connect()
    await r.clock.advanceAsync(6_000)
    for (const text of ['refused 12345678', 'refused 98765', 'not found 404']) {
      r.server.send(JSON.stringify({ type: 'rt.error', code: 'x', message: text }))
      await r.clock.advanceAsync(1_500)
    }
    expect(said()).toContain('[redacted]')
    expect(said()).toContain('not found 404')
    expect(said()).not.toContain('12345678')
    expect(said()).not.toContain('98765')
    expect(r.snapshot.status).toBe('connected')
  })
})

describe('hostile input', () => {
  it('[G23] as deep as a stack, in a pong, breaks nothing while somebody listens to the trace', () => {
    const r = connected({ on: { trace: () => undefined } })
    r.server.send(`{"type":"pong","timestamp":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)
    expect(() => r.clock.advance(0)).not.toThrow()
    r.clock.advance(60_000)
    expect(r.snapshot.status).toBe('connected')
  })
})
