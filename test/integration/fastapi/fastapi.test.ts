// A server that is not ours: FastAPI and uvicorn, with the samples of the documentation: what it does to its clients, and what becomes of them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webSocket, type Diagnosis } from '../../../src/index.ts'
import { createAccount } from '../../support/account.ts'
import { startFastApi, type FastApiOptions } from '../../support/fastapi.ts'
import { findPython } from '../../support/machine.ts'
import type { Program } from '../../support/program.ts'
import { createScene, recorded, until, type Client, type Scene, type Wire } from '../../support/scene.ts'

const auth = (): unknown => ({ token: 'secret' })
const quick = { reconnect: { delay: () => 20 } }
const statusOf = ({ live }: Client): string => live.getSnapshot().status
const isLive = ({ queue }: Client): boolean => queue.getSnapshot().freshness === 'live'
const heldBy = (client: Client): unknown => [
  statusOf(client),
  client.live.getSnapshot().retryAt,
  client.wires.length,
]

/** Credentials by reason, and a record of what was asked for. */
function credentials(tokens: Readonly<Record<'connect' | 'expired', string>>): {
  readonly asked: readonly string[]
  readonly auth: (context: { readonly reason: 'connect' | 'expired' }) => unknown
} {
  const asked: string[] = []
  return { asked, auth: ({ reason }) => (asked.push(reason), { token: tokens[reason] }) }
}

async function start(scene: Scene, options: FastApiOptions): Promise<Program> {
  const server = await startFastApi(options)
  scene.onEnd(() => server.kill('SIGKILL'))
  return server
}

describe.runIf(findPython() !== null)('FastAPI under uvicorn', () => {
  let url = ''
  let server: Program | null = null
  beforeAll(async () => {
    server = await startFastApi({ module: 'faults' })
    url = `ws://127.0.0.1:${server.port}`
  })
  afterAll(() => server?.kill('SIGKILL'))

  describe.concurrent('that refuses, or takes its time', () => {
    it('[G7 A8] asks once for fresh credentials after 4401, and gets in with good ones', async (context) => {
      const { asked, auth } = credentials({ connect: 'old', expired: 'secret' })
      const client = createScene(context).client(`${url}/level1/ws`, { auth, ...quick })
      await until('first data', () => isLive(client))
      expect(asked).toEqual(['connect', 'expired'])
      expect(client.errors.map(({ code, context }) => [code, context.closeCode])).toEqual([
        ['unauthorized', 4401],
      ])
      expect(heldBy(client)).toEqual(['connected', null, 2])
    })

    it('[G7 G6 A8] gives up when fresh credentials get 4401, too', async (context) => {
      const account = createAccount()
      const { asked, auth } = credentials({ connect: 'old', expired: 'as old' })
      const client = createScene(context).client(`${url}/level1/ws`, {
        auth,
        runtime: account.runtime,
        ...quick,
      })
      await until('the end', () => statusOf(client) === 'failed')
      expect(asked).toEqual(['connect', 'expired'])
      expect(client.errors.map(({ code, context }) => [code, context.closeCode])).toEqual([
        ['unauthorized', 4401],
        ['unauthorized', 4401],
      ])
      expect([...(heldBy(client) as unknown[]), account.timers()]).toEqual(['failed', null, 2, 0])
    })

    it.for(['forbidden', 'level1/ws'])(
      '[G6 A8 M2] never comes back after the 4403 of %s',
      async (path, context) => {
        const account = createAccount()
        const wires: Wire[] = []
        const transport = webSocket({
          WebSocket: recorded(wires, undefined, { origin: 'https://evil.example' }),
        })
        const client = createScene(context).client(`${url}/${path}`, {
          transport,
          runtime: account.runtime,
          auth,
        })
        await until('the end', () => statusOf(client) === 'failed')
        expect(client.errors.map(({ code, context }) => [code, context.closeCode])).toEqual([
          ['forbidden', 4403],
        ])
        // Without a timer there is nothing left that could try again.
        expect([wires.length, client.live.getSnapshot().retryAt, account.timers()]).toEqual([1, null, 0])
        await expect(client.live.ready()).rejects.toMatchObject({ code: 'forbidden' })
      },
    )

    it.for([
      ['fatal', ['connect', 'connect', 'connect'], 3],
      ['refresh', ['connect', 'connect', 'connect', 'expired'], 4],
      [{ after: 60_000 }, ['connect', 'connect', 'connect'], 3],
    ] as const)(
      '[G7 G4 M1 M2 N4] sees only 1006 when refused before accept, and does as diagnose says: %o',
      async ([verdict, reasons, attempts], context) => {
        const scene = createScene(context)
        const { asked, auth } = credentials({ connect: 'secret', expired: 'secret' })
        const calls: number[] = []
        const diagnose = ({ failures }: { readonly failures: number }): Diagnosis => {
          calls.push(failures)
          return verdict
        }
        const client = scene.client(`${url}/refused`, { auth, diagnose, ...quick })
        await until('the verdict to be followed', () => calls.length === 1 && client.wires.length >= attempts)
        await until(
          'what comes of it',
          () => statusOf(client) === 'failed' || client.live.getSnapshot().retryAt !== null,
        )
        expect(calls).toEqual([3])
        expect(asked.slice(0, attempts)).toEqual(reasons)
        for (const { code, context } of client.errors.slice(0, 3)) {
          expect([code, context.closeCode]).toEqual(['connect-failed', 1006])
        }
        if (verdict === 'fatal') expect(heldBy(client)).toEqual(['failed', null, 3])
        if (typeof verdict === 'object') {
          expect(client.wires.length).toBe(3)
          expect(client.live.getSnapshot().retryAt).toBeGreaterThan(Date.now() + 50_000)
        }
      },
    )

    it('[G7 N4] asks once for fresh credentials after the third refusal, where there is no diagnose', async (context) => {
      const { asked, auth } = credentials({ connect: 'secret', expired: 'secret' })
      const client = createScene(context).client(`${url}/refused`, { auth, ...quick })
      await until('five attempts', () => client.wires.length >= 5)
      expect(asked.slice(0, 5)).toEqual(['connect', 'connect', 'connect', 'expired', 'connect'])
    })

    it('[G2a G19 S4] takes no level-1 server for a plain one because it needs three seconds', async (context) => {
      const client = createScene(context).client(`${url}/slow`)
      const heard: string[] = []
      client.live.on('message', ({ type }) => heard.push(type))
      await until('the link to count as connected', () => statusOf(client) === 'connected')
      const [first] = client.wires
      expect(first?.frames).toEqual([])
      // On a plain server this would leave at once. Here it waits for the level.
      const outcome = await client.live.send('leave')
      expect(outcome).toEqual({ ok: true, outcome: 'written' })
      expect(first?.frames[0]?.type).toBe('server_ready')
      expect(performance.now() - (first?.openedAt ?? 0)).toBeGreaterThan(2_900)
      // Understood as advice, and not handed to the app.
      await until('the move', () => client.wires.length === 2)
      // The next link, which is begun once this one has held for a while, is not there yet when this one ends.
      await until('the end of the first', () => client.wires[0]?.socket.readyState !== 1)
      expect(client.errors.map(({ code, context }) => [code, context.reason])).toEqual([
        ['closed-by-server', 'deploy'],
      ])
      await until('the second link', () => statusOf(client) === 'connected')
      // Who has said server_ready once is not believed to be connected before it says so again.
      expect(client.wires[1]?.frames[0]?.type).toBe('server_ready')
      expect(heard).toEqual([])
      expect(client.wires.length).toBe(2)
    })
  })

  describe.concurrent('when it is restarted', () => {
    it.for([
      ['level0', 'auto', 1006],
      ['level0', 'wsproto', 1012],
      ['level1', 'auto', 1006],
      ['level1', 'wsproto', 1012],
    ] as const)(
      '[D4 G4 M3 S3] has the client of %s back after a SIGTERM under %s, which says %i',
      async ([module, ws, code], context) => {
        const scene = createScene(context)
        const first = await start(scene, { module, ws })
        const client = scene.client(`ws://127.0.0.1:${first.port}/ws`, module === 'level1' ? { auth } : {})
        await until('first data', () => isLive(client))
        const lostAt = performance.now()
        await first.kill('SIGTERM')
        await until('the loss', () => client.errors.length > 0)
        expect(client.errors[0]).toMatchObject({ code: 'closed-by-server', context: { closeCode: code } })
        const next = await start(scene, { module, ws, port: first.port })
        await until('live data', () => isLive(client) && statusOf(client) === 'connected')
        const time = (client.statuses.at(-1)?.at ?? Infinity) - next.listeningAt
        console.log(
          `uvicorn --ws ${ws}, ${module}: ${code}, connected ${Math.round(time)} ms after it listens`,
        )
        const outage = next.listeningAt - lostAt
        expect(time).toBeLessThanOrEqual(module === 'level1' ? 500 + 400 : Math.max(1_000, outage / 2) + 500)
        expect(client.queue.getSnapshot().data).toEqual({ waiting: 3 })
        expect(client.overlaps()).toBe(0)
      },
    )
  })
})
